/*
 * linkmsg: the messages between the workers of one service; see link.h and
 * linkmsg.h.  Called by link.c with received frames, by cluster.c, login.c and
 * route.c to send.
 *
 * A worker notifies the others of its connections (so that each keeps the whole
 * table) and of the active one among duplicates, and forwards packets.  A link
 * keeps the order in which its sender saw the events.  Notifications about
 * clients are never dropped; packets are, when the other side is far behind.
 */
#include <stdint.h>

#include "ipcdispatch.h"
#include "linkmsg.h"
#include "linkstats.h"
#include "log.h"
#include "login.h"
#include "peers.h"
#include "relay.h"
#include "route.h"

#define LINK_ACK_US	1500000	/* a live worker acknowledges within this */

/* The type of a frame is the number of its message. */
_Static_assert(MSG_MAX <= UINT8_MAX, "the type of a frame is a byte");

/* Record that a notification was sent that must be acknowledged. */
static void
want_ack(struct cluster_link *l)
{
	if (l->notified++ == l->acked)
		l->ack_us = l->r->now_us;
}

/*
 * Send the payload `w', which is freed.  Return 0, or -1 if it was not queued.
 */
static int
put(struct cluster_link *l, enum ipc_ring_kind kind, enum ipc_msg_type type,
    struct ipc_wr *w)
{
	int rv = -1;

	if (ipc_wr_ok(w))
		rv = cluster_link_put(l, kind, (uint8_t)type, w->p, w->len,
		    NULL, 0);
	ipc_wr_free(w);
	return (rv);
}

/* Send a connection.  Return 0, or -1 if it was not queued. */
static int
put_add(struct cluster_link *l, enum ipc_ring_kind kind, struct relay_conn *c)
{
	struct ipc_msg_link_add v = {
		.key = c->session.key,
		.id = c->id,
		.seq = c->session.seq,
		.addr = c->addr,
		.port = c->port,
		.flags = derp_flags(&c->session),
		.us = c->session.active_us
	};
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_link_add(&w, &v);
	if (put(l, kind, MSG_LINK_ADD, &w) == -1)
		return (-1);
	want_ack(l);
	return (0);
}

/*
 * Send the payload `w', which is freed, to all workers.  Return the workers
 * whose acknowledgement is awaited, a bit for each.
 */
static uint64_t
send_all(struct relay *r, enum ipc_msg_type type, struct ipc_wr *w)
{
	uint64_t acking = 0;
	unsigned int i;
	struct cluster_link *l;

	for (i = 0; ipc_wr_ok(w) && i < IPC_MAXWORKERS; i++) {
		if ((l = r->links.to[i]) == NULL || cluster_link_put(l,
		    IPC_RING_NEWS, (uint8_t)type, w->p, w->len, NULL, 0) == -1)
			continue;
		if (type == MSG_LINK_ACTIVE)
			want_ack(l);
		if (!l->slow)
			acking |= 1ULL << i;
	}
	ipc_wr_free(w);
	return (acking);
}

void
cluster_link_add(struct relay_conn *c)
{
	struct cluster_link *l;
	unsigned int i;

	c->session.seq++;
	c->session.pending_acks = 0;
	for (i = 0; i < IPC_MAXWORKERS; i++)
		if ((l = c->r->links.to[i]) != NULL &&
		    put_add(l, IPC_RING_NEWS, c) == 0 && !l->slow)
			c->session.pending_acks |= 1ULL << i;
}

void
cluster_link_remove(struct relay_conn *c)
{
	struct ipc_msg_link_remove v = { c->session.key, c->id };
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_link_remove(&w, &v);
	send_all(c->r, MSG_LINK_REMOVE, &w);
}

void
cluster_link_active(struct relay_conn *c)
{
	struct ipc_msg_link_active v = {
		.key = c->session.key,
		.id = c->id,
		.seq = ++c->session.seq,
		.us = c->session.active_us
	};
	uint64_t before = c->session.pending_acks;
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_link_active(&w, &v);
	c->session.pending_acks = send_all(c->r, MSG_LINK_ACTIVE, &w);
	/* A login or a pong waited for a worker whose link is closed. */
	if (before != 0 && c->session.pending_acks == 0)
		derp_login_agreed(c);
}

