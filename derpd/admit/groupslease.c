/*
 * groupslease: what the clients of a group use, and its rate, which relay
 * workers share; see groups.h.  Called by groups.c, admitd.c and
 * ends.c.
 *
 * A group has a pool of bytes that fills at its rate, up to its burst.  Every
 * turn what is in it is given to the workers that reported since the last one:
 * equal parts, but no worker gets more than it needs.  A worker whose clients
 * wait needs all that it can get, another one twice what it used in a turn.
 * `held' says what a worker was given and did not use.  A worker that does not
 * report is idle after IDLE_US: what it held goes back to the pool, and it
 * fills by itself, at its part of the rate, up to its part of the burst
 * (derpd/relay/derp/group.c): it may use that before it gets something, and the
 * pool pays.
 *
 * A worker that lies gets no more than its equal part, and what it reports
 * counts as far as the group's rate permits it.
 */
#include <stdlib.h>

#include "groupspriv.h"

#define SECOND		((uint64_t)1000000)
#define IDLE_US		(12 * SECOND / 10)
#define LEFT_US		(10 * SECOND)	/* late reports of a worker */
#define FULL_US		(1000000 * SECOND)	/* fills any pool */
#define CREDIT_SECS	60		/* a worker was without a channel */
#define LINE		((uint64_t)12500000000) /* bytes/s of groups without a
						   rate: 100 Gbit/s */

/* Return what the workers may have at once: of a turn, if burst is less. */
static int64_t
room(const struct admit_group *gr)
{
	const uint64_t turns = gr->limits.rate / 5;

	return ((int64_t)(gr->limits.burst > turns ? gr->limits.burst : turns));
}

/* The part of the burst that an idle worker has at most. */
static uint64_t
part(const struct admit_groups *g, const struct admit_group *gr)
{
	return ((uint64_t)room(gr) / (g->nworkers > 0 ? g->nworkers : 1));
}

/*
 * Return the bytes that `rate' (bytes/s) made since *at, and set it to now.
 * Time that made no whole byte is counted in the next call.  For up to FULL_US.
 */
static uint64_t
earned(uint64_t *at, uint64_t now, uint64_t rate)
{
	const uint64_t us = now - *at, parts = us % SECOND * rate;

	*at = now - (rate > 0 ? parts % SECOND / rate : 0);
	return (us / SECOND * rate + parts / SECOND);
}

static void
refill(const struct admit_groups *g, struct admit_group *gr)
{
	if (gr->pool_us == 0 || g->now_us - gr->pool_us > FULL_US) {
		gr->pool = room(gr);
		gr->pool_us = g->now_us;
		return;
	}
	gr->pool += (int64_t)earned(&gr->pool_us, g->now_us, gr->limits.rate);
	if (gr->pool > room(gr))
		gr->pool = room(gr);
}

void
admit_lease_limits(struct admit_group *gr)
{
	uint32_t i;

	gr->pool_us = 0;
	for (i = 0; i < gr->nshares; i++)
		gr->shares[i].held = 0;
}

/* The worker forgets what it was given. */
static void
become_idle(struct admit_group *gr, struct admit_share *s)
{
	if (s->held > 0)
		gr->pool += s->held;
	if (gr->pool > room(gr))
		gr->pool = room(gr);
	s->held = 0;
	s->report_us = 0;
}

void
admit_lease_drop(struct admit_group *gr, unsigned int worker)
{
	struct admit_share *s = &gr->shares[worker];

	become_idle(gr, s);
	s->reported = 0;
	s->used = 0;
}

void
admit_lease_wake(struct admit_groups *g, struct admit_group *gr)
{
	if (gr->is_active)
		return;
	gr->is_active = 1;
	TAILQ_INSERT_TAIL(&g->active, gr, active);
}

/* Return how much of `bytes' the worker can have used, and charge it. */
static uint64_t
credible(const struct admit_groups *g, const struct admit_group *gr,
    struct admit_share *s, uint64_t bytes)
{
	const uint64_t line = gr->limits.rate > 0 ? gr->limits.rate : LINE;
	const uint64_t most = (uint64_t)room(gr) + line * CREDIT_SECS;

	if (s->credit_us == 0 || g->now_us - s->credit_us > FULL_US) {
		s->credit = most;
		s->credit_us = g->now_us;
	} else
		s->credit += earned(&s->credit_us, g->now_us, line);
	if (s->credit > most)
		s->credit = most;
	if (bytes > s->credit)
		bytes = s->credit;
	s->credit -= bytes;
	return (bytes);
}

static void
count(const struct admit_groups *g, struct admit_group *gr, uint64_t bytes)
{
	const uint64_t second = g->now_us / SECOND;

	if (second != gr->second) {
		gr->last_second = second == gr->second + 1 ?
		    gr->this_second : 0;
		gr->this_second = 0;
		gr->second = second;
	}
	gr->this_second += bytes;
}

