/*
 * watch: notifies mesh peers of every connection of this service (WatchConns;
 * derp(7), section 4).  Called by session.c and cluster.c.
 */
#include <string.h>

#include "peers.h"
#include "relay.h"
#include "watch.h"

static void
flood(struct cluster_peer *p, void *arg)
{
	struct relay_conn *w = arg, *c;
	struct cluster_remote_conn *rc;
	uint8_t frame[FRAME_PEER_PRESENT_SIZE];
	size_t n;

	/* One PeerPresent a key: its active connection. */
	if ((c = p->active) != NULL)
		n = net_frame_put_peer_present(frame, p->key, c->addr, c->port,
		    derp_flags(&c->session));
	else if ((rc = p->ractive) != NULL)
		n = net_frame_put_peer_present(frame, p->key, rc->addr,
		    rc->port, rc->flags);
	else
		return;
	relay_conn_send(w, frame, n);
}

void
cluster_watch_begin(struct relay_conn *c)
{
	if (c->session.watching)
		return;
	c->session.watching = 1;
	LIST_INSERT_HEAD(&c->r->watchers, c, session.watcher);
	c->r->stats.watchers++;
	cluster_peers_each(c->r->peers, flood, c);
}

void
cluster_watch_present(struct relay *r, const uint8_t *key,
    const uint8_t addr[16], uint16_t port, uint8_t flags)
{
	uint8_t frame[FRAME_PEER_PRESENT_SIZE];
	struct relay_conn *w;
	size_t n;

	if (LIST_EMPTY(&r->watchers))
		return;
	n = net_frame_put_peer_present(frame, key, addr, port, flags);
	LIST_FOREACH(w, &r->watchers, session.watcher)
		relay_conn_send(w, frame, n);
}

void
cluster_watch_gone(struct relay *r, const uint8_t *key)
{
	uint8_t frame[FRAME_PEER_GONE_SIZE];
	struct relay_conn *w;
	size_t n;

	if (LIST_EMPTY(&r->watchers))
		return;
	n = net_frame_put_peer_gone(frame, key, PEER_GONE_DISCONNECTED);
	LIST_FOREACH(w, &r->watchers, session.watcher) {
		relay_conn_send(w, frame, n);
		r->stats.gone_disconnected++;
	}
}
