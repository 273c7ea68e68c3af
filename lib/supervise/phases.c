/*
 * phases: the start and the stop of a parent with its children, each within a
 * bound, and the loop between them; see supervise.h.  Called by parent.c and
 * bridge.c, and by children.c for a child that ends during the start.
 */
#include "log.h"
#include "supervise.h"

#define GRACE_MS	1000	/* more than children get to stop */

void
super_start_failed(struct super *s)
{
	s->failed = 1;
	event_base_loopbreak(s->base);
}

static void
start_late(evutil_socket_t fd, short what, void *arg)
{
	struct super *s = arg;

	(void)fd;
	(void)what;
	log_warnx("children were not ready within %u s", s->start_ms / 1000);
	super_start_failed(s);
}

/* Call `cb' in `ms' milliseconds.  Returns its timer; NULL: there is none. */
static struct event *
timer(struct super *s, unsigned int ms, event_callback_fn cb)
{
	const struct timeval tv = { (time_t)(ms / 1000),
	    (suseconds_t)(ms % 1000 * 1000) };
	struct event *ev;

	if ((ev = evtimer_new(s->base, cb, s)) == NULL)
		return (NULL);
	if (evtimer_add(ev, &tv) == 0)
		return (ev);
	event_free(ev);
	return (NULL);
}

void
super_start_within(struct super *s, unsigned int ms)
{
	s->start_ms = ms;
	if (s->ev_start != NULL)
		event_free(s->ev_start);
	if ((s->ev_start = timer(s, ms, start_late)) == NULL)
		fatalx("no timer for the start");
}

void
super_started(struct super *s)
{
	s->starting = 0;
	event_del(s->ev_start);
}

static void
stop_late(evutil_socket_t fd, short what, void *arg)
{
	struct super *s = arg;

	(void)fd;
	(void)what;
	log_warnx("children did not stop in time: killed%s", s->stop_hint);
	super_kill(s);
	event_base_loopbreak(s->base);
}

void
super_stop_within(struct super *s, unsigned int ms, const char *hint)
{
	super_stop(s, ms);
	s->stop_hint = hint;
	if ((s->ev_stop = timer(s, ms + GRACE_MS, stop_late)) == NULL)
		super_kill(s);
	if (!super_running(s))
		event_base_loopbreak(s->base);
}

void
super_child_ended(struct super *s)
{
	super_reap(s);
	if (s->stopping && !super_running(s))
		event_base_loopbreak(s->base);
}

void
super_turn(struct super *s)
{
	if (event_base_loop(s->base, EVLOOP_ONCE) == -1)
		fatalx("can't run the event loop (epoll, kqueue)");
}

int
super_loop(struct super *s)
{
	while (!s->failed && !(s->stopping && !super_running(s)))
		super_turn(s);
	return (s->failed ? -1 : 0);
}
