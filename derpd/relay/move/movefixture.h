/*
 * movefixture: for tests of moves: old and new workers in one process, whose
 * channels to the parent end in the test, and clients over TCP with records of
 * TLS.  Included once in a test program.
 */
#ifndef MOVEFIXTURE_H
#define MOVEFIXTURE_H

#include <sys/socket.h>
#include <atf-c.h>
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "ipcsend.h"
#include "move.h"
#include "movepriv.h"
#include "owner.h"
#include "peers.h"
#include "relay.h"
#include "route.h"
#include "slots.h"
#include "tcpfixture.h"

#define PLAIN_MAX	(8 * 1024 * 1024)

/* The numbers of nodes at the new workers, and those without a link there. */
static uint8_t		 nodes_there[IPC_MAXNODES];
static uint32_t		 lost_links;

/* A worker, and the parent's end of its channel. */
struct move_side {
	struct relay	*r;
	struct ipc_chan	*parent;
};

/* The client's end of a connection. */
struct move_peer {
	int		 fd;
	uint8_t		 key[FRAME_KEY_LEN];
	struct net_record_cache cache;
	struct net_record *rec;		/* NULL: without TLS */
	uint8_t		 cipher[64 * 1024];	/* a cut record */
	size_t		 ncipher;
	uint8_t		*plain;		/* what came, PLAIN_MAX at most */
	size_t		 n, off;	/* of it; handled */
};

static inline void
no_message(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("an unexpected %s", ipc_msg_name(m->type));
}

static inline void
no_end(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("the channel to the parent ended: %s", why);
}

/* Make the worker `worker' of `nworkers', with that byte as its secret. */
static inline void
a_worker(struct move_side *s, unsigned int worker, unsigned int nworkers,
    uint8_t secret)
{
	struct ipc_slots *page;
	struct relay *r;
	int sv[2], fd;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	r = s->r = relay_new(NULL);
	r->conf.worker = worker;
	r->conf.nworkers = nworkers;
	r->conf.nfronts = 1;
	r->conf.queue_bytes = 2000000;
	r->conf.queue_packets = 2048;
	r->conf.codel_target = 20;
	r->conf.codel_interval = 100;
	memset(r->conf.slot_secret, secret, sizeof(r->conf.slot_secret));
	r->has_mesh = 1;
	r->set.notsent_lowat = 32 * 1024;
	derp_queue_set_limit(&r->queues, 100000000);
	r->files.max = 1024 * 1024;
	ATF_REQUIRE((page = ipc_slots_new(nworkers)) != NULL);
	ATF_REQUIRE((fd = ipc_slots_share(page)) != -1);
	ATF_REQUIRE_EQ(cluster_owners_map(r, fd), 0);
	close(fd);
	ipc_slots_free(page);
	r->parent = ipc_chan_new(r->set.base, sv[0], ROLE_RELAY, ROLE_PARENT,
	    no_message, no_end, NULL);
	s->parent = ipc_chan_new(NULL, sv[1], ROLE_PARENT, ROLE_RELAY, NULL,
	    NULL, NULL);
	ATF_REQUIRE(r->parent != NULL && s->parent != NULL);
}

/* The `n'-th key of a worker. */
static inline void
key_of(const struct move_side *s, uint8_t key[FRAME_KEY_LEN], unsigned int n)
{
	unsigned int i;

	memset(key, 0, FRAME_KEY_LEN);
	for (i = 1;; i++) {
		memcpy(key, &i, sizeof(i));
		if (cluster_owner(s->r, key) == s->r->conf.worker && n-- == 0)
			return;
	}
}

/* Run some turns, none of which waits. */
static inline void
turns(struct move_side *s)
{
	const struct timeval now = { 0, 0 };
	unsigned int i;

	for (i = 0; i < 10; i++) {
		ATF_REQUIRE_EQ(event_base_loopexit(s->r->set.base, &now), 0);
		relay_turn(s->r);
	}
}

/* Run what a worker does while it is held. */
static inline void
held_turns(struct move_side *s)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		ATF_REQUIRE(event_base_loop(s->r->set.base,
		    EVLOOP_NONBLOCK) != -1);
		move_work(s->r);
	}
}

