/*
 * drain: a machine that goes; see serve.h.  Called by talk.c, and by fronts.c
 * and relays.c for processes that start meanwhile.
 *
 * The ports over which clients log in are closed, not answered with an error:
 * Tailscale's client dials the next node of the region only if TCP fails, and
 * would else try the first one again and again as long as another node answers
 * STUN for the region.  STUN is silent, so that clients whose only node of the
 * region this is find another home.  Port 80 stays.  Relay workers close the
 * clients that are there, in waves (derpd/relay/drain.h).
 */
#include <event2/event.h>
#include <string.h>

#include "ipcsend.h"
#include "log.h"
#include "parent.h"

#define LOOK_MS		250	/* between two looks */
#define LATE_MS		2000	/* for the last ones to be told */

uint64_t
parent_drain_clients(const struct parent *d)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < d->nworkers; i++)
		n += d->drain.workers[i].left;
	return (n);
}

uint64_t
parent_drain_seconds(const struct parent *d, uint64_t now_ms)
{
	return (now_ms >= d->drain.end_ms ? 0 :
	    (d->drain.end_ms - now_ms + 999) / 1000);
}

/* 1 when all relay workers have said that they have no client, else 0. */
static int
is_empty(const struct parent *d)
{
	unsigned int i;

	for (i = 0; i < d->nworkers; i++)
		if (!d->drain.workers[i].told || d->drain.workers[i].left > 0)
			return (0);
	return (1);
}

static void
look(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	if (d->super.stopping)
		return;
	/* Not before fronts have put these aside. */
	parent_listen_drain(&d->listens, 1);
	if (is_empty(d))
		log_info("drained: no client is left");
	else if (d->super.system->clock() >= d->drain.end_ms + LATE_MS)
		log_info("drained: the time is over, clients left: %llu",
		    (unsigned long long)parent_drain_clients(d));
	else
		return;
	parent_stop(d);
}

static int
tell_relay(struct parent_proc *p)
{
	const struct parent_drain *drain = &p->d->drain;
	uint64_t now = p->d->super.system->clock();
	struct ipc_msg_relay_drain v = { 0 };

	if (drain->on)
		v.ms = drain->end_ms > now ? (uint32_t)(drain->end_ms - now) :
		    1;
	return (ipc_send_relay_drain(p->c.chan, &v));
}

static int
tell_front(struct parent_proc *p)
{
	struct ipc_msg_front_drain v = { p->d->drain.on };

	return (ipc_send_front_drain(p->c.chan, &v));
}

/* Tell all fronts and relay workers, and those that depend on a drain. */
static void
tell_all(struct parent *d)
{
	unsigned int i;

	for (i = 0; i < d->nfronts; i++)
		if (d->fronts[i].c.chan != NULL && tell_front(&d->fronts[i]) ==
		    -1)
			super_fail(&d->fronts[i].c,
			    "could not be told of a drain");
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].c.chan != NULL && tell_relay(&d->relays[i]) ==
		    -1)
			super_fail(&d->relays[i].c,
			    "could not be told of a drain");
	parent_health_configure(d);
	parent_stuns_configure(d);
	parent_metrics_changed(d);
}

static const char *
begin(struct parent *d)
{
	struct timeval tv = { 0, LOOK_MS * 1000 };

	if (d->drain.ev == NULL)
		d->drain.ev = event_new(d->super.base, -1, EV_PERSIST, look, d);
	if (d->drain.ev == NULL || event_add(d->drain.ev, &tv) == -1)
		return ("out of memory");
	memset(d->drain.workers, 0, sizeof(d->drain.workers));
	d->drain.since = time(NULL);
	d->drain.on = 1;
	return (NULL);
}

static const char *
cancel(struct parent *d)
{
	if (!d->drain.on)
		return ("derpd does not drain");
	event_del(d->drain.ev);
	d->drain.on = 0;
	log_info("the drain is cancelled: clients are let in again");
	parent_listen_drain(&d->listens, 0);
	tell_all(d);
	return (NULL);
}

const char *
parent_drain(struct parent *d, uint32_t ms)
{
	const char *why;

	if (d->nworkers == 0)
		return ("there is no relay in the configuration, so that there "
		    "are no clients to close: stop derpd");
	if (ms == 0)
		return (cancel(d));
	if (upgrade_waits(d))
		return ("derpd is being replaced: try again");
	if (!d->drain.on && (why = begin(d)) != NULL)
		return (why);
	d->drain.end_ms = d->super.system->clock() + ms;
	log_info("draining: no client is let in, those that are here are "
	    "closed within %u s, then derpd ends", (ms + 999) / 1000);
	tell_all(d);
	return (NULL);
}

int
parent_drain_send(struct parent_proc *p)
{
	if (!p->d->drain.on)
		return (0);
	if (p->c.role == ROLE_FRONT)
		return (tell_front(p));
	memset(&p->d->drain.workers[p->c.worker], 0,
	    sizeof(p->d->drain.workers[p->c.worker]));
	return (tell_relay(p));
}

int
parent_drain_left(struct parent_proc *p, struct ipc_msg *m)
{
	struct ipc_msg_relay_drained v;

	if (ipc_get_relay_drained(&m->rd, &v) == -1)
		return (-1);
	/* What it said before a drain was cancelled is too late. */
	p->d->drain.workers[p->c.worker].told = p->d->drain.on;
	p->d->drain.workers[p->c.worker].left = v.left;
	return (0);
}

void
parent_drain_status(const struct parent *d, struct json_out *o)
{
	if (!d->drain.on)
		return;
	json_out_object(o, "drain");
	json_out_time(o, "since", d->drain.since);
	json_out_uint(o, "clients", parent_drain_clients(d));
	json_out_uint(o, "seconds", parent_drain_seconds(d,
	    d->super.system->clock()));
	json_out_end(o);
}
