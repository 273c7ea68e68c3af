/*
 * linkmsg: the messages between the workers of one service; see link.h and
 * linkmsg.h.  Called by link.c with received frames, by cluster.c, far.c,
 * route.c and watch.c to send.  Those about other nodes are in linkfar.c.
 *
 * A worker believes another one only about the keys that it owns.  A link keeps
 * the order of events: that a client is gone comes after its packets.  Packets
 * and LINK_NOT_HERE are dropped when the ring is rather full, and that a key of
 * another node is gone when much waits for room: clients then notice it later.
 * Nothing else is.
 */
#include <stdint.h>
#include <string.h>

#include "far.h"
#include "ipcdispatch.h"
#include "linkmsg.h"
#include "log.h"
#include "owner.h"
#include "peers.h"
#include "relay.h"
#include "route.h"
#include "sent.h"
#include "slots.h"
#include "watch.h"

/* The type of a frame is the number of its message; this row is the last. */
_Static_assert(MSG_LINK_FAR_CLOSE <= UINT8_MAX,
    "the type of a frame is a byte");

int
cluster_link_send(struct cluster_link *l, enum ipc_ring_kind kind,
    enum ipc_msg_type type, struct ipc_wr *w)
{
	int rv = -1;

	if (l != NULL && ipc_wr_ok(w))
		rv = cluster_link_put(l, kind, (uint8_t)type, w->p, w->len,
		    NULL, 0);
	ipc_wr_free(w);
	return (rv);
}

/* Send the same to all workers, or to those that watch. */
static void
send_all(struct relay *r, enum ipc_ring_kind kind, enum ipc_msg_type type,
    struct ipc_wr *w, int watching)
{
	struct cluster_link *l;
	unsigned int i;

	for (i = 0; ipc_wr_ok(w) && i < IPC_MAXWORKERS; i++)
		if ((l = r->links.to[i]) != NULL && (!watching || l->watched))
			(void)cluster_link_put(l, kind, (uint8_t)type, w->p,
			    w->len, NULL, 0);
	ipc_wr_free(w);
}

void
cluster_link_send_all(struct relay *r, enum ipc_ring_kind kind,
    enum ipc_msg_type type, struct ipc_wr *w)
{
	send_all(r, kind, type, w, 0);
}

int
cluster_link_packet(struct relay *r, unsigned int worker, const uint8_t *mesh,
    const uint8_t *src, const uint8_t *dst, const uint8_t *p, size_t n)
{
	struct ipc_msg_link_packet packet = { src, dst, NULL, 0 };
	struct ipc_msg_link_forward forward = { mesh, src, dst, NULL, 0 };
	uint8_t keys[LINK_MAX_HEAD];
	struct cluster_link *l;
	struct ipc_wr w;

	if (worker >= IPC_MAXWORKERS || (l = r->links.to[worker]) == NULL)
		return (-1);
	/* The packet is copied only once, into the ring. */
	ipc_wr_fixed(&w, keys, sizeof(keys));
	if (mesh == NULL)
		ipc_put_link_packet(&w, &packet);
	else
		ipc_put_link_forward(&w, &forward);
	if (cluster_link_put(l, IPC_RING_PACKET, mesh == NULL ?
	    MSG_LINK_PACKET : MSG_LINK_FORWARD, w.p, w.len, p, n) == -1)
		derp_count_drop(r->stats, DROP_QUEUE_TAIL, p, n);
	return (0);
}

void
cluster_link_gone(struct relay *r, const uint8_t key[FRAME_KEY_LEN], int local,
    int region)
{
	struct ipc_msg_link_gone v = { key, local, region };
	enum ipc_ring_kind kind = IPC_RING_NEWS;
	struct ipc_wr w;

	/* A node may let keys come and go as fast as it likes. */
	if (!local)
		kind = r->far.sweeping ? IPC_RING_FLOOD : IPC_RING_HINT;
	ipc_wr_init(&w);
	ipc_put_link_gone(&w, &v);
	cluster_link_send_all(r, kind, MSG_LINK_GONE, &w);
}

void
cluster_link_close_peer(struct relay *r, unsigned int worker,
    const uint8_t key[FRAME_KEY_LEN])
{
	struct ipc_msg_link_close v = { key };
	struct ipc_wr w;

	if (worker >= IPC_MAXWORKERS)
		return;
	ipc_wr_init(&w);
	ipc_put_link_close(&w, &v);
	(void)cluster_link_send(r->links.to[worker], IPC_RING_NEWS,
	    MSG_LINK_CLOSE, &w);
}

