/*
 * life: children that hang; see parent.h.  Each child is asked for a sign of
 * life, which its channel gives whenever its loop comes round (chan.h).  One
 * that owes it for too long is killed, and started anew like any that died.
 *
 * What counts is time in which the parent itself ran: after a stop, a suspended
 * machine or a long call of its own it asks again.
 */
#include <stdio.h>

#include "clock.h"
#include "log.h"
#include "parent.h"

#define LATE_MS		1000	/* more than that, and the parent was away */
#define MAX_TURN_MS	2000	/* between two looks */
#define START_MS	20000	/* more, until a child is ready */
#define RESOLVER_MS	60000	/* more, for who may wait in the resolver */

static struct event	*ev_look;
static uint64_t		 looked_ms;	/* the last time, monotonic */

/* How long a child may owe its sign of life, ms. */
static uint64_t
patience(const struct parent_proc *p)
{
	uint64_t ms = (uint64_t)p->d->conf->child_timeout * 1000;

	if (!p->ready)
		ms += START_MS;
	if (p->role == ROLE_FETCH || p->role == ROLE_ACME)
		ms += RESOLVER_MS;
	return (ms);
}

/* `ran' milliseconds have gone by in which it could answer. */
static void
look_at(struct parent_proc *p, uint64_t ran)
{
	char what[64];

	if (p->chan == NULL || p->pid == 0)
		return;
	if (ran == 0 || !ipc_chan_owes_pong(p->chan))
		p->owes_ms = 0;
	else
		p->owes_ms += ran;
	if (p->owes_ms >= patience(p)) {
		snprintf(what, sizeof(what), "gave no sign of life for %llu s",
		    (unsigned long long)p->owes_ms / 1000);
		parent_procs_fail(p, what);
		return;
	}
	/* A failure is told by the loop. */
	(void)ipc_chan_ping(p->chan);
}

/* Milliseconds until the next look. */
static uint64_t
turn_ms(const struct parent *d)
{
	uint64_t ms = (uint64_t)d->conf->child_timeout * 1000 / 5;

	return (ms < MAX_TURN_MS ? ms : MAX_TURN_MS);
}

static void
wait_turn(struct parent *d)
{
	uint64_t ms = turn_ms(d);
	struct timeval tv = { (time_t)(ms / 1000),
	    (suseconds_t)(ms % 1000 * 1000) };

	looked_ms = base_clock_ms();
	if (evtimer_add(ev_look, &tv) == -1)
		fatalx("no timer to look after the children");
}

static void
look(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;
	uint64_t ran = base_clock_ms() - looked_ms;
	unsigned int i;

	(void)fd;
	(void)what;
	if (ran > turn_ms(d) + LATE_MS)
		ran = 0;
	if (!d->starting && !d->stopping)
		for (i = 0; i < d->nprocs; i++)
			look_at(d->procs[i], ran);
	wait_turn(d);
}

void
parent_life_start(struct parent *d)
{
	if ((ev_look = evtimer_new(d->base, look, d)) == NULL)
		fatalx("no timer to look after the children");
	wait_turn(d);
}
