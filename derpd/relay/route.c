/*
 * route: see route.h.  Called by session.c and httpconn.c through their tables
 * of calls, and by link.c with what other workers sent.
 */
#include <stddef.h>
#include <string.h>

#include "link.h"
#include "linkstats.h"
#include "login.h"
#include "peers.h"
#include "relay.h"
#include "route.h"
#include "watch.h"

static struct conn *
conn_of(struct derp_session *s)
{
	return ((struct conn *)(void *)((char *)s -
	    offsetof(struct conn, session)));
}

/* The peer with that key; the last one is remembered. */
static struct peer *
find_dst(struct derp_session *s, const uint8_t *key)
{
	const struct cluster_peers *peers = conn_of(s)->r->peers;
	uint64_t gen = peers_generation(peers);
	struct peer *p;

	if (s->dst != NULL && s->dst_gen == gen &&
	    memcmp(s->dst->key, key, FRAME_KEY_LEN) == 0)
		return (s->dst);
	if ((p = peers_find(peers, key)) != NULL) {
		s->dst = p;
		s->dst_gen = gen;
	}
	return (p);
}

/* Hand a packet to whoever has the destination; 0, or -1: nobody has it. */
static int
packet(struct derp_session *s, const uint8_t *key, const uint8_t *src,
    const uint8_t *p, size_t n)
{
	struct relay *r = conn_of(s)->r;
	struct peer *dst = find_dst(s, key);

	if (dst == NULL)
		return (-1);
	if (dst->active != NULL)
		conn_enqueue(dst->active, src, p, n);
	else if (dst->ractive == NULL)
		return (-1);
	else if (link_packet(r, dst->ractive->worker, src, dst->key, p,
	    n) == -1)
		derp_count_drop(&r->stats, DROP_QUEUE_TAIL, p, n);
	return (0);
}

static void
send_own(struct derp_session *s, const void *p, size_t n)
{
	conn_send(conn_of(s), p, n);
}

static void
pong(struct derp_session *s)
{
	conn_dirty(conn_of(s));
}

static void
info(struct derp_session *s, const uint8_t *p, size_t n)
{
	login_info(conn_of(s), p, n);
}

static void
activity(struct derp_session *s)
{
	struct conn *c = conn_of(s);

	if (s->peer != NULL)
		peers_activity(c->r->peers, c, c->r->now_us);
}

static void
watch(struct derp_session *s)
{
	watch_begin(conn_of(s));
}

static void
close_peer(struct derp_session *s, const uint8_t *key)
{
	struct relay *r = conn_of(s)->r;

	link_close_peer(r, key);
	session_close_peer(r, key);
}

static void
wait_over(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	relay_clock(c->r);
	conn_resume(c, PAUSE_RATE);
}

static void
wait_for(struct derp_session *s, uint64_t us)
{
	struct conn *c = conn_of(s);
	struct timeval tv;

	if (c->ev_rate == NULL &&
	    (c->ev_rate = evtimer_new(c->r->base, wait_over, c)) == NULL) {
		conn_close(c, "out of memory");
		return;
	}
	tv.tv_sec = (time_t)(us / 1000000);
	tv.tv_usec = (suseconds_t)(us % 1000000);
	if (evtimer_add(c->ev_rate, &tv) == -1) {
		conn_close(c, "out of memory");
		return;
	}
	conn_pause(c, PAUSE_RATE);
	c->r->stats.rate_waited++;
}

static void
end(struct derp_session *s, const char *why)
{
	conn_close(conn_of(s), why);
}

static const struct derp_ops ops = {
	.packet = packet,
	.send = send_own,
	.pong = pong,
	.info = info,
	.activity = activity,
	.watch = watch,
	.close_peer = close_peer,
	.wait = wait_for,
	.close = end
};

static void
stats_wanted(struct conn *c)
{
	linkstats_ask(c->r->linkstats, c);
}

static const struct web_ops web_ops = {
	.login = login_begin,
	.stats = stats_wanted
};

void
relay_route_init(struct relay *r)
{
	r->web.ops = &web_ops;
	r->derp.ops = &ops;
	r->derp.conf = &r->conf;
	r->derp.now_us = &r->now_us;
	r->derp.stats = &r->stats;
}

void
session_deliver(struct relay *r, const uint8_t *src, const uint8_t *dst,
    const uint8_t *p, size_t n)
{
	struct peer *peer = peers_find(r->peers, dst);
	struct conn *c;

	/* Not sent on: the sender's table may only be a moment behind ours. */
	if (peer == NULL ||
	    ((c = peer->active) == NULL &&
	    (c = TAILQ_FIRST(&peer->local)) == NULL))
		derp_count_drop(&r->stats, DROP_GONE_DISCONNECTED, p, n);
	else
		conn_enqueue(c, src, p, n);
}

void
session_close_peer(struct relay *r, const uint8_t key[FRAME_KEY_LEN])
{
	struct conn *c;
	struct peer *p;

	if ((p = peers_find(r->peers, key)) == NULL)
		return;
	TAILQ_FOREACH(c, &p->local, session.same)
		conn_close(c, "closed by a mesh peer");
}