void
cluster_link_watch(struct relay *r, int on)
{
	struct ipc_msg_link_watch v = { on };
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_link_watch(&w, &v);
	cluster_link_send_all(r, IPC_RING_NEWS, MSG_LINK_WATCH, &w);
}

/* Write a LINK_PRESENT about `c' to `w'. */
static void
write_present(struct ipc_wr *w, const struct relay_conn *c, uint64_t watcher)
{
	struct ipc_msg_link_present v = {
		.watcher = watcher,
		.key = c->session.key,
		.addr = c->conn.addr,
		.port = c->conn.port,
		.flags = derp_flags(&c->session)
	};

	ipc_wr_init(w);
	ipc_put_link_present(w, &v);
}

void
cluster_link_present(const struct relay_conn *c)
{
	struct ipc_wr w;

	write_present(&w, c, 0);
	send_all(c->r, IPC_RING_NEWS, MSG_LINK_PRESENT, &w, 1);
}

int
cluster_link_flood(struct relay *r, unsigned int worker, uint64_t id,
    unsigned int slot)
{
	struct ipc_msg_link_flood v = { id, slot };
	struct cluster_link *l = r->links.to[worker];
	struct ipc_wr w;

	if (l == NULL || l->flooding != 0)
		return (-1);
	ipc_wr_init(&w);
	ipc_put_link_flood(&w, &v);
	if (cluster_link_send(l, IPC_RING_NEWS, MSG_LINK_FLOOD, &w) == -1)
		return (-1);
	l->flooding = id;
	return (0);
}

void
cluster_link_refused(struct cluster_link *l, const char *what)
{
	struct cluster_links *links = &l->r->links;

	l->r->stats->link_refused++;
	log_limited_warnx(&links->refused, "a message of relay %u is ignored: "
	    "%s", l->worker, what);
}

int
cluster_link_is_theirs(struct cluster_link *l, const uint8_t *key)
{
	if (cluster_owner(l->r, key) == l->worker)
		return (1);
	cluster_link_refused(l, "it does not own that key");
	return (0);
}

int
cluster_link_is_ours(struct cluster_link *l, const uint8_t *key)
{
	if (cluster_owner(l->r, key) == l->r->conf.worker)
		return (1);
	cluster_link_refused(l, "this worker does not own that key");
	return (0);
}

void
cluster_link_mark(struct relay *r, uint32_t hold)
{
	struct ipc_msg_link_mark v = { hold };
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_link_mark(&w, &v);
	cluster_link_send_all(r, IPC_RING_NEWS, MSG_LINK_MARK, &w);
	r->links.marked = hold;
}

/*
 * Tell the sender of a disco packet, a client of the other worker, that its
 * destination is not here; not more often than its worker tells it.
 */
static void
say_not_here(struct cluster_link *l, const uint8_t *to, const uint8_t *dst)
{
	struct ipc_msg_link_not_here v = { to, dst };
	struct relay *r = l->r;
	struct cluster_told *t;
	struct ipc_wr w;

	if (r->links.marked != 0)
		return;
	t = &r->links.told[ipc_slot_of(to, r->conf.slot_secret) &
	    (LINK_TOLD - 1)];
	if (memcmp(t->key, to, FRAME_KEY_LEN) != 0) {
		memset(t, 0, sizeof(*t));
		memcpy(t->key, to, FRAME_KEY_LEN);
	}
	if (!derp_may_notify(&t->notices, r->set.now_us))
		return;
	ipc_wr_init(&w);
	ipc_put_link_not_here(&w, &v);
	(void)cluster_link_send(l, IPC_RING_PACKET, MSG_LINK_NOT_HERE, &w);
}

/*
 * Deliver a packet.  `mesh' is the key of the mesh peer that forwarded it, NULL
 * for none.  A key that has a connection here is ours.
 */
static void
deliver(struct cluster_link *l, const uint8_t *mesh, const uint8_t *src,
    const uint8_t *dst, const uint8_t *p, size_t n)
{
	const uint8_t *from = mesh != NULL ? mesh : src;

	if (!cluster_link_is_theirs(l, from) ||
	    relay_route_deliver(l->r, dst, src, mesh != NULL, p, n) == 0 ||
	    !cluster_link_is_ours(l, dst))
		return;
	derp_count_drop(l->r->stats, mesh != NULL ? DROP_UNKNOWN_DEST_ON_FWD :
	    DROP_UNKNOWN_DEST, p, n);
	if (net_frame_is_disco(p, n))
		say_not_here(l, from, dst);
}

