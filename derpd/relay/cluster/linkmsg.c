/*
 * linkmsg: what the workers of one service say to each other on their links;
 * see link.h and linkmsg.h.  Called by link.c with what came, by cluster.c,
 * login.c and route.c with what is to be said.
 *
 * One worker tells another: which connections it has (so that each keeps the
 * whole table), who spoke last among duplicates, and packets.  Order on a link
 * is the order in which things happened in its sender.  News of clients is
 * never dropped; packets are, when the other side is far behind.
 */
#include <string.h>

#include "codec.h"
#include "linkmsg.h"
#include "linkstats.h"
#include "log.h"
#include "login.h"
#include "peers.h"
#include "relay.h"
#include "route.h"

#define LINK_PACKETS	(4 * 1024 * 1024) /* above: no more packets */
#define LINK_ACK_US	1500000		/* a worker that lives answers news */

enum link_type {
	LINK_ADD = 1,	/* key(32) id(8) seq(8) address(16) port(2) flags(1)
			   us(8) */
	LINK_REMOVE,	/* key(32) id(8) */
	LINK_ACTIVE,	/* key(32) id(8) seq(8) us(8) */
	LINK_ACK,	/* key(32) id(8) seq(8): ADD or ACTIVE is in force */
	LINK_CLOSE,	/* key(32) */
	LINK_PACKET,	/* source(32) destination(32) packet */
	LINK_STATS_ASK,	/* request(8) */
	LINK_STATS	/* request(8) stats_put() */
};

/* News was sent that is to be acknowledged. */
static void
want_ack(struct link *l)
{
	if (l->asked++ == l->got)
		l->heard_us = l->r->now_us;
}

/* 0 written, -1 not. */
static int
put_add(struct link *l, struct conn *c)
{
	struct wr w;
	int rv = -1;

	wr_init(&w);
	wr_bytes(&w, c->session.key, FRAME_KEY_LEN);
	wr_u64(&w, c->id);
	wr_u64(&w, c->session.seq);
	wr_bytes(&w, c->addr, sizeof(c->addr));
	wr_u16(&w, c->port);
	wr_u8(&w, derp_flags(&c->session));
	wr_u64(&w, c->session.active_us);
	if (wr_ok(&w))
		rv = cluster_link_put(l, LINK_ADD, w.p, w.len, NULL, 0);
	wr_free(&w);
	if (rv == 0)
		want_ack(l);
	return (rv);
}

/* A frame with a key and `n' numbers. */
static void
make_news(struct wr *w, const uint8_t *key, const uint64_t *v, int n)
{
	wr_init(w);
	wr_bytes(w, key, FRAME_KEY_LEN);
	while (n-- > 0)
		wr_u64(w, *v++);
}

/* Send it to all; the workers whose acknowledgement counts, a bit each. */
static uint64_t
tell_all(struct relay *r, uint8_t type, const uint8_t *key, const uint64_t *v,
    int n)
{
	uint64_t told = 0;
	unsigned int i;
	struct link *l;
	struct wr w;

	make_news(&w, key, v, n);
	for (i = 0; wr_ok(&w) && i < MAXWORKERS; i++) {
		if ((l = r->links.to[i]) == NULL ||
		    cluster_link_put(l, type, w.p, w.len, NULL, 0) == -1)
			continue;
		if (type == LINK_ACTIVE)
			want_ack(l);
		if (!l->slow)
			told |= 1ULL << i;
	}
	wr_free(&w);
	return (told);
}

void
link_add(struct conn *c)
{
	struct link *l;
	unsigned int i;

	c->session.seq++;
	c->session.acks = 0;
	for (i = 0; i < MAXWORKERS; i++)
		if ((l = c->r->links.to[i]) != NULL && put_add(l, c) == 0 &&
		    !l->slow)
			c->session.acks |= 1ULL << i;
}

void
link_remove(struct conn *c)
{
	tell_all(c->r, LINK_REMOVE, c->session.key, &c->id, 1);
}

void
link_active(struct conn *c)
{
	uint64_t v[3] = { c->id, ++c->session.seq, c->session.active_us };

	c->session.acks = tell_all(c->r, LINK_ACTIVE, c->session.key, v, 3);
}

void
link_close_peer(struct relay *r, const uint8_t key[FRAME_KEY_LEN])
{
	tell_all(r, LINK_CLOSE, key, NULL, 0);
}

static void
acked(struct conn *c, unsigned int worker)
{
	if ((c->session.acks & 1ULL << worker) == 0)
		return;
	c->session.acks &= ~(1ULL << worker);
	if (c->session.acks == 0)
		login_agreed(c);
}

/* The latest news of a connection of ours is in force at that worker. */
static void
got_ack(struct link *l, const uint8_t *key, uint64_t id, uint64_t seq)
{
	struct peer *p;
	struct conn *c;

	if (l->got < l->asked)
		l->got++;
	l->heard_us = l->r->now_us;
	l->slow = 0;
	if ((p = peers_find(l->r->peers, key)) == NULL)
		return;
	TAILQ_FOREACH(c, &p->local, session.same)
		if (c->id == id && c->session.seq == seq) {
			acked(c, l->worker);
			return;
		}
}

static void
send_ack(struct link *l, const uint8_t *key, uint64_t id, uint64_t seq)
{
	uint64_t v[2] = { id, seq };
	struct wr w;

	make_news(&w, key, v, 2);
	if (wr_ok(&w))
		cluster_link_put(l, LINK_ACK, w.p, w.len, NULL, 0);
	wr_free(&w);
}