/* Let a client with that key log in at the worker; `suite' 0: without TLS. */
static inline struct relay_conn *
a_client(struct move_side *s, struct move_peer *p,
    const uint8_t key[FRAME_KEY_LEN], uint16_t suite, int mesh)
{
	static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, [12] = 10 };
	static uint8_t seed;
	uint8_t up[NET_RECORD_SECRET], down[NET_RECORD_SECRET];
	const size_t len = suite == 0x1302 ? 48 : 32;
	struct relay_conn *c;
	int v[2];

	memset(p, 0, sizeof(*p));
	tcp_pair(v);
	p->fd = v[1];
	memcpy(p->key, key, FRAME_KEY_LEN);
	ATF_REQUIRE((p->plain = malloc(PLAIN_MAX)) != NULL);
	ATF_REQUIRE((c = relay_conn_new(s->r, v[0], addr, 4711)) != NULL);
	memcpy(c->session.key, key, FRAME_KEY_LEN);
	c->conn.patient = c->session.mesh = mesh != 0;
	c->conn.plain = suite == 0;
	if (suite != 0) {
		memset(up, ++seed, sizeof(up));
		memset(down, ~seed, sizeof(down));
		net_record_cache_init(&p->cache, net_aead_best(), 10);
		ATF_REQUIRE((p->rec = net_record_new(&p->cache)) != NULL);
		ATF_REQUIRE((c->conn.rec = net_record_new(&s->r->set.records))
		    != NULL);
		ATF_REQUIRE_EQ(net_record_begin(c->conn.rec,
		    &s->r->set.records, suite, up, down, len, 0, 0), 0);
		ATF_REQUIRE_EQ(net_record_begin(p->rec, &p->cache, suite,
		    down, up, len, 0, 1), 0);
	}
	ATF_REQUIRE_EQ(relay_route_add(c), 0);
	s->r->stats->connections++;
	relay_conn_up(c);
	turns(s);
	return (c);
}

/* The bytes on the wire for `n' bytes at `b' of the client; returns them. */
static inline size_t
seal(struct move_peer *p, const void *b, size_t n, uint8_t *wire)
{
	struct iovec v = { (void *)(uintptr_t)b, n };
	ssize_t k;

	if (p->rec == NULL) {
		memcpy(wire, b, n);
		return (n);
	}
	ATF_REQUIRE((k = net_record_write(p->rec, &v, 1, n, wire)) > 0);
	return ((size_t)k);
}

/* The client sends bytes as they are. */
static inline void
put_wire(struct move_peer *p, const uint8_t *wire, size_t n)
{
	ATF_REQUIRE_EQ(send(p->fd, wire, n, 0), (ssize_t)n);
}

/* The client sends bytes of DERP. */
static inline void
put(struct move_peer *p, const void *b, size_t n)
{
	uint8_t wire[32 * 1024];

	put_wire(p, wire, seal(p, b, n, wire));
}

/* Write a SendPacket of `n' bytes that begin with `number'; return its size. */
static inline size_t
packet(uint8_t *frame, const uint8_t *dst, uint32_t number, size_t n,
    int disco)
{
	static const uint8_t magic[6] = { 0x54, 0x53, 0xf0, 0x9f, 0x92,
	    0xac };
	uint8_t *p = frame + FRAME_HDR_LEN + FRAME_KEY_LEN;

	net_frame_put_hdr(frame, FRAME_SEND_PACKET,
	    (uint32_t)(FRAME_KEY_LEN + n));
	memcpy(frame + FRAME_HDR_LEN, dst, FRAME_KEY_LEN);
	memset(p, 'x', n);
	if (disco)
		memcpy(p, magic, sizeof(magic));
	memcpy(p + n - sizeof(number), &number, sizeof(number));
	return (FRAME_HDR_LEN + FRAME_KEY_LEN + n);
}

/* Decrypt the records that are whole. */
static inline void
open_records(struct move_peer *p)
{
	struct net_record_input in;
	enum net_record_status rv;
	size_t off = 0;

	while (off < p->ncipher) {
		rv = net_record_read(p->rec, p->cipher + off,
		    p->ncipher - off, &in);
		if (rv == NET_RECORD_MORE)
			break;
		ATF_REQUIRE_MSG(rv == NET_RECORD_DATA ||
		    rv == NET_RECORD_NONE, "record: %s", in.why);
		off += in.used;
		if (rv == NET_RECORD_NONE)
			continue;
		ATF_REQUIRE(p->n + in.len <= PLAIN_MAX);
		memcpy(p->plain + p->n, in.data, in.len);
		p->n += in.len;
	}
	memmove(p->cipher, p->cipher + off, p->ncipher - off);
	p->ncipher -= off;
}

/* The client reads what is there.  Returns 1 if something came, else 0. */
static inline int
get(struct move_peer *p)
{
	ssize_t k;
	int any = 0;

	for (;;) {
		if (p->rec == NULL) {
			k = recv(p->fd, p->plain + p->n, PLAIN_MAX - p->n,
			    MSG_DONTWAIT);
			p->n += k > 0 ? (size_t)k : 0;
		} else {
			k = recv(p->fd, p->cipher + p->ncipher,
			    sizeof(p->cipher) - p->ncipher, MSG_DONTWAIT);
			p->ncipher += k > 0 ? (size_t)k : 0;
			if (k > 0)
				open_records(p);
		}
		if (k <= 0)
			break;
		any = 1;
	}
	ATF_REQUIRE_MSG(k == -1 && errno == EAGAIN, "the connection ended");
	return (any);
}

