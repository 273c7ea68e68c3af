/*
 * nodesfixture: for tests of links: a worker whose channels to a mesh process
 * and the parent end in the test, which also plays the node.  Included once in
 * a test program.
 */
#ifndef NODESFIXTURE_H
#define NODESFIXTURE_H

#include <errno.h>

#include "adoptfixture.h"
#include "far.h"
#include "nodes.h"

#define NODE	3		/* number of the node: this worker has it */
#define ME	0x55		/* every byte of the worker's key */

static struct ipc_chan	*mesh;		/* the mesh process's end */
static int		 node = -1;	/* the node's end of its link */

/* Connect a mesh process; it gets the number of a link, 0: there is none. */
static inline void
meet_mesh(uint32_t number)
{
	struct ipc_msg_mesh_hello v;
	struct ipc_msg m;
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(nodes_open(r, sv[0], NODE), 0);
	mesh = ipc_chan_new(NULL, sv[1], ROLE_MESH, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(mesh != NULL);
	turns();
	ATF_REQUIRE_EQ(ipc_chan_recv(mesh, &m, 0), 0);
	ATF_REQUIRE_EQ(m.type, MSG_MESH_HELLO);
	ATF_REQUIRE_EQ(ipc_get_mesh_hello(&m.rd, &v), 0);
	ATF_CHECK_EQ(v.up, number != 0);
	ATF_CHECK_EQ(v.number, number);
	ipc_msg_free(&m);
}

static inline void
connect_mesh(void)
{
	meet_mesh(0);
}

/* Make the worker, and a mesh process. */
static inline void
start(void)
{
	worker();
	memset(r->conf.node_key, ME, sizeof(r->conf.node_key));
	connect_mesh();
}

/* The message of an honest mesh process that pumps. */
static inline void
link_message(struct ipc_msg_mesh_link *v, uint32_t number)
{
	static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t server[FRAME_KEY_LEN] = { 1 };

	memset(v, 0, sizeof(*v));
	v->number = number;
	v->server_key = server;
	v->addr = addr;
	v->proxied = 1;
}

static inline void
hand_link(const struct ipc_msg_mesh_link *v, int fd)
{
	ATF_REQUIRE_EQ(ipc_send_mesh_link(mesh, v, fd), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(mesh, 5000), 0);
	turns();
}

/* Hand a link with that number over; return the node's end. */
static inline int
new_link(uint32_t number)
{
	struct ipc_msg_mesh_link v;
	int sv[2];

	link_message(&v, number);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(fcntl(sv[1], F_SETFL, O_NONBLOCK), 0);
	hand_link(&v, sv[0]);
	return (sv[1]);
}

/* The connection of the link; NULL: there is none. */
static inline struct relay_conn *
the_link(void)
{
	return (r->nodes.of[NODE].c);
}

/* The node sends a frame with `n' bytes at `p'. */
static inline void
node_says(uint8_t type, const void *p, size_t n)
{
	uint8_t hdr[FRAME_HDR_LEN];

	net_frame_put_hdr(hdr, type, (uint32_t)n);
	ATF_REQUIRE_EQ(write(node, hdr, sizeof(hdr)), (ssize_t)sizeof(hdr));
	ATF_REQUIRE_EQ(write(node, p, n), (ssize_t)n);
	turns();
}

/* The same for a key, with `more' zeros behind it. */
static inline void
node_names(uint8_t type, const uint8_t key[FRAME_KEY_LEN], size_t more)
{
	uint8_t p[FRAME_KEY_LEN + 19] = { 0 };

	memcpy(p, key, FRAME_KEY_LEN);
	node_says(type, p, FRAME_KEY_LEN + more);
}

/*
 * Return the type of the next frame that the node gets, 0: none, with its
 * payload of *n bytes (at most `size') at `p'; -1: the link has ended.
 */
static inline int
node_gets(uint8_t *p, size_t size, size_t *n)
{
	uint8_t hdr[FRAME_HDR_LEN], type;
	uint32_t len;
	ssize_t k;

	*n = 0;
	turns();
	k = recv(node, hdr, sizeof(hdr), MSG_DONTWAIT);
	if (k == -1 && errno == EAGAIN)
		return (0);
	if (k <= 0)
		return (-1);
	ATF_REQUIRE_EQ(k, (ssize_t)sizeof(hdr));
	net_frame_get_hdr(hdr, &type, &len);
	ATF_REQUIRE(len <= size);
	for (; *n < len; *n += (size_t)k)
		if ((k = recv(node, p + *n, len - *n, MSG_DONTWAIT)) == -1) {
			ATF_REQUIRE_EQ(errno, EAGAIN);
			turns();
			k = 0;
		}
	return (type);
}

/* The next frame must be of that type, without looking at its payload. */
static inline void
node_got(int type)
{
	uint8_t p[FRAME_MAX_PACKET + 2 * FRAME_KEY_LEN];
	size_t n;

	ATF_REQUIRE_EQ_MSG(node_gets(p, sizeof(p), &n), type, "not a %s",
	    type <= 0 ? "silence" : net_frame_name((uint8_t)type));
}

/* So many times NODES_BEAT_SECS pass. */
static inline void
beats(unsigned int n)
{
	for (n *= NODES_BEAT_SECS; n > 0; n--) {
		conn_tick(&r->set);
		turns();
	}
}

/* The mesh process is told that this link has ended, and why. */
static inline void
mesh_lost(uint32_t number, int now, const char *why)
{
	struct ipc_msg_mesh_lost v;
	struct ipc_msg m;

	turns();
	ATF_REQUIRE_EQ(ipc_chan_recv(mesh, &m, 0), 0);
	ATF_REQUIRE_EQ(m.type, MSG_MESH_LOST);
	ATF_REQUIRE_EQ(ipc_get_mesh_lost(&m.rd, &v), 0);
	ATF_CHECK_EQ(v.number, number);
	ATF_CHECK_EQ(v.now, now);
	ATF_CHECK_MATCH(why, v.why);
	ipc_msg_free(&m);
}

/* It is told nothing, and its channel is open. */
static inline void
mesh_silent(void)
{
	struct ipc_msg m;

	turns();
	ATF_REQUIRE_EQ(ipc_chan_recv(mesh, &m, 0), -1);
	ATF_CHECK_EQ(errno, ETIMEDOUT);
}

/* Its channel is closed. */
static inline void
mesh_closed(void)
{
	struct ipc_msg m;

	turns();
	while (ipc_chan_recv(mesh, &m, 0) == 0)
		ipc_msg_free(&m);
	ATF_CHECK_EQ(errno, EPIPE);
	ATF_CHECK(r->nodes.of[NODE].chan == NULL);
}

/* A packet from the key of bytes `src' to that of bytes `dst'. */
static inline int
forward(unsigned int link, uint8_t src, uint8_t dst, const void *p, size_t n)
{
	uint8_t from[FRAME_KEY_LEN], to[FRAME_KEY_LEN];

	memset(from, src, sizeof(from));
	memset(to, dst, sizeof(to));
	return (r->far_ops->forward(r, link, from, to, p, n));
}

#endif