int
link_packet(struct relay *r, unsigned int worker, const uint8_t *src,
    const uint8_t *dst, const uint8_t *p, size_t n)
{
	uint8_t keys[2 * FRAME_KEY_LEN];
	struct link *l;

	if (worker >= MAXWORKERS || (l = r->links.to[worker]) == NULL ||
	    buf_left(&l->out) > LINK_PACKETS)
		return (-1);
	memcpy(keys, src, FRAME_KEY_LEN);
	memcpy(keys + FRAME_KEY_LEN, dst, FRAME_KEY_LEN);
	return (cluster_link_put(l, LINK_PACKET, keys, sizeof(keys), p, n));
}

/*
 * The other worker wants our counters: they go at the end of the turn, once
 * however often it asked, for a worker has one request under way (linkstats.c).
 */
static int
got_stats_ask(struct link *l, struct rd *rd)
{
	uint64_t id = rd_u64(rd);

	if (!rd_end(rd))
		return (-1);
	l->stats_id = id;
	l->stats_due = 1;
	return (0);
}

void
cluster_link_answer(struct link *l)
{
	struct wr w;

	if (!l->stats_due)
		return;
	l->stats_due = 0;
	wr_init(&w);
	wr_u64(&w, l->stats_id);
	stats_put(&w, &l->r->stats);
	if (wr_ok(&w))
		(void)cluster_link_put(l, LINK_STATS, w.p, w.len, NULL, 0);
	wr_free(&w);
}

static int
got_stats(struct link *l, struct rd *rd)
{
	struct stats s;
	uint64_t id = rd_u64(rd);

	if (stats_get(rd, &s) == -1)
		return (-1);
	linkstats_answer(l->r->linkstats, l->worker, id, &s);
	return (0);
}

/* News of a connection at that worker; -1: malformed. */
static int
got_news(struct link *l, uint8_t type, const uint8_t *key, struct rd *rd)
{
	const uint8_t *addr = NULL;
	uint64_t id, seq = 0, us = 0;
	uint16_t port = 0;
	uint8_t flags = 0;

	id = rd_u64(rd);
	if (type != LINK_REMOVE)
		seq = rd_u64(rd);
	if (type == LINK_ADD) {
		addr = rd_ptr(rd, 16);
		port = rd_u16(rd);
		flags = rd_u8(rd);
	}
	if (type == LINK_ADD || type == LINK_ACTIVE)
		us = rd_u64(rd);
	if (!rd_end(rd))
		return (-1);
	if (type == LINK_ACK)
		got_ack(l, key, id, seq);
	else if (type == LINK_REMOVE)
		peers_remote_remove(l->r->peers, l->worker, key, id);
	else {
		if (type == LINK_ADD)
			peers_remote_add(l->r->peers, l->worker, key, id,
			    addr, port, flags, us);
		else
			peers_remote_active(l->r->peers, l->worker, key, id,
			    us);
		send_ack(l, key, id, seq);
	}
	return (0);
}

int
cluster_link_frame(struct link *l, uint8_t type, const uint8_t *p, size_t n)
{
	const uint8_t *key;
	struct rd rd;

	rd_init(&rd, p, n);
	if (type == LINK_STATS_ASK)
		return (got_stats_ask(l, &rd));
	if (type == LINK_STATS)
		return (got_stats(l, &rd));
	if ((key = rd_ptr(&rd, FRAME_KEY_LEN)) == NULL)
		return (-1);
	switch (type) {
	case LINK_PACKET:
		if (n < 2 * FRAME_KEY_LEN)
			return (-1);
		session_deliver(l->r, key, key + FRAME_KEY_LEN,
		    p + 2 * FRAME_KEY_LEN, n - 2 * FRAME_KEY_LEN);
		return (0);
	case LINK_ADD:
	case LINK_REMOVE:
	case LINK_ACTIVE:
	case LINK_ACK:
		return (got_news(l, type, key, &rd));
	case LINK_CLOSE:
		session_close_peer(l->r, key);
		return (0);
	default:
		return (-1);
	}
}

/* Nobody waits for a worker that is gone. */
static void
forget_acks(struct relay *r, unsigned int worker)
{
	struct conn *c;

	TAILQ_FOREACH(c, &r->conns, entry)
		acked(c, worker);
}

void
cluster_link_lost(struct relay *r, unsigned int worker)
{
	peers_worker_gone(r->peers, worker);
	forget_acks(r, worker);
	linkstats_gone(r->linkstats, worker);
}

static void
tell_local(struct peer *p, void *arg)
{
	struct conn *c;

	/* The oldest first: the other side has the latest at the head. */
	TAILQ_FOREACH_REVERSE(c, &p->local, peer_conns, session.same)
		(void)put_add(arg, c);
}

void
cluster_link_greet(struct link *l)
{
	peers_each(l->r->peers, tell_local, l);
}

uint64_t
link_ask_stats(struct relay *r, uint64_t id)
{
	uint64_t asked = 0;
	unsigned int i;
	struct wr w;

	wr_init(&w);
	wr_u64(&w, id);
	for (i = 0; wr_ok(&w) && i < MAXWORKERS; i++)
		if (r->links.to[i] != NULL && cluster_link_put(r->links.to[i],
		    LINK_STATS_ASK, w.p, w.len, NULL, 0) == 0)
			asked |= 1ULL << i;
	wr_free(&w);
	return (asked);
}

/*
 * A worker that hangs will be replaced; until then logins go on without it, or
 * none would succeed anywhere.
 */
void
cluster_link_check(struct link *l)
{
	if (l->slow || l->got == l->asked ||
	    l->r->now_us - l->heard_us < LINK_ACK_US)
		return;
	log_warnx("worker %u does not answer: logins do not wait for it",
	    l->worker);
	l->slow = 1;
	forget_acks(l->r, l->worker);
}

