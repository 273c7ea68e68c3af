/*
 * nodes_hostile_test: a mesh process that was taken over, and a node that is
 * hostile: the worker goes on, and so does the next mesh process.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <imsg.h>

#include "nodesfixture.h"

static uint8_t saved[NET_RECORD_SAVED];

/* A message about records of a client, or of a server. */
static void
over_records(struct ipc_msg_mesh_link *v, int client)
{
	const uint8_t a[32] = { 1 }, b[32] = { 2 };
	struct net_record rec;

	ATF_REQUIRE_EQ(net_record_begin(&rec, &r->set.records, 0x1301, a, b,
	    32, 0, client), 0);
	ATF_REQUIRE_EQ(net_record_save(&rec, saved), 0);
	link_message(v, 1);
	v->proxied = 0;
	v->record = saved;
	v->record_len = sizeof(saved);
}

/* The channel must be closed, and its successor have a link. */
static void
refused(void)
{
	mesh_closed();
	ATF_CHECK_EQ(r->set.nconns, 0);
	ATF_CHECK_EQ(r->nodes.nconns, 0);
	connect_mesh();
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	close(node);
	mesh_lost(1, 0, "mesh key");
}

/* Hand over a descriptor that must be refused, and closed. */
static void
refuses(const struct ipc_msg_mesh_link *v, int fd)
{
	ATF_REQUIRE(fd != -1);
	hand_link(v, fd);
	refused();
}

static int
a_stream(void)
{
	int s[2];

	tcp_pair(s);
	close(s[1]);
	return (s[0]);
}

static int
end_of_pair(int type)
{
	int s[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, type, 0, s), 0);
	close(s[1]);
	return (s[0]);
}

static int
listening(int domain)
{
	struct sockaddr_in sin;
	int fd = socket(domain, SOCK_STREAM, 0);

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (domain == AF_INET)
		ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)&sin, sizeof(sin)),
		    0);
	else {	/* Linux picks a name */
		sa_family_t f = AF_UNIX;

		ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)&f, sizeof(f)), 0);
	}
	ATF_REQUIRE_EQ(listen(fd, 1), 0);
	return (fd);
}

ATF_TC_WITHOUT_HEAD(descriptors);
ATF_TC_BODY(descriptors, tc)
{
	struct ipc_msg_mesh_link v;
	int s[2];

	(void)tc;
	start();
	link_message(&v, 1);
	ATF_REQUIRE_EQ(pipe(s), 0);
	refuses(&v, s[0]);
	refuses(&v, s[1]);
	refuses(&v, open("/dev/null", O_RDWR));
	refuses(&v, open(".", O_RDONLY));
	refuses(&v, end_of_pair(SOCK_DGRAM));
	refuses(&v, end_of_pair(SOCK_SEQPACKET));
	refuses(&v, a_stream());
	refuses(&v, listening(AF_UNIX));
	over_records(&v, 1);
	refuses(&v, listening(AF_INET));
	refuses(&v, end_of_pair(SOCK_STREAM));
	refuses(&v, socket(AF_INET, SOCK_DGRAM, 0));
}

ATF_TC_WITHOUT_HEAD(messages);
ATF_TC_BODY(messages, tc)
{
	static const uint8_t much[64 * 1024 + 1];
	struct ipc_msg_mesh_link v;

	(void)tc;
	start();
	over_records(&v, 1);
	v.record_len--;
	refuses(&v, a_stream());
	over_records(&v, 1);
	saved[0]++;			/* another version */
	refuses(&v, a_stream());
	over_records(&v, 1);
	v.record_len = 0;		/* no TLS */
	refuses(&v, a_stream());
	over_records(&v, 0);
	refuses(&v, a_stream());
	over_records(&v, 1);
	v.proxied = 1;
	refuses(&v, end_of_pair(SOCK_STREAM));
	link_message(&v, 1);
	v.plain = much;
	v.plain_len = sizeof(much);
	refuses(&v, end_of_pair(SOCK_STREAM));
	link_message(&v, 1);
	v.cipher = much;
	v.cipher_len = sizeof(much);
	refuses(&v, end_of_pair(SOCK_STREAM));
	link_message(&v, 1);
	v.server_key = r->conf.node_key;
	refuses(&v, end_of_pair(SOCK_STREAM));
}

