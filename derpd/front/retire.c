/*
 * retire: see retire.h.  Called by front.c.
 *
 * The parent moves sessions to other processes when no login is under way, or 3
 * s after this front has been told to retire.  So each login counts that a real
 * client may be in the middle of, and nothing that whoever connects can keep up
 * for long: nobody is accepted any more, and before its ClientInfo a connection
 * counts for the time that a login may take.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "front.h"
#include "ipcsend.h"
#include "log.h"

#define EVERY_US	20000	/* between two looks */
#define FRESH_US	1000000	/* until the first flight of a client is here */
#define LAST_MS		1000	/* to write the last report */
#define STOP_POLL_MS	50

/* 1 when the connection was accepted within the last `us' microseconds. */
static int
is_younger(const struct front_conn *c, uint64_t us)
{
	return (c->f->set.now_us - c->unfinished.since_us < us);
}

/* 1 when a whole ClientHello has come, or may have: it is not read yet. */
static int
has_hello(const struct front_conn *c)
{
	return (c->tls != NULL || c->conn.paused != 0);
}

/* 1 when the request of a login may be on its way. */
static int
awaits_request(const struct front_conn *c)
{
	if (c->answered || (c->conn.plain && !c->derp))
		return (0);
	/* Over TLS the client has shown in the handshake that it is there. */
	return (is_younger(c, c->conn.plain && web_kept(c) == 0 ? FRESH_US :
	    UNFINISHED_US));
}

/* 1 when a client is in the middle of its login, as far as can be seen. */
static int
is_login(const struct front_conn *c)
{
	switch (c->conn.state) {
	case CONN_PROXY:
		return (is_younger(c, FRESH_US));
	case CONN_HANDSHAKE:
		return (is_younger(c, has_hello(c) ? UNFINISHED_US :
		    FRESH_US));
	case CONN_HTTP:
		return (awaits_request(c));
	case CONN_INFO:
	case CONN_CHECK:
	case CONN_ASK:
	case CONN_HAND:
		return (1);
	default:
		return (0);
	}
}

/* 1 when requests were answered and no other one has begun. */
static int
is_idle(const struct front_conn *c)
{
	return (c->conn.state == CONN_HTTP && c->answered &&
	    c->conn.paused == 0 && conn_buf_left(&c->conn.input.held) == 0 &&
	    web_kept(c) == 0);
}

/* Count what is left, and close what is idle. */
static void
count(struct front *f, struct ipc_msg_front_left *v)
{
	struct front_unfinished *u;
	struct front_conn *c;

	memset(v, 0, sizeof(*v));
	TAILQ_FOREACH(u, &f->unfinished.all, all) {
		c = u->owner;
		if (c->conn.dead)
			continue;
		if (is_idle(c))
			conn_drain(&c->conn);
		v->logins += is_login(c) != 0;
	}
	v->pumps = f->npumps;
	v->conns = f->set.nconns - f->npumps - v->logins;
}

/* Tell the parent, if something has changed. */
static void
report(struct front *f, const struct ipc_msg_front_left *v)
{
	struct front_retire *r = &f->retire;

	if (r->told && r->last.logins == v->logins &&
	    r->last.conns == v->conns && r->last.pumps == v->pumps)
		return;
	if (ipc_send_front_left(f->parent, v) == -1) {
		log_warn("can't report to the parent what is left (sendmsg)");
		return;
	}
	r->last = *v;
	r->told = 1;
}

/* The timer only begins a turn. */
static void
woken(evutil_socket_t fd, short what, void *arg)
{
	struct front *f = arg;

	(void)fd;
	(void)what;
	conn_clock(&f->set);
}

/* Look again in `us' microseconds; without memory with the next event. */
static void
look_in(struct front *f, uint64_t us)
{
	struct front_retire *r = &f->retire;
	const struct timeval tv = { 0, (suseconds_t)us };

	if (r->ev == NULL)
		r->ev = evtimer_new(f->set.base, woken, f);
	if (r->ev != NULL && !evtimer_pending(r->ev, NULL))
		(void)evtimer_add(r->ev, &tv);
}

/* Nothing is left. */
static void
leave(struct front *f)
{
	const struct ipc_msg_front_left none = { 0 };

	report(f, &none);
	(void)ipc_chan_flush(f->parent, LAST_MS);
	log_debug("retired: nothing is left");
	exit(0);
}

void
front_retire(struct front *f, int on)
{
	struct front_retire *r = &f->retire;

	r->on = on;
	r->told = 0;
	r->at_us = 0;
	if (on)
		front_accept_close(f);
	else if (r->ev != NULL)
		evtimer_del(r->ev);
}

void
front_retire_work(struct front *f)
{
	struct front_retire *r = &f->retire;
	struct ipc_msg_front_left v;
	uint64_t since = f->set.now_us - r->at_us;

	if (!r->on)
		return;
	if (f->set.nconns == 0 && !front_hands_busy(f))
		leave(f);
	if (since < EVERY_US) {
		look_in(f, EVERY_US - since);
		return;
	}
	r->at_us = f->set.now_us;
	count(f, &v);
	report(f, &v);
	/* Some count for a while only. */
	if (v.logins > 0)
		look_in(f, EVERY_US);
}

/* Exit when all output is sent or the time is over. */
static void
stop_poll(evutil_socket_t fd, short what, void *arg)
{
	struct front *f = arg;
	struct conn *c;

	(void)fd;
	(void)what;
	/*
	 * Lingering connections count: the client may still send, and to close
	 * now would send a reset, which may overtake our last output.
	 */
	if (base_clock_us() < f->retire.stop_us) {
		if (front_hands_busy(f))
			return;
		TAILQ_FOREACH(c, &f->set.conns, entry)
			if (!c->dead && (c->state == CONN_DRAIN ||
			    c->state == CONN_PUMP))
				return;
	}
	exit(0);
}

void
front_retire_stop(struct front *f, uint32_t ms)
{
	struct front_retire *r = &f->retire;
	struct timeval tv = { 0, STOP_POLL_MS * 1000 };
	struct conn *c;

	if (r->stopping)
		return;
	r->stopping = 1;
	r->stop_us = f->set.now_us + (uint64_t)ms * 1000;
	front_accept_close(f);
	TAILQ_FOREACH(c, &f->set.conns, entry)
		if (c->state != CONN_PUMP && c->state != CONN_DRAIN)
			conn_close(c, "stopping");
	r->ev_stop = event_new(f->set.base, -1, EV_PERSIST, stop_poll, f);
	if (r->ev_stop == NULL || event_add(r->ev_stop, &tv) == -1)
		exit(0);
}
