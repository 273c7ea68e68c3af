/*
 * groupfill: what a group has to spend, and how that comes; see grouppriv.h.
 * Called by group.c.
 */
#include "grouppriv.h"

#define SECOND		((uint64_t)1000000)
#define FULL_US		(1000000 * SECOND)	/* longer counts as that */

int64_t
derp_group_room(const struct derp_group *g)
{
	const uint64_t turns = g->rate / 5;

	return ((int64_t)(g->burst > turns ? g->burst : turns));
}

int64_t
derp_group_part(const struct derp_group *g)
{
	return (derp_group_room(g) / (int64_t)g->all->nworkers);
}

uint64_t
derp_group_speed(const struct derp_group *g)
{
	return (g->alone ? g->rate / g->all->nworkers + 1 : g->speed);
}

void
derp_group_refill(struct derp_group *g)
{
	const int64_t most = g->alone ? derp_group_part(g) : derp_group_room(g);
	const uint64_t v = derp_group_speed(g);
	uint64_t us = *g->all->now_us - g->at_us, add;

	if (v == 0 || us > FULL_US) {
		us = v == 0 ? 0 : FULL_US;
		g->at_us = *g->all->now_us - us;
	}
	if (us == 0)
		return;
	/* Time that made no whole byte is counted in the next call. */
	add = us / SECOND * v + us % SECOND * v / SECOND;
	g->at_us += us - us % SECOND * v % SECOND / v;
	if (!g->alone) {
		if (add > g->pending)
			add = g->pending;
		g->pending -= add;
	}
	if (g->tokens < most) {
		g->tokens += (int64_t)add;
		if (g->tokens > most)
			g->tokens = most;
	}
}

void
derp_group_alone(struct derp_group *g)
{
	if (g->alone)
		return;
	derp_group_refill(g);
	g->alone = 1;
	g->pending = 0;
	g->speed = 0;
}
