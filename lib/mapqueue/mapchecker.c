/*
 * mapchecker: see mapchecker.h.  Called by derpd/parent/map/ and
 * derpbridge/parent/.  The order of maps and the handling of verdicts are in
 * mapqueue.c.
 */
#include <event2/event.h>

#include "log.h"
#include "mapchecker.h"

/* derpmapd does not run and nothing else starts it: start it for this map. */
static int
idle(const struct super_child *p)
{
	return (p->pid == 0 && (p->ev_restart == NULL ||
	    !evtimer_pending(p->ev_restart, NULL)));
}

static int
send_check(void *arg, const struct ipc_wr *w)
{
	struct mapqueue_checker *k = arg;
	struct super_child *p = k->child;

	if (p->chan == NULL && idle(p))
		(void)k->start(p);
	if (p->chan == NULL || !p->ready)
		return (-1);
	return (ipc_chan_send(p->chan, MSG_MAP_CHECK, w, -1));
}

static void
check_late(evutil_socket_t fd, short what, void *arg)
{
	struct mapqueue_checker *k = arg;

	(void)fd;
	(void)what;
	mapqueue_late(&k->q);
}

static void
set_timer(void *arg, unsigned int ms)
{
	struct mapqueue_checker *k = arg;
	struct timeval tv = { ms / 1000, (suseconds_t)(ms % 1000 * 1000) };

	if (ms == 0) {
		(void)evtimer_del(k->timer);
		return;
	}
	if (evtimer_add(k->timer, &tv) == -1)
		fatalx("no timer to wait for derpmapd (event_add)");
}

static void
checker_broken(void *arg, const char *what)
{
	struct mapqueue_checker *k = arg;

	super_fail(k->child, what);
}

static const struct mapqueue_ops ops = {
	.send = send_check,
	.timer = set_timer,
	.broken = checker_broken
};

void
mapqueue_checker_init(struct mapqueue_checker *k, struct event_base *base,
    struct super_child *child, int (*start)(struct super_child *),
    mapqueue_pack pack)
{
	k->child = child;
	k->start = start;
	k->timer = evtimer_new(base, check_late, k);
	if (k->timer == NULL)
		fatalx("no timer to wait for derpmapd (event_new)");
	mapqueue_init(&k->q, &ops, k, pack);
}

int
mapqueue_checker_message(struct mapqueue_checker *k, struct ipc_msg *m)
{
	if (m->type == MSG_MAP_RESULT) {
		mapqueue_answer(&k->q, &m->rd);
		return (0);
	}
	if (super_handle_ready(k->child, m) == -1) {
		super_fail(k->child, "sent a malformed message");
		return (-1);
	}
	mapqueue_ready(&k->q);
	return (1);
}

void
mapqueue_checker_gone(struct mapqueue_checker *k, int stopping)
{
	if (stopping)
		mapqueue_clear(&k->q);
	else
		mapqueue_gone(&k->q);
}
