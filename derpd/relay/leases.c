/*
 * leases: see leases.h.  Called at the start by relay.c, and by group.c through
 * its call-backs.
 */
#include <event2/event.h>

#include "group.h"
#include "ipcsend.h"
#include "leases.h"
#include "relay.h"

static void
hold(struct derp_session *s)
{
	s->env->ops->hold(s);
}

static void
resume(struct derp_session *s)
{
	conn_resume(&relay_conn_session(s)->conn, PAUSE_GROUP);
}

static void
used(void *arg, uint32_t id, uint64_t bytes, int wants)
{
	struct ipc_msg_admit_used v = { .group = id, .bytes = bytes,
	    .wants = wants };
	struct relay *r = arg;

	if (r->admit.chan != NULL)
		(void)ipc_send_admit_used(r->admit.chan, &v);
}

static void
wake(void *arg, uint64_t us)
{
	struct relay *r = arg;
	const struct timeval tv = { (time_t)(us / 1000000),
	    (suseconds_t)(us % 1000000) };
	const uint64_t due = r->set.now_us + us;

	if (r->leases.due_us != 0 && r->leases.due_us <= due)
		return;
	r->leases.due_us = due;
	if (evtimer_add(r->leases.ev, &tv) == -1)
		fatal("can't set the timer of groups (event_add)");
}

static void
run(evutil_socket_t fd, short what, void *arg)
{
	struct relay *r = arg;
	uint64_t next;

	(void)fd;
	(void)what;
	conn_clock(&r->set);
	r->leases.due_us = 0;
	if ((next = derp_groups_run(r->leases.groups)) > 0)
		wake(r, next);
}

static const struct derp_group_ops ops = {
	.hold = hold,
	.resume = resume,
	.used = used,
	.wake = wake
};

int
relay_leases_init(struct relay *r)
{
	struct relay_leases *l = &r->leases;

	l->groups = derp_groups_new(&ops, r, &r->set.now_us);
	l->ev = evtimer_new(r->set.base, run, r);
	return (l->groups == NULL || l->ev == NULL ? -1 : 0);
}
