/*
 * linkfixture: for tests of link.c and linkmsg.c: a worker, WORKER of NWORKERS,
 * with clients, whose links to others end in the test, which plays these.  What
 * goes to other nodes is written down.  Its clock stands still.  Included once
 * in a test program.
 */
#ifndef LINKFIXTURE_H
#define LINKFIXTURE_H

#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster.h"
#include "far.h"
#include "ipcsend.h"
#include "link.h"
#include "linkmsg.h"
#include "messages.h"
#include "owner.h"
#include "peers.h"
#include "relay.h"
#include "ring.h"
#include "route.h"
#include "sent.h"
#include "slots.h"
#include "watch.h"
#include "wirefixture.h"

#define RING	(1 * MIB)	/* bytes of a ring of these tests */
#define NWORKERS	4
#define WORKER		0
#define OTHER		2	/* the worker that the test plays */
#define THIRD		3

static struct relay	*r;

/* A frame that the other worker got. */
struct heard {
	STAILQ_ENTRY(heard) entry;
	uint8_t		 type;
	size_t		 len;
	uint8_t		 data[];
};

/* The other worker's side of a link. */
struct other {
	struct ipc_ring	*ring;
	STAILQ_HEAD(, heard) frames;
	struct heard	*last;		/* of hears() */
};

static inline int
received(void *arg, uint8_t type, const uint8_t *p, size_t n)
{
	struct other *o = arg;
	struct heard *h;

	ATF_REQUIRE((h = malloc(sizeof(*h) + n)) != NULL);
	h->type = type;
	h->len = n;
	memcpy(h->data, p, n);
	STAILQ_INSERT_TAIL(&o->frames, h, entry);
	return (0);
}

/* Open a link to that worker and return its side. */
static inline struct other *
linked(unsigned int worker)
{
	int ours[IPC_RING_MAXFDS], theirs[IPC_RING_MAXFDS];
	struct other *o;

	ATF_REQUIRE((o = calloc(1, sizeof(*o))) != NULL);
	STAILQ_INIT(&o->frames);
	ATF_REQUIRE_EQ(ipc_ring_make(RING, ours, theirs), 0);
	ATF_REQUIRE_EQ(cluster_link_open(r, ours, worker), 0);
	o->ring = ipc_ring_open(theirs, LINK_FIRST_PACKET, LINK_LAST_PACKET,
	    received, o);
	ATF_REQUIRE(o->ring != NULL);
	return (o);
}

/*
 * Read the next frame that the other worker gets; 0: there is none.  `m' is
 * valid until the next call.
 */
static inline uint32_t
hears(struct other *o, struct ipc_msg *m)
{
	ipc_ring_woken(o->ring);
	while (ipc_ring_read(o->ring, MIB) == IPC_RING_MORE)
		;
	free(o->last);
	if ((o->last = STAILQ_FIRST(&o->frames)) == NULL)
		return (0);
	STAILQ_REMOVE_HEAD(&o->frames, entry);
	ipc_rd_init(&m->rd, o->last->data, o->last->len);
	return (m->type = o->last->type);
}

/* Close the other worker's side. */
static inline void
closed(struct other *o)
{
	struct ipc_msg m;

	while (hears(o, &m) != 0)
		;
	ipc_ring_free(o->ring);
	free(o);
}

/* The other worker sends a frame, or a part of one, as it is. */
static inline void
sent(struct other *o, uint8_t type, const void *p, size_t n)
{
	ATF_REQUIRE_EQ(ipc_ring_put(o->ring, IPC_RING_NEWS, type, p, n, NULL,
	    0), 0);
	ATF_REQUIRE_EQ(ipc_ring_flush(o->ring), 0);
}

/* What went to other nodes, in order, and links that are not there. */
static char	to_nodes[4096];
static uint64_t	no_node;

/* The number that key_of() has given to a key. */
static inline unsigned int
number_of(const uint8_t *key)
{
	return (key[0] + 256U * key[1]);
}

static inline int
fake_forward(struct relay *which, unsigned int far, const uint8_t *src,
    const uint8_t *dst, const uint8_t *p, size_t n)
{
	size_t have = strlen(to_nodes);

	if (no_node & 1ULL << far)
		return (-1);
	ATF_CHECK_EQ(cluster_far_worker(which, far), which->conf.worker);
	snprintf(to_nodes + have, sizeof(to_nodes) - have,
	    "%u: %u-%u %.*s\n", far, number_of(src), number_of(dst),
	    (int)(n < 40 ? n : 40), (const char *)p);
	return (0);
}

static inline void
fake_close(struct relay *which, unsigned int far, const uint8_t *key)
{
	size_t have = strlen(to_nodes);

	ATF_CHECK_EQ(cluster_far_worker(which, far), which->conf.worker);
	snprintf(to_nodes + have, sizeof(to_nodes) - have, "%u: close %u\n",
	    far, number_of(key));
}

static inline void
fake_anew(struct relay *which)
{
	(void)which;
	strlcat(to_nodes, "anew\n", sizeof(to_nodes));
}