/* Send a message, of any type and without the checks of a sender. */
static void
cheat(uint32_t type, size_t len, int fd)
{
	static const uint8_t zeros[64];
	struct imsgbuf ibuf;

	ATF_REQUIRE_EQ(imsgbuf_init(&ibuf, ipc_chan_fd(mesh)), 0);
	imsgbuf_allow_fdpass(&ibuf);
	ATF_REQUIRE_EQ(imsg_compose(&ibuf, type, 0, 0, fd, zeros, len), 1);
	ATF_REQUIRE_EQ(imsgbuf_write(&ibuf), 0);
	imsgbuf_clear(&ibuf);
}

/* So is a process that breaks the protocol of the channel. */
ATF_TC_WITHOUT_HEAD(protocol);
ATF_TC_BODY(protocol, tc)
{
	static const uint8_t huge[16] = { 1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f };
	static const uint8_t empty[16] = { [4] = 1 };	/* too short */

	(void)tc;
	start();
	cheat(MSG_HANDOVER, 64, end_of_pair(SOCK_STREAM));
	refused();
	cheat(MSG_MAX, 0, -1);
	refused();
	cheat(MSG_MESH_LOST, 8, -1);
	refused();
	cheat(MSG_MESH_LINK, 64, -1);			/* no descriptor */
	refused();
	cheat(MSG_MESH_LINK, 64, end_of_pair(SOCK_STREAM)); /* cut */
	refused();
	cheat(MSG_MESH_END, 3, -1);
	refused();
	cheat(MSG_MESH_END, 4, end_of_pair(SOCK_STREAM));
	refused();
	ATF_REQUIRE_EQ(write(ipc_chan_fd(mesh), huge, sizeof(huge)), 16);
	refused();
	ATF_REQUIRE_EQ(write(ipc_chan_fd(mesh), empty, sizeof(empty)), 16);
	refused();
}

/* Return how many descriptors are open. */
static unsigned int
open_files(void)
{
	unsigned int n = 0;
	int fd;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return (n);
}

/* However many links one process hands over, one is there. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct ipc_msg_mesh_lost lost = { 0 };
	struct ipc_msg_mesh_link v;
	unsigned int i, before;
	struct ipc_msg m;

	(void)tc;
	start();
	before = open_files();
	for (i = 1; i <= 300; i++) {
		link_message(&v, i);
		ATF_REQUIRE_EQ(ipc_send_mesh_link(mesh, &v,
		    end_of_pair(SOCK_STREAM)), 0);
		if (i % 50 == 0) {
			ATF_REQUIRE_EQ(ipc_chan_flush(mesh, 5000), 0);
			turns();
			ATF_CHECK(r->set.nconns <= 1);
			ATF_CHECK(open_files() <= before + 1);
		}
	}
	while (ipc_chan_recv(mesh, &m, 0) == 0) {
		ATF_REQUIRE_EQ(ipc_get_mesh_lost(&m.rd, &lost), 0);
		ipc_msg_free(&m);
	}
	ATF_CHECK_EQ(lost.number, 300);
	ATF_CHECK_EQ(r->stats->node_links[NODE], 300);
	ATF_CHECK_EQ(r->stats->node_up[NODE], 0);
}

/* A mesh process that does not read is lost, not waited for. */
ATF_TC_WITHOUT_HEAD(deaf);
ATF_TC_BODY(deaf, tc)
{
	struct nodes_node *n;
	unsigned int i;

	(void)tc;
	start();
	n = &r->nodes.of[NODE];
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	for (i = 0; i < 100000 && n->chan != NULL; i++) {
		nodes_tell(n, i, 0, "a reason of some length, again and again");
		if (i % 64 == 0)
			turns();
	}
	ATF_CHECK(n->chan == NULL);
	ATF_CHECK(the_link() != NULL);
	mesh_closed();
	connect_mesh();
	close(node);
	mesh_silent();
	node = new_link(2);
	node_got(FRAME_WATCH_CONNS);
}