/*
 * The sender may have put in force the settings that this worker has staged.
 */
int
cluster_link_may_mesh(struct cluster_link *l)
{
	const struct relay *r = l->r;

	if (r->has_mesh || (r->staged != 0 && r->next_conf.mesh))
		return (1);
	cluster_link_refused(l, "a message of a mesh peer, without mesh key");
	return (0);
}

/* The client may have left meanwhile; if not, it was its active connection. */
static int
on_not_here(void *arg, const struct ipc_msg_link_not_here *v)
{
	struct cluster_link *l = arg;
	struct cluster_peer *p;
	struct relay_conn *c;

	if (cluster_link_is_theirs(l, v->destination) &&
	    cluster_link_is_ours(l, v->source) &&
	    (p = cluster_peers_find(l->r->peers, v->source)) != NULL &&
	    (c = cluster_peers_active(p)) != NULL)
		derp_not_here(&c->session, v->destination);
	return (0);
}

static int
on_gone(void *arg, const struct ipc_msg_link_gone *v)
{
	struct cluster_link *l = arg;

	if (!cluster_link_is_theirs(l, v->key))
		return (0);
	if (v->region)
		derp_sent_gone(l->r->sent, v->key);
	if (v->local)
		cluster_watch_gone(l->r, l->worker, v->key);
	return (0);
}

static int
on_close(void *arg, const struct ipc_msg_link_close *v)
{
	struct cluster_link *l = arg;

	if (cluster_link_may_mesh(l) && cluster_link_is_ours(l, v->key))
		relay_route_close_peer(l->r, v->key);
	return (0);
}

static int
on_mark(void *arg, const struct ipc_msg_link_mark *v)
{
	struct cluster_link *l = arg;

	l->mark = v->hold;
	return (0);
}

static int
on_watch(void *arg, const struct ipc_msg_link_watch *v)
{
	struct cluster_link *l = arg;

	l->watched = v->on;
	if (!v->on)
		l->r->links.watched &= ~(1ULL << l->worker);
	return (0);
}

static int
on_present(void *arg, const struct ipc_msg_link_present *v)
{
	struct cluster_link *l = arg;

	if (!cluster_link_is_theirs(l, v->key))
		return (0);
	if (v->watcher == 0)
		cluster_watch_present(l->r, l->worker, v->key, v->addr, v->port,
		    v->flags);
	else if (v->watcher == l->flooding)
		cluster_watch_there(l->r, v->watcher, v->key, v->addr, v->port,
		    v->flags);
	else
		cluster_link_refused(l, "a flood that was not requested");
	return (0);
}

/*
 * A request for our keys.  They are sent at the end of the turn, once for all
 * requests, because a worker has one request under way.
 */
static int
on_flood(void *arg, const struct ipc_msg_link_flood *v)
{
	struct cluster_link *l = arg;

	l->flood_id = v->watcher;
	l->flood_slot = v->slot;
	l->flood_due = 1;
	return (0);
}

static int
on_flooded(void *arg, const struct ipc_msg_link_flooded *v)
{
	struct cluster_link *l = arg;

	if (v->watcher == 0 || v->watcher != l->flooding) {
		cluster_link_refused(l, "a flood that was not requested");
		return (0);
	}
	l->flooding = 0;
	cluster_watch_flooded(l->r, l->worker, v->watcher, v->slot);
	return (0);
}

static const struct ipc_handlers handlers = {
	.link_not_here = on_not_here,
	.link_gone = on_gone,
	.link_close = on_close,
	.link_mark = on_mark,
	.link_watch = on_watch,
	.link_present = on_present,
	.link_flood = on_flood,
	.link_flooded = on_flooded,
	.link_far = cluster_link_on_far,
	.link_far_lost = cluster_link_on_far_lost,
	.link_far_close = cluster_link_on_far_close
};

static int
on_packet(struct cluster_link *l, const uint8_t *keys, const uint8_t *p,
    size_t n)
{
	deliver(l, NULL, keys, keys + FRAME_KEY_LEN, p, n);
	return (0);
}