/* Compare what went to other nodes since the last call. */
static inline void
nodes_get(const char *want)
{
	ATF_CHECK_STREQ(to_nodes, want);
	to_nodes[0] = '\0';
}

/* The worker's modules, without sockets. */
static inline void
set_up(void)
{
	static const struct cluster_far_ops far_ops = { fake_forward,
	    fake_close, fake_anew };

	ATF_REQUIRE((r = calloc(1, sizeof(*r))) != NULL);
	r->far_ops = &far_ops;
	ATF_REQUIRE((r->set.base = event_base_new()) != NULL);
	relay_conn_init(r);
	r->set.outputs.ops = &wire_ops;
	relay_route_init(r);
	r->stats = r->derp.stats = r->set.stats;
	derp_pool_init(&r->pool);
	derp_pool_init(&r->conn_memory);
	relay_seals_init(&r->seals);
	relay_packets_init(r);
	LIST_INIT(&r->watchers);
	ATF_REQUIRE_EQ(cluster_init(r), 0);
	r->set.now_us = 1000000;
	r->set.write_timeout = 2000;
	r->conf.queue_bytes = WIRE;
	r->conf.queue_packets = 100000;
	r->conf.worker = WORKER;
	r->conf.nworkers = NWORKERS;
	r->has_mesh = 1;
	wire_begin();
}

static inline void
begin(void)
{
	struct ipc_slots *parent;
	int fd;

	set_up();
	ATF_REQUIRE((parent = ipc_slots_new(NWORKERS)) != NULL);
	ATF_REQUIRE((fd = ipc_slots_share(parent)) != -1);
	ATF_REQUIRE_EQ(cluster_owners_map(r, fd), 0);
	close(fd);
	ipc_slots_free(parent);
}

/* The n-th key that this worker owns; valid for eight more calls. */
static inline const uint8_t *
key_of(unsigned int worker, unsigned int n)
{
	static uint8_t keys[8][FRAME_KEY_LEN];
	static unsigned int next;
	uint8_t *key = keys[next++ % 8];
	unsigned int i;

	memset(key, 0, FRAME_KEY_LEN);
	for (i = 1;; i++) {
		memcpy(key, &i, sizeof(i));
		if (cluster_owner(r, key) == worker && n-- == 0)
			return (key);
	}
}

/* A client with that key, which the worker `which' owns. */
static inline struct relay_conn *
client(struct relay *which, const uint8_t key[FRAME_KEY_LEN], int mesh)
{
	static const uint8_t addr[16];
	struct relay_conn *c;

	ATF_REQUIRE((c = relay_conn_new(which, -1, addr, 0)) != NULL);
	c->conn.plain = 1;
	c->conn.state = CONN_UP;
	c->conn.paused = 0;
	c->conn.patient = c->session.mesh = mesh != 0;
	memcpy(c->session.key, key, FRAME_KEY_LEN);
	which->stats->connections++;
	ATF_REQUIRE_EQ(relay_route_add(c), 0);
	return (c);
}

/* A client leaves, as at the end of a turn. */
static inline void
leave(struct relay_conn *c)
{
	conn_close(&c->conn, "the client leaves");
	conn_reap(&c->r->set);
}

/* A client with the n-th key of this worker. */
static inline struct relay_conn *
join(unsigned int n, int mesh)
{
	return (client(r, key_of(WORKER, n), mesh));
}

/* The rest of a turn after input, as relay.c has it. */
static inline void
end_turn(void)
{
	conn_output_flush(&r->set);
	cluster_peers_reap(r->peers);
	cluster_far_work(r);
	cluster_count(r);
	derp_sent_reap(r->sent);
	cluster_watch_work(r);
	conn_output_flush(&r->set);
	cluster_link_flush(r);
}

/* A turn with the input of links; it never sleeps. */
static inline void
turn(void)
{
	nwire = 0;
	(void)cluster_link_sleep(r);
	ATF_REQUIRE(event_base_loop(r->set.base, EVLOOP_ONCE |
	    EVLOOP_NONBLOCK) != -1);
	cluster_link_read(r);
	end_turn();
}

/* A turn in which the clients get these frames; "" none, n bytes each. */
static inline void
clients_get(const void *frame, size_t n)
{
	turn();
	ATF_CHECK_EQ(nwire, n);
	if (n > 0 && nwire == n)
		ATF_CHECK_EQ(memcmp(wire, frame, n), 0);
}

/* The other worker sends a frame with the payload `w', which is freed. */
static inline void
says(struct other *o, enum ipc_msg_type type, struct ipc_wr *w)
{
	ATF_REQUIRE(ipc_wr_ok(w));
	sent(o, (uint8_t)type, w->p, w->len);
	ipc_wr_free(w);
}

#define SAY(o, TYPE, name, ...) do {					\
	struct ipc_msg_link_##name say_v = { __VA_ARGS__ };		\
	struct ipc_wr say_w;						\
	ipc_wr_init(&say_w);						\
	ipc_put_link_##name(&say_w, &say_v);				\
	says(o, MSG_LINK_##TYPE, &say_w);				\
} while (0)

#endif
