/*
 * watch: notifies mesh peers of every connection of this service; see watch.h.
 * Called by route.c, relayconn.c, cluster.c, linkmsg.c and, at the end of a
 * turn, relay.c.
 */
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "peers.h"
#include "relay.h"
#include "slots.h"
#include "watch.h"

/* a watcher with more own frames waiting gets no more of the flood */
#define ROOM	(1024 * 1024)

/* The watcher has had the slots of that worker below this one. */
static void
set_next(struct cluster_watch *w, unsigned int worker, unsigned int slot)
{
	w->next[worker] = (uint16_t)slot;
	if (slot < IPC_SLOTS)
		w->due |= 1ULL << worker;
	else
		w->due &= ~(1ULL << worker);
}

/* Make `c' a watcher.  Return 0, or -1 without memory. */
static int
begin(struct relay_conn *c)
{
	struct relay *r = c->r;
	struct cluster_watch *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return (-1);
	w->due = UINT64_MAX >> (64 - r->conf.nworkers);
	c->session.watch = w;
	if (LIST_EMPTY(&r->watchers))
		cluster_link_watch(r, 1);
	LIST_INSERT_HEAD(&r->watchers, c, session.watcher);
	return (0);
}

void
cluster_watch_begin(struct relay_conn *c)
{
	if (c->session.watch != NULL)
		return;
	if (begin(c) == -1)
		conn_close(&c->conn, "out of memory");
	else
		c->r->stats->watchers++;
}

unsigned int
cluster_watch_had(const struct relay_conn *c)
{
	const struct cluster_watch *w = c->session.watch;
	unsigned int i, had = IPC_SLOTS;

	if (w == NULL)
		return (0);
	for (i = 0; i < c->r->conf.nworkers; i++)
		if (w->next[i] < had)
			had = w->next[i];
	return (had);
}

int
cluster_watch_restore(struct relay_conn *c, unsigned int slots)
{
	struct cluster_watch *w;
	unsigned int i;

	if (begin(c) == -1)
		return (-1);
	w = c->session.watch;
	w->all = 1;
	for (i = 0; i < c->r->conf.nworkers; i++)
		set_next(w, i, slots);
	return (0);
}

void
cluster_watch_end(struct relay_conn *c)
{
	struct relay *r = c->r;

	if (c->session.watch == NULL)
		return;
	LIST_REMOVE(c, session.watcher);
	free(c->session.watch);
	c->session.watch = NULL;
	r->stats->watchers -= c->conn.state != CONN_MOVED;
	if (LIST_EMPTY(&r->watchers))
		cluster_link_watch(r, 0);
}

void
cluster_watch_lost(struct relay *r)
{
	struct relay_conn *c;

	LIST_FOREACH(c, &r->watchers, session.watcher)
		conn_close(&c->conn, "what it watches is lost: a worker ended");
}

/* Send a frame about `key' to those who have had its slot. */
static void
send_news(struct relay *r, unsigned int worker, const uint8_t *key,
    const void *frame, size_t n, unsigned int is_gone)
{
	const unsigned int slot = ipc_slot_of(key, r->conf.slot_secret);
	struct relay_conn *c;

	LIST_FOREACH(c, &r->watchers, session.watcher)
		if (c->session.watch->all ||
		    slot < c->session.watch->next[worker]) {
			conn_send(&c->conn, frame, n);
			r->stats->gone_disconnected += is_gone;
		}
}

void
cluster_watch_present(struct relay *r, unsigned int worker,
    const uint8_t *key, const uint8_t addr[16], uint16_t port, uint8_t flags)
{
	uint8_t frame[FRAME_PEER_PRESENT_SIZE];

	if (!LIST_EMPTY(&r->watchers))
		send_news(r, worker, key, frame, net_frame_put_peer_present(
		    frame, key, addr, port, flags), 0);
}

void
cluster_watch_gone(struct relay *r, unsigned int worker, const uint8_t *key)
{
	uint8_t frame[FRAME_PEER_GONE_SIZE];

	if (!LIST_EMPTY(&r->watchers))
		send_news(r, worker, key, frame, net_frame_put_peer_gone(frame,
		    key, PEER_GONE_DISCONNECTED), 1);
}

static struct relay_conn *
find(const struct relay *r, uint64_t id)
{
	struct relay_conn *c;

	LIST_FOREACH(c, &r->watchers, session.watcher)
		if (c->conn.id == id)
			break;
	return (c);
}

static void
send_there(struct relay_conn *c, const uint8_t *key, const uint8_t addr[16],
    uint16_t port, uint8_t flags)
{
	uint8_t frame[FRAME_PEER_PRESENT_SIZE];

	conn_send(&c->conn, frame, net_frame_put_peer_present(frame, key, addr,
	    port, flags));
}

void
cluster_watch_there(struct relay *r, uint64_t id, const uint8_t *key,
    const uint8_t addr[16], uint16_t port, uint8_t flags)
{
	struct relay_conn *c;

	if ((c = find(r, id)) != NULL)
		send_there(c, key, addr, port, flags);
}

void
cluster_watch_flooded(struct relay *r, unsigned int worker, uint64_t id,
    unsigned int slot)
{
	struct relay_conn *c;

	if ((c = find(r, id)) != NULL &&
	    slot > c->session.watch->next[worker])
		set_next(c->session.watch, worker, slot);
}

void
cluster_watch_again(struct relay *r, unsigned int worker)
{
	struct relay_conn *c;

	LIST_FOREACH(c, &r->watchers, session.watcher)
		set_next(c->session.watch, worker,
		    c->session.watch->next[worker]);
}

static void
put_own(const struct cluster_peer *p, void *arg)
{
	const struct relay_conn *c = cluster_peers_active(p);

	send_there(arg, p->key, c->conn.addr, c->conn.port,
	    derp_flags(&c->session));
}

/* All keys are there only when a watcher that has moved goes on. */
static int
has_room(const struct relay_conn *c)
{
	return (!c->conn.dead && c->conn.state != CONN_MOVED &&
	    conn_buf_left(&c->conn.output.ctl) < ROOM);
}

void
cluster_watch_work(struct relay *r)
{
	const unsigned int own = r->conf.worker;
	struct relay_conn *c;
	struct cluster_watch *w;
	unsigned int i;

	/* A worker that has no link yet, or another flood, stays due. */
	LIST_FOREACH(c, &r->watchers, session.watcher) {
		w = c->session.watch;
		if (w->due == 0 || !has_room(c))
			continue;
		if (w->due & 1ULL << own)
			set_next(w, own, cluster_peers_each(r->peers,
			    w->next[own], LINK_KEYS, put_own, c));
		for (i = 0; i < IPC_MAXWORKERS; i++)
			if (i != own && (w->due & 1ULL << i) != 0 &&
			    cluster_link_flood(r, i, c->conn.id,
			    w->next[i]) == 0)
				w->due &= ~(1ULL << i);
	}
}

int
cluster_watch_more(const struct relay *r)
{
	const struct relay_conn *c;

	LIST_FOREACH(c, &r->watchers, session.watcher)
		if ((c->session.watch->due & 1ULL << r->conf.worker) != 0 &&
		    has_room(c))
			return (1);
	return (0);
}
