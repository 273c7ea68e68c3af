/*
 * life: detects children that hang; see parent.h.  The parent pings each child;
 * the child's channel answers whenever its loop turns (chan.h).  A child that
 * owes the answer for too long is killed and restarted.
 *
 * Only time in which the parent itself ran counts: after a stop, a suspend or a
 * long call of its own, the parent pings again.
 */
#include <stdio.h>

#include "clock.h"
#include "log.h"
#include "parent.h"

#define LATE_MS		1000	/* longer: the parent did not run */
#define MAX_TURN_MS	2000	/* between two checks */
#define START_MS	20000	/* extra, until a child is ready */
#define RESOLVER_MS	60000	/* extra, for users of the resolver */

static struct event	*ev_check;
static uint64_t		 checked_ms;	/* last check, monotonic */

/* Milliseconds that a child may owe its answer. */
static uint64_t
patience(const struct parent_proc *p)
{
	uint64_t ms = (uint64_t)p->d->conf->child_timeout * 1000;

	if (!p->ready)
		ms += START_MS;
	if (p->role == ROLE_FETCH || p->role == ROLE_ACME ||
	    p->role == ROLE_VERIFY || p->role == ROLE_MESH ||
	    p->role == ROLE_RESOLVE)
		ms += RESOLVER_MS;
	return (ms);
}

/* `ran' milliseconds have passed in which the child could answer. */
static void
check_one(struct parent_proc *p, uint64_t ran)
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
	/* A failure is reported by the event loop. */
	(void)ipc_chan_ping(p->chan);
}

/* Milliseconds until the next check. */
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

	checked_ms = base_clock_ms();
	if (evtimer_add(ev_check, &tv) == -1)
		fatalx("no timer to supervise the children");
}

static void
check_all(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;
	uint64_t ran = base_clock_ms() - checked_ms;
	unsigned int i;

	(void)fd;
	(void)what;
	if (ran > turn_ms(d) + LATE_MS)
		ran = 0;
	if (!d->starting && !d->stopping)
		for (i = 0; i < d->nprocs; i++)
			check_one(d->procs[i], ran);
	wait_turn(d);
}

void
parent_life_start(struct parent *d)
{
	if ((ev_check = evtimer_new(d->base, check_all, d)) == NULL)
		fatalx("no timer to supervise the children");
	wait_turn(d);
}
