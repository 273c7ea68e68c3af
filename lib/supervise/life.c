/*
 * life: detects children that hang; see supervise.h.  The parent pings each
 * child; the child's channel answers whenever its loop turns (chan.h).  A child
 * that owes the answer for too long is killed and restarted.
 *
 * Only time in which the parent itself ran counts: after a stop, a suspend or a
 * long call of its own, the parent pings again.
 */
#include <stdio.h>

#include "clock.h"
#include "log.h"
#include "supervise.h"

#define LATE_MS		1000	/* longer: the parent did not run */
#define MAX_TURN_MS	2000	/* between two checks */
#define START_MS	20000	/* extra, until a child is ready */
#define RESOLVER_MS	60000	/* extra, for users of the resolver */

/* Milliseconds that a child may hang, as the configuration says. */
static uint64_t
timeout_ms(const struct super *s)
{
	struct super_settings c;

	s->ops->settings(s, &c);
	return ((uint64_t)c.timeout * 1000);
}

/* Milliseconds that a child may owe its answer. */
static uint64_t
patience(const struct super_child *p)
{
	uint64_t ms = timeout_ms(p->s);

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
check_one(struct super_child *p, uint64_t ran)
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
		super_fail(p, what);
		return;
	}
	/* A failure is reported by the event loop. */
	(void)ipc_chan_ping(p->chan);
}

/* Milliseconds until the next check. */
static uint64_t
turn_ms(const struct super *s)
{
	uint64_t ms = timeout_ms(s) / 5;

	return (ms < MAX_TURN_MS ? ms : MAX_TURN_MS);
}

static void
wait_turn(struct super *s)
{
	uint64_t ms = turn_ms(s);
	struct timeval tv = { (time_t)(ms / 1000),
	    (suseconds_t)(ms % 1000 * 1000) };

	s->checked_ms = base_clock_ms();
	if (evtimer_add(s->ev_life, &tv) == -1)
		fatalx("no timer to supervise the children");
}

static void
check_all(evutil_socket_t fd, short what, void *arg)
{
	struct super *s = arg;
	uint64_t ran = base_clock_ms() - s->checked_ms;
	unsigned int i;

	(void)fd;
	(void)what;
	if (ran > turn_ms(s) + LATE_MS)
		ran = 0;
	if (!s->starting && (!s->stopping || s->keeping))
		for (i = 0; i < s->n; i++)
			check_one(s->children[i], ran);
	wait_turn(s);
}

void
super_life_start(struct super *s)
{
	if ((s->ev_life = evtimer_new(s->base, check_all, s)) == NULL)
		fatalx("no timer to supervise the children");
	wait_turn(s);
}