void
cluster_link_close_peer(struct relay *r, const uint8_t key[FRAME_KEY_LEN])
{
	struct ipc_msg_link_close v = { key };
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_link_close(&w, &v);
	send_all(r, MSG_LINK_CLOSE, &w);
}

static void
acked(struct relay_conn *c, unsigned int worker)
{
	if ((c->session.pending_acks & 1ULL << worker) == 0)
		return;
	c->session.pending_acks &= ~(1ULL << worker);
	if (c->session.pending_acks == 0)
		derp_login_agreed(c);
}

/*
 * Handle an acknowledgement: that worker has the latest state of a connection.
 */
static int
on_ack(void *arg, const struct ipc_msg_link_ack *v)
{
	struct cluster_link *l = arg;
	struct cluster_peer *p;
	struct relay_conn *c;

	if (l->acked < l->notified)
		l->acked++;
	l->ack_us = l->r->now_us;
	l->slow = 0;
	if ((p = cluster_peers_find(l->r->peers, v->key)) == NULL)
		return (0);
	TAILQ_FOREACH(c, &p->local, session.same)
		if (c->id == v->id && c->session.seq == v->seq) {
			acked(c, l->worker);
			break;
		}
	return (0);
}

static void
send_ack(struct cluster_link *l, const uint8_t *key, uint64_t id, uint64_t seq)
{
	struct ipc_msg_link_ack v = { key, id, seq };
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_link_ack(&w, &v);
	(void)put(l, IPC_RING_NEWS, MSG_LINK_ACK, &w);
}

int
cluster_link_packet(struct relay *r, unsigned int worker, const uint8_t *src,
    const uint8_t *dst, const uint8_t *p, size_t n)
{
	struct ipc_msg_link_packet head = { src, dst, NULL, 0 };
	uint8_t keys[2 * FRAME_KEY_LEN];
	struct cluster_link *l;
	struct ipc_wr w;

	if (worker >= IPC_MAXWORKERS || (l = r->links.to[worker]) == NULL)
		return (-1);
	/* The packet is copied only once, into the ring. */
	ipc_wr_fixed(&w, keys, sizeof(keys));
	ipc_put_link_packet(&w, &head);
	return (cluster_link_put(l, IPC_RING_PACKET, MSG_LINK_PACKET, w.p,
	    w.len, p, n));
}

/*
 * Handle a request for our counters.  They are sent at the end of the turn,
 * once for all requests, because a worker has one request under way
 * (linkstats.c).
 */
static int
on_stats_ask(void *arg, const struct ipc_msg_link_stats_ask *v)
{
	struct cluster_link *l = arg;

	l->stats_id = v->request;
	l->stats_due = 1;
	return (0);
}

void
cluster_link_answer(struct cluster_link *l)
{
	struct ipc_msg_link_stats v;
	struct ipc_wr w;

	if (!l->stats_due)
		return;
	l->stats_due = 0;
	v.request = l->stats_id;
	relay_stats_put(&v, &l->r->stats);
	ipc_wr_init(&w);
	ipc_put_link_stats(&w, &v);
	(void)put(l, IPC_RING_NEWS, MSG_LINK_STATS, &w);
}

static int
on_stats(void *arg, const struct ipc_msg_link_stats *v)
{
	struct cluster_link *l = arg;
	struct relay_stats s;

	if (relay_stats_get(v, &s) == -1)
		return (-1);
	cluster_linkstats_answer(l->r->linkstats, l->worker, v->request, &s);
	return (0);
}

static int
on_add(void *arg, const struct ipc_msg_link_add *v)
{
	struct cluster_link *l = arg;

	cluster_peers_remote_add(l->r->peers, l->worker, v->key, v->id, v->addr,
	    v->port, v->flags, v->us);
	send_ack(l, v->key, v->id, v->seq);
	return (0);
}