/*
 * The worker used `bytes' of what it was given, or ahead.  What it used ahead
 * while it was idle, the pool pays up to its part; what it used while it had no
 * channel, nobody pays.  Later it is only ahead by the end of a frame, and gets
 * less next time.
 */
static void
settle(const struct admit_groups *g, struct admit_group *gr,
    struct admit_share *s, uint64_t bytes)
{
	int64_t ahead;

	if (s->report_us == 0)
		s->grace = part(g, gr);
	s->held -= (int64_t)bytes;
	ahead = s->held < 0 ? 0 - s->held : 0;
	if (ahead > (int64_t)s->grace)
		ahead = (int64_t)s->grace;
	s->grace -= (uint64_t)ahead;
	s->held += ahead;
	gr->pool -= ahead;
	if (gr->pool < 0 - room(gr))
		gr->pool = 0 - room(gr);
	if (s->report_us == 0 && s->held < 0)
		s->held = 0;
	if (s->held < 0 - room(gr))
		s->held = 0 - room(gr);
}

void
admit_groups_used(struct admit_groups *g, uint32_t id, unsigned int worker,
    uint64_t bytes, int wants)
{
	struct admit_group *gr = admit_group_find(g, id);
	struct admit_share *s;

	if (gr == NULL || worker >= gr->nshares)
		return;
	s = &gr->shares[worker];
	if (s->connections == 0 && (s->left_us == 0 ||
	    g->now_us - s->left_us > LEFT_US))
		return;
	bytes = credible(g, gr, s, bytes);
	admit_month_add(g, gr, bytes);
	count(g, gr, bytes);
	admit_lease_wake(g, gr);
	if (gr->limits.rate > 0) {
		refill(g, gr);
		settle(g, gr, s, bytes);
	}
	s->used += bytes;
	s->wants = wants != 0;
	s->reported = 1;
	s->report_us = g->now_us;
}

/* Return what the worker should have more. */
static uint64_t
need(const struct admit_groups *g, const struct admit_group *gr,
    const struct admit_share *s)
{
	uint64_t want = (uint64_t)room(gr), least = part(g, gr);

	if (!s->wants && s->used < want / 2)
		want = s->used * 2 > least ? s->used * 2 : least;
	return (s->held >= (int64_t)want ? 0 :
	    (uint64_t)((int64_t)want - s->held));
}

/*
 * Fill `order' with the numbers of the workers that reported, least need first.
 * Return how many.
 */
static unsigned int
sort(const struct admit_groups *g, const struct admit_group *gr,
    unsigned int order[IPC_MAXWORKERS], uint64_t needs[IPC_MAXWORKERS])
{
	unsigned int i, k, n = 0;

	for (i = 0; i < gr->nshares; i++) {
		if (!gr->shares[i].reported)
			continue;
		needs[i] = need(g, gr, &gr->shares[i]);
		for (k = n++; k > 0 && needs[order[k - 1]] > needs[i]; k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
	return (n);
}

/* Give what is in the pool to the workers that reported. */
static void
give(struct admit_groups *g, struct admit_group *gr)
{
	unsigned int order[IPC_MAXWORKERS], i, n;
	uint64_t needs[IPC_MAXWORKERS], left, equal, bytes;

	refill(g, gr);
	n = sort(g, gr, order, needs);
	left = gr->pool > 0 ? (uint64_t)gr->pool : 0;
	for (i = 0; i < n; i++) {
		equal = left / (n - i);
		bytes = needs[order[i]] < equal ? needs[order[i]] : equal;
		left -= bytes;
		gr->pool -= (int64_t)bytes;
		gr->shares[order[i]].held += (int64_t)bytes;
		g->ops->lease(g->arg, order[i], gr->id, bytes);
	}
}

/* The turn of a group is over.  Return 1 if it needs the next one, else 0. */
static int
end_turn(const struct admit_groups *g, struct admit_group *gr)
{
	struct admit_share *s;
	int busy = 0;
	uint32_t i;

	for (i = 0; i < gr->nshares; i++) {
		s = &gr->shares[i];
		s->reported = 0;
		s->used = 0;
		if (s->report_us == 0)
			continue;
		if (g->now_us - s->report_us > IDLE_US)
			become_idle(gr, s);
		else
			busy = 1;
	}
	return (busy);
}

void
admit_lease_turn(struct admit_groups *g)
{
	struct admit_group *gr, *next;

	for (gr = TAILQ_FIRST(&g->active); gr != NULL; gr = next) {
		next = TAILQ_NEXT(gr, active);
		if (gr->limits.rate > 0)
			give(g, gr);
		if (!end_turn(g, gr)) {
			TAILQ_REMOVE(&g->active, gr, active);
			gr->is_active = 0;
		}
	}
}
