/*
 * route: see route.h.  Called by session.c through its call-backs, and by
 * linkmsg.c with messages of other workers, by relayadmit.c, relay.c and
 * welcome.c.
 */
#include <event2/event.h>
#include <string.h>

#include "link.h"
#include "owner.h"
#include "peers.h"
#include "relay.h"
#include "route.h"
#include "sent.h"
#include "watch.h"

/* Route a packet to its destination.  Return 0, or -1: no such key. */
static int
packet(struct derp_session *s, const uint8_t *key, const uint8_t *src,
    const uint8_t *p, size_t n)
{
	struct relay *r = relay_conn_session(s)->r;
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
	conn_send(&relay_conn_session(s)->conn, p, n);
}

static void
pong(struct derp_session *s)
{
	conn_dirty(&relay_conn_session(s)->conn);
}

static void
activity(struct derp_session *s)
{
	if (s->peer != NULL)
		cluster_peers_activity(relay_conn_session(s));
}

static void
watch(struct derp_session *s)
{
	cluster_watch_begin(relay_conn_session(s));
}

static void
close_peer(struct derp_session *s, const uint8_t *key)
{
	struct relay *r = relay_conn_session(s)->r;
	unsigned int owner = cluster_owner(r, key);

	if (owner == r->conf.worker)
		relay_route_close_peer(r, key);
	else
		cluster_link_close_peer(r, owner, key);
}

/* Read the client, which waited for its rate, again. */
static void
resume(struct relay_conn *c)
{
	event_free(c->ev_rate);
	c->ev_rate = NULL;
	conn_resume(&c->conn, PAUSE_RATE);
}

static void
wait_over(evutil_socket_t fd, short what, void *arg)
{
	struct relay_conn *c = arg;

	(void)fd;
	(void)what;
	conn_clock(&c->r->set);
	resume(c);
}

void
relay_route_new_rate(struct relay_conn *c)
{
	derp_rate_anew(&c->session.rate);
	if (c->ev_rate != NULL)
		resume(c);
}

static void
wait_for(struct derp_session *s, uint64_t us)
{
	struct relay_conn *c = relay_conn_session(s);
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
hold(struct derp_session *s)
{
	struct relay_conn *c = relay_conn_session(s);

	conn_pause(&c->conn, PAUSE_GROUP);
	c->r->stats->group_waited++;
}

static void
end(struct derp_session *s, const char *why)
{
	conn_close(&relay_conn_session(s)->conn, why);
}

static const struct derp_ops ops = {
	.packet = packet,
	.send = send_own,
	.pong = pong,
	.activity = activity,
	.watch = watch,
	.close_peer = close_peer,
	.wait = wait_for,
	.hold = hold,
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
		return (forwarded ? -1 : cluster_far_packet(r, dst, src, p, n));
	derp_sent_source(r->sent, src, forwarded);
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

unsigned int
relay_route_end(struct relay *r, const uint8_t key[FRAME_KEY_LEN],
    const char *why, int mesh)
{
	const uint32_t len = (uint32_t)strlen(why);
	struct cluster_peer *p = cluster_peers_find(r->peers, key);
	uint8_t hdr[FRAME_HDR_LEN];
	struct relay_conn *c;
	unsigned int n = 0;

	if (p == NULL)
		return (0);
	net_frame_put_hdr(hdr, FRAME_HEALTH, len);
	TAILQ_FOREACH(c, &p->conns, session.same) {
		if ((c->session.mesh && !mesh) || c->conn.dead ||
		    c->conn.state == CONN_DRAIN)
			continue;
		if (c->conn.state == CONN_MOVED) {
			conn_close(&c->conn, "it may not use the relay");
			n++;
			continue;
		}
		relay_packets_free(c);
		conn_send(&c->conn, hdr, sizeof(hdr));
		conn_send(&c->conn, why, len);
		conn_drain(&c->conn);
		n++;
	}
	return (n);
}