static int
on_active(void *arg, const struct ipc_msg_link_active *v)
{
	struct cluster_link *l = arg;

	cluster_peers_remote_active(l->r->peers, l->worker, v->key, v->id,
	    v->us);
	send_ack(l, v->key, v->id, v->seq);
	return (0);
}

static int
on_remove(void *arg, const struct ipc_msg_link_remove *v)
{
	struct cluster_link *l = arg;

	cluster_peers_remote_remove(l->r->peers, l->worker, v->key, v->id);
	return (0);
}

static int
on_close(void *arg, const struct ipc_msg_link_close *v)
{
	struct cluster_link *l = arg;

	relay_route_close_peer(l->r, v->key);
	return (0);
}

static const struct ipc_handlers handlers = {
	.link_add = on_add,
	.link_remove = on_remove,
	.link_active = on_active,
	.link_ack = on_ack,
	.link_close = on_close,
	.link_stats_ask = on_stats_ask,
	.link_stats = on_stats
};

/*
 * Handle a packet that lies in the ring.  The keys are copied before they are
 * looked at; the packet is copied, once, by the queue of its destination.
 */
static int
on_packet(struct cluster_link *l, const uint8_t *p, size_t n)
{
	uint8_t keys[2 * FRAME_KEY_LEN];

	if (n < sizeof(keys) || n > sizeof(keys) + FRAME_MAX_PACKET)
		return (-1);
	ipc_ring_copy(keys, p, sizeof(keys));
	relay_route_deliver(l->r, keys, keys + FRAME_KEY_LEN, p + sizeof(keys),
	    n - sizeof(keys));
	return (0);
}

int
cluster_link_frame(struct cluster_link *l, uint8_t type, const uint8_t *p,
    size_t n)
{
	struct ipc_msg m = { .type = type, .fd = -1 };

	if (type == MSG_LINK_PACKET)
		return (on_packet(l, p, n));
	ipc_rd_init(&m.rd, p, n);
	return (ipc_dispatch(&handlers, &m, l) == NULL ? 0 : -1);
}

/* Stop waiting for acknowledgements of a worker that is lost. */
static void
forget_acks(struct relay *r, unsigned int worker)
{
	struct relay_conn *c;

	TAILQ_FOREACH(c, &r->conns, entry)
		acked(c, worker);
}

void
cluster_link_lost(struct relay *r, unsigned int worker)
{
	cluster_peers_worker_gone(r->peers, worker);
	forget_acks(r, worker);
	cluster_linkstats_gone(r->linkstats, worker);
}

static void
put_local(struct cluster_peer *p, void *arg)
{
	struct relay_conn *c;

	/* The oldest first: the other side inserts each at the head. */
	TAILQ_FOREACH_REVERSE(c, &p->local, cluster_peer_conns, session.same)
		(void)put_add(arg, IPC_RING_FLOOD, c);
}

void
cluster_link_greet(struct cluster_link *l)
{
	cluster_peers_each(l->r->peers, put_local, l);
}

uint64_t
cluster_link_request_stats(struct relay *r, uint64_t id)
{
	struct ipc_msg_link_stats_ask v = { id };
	uint64_t asked = 0;
	unsigned int i;
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_link_stats_ask(&w, &v);
	for (i = 0; ipc_wr_ok(&w) && i < IPC_MAXWORKERS; i++)
		if (r->links.to[i] != NULL && cluster_link_put(r->links.to[i],
		    IPC_RING_NEWS, MSG_LINK_STATS_ASK, w.p, w.len, NULL,
		    0) == 0)
			asked |= 1ULL << i;
	ipc_wr_free(&w);
	return (asked);
}

/*
 * A worker that hangs will be replaced; until then logins do not wait for it,
 * or none would succeed in any worker.
 */
void
cluster_link_check(struct cluster_link *l)
{
	if (l->slow || l->acked == l->notified ||
	    l->r->now_us - l->ack_us < LINK_ACK_US)
		return;
	log_warnx("worker %u does not answer: logins do not wait for it",
	    l->worker);
	l->slow = 1;
	forget_acks(l->r, l->worker);
}

