/*
 * route: see route.h.  Called by session.c through its call-backs, and by
 * linkmsg.c with messages of other workers, by relay.c and welcome.c.
 */
#include <event2/event.h>
#include <stddef.h>
#include <string.h>

#include "link.h"
#include "owner.h"
#include "peers.h"
#include "relay.h"
#include "route.h"
#include "sent.h"
#include "watch.h"

static struct relay_conn *
conn_of(struct derp_session *s)
{
	return ((struct relay_conn *)(void *)((char *)s -
	    offsetof(struct relay_conn, session)));
}

/* Route a packet to its destination.  Return 0, or -1: no such key. */
static int
packet(struct derp_session *s, const uint8_t *key, const uint8_t *src,
    const uint8_t *p, size_t n)
{
	struct relay *r = conn_of(s)->r;
	const int forwarded = src != s->key;
	unsigned int owner = cluster_owner(r, key);

	if (owner == r->conf.worker)
		return (relay_route_deliver(r, key, src, forwarded, p, n));
	return (cluster_link_packet(r, owner, forwarded ? s->key : NULL, src,
	    key, p, n));
}

static void
send_own(struct derp_session *s, const void *p, size_t n)
{
	conn_send(&conn_of(s)->conn, p, n);
}

static void
pong(struct derp_session *s)
{
	conn_dirty(&conn_of(s)->conn);
}

static void
activity(struct derp_session *s)
{
	if (s->peer != NULL)
		cluster_peers_activity(conn_of(s));
}

static void
watch(struct derp_session *s)
{
	cluster_watch_begin(conn_of(s));
}

static void
close_peer(struct derp_session *s, const uint8_t *key)
{
	struct relay *r = conn_of(s)->r;
	unsigned int owner = cluster_owner(r, key);

	if (owner == r->conf.worker)
		relay_route_close_peer(r, key);
	else
		cluster_link_close_peer(r, owner, key);
}

static void
wait_over(evutil_socket_t fd, short what, void *arg)
{
	struct relay_conn *c = arg;

	(void)fd;
	(void)what;
	event_free(c->ev_rate);
	c->ev_rate = NULL;
	conn_clock(&c->r->set);
	conn_resume(&c->conn, PAUSE_RATE);
}

static void
wait_for(struct derp_session *s, uint64_t us)
{
	struct relay_conn *c = conn_of(s);
	struct timeval tv;

	if (c->ev_rate == NULL &&
	    (c->ev_rate = evtimer_new(c->r->set.base, wait_over, c)) == NULL) {
		conn_close(&c->conn, "out of memory");
		return;
	}
	tv.tv_sec = (time_t)(us / 1000000);
	tv.tv_usec = (suseconds_t)(us % 1000000);
	if (evtimer_add(c->ev_rate, &tv) == -1) {
		conn_close(&c->conn, "out of memory");
		return;
	}
	conn_pause(&c->conn, PAUSE_RATE);
	c->r->stats->rate_waited++;
}

static void
end(struct derp_session *s, const char *why)
{
	conn_close(&conn_of(s)->conn, why);
}

static const struct derp_ops ops = {
	.packet = packet,
	.send = send_own,
	.pong = pong,
	.activity = activity,
	.watch = watch,
	.close_peer = close_peer,
	.wait = wait_for,
	.close = end
};

void
relay_route_init(struct relay *r)
{
	r->derp.ops = &ops;
	r->derp.conf = &r->conf;
	r->derp.now_us = &r->set.now_us;
}

int
relay_route_add(struct relay_conn *c)
{
	return (cluster_peers_add(c->r->peers, c));
}

int
relay_route_deliver(struct relay *r, const uint8_t *dst, const uint8_t *src,
    int forwarded, const uint8_t *p, size_t n)
{
	struct cluster_peer *peer = cluster_peers_find(r->peers, dst);
	struct relay_conn *c;

	if (peer == NULL || (c = cluster_peers_active(peer)) == NULL)
		return (-1);
	/* A source at another node is not reported when it leaves. */
	if (!forwarded)
		derp_sent_source(r->sent, src);
	relay_packets_put(c, src, p, n);
	return (0);
}

void
relay_route_close_peer(struct relay *r, const uint8_t key[FRAME_KEY_LEN])
{
	struct relay_conn *c;
	struct cluster_peer *p;

	if ((p = cluster_peers_find(r->peers, key)) == NULL)
		return;
	TAILQ_FOREACH(c, &p->conns, session.same)
		conn_close(&c->conn, "closed by a mesh peer");
}