static int
on_forward(struct cluster_link *l, const uint8_t *keys, const uint8_t *p,
    size_t n)
{
	if (cluster_link_may_mesh(l))
		deliver(l, keys, keys + FRAME_KEY_LEN, keys + 2 * FRAME_KEY_LEN,
		    p, n);
	return (0);
}

/* The messages that carry a packet, behind so many bytes. */
static const struct {
	size_t	head;
	int	(*on)(struct cluster_link *l, const uint8_t *head,
		    const uint8_t *p, size_t n);
} packets[] = {
	[MSG_LINK_PACKET - LINK_FIRST_PACKET] = { 2 * FRAME_KEY_LEN,
	    on_packet },
	[MSG_LINK_FORWARD - LINK_FIRST_PACKET] = { 3 * FRAME_KEY_LEN,
	    on_forward },
	[MSG_LINK_VIA - LINK_FIRST_PACKET] = { LINK_VIA_HEAD,
	    cluster_link_on_via }
};

/*
 * Handle a packet that lies in the ring.  What is before it is copied before it
 * is looked at; the packet is copied, once, by the queue of its destination.
 */
static int
got_packet(struct cluster_link *l, unsigned int i, const uint8_t *p, size_t n)
{
	const size_t len = packets[i].head;
	uint8_t head[LINK_MAX_HEAD];

	if (n < len || n > len + FRAME_MAX_PACKET)
		return (-1);
	ipc_ring_copy(head, p, len);
	return (packets[i].on(l, head, p + len, n - len));
}

int
cluster_link_frame(struct cluster_link *l, uint8_t type, const uint8_t *p,
    size_t n)
{
	struct ipc_msg m = { .type = type, .fd = -1 };

	if (type >= LINK_FIRST_PACKET && type <= LINK_LAST_PACKET)
		return (got_packet(l, type - LINK_FIRST_PACKET, p, n));
	ipc_rd_init(&m.rd, p, n);
	return (ipc_dispatch(&handlers, &m, l) == NULL ? 0 : -1);
}

static void
put_there(const struct cluster_peer *p, void *arg)
{
	struct cluster_link *l = arg;
	struct ipc_wr w;

	write_present(&w, cluster_peers_active(p), l->flood_id);
	(void)cluster_link_send(l, IPC_RING_NEWS, MSG_LINK_PRESENT, &w);
}

static void
answer_flood(struct cluster_link *l)
{
	struct ipc_msg_link_flooded v;
	struct ipc_wr w;

	v.watcher = l->flood_id;
	v.slot = cluster_peers_each(l->r->peers, l->flood_slot, LINK_KEYS,
	    put_there, l);
	ipc_wr_init(&w);
	ipc_put_link_flooded(&w, &v);
	(void)cluster_link_send(l, IPC_RING_NEWS, MSG_LINK_FLOODED, &w);
}

void
cluster_link_answer(struct cluster_link *l)
{
	if (l->flood_due)
		answer_flood(l);
	l->flood_due = 0;
}

void
cluster_link_greet(struct cluster_link *l)
{
	struct ipc_msg_link_watch v = { !LIST_EMPTY(&l->r->watchers) };
	const uint64_t bit = 1ULL << l->worker;
	const int succeeded = (l->r->links.succeeded & bit) != 0;
	struct ipc_wr w;

	cluster_far_linked(l->r, l->worker);
	l->r->links.succeeded &= ~bit;
	if (succeeded)
		cluster_watch_again(l->r, l->worker);
	/* A successor takes us for one that has watchers. */
	if (!v.on && !succeeded)
		return;
	ipc_wr_init(&w);
	ipc_put_link_watch(&w, &v);
	(void)cluster_link_send(l, IPC_RING_NEWS, MSG_LINK_WATCH, &w);
}

/* A worker that is lost, for the call-back below. */
struct lost {
	struct relay	*r;
	unsigned int	 worker;
};

static int
owned_by(void *arg, const uint8_t *key)
{
	const struct lost *lost = arg;

	return (cluster_owner(lost->r, key) == lost->worker);
}

void
cluster_link_lost(struct relay *r, unsigned int worker)
{
	struct lost lost = { r, worker };

	derp_sent_gone_all(r->sent, owned_by, &lost);
	cluster_watch_lost(r);
	cluster_far_worker_lost(r, worker);
}