/* The client reads until nothing more comes from the worker for a while. */
static inline void
get_all(struct move_side *s, struct move_peer *p)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
	int quiet;

	for (quiet = 0; quiet < 10; quiet++) {
		turns(s);
		if (poll(&pfd, 1, 20) == 1 && get(p))
			quiet = 0;
	}
}

/*
 * The next frame that the client got: its type, and its payload of *n bytes at
 * *b; 0: there is none.
 */
static inline uint8_t
next_frame(struct move_peer *p, const uint8_t **b, uint32_t *n)
{
	uint8_t type;

	if (p->n - p->off < FRAME_HDR_LEN)
		return (0);
	net_frame_get_hdr(p->plain + p->off, &type, n);
	if (p->n - p->off - FRAME_HDR_LEN < *n)
		return (0);
	*b = p->plain + p->off + FRAME_HDR_LEN;
	p->off += FRAME_HDR_LEN + *n;
	return (type);
}

/* Connect the two for a move, and begin it. */
static inline void
connect_move(struct move_side *from, struct move_side *to)
{
	const struct ipc_relay_conf *old = &from->r->conf,
	    *new = &to->r->conf;
	const struct ipc_msg_relay_move_from v = { .from = old->worker,
	    .nworkers = old->nworkers, .slot_secret = old->slot_secret,
	    .links = UINT32_MAX };
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(move_to(from->r, new->worker, new->nworkers,
	    new->slot_secret, nodes_there, sv[0]), 0);
	ATF_REQUIRE_EQ(move_from_message(to->r, &v, &sv[1]), 0);
}

/* The parent of the old worker gets RELAY_MOVED: 1 or 0, -1: none. */
static inline int
moved(struct move_side *s, uint32_t *sessions)
{
	struct ipc_msg_relay_moved v;
	struct ipc_msg m;

	held_turns(s);
	if (ipc_chan_recv(s->parent, &m, 0) == -1)
		return (-1);
	ATF_REQUIRE_EQ(MSG_RELAY_MOVED, m.type);
	ATF_REQUIRE_EQ(ipc_get_relay_moved(&m.rd, &v), 0);
	*sessions = v.sessions;
	ATF_CHECK_EQ(v.ok, v.why[0] == '\0');
	ipc_msg_free(&m);
	return (v.ok);
}

/* The parent of the new worker gets RELAY_TOOK: 1 or 0, -1: none. */
static inline int
took(struct move_side *s, uint32_t *sessions, char why[IPC_WHYSIZE])
{
	struct ipc_msg_relay_took v;
	struct ipc_msg m;

	turns(s);
	if (ipc_chan_recv(s->parent, &m, 0) == -1)
		return (-1);
	ATF_REQUIRE_EQ(MSG_RELAY_TOOK, m.type);
	ATF_REQUIRE_EQ(ipc_get_relay_took(&m.rd, &v), 0);
	*sessions = v.sessions;
	strlcpy(why, v.why, IPC_WHYSIZE);
	ipc_msg_free(&m);
	return (v.ok);
}

/* Move all sessions of `from' to `to', which is connected; return how many. */
static inline uint32_t
move_all(struct move_side *from, struct move_side *to)
{
	uint32_t sent = 0, came = 0;
	char why[IPC_WHYSIZE] = "";
	int out = -1, in = -1, i;

	move_go(from->r);
	for (i = 0; i < 10000 && (out == -1 || in == -1); i++) {
		if (out == -1)
			out = moved(from, &sent);
		if (in == -1)
			in = took(to, &came, why);
	}
	ATF_REQUIRE_MSG(out == 1 && in == 1, "%d %d %s", out, in, why);
	ATF_REQUIRE_EQ(sent, came);
	return (sent);
}

/* The connection of a key at a worker; NULL: none. */
static inline struct relay_conn *
conn_at(const struct move_side *s, const uint8_t key[FRAME_KEY_LEN])
{
	const struct cluster_peer *p = cluster_peers_find(s->r->peers, key);

	return (p == NULL ? NULL : cluster_peers_active(p));
}

/* The sessions go on at the new worker; the old one ends. */
static inline void
commit(struct move_side *from, struct move_side *to)
{
	struct conn *c;

	/* Its descriptors are closed as by _exit(2): nothing is written. */
	TAILQ_FOREACH(c, &from->r->set.conns, entry) {
		conn_input_end(c);
		close(c->fd);
		c->fd = -1;
	}
	move_take(to->r, lost_links);
	turns(to);
}

#endif
