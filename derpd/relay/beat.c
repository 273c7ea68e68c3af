/*
 * beat: see beat.h.  Called by relayconn.c and, at the start,
 * by relay.c.
 *
 * With single packets, system calls cost more than the packets.  A connection
 * that sends several of them in BEAT_US is taken out of the event loop and read
 * when that time is over.  No other connection waits for it: its packets and
 * round trips are handled when they come.
 *
 * A client that sends one packet and waits for the answer would only be slowed:
 * a read then never finds more than one, which ends the intervals.
 *
 * Workers that share a CPU take turns: each wakes less often by as much, and
 * all together as often as one.
 *
 * epoll(7) has a resolution of 1 ms, hence timerfd on Linux.
 */
#ifdef __linux__
#include <sys/timerfd.h>
#endif
#include <event2/event.h>
#include <string.h>

#include "beat.h"
#include "cpus.h"
#include "relay.h"

#define BEAT_US		150	/* interval of a worker with a CPU of its own */
#define BEAT_MAX_US	600
#define WINDOW_US	20000	/* over which a connection is measured */
#define LINK_PACKETS	2	/* of links, an interval: fewer cost timers */
#define ENTER_READ	8	/* packets a read: enough without intervals */
#define RETRY_US	1000000	/* after intervals that found no more */

static void
set_timer(struct relay_beat *b)
{
#ifdef __linux__
	const struct itimerspec t = { .it_value.tv_nsec = (long)b->us * 1000 };

	/* It also ends the readiness of the last expiry. */
	if (timerfd_settime(b->fd, 0, &t, NULL) == -1)
		fatal("can't set the timer of the loop (timerfd_settime)");
#else
	const struct timeval t = { 0, (suseconds_t)b->us };

	if (evtimer_add(b->ev, &t) == -1)
		fatal("can't set the timer of the loop (event_add)");
#endif
}

static void
clear_timer(struct relay_beat *b)
{
#ifdef __linux__
	const struct itimerspec t = { .it_value.tv_nsec = 0 };

	(void)timerfd_settime(b->fd, 0, &t, NULL);
#else
	(void)evtimer_del(b->ev);
#endif
}

/* Packets in a window: about one an interval. */
static unsigned int
least(const struct relay_beat *b, int on)
{
	return (on ? WINDOW_US * 3 / (4 * b->us) : WINDOW_US / b->us + 7);
}

static int
beats(const struct relay_beat *b)
{
	return (b->n > 0 || b->links.on);
}

/* Read all steady connections once. */
static void
beat(evutil_socket_t fd, short what, void *arg)
{
	struct relay *r = arg;
	struct relay_beat *b = &r->beat;
	struct conn *c;
	unsigned int n = b->n;

	(void)fd;
	(void)what;
	/* Connections may leave meanwhile, but none is freed. */
	while (n-- > 0 && (c = TAILQ_FIRST(&b->conns)) != NULL) {
		TAILQ_REMOVE(&b->conns, c, resumed);
		TAILQ_INSERT_TAIL(&b->conns, c, resumed);
		conn_input_read(c);
	}
	if (beats(b))
		set_timer(b);
	else
		clear_timer(b);
}

int
relay_beat_init(struct relay *r)
{
	struct relay_beat *b = &r->beat;

	TAILQ_INIT(&b->conns);
	b->us = BEAT_US;
	b->cpus = base_cpus();
	b->fd = -1;
#ifdef __linux__
	b->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (b->fd == -1)
		return (-1);
	b->ev = event_new(r->set.base, b->fd, EV_READ | EV_PERSIST, beat, r);
	return (b->ev == NULL ? -1 : event_add(b->ev, NULL));
#else
	b->ev = evtimer_new(r->set.base, beat, r);
	return (b->ev == NULL ? -1 : 0);
#endif
}

void
relay_beat_share(struct relay *r, unsigned int workers)
{
	struct relay_beat *b = &r->beat;
	unsigned int us = BEAT_US * ((workers + b->cpus - 1) / b->cpus);

	b->us = us > BEAT_MAX_US ? BEAT_MAX_US : us;
}

static void
enter(struct relay_conn *c)
{
	struct relay_beat *b = &c->r->beat;

	event_del(&c->conn.ev_read);
	TAILQ_INSERT_TAIL(&b->conns, &c->conn, resumed);
	c->pace.on = 1;
	if (!beats(b))
		set_timer(b);
	b->n++;
}

void
relay_beat_leave(struct relay_conn *c)
{
	if (!c->pace.on)
		return;
	TAILQ_REMOVE(&c->r->beat.conns, &c->conn, resumed);
	c->pace.on = 0;
	c->r->beat.n--;
}

static void
leave(struct relay_conn *c)
{
	relay_beat_leave(c);
	if (event_add(&c->conn.ev_read, NULL) == -1)
		conn_close(&c->conn, "out of memory");
}

/* A window is over, with `got' packets in it: begin or end intervals. */
static void
judge(struct relay_conn *c, uint32_t got)
{
	struct relay_pace *p = &c->pace;

	if (!p->on) {
		if (got >= least(&c->r->beat, 0) &&
		    got < p->reads * ENTER_READ)
			enter(c);
	} else if (got < p->reads + p->reads / 5U) {
		leave(c);
		p->refused = 1;		/* no more packets a read */
	} else if (got < least(&c->r->beat, 1))
		leave(c);
}

void
relay_beat_note(struct relay_conn *c, int input)
{
	struct relay_pace *p = &c->pace;
	uint32_t now = (uint32_t)c->r->set.now_us;
	uint32_t packets = (uint32_t)c->session.rx_packets;
	uint32_t us = now - p->since;

	p->reads += input != 0;
	if (us < (p->refused ? RETRY_US : WINDOW_US))
		return;
	/* A window that an idle time made too long says nothing. */
	if (us < 2 * WINDOW_US || p->on)
		judge(c, packets - p->packets);
	else
		p->refused = 0;
	p->since = now;
	p->packets = packets;
	p->reads = 0;
}

void
relay_beat_links(struct relay *r)
{
	struct relay_beat *b = &r->beat;
	uint32_t now = (uint32_t)r->set.now_us;
	uint32_t us = now - b->links.since;
	int on = b->links.on;

	if (us < WINDOW_US)
		return;
	if (on)
		on = b->links.entries >= LINK_PACKETS * least(b, 1);
	else if (b->us > BEAT_US && us < 2 * WINDOW_US)
		on = b->links.wakes >= LINK_PACKETS * least(b, 0);
	if (on && !beats(b))
		set_timer(b);
	b->links.on = on;
	b->links.since = now;
	b->links.wakes = b->links.entries = 0;
}