/* A node that pings without reading gets few pongs. */
ATF_TC_WITHOUT_HEAD(pings);
ATF_TC_BODY(pings, tc)
{
	static uint8_t frames[1000 * (FRAME_HDR_LEN + FRAME_PING_LEN)];
	unsigned int i;
	size_t n;

	(void)tc;
	start();
	node = new_link(1);
	for (n = 0; n < sizeof(frames); n += FRAME_HDR_LEN + FRAME_PING_LEN)
		net_frame_put_hdr(frames + n, FRAME_PING, FRAME_PING_LEN);
	for (i = 0; i < 100; i++) {
		for (n = 0; n < sizeof(frames);)
			n += (size_t)write(node, frames + n,
			    sizeof(frames) - n);
		turns();
		ATF_REQUIRE(the_link() != NULL);
		ATF_CHECK(r->set.outputs.ctl_memory <= 16384);
	}
}

static unsigned int told;	/* worker 0, of keys */

static int
on_entry(void *arg, uint8_t type, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
	told += type == MSG_LINK_FAR;
	return (0);
}

/*
 * A node with more keys than a worker that is busy can take is not read for a
 * while; nothing is lost.
 */
ATF_TC_WITHOUT_HEAD(flood);
ATF_TC_BODY(flood, tc)
{
	static uint8_t frames[2000 * FRAME_PEER_PRESENT_SIZE];
	static const uint8_t addr[16];
	int ours[IPC_RING_MAXFDS], theirs[IPC_RING_MAXFDS];
	unsigned int i, k, sent = 0;
	uint8_t key[FRAME_KEY_LEN];
	struct ipc_ring *ring;
	size_t n, at;
	ssize_t m;

	(void)tc;
	start();
	ATF_REQUIRE_EQ(ipc_ring_make(128 * 1024, ours, theirs), 0);
	ATF_REQUIRE_EQ(cluster_link_open(r, ours, 0), 0);
	ring = ipc_ring_open(theirs, 0, 0, on_entry, NULL);
	ATF_REQUIRE(ring != NULL);
	node = new_link(1);
	for (i = 0; i < 40; i++) {
		for (k = n = 0; k < 2000; k++) {
			randombytes_buf(key, sizeof(key));
			sent += cluster_owner(r, key) == 0;
			n += net_frame_put_peer_present(frames + n, key, addr,
			    1, PEER_REGULAR);
		}
		for (at = 0; at < n; at += (size_t)m) {
			m = send(node, frames + at, n - at, MSG_DONTWAIT);
			if (m == -1) {		/* it is not read */
				m = 0;
				ATF_REQUIRE(r->nodes.paused);
				(void)ipc_ring_read(ring, 1 << 20);
			}
			turns();
		}
		ATF_REQUIRE(r->links.to[0] != NULL);
	}
	ATF_CHECK(r->nodes.paused);
	beats(6);			/* it is not held to be silent */
	for (i = 0; i < 1000 && told < sent; i++) {
		(void)ipc_ring_read(ring, 1 << 20);
		turns();
	}
	ATF_CHECK_EQ(told, sent);
	ATF_CHECK(!r->nodes.paused);
	ATF_CHECK(the_link() != NULL);
}

/* Junk ends the link alone. */
ATF_TC_WITHOUT_HEAD(junk);
ATF_TC_BODY(junk, tc)
{
	uint8_t b[4096];
	uint32_t i;

	(void)tc;
	start();
	for (i = 1; i < 200; i++) {
		node = new_link(i);
		randombytes_buf(b, sizeof(b));
		b[0] = (uint8_t)i;	/* each type, some of them long */
		if (i % 2 == 0)
			b[1] = b[2] = 0;
		ATF_REQUIRE_EQ(write(node, b, sizeof(b)), sizeof(b));
		turns();
		close(node);
		mesh_lost(i, 0, "");
	}
	ATF_CHECK_EQ(r->set.nconns, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, descriptors);
	ATF_TP_ADD_TC(tp, messages);
	ATF_TP_ADD_TC(tp, protocol);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, deaf);
	ATF_TP_ADD_TC(tp, pings);
	ATF_TP_ADD_TC(tp, flood);
	ATF_TP_ADD_TC(tp, junk);
	return (atf_no_error());
}
