/*
 * closest: the region that is nearest; see closest.h.  Called by survey.c.
 * Pure.
 */
#include <string.h>

#include "closest.h"

#define NEARER_US	10000	/* a change is worth it */

static const struct worker_closest_region *
find(const struct worker_closest *c, uint64_t id)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].id == id)
			return (&c->v[i]);
	return (NULL);
}

void
worker_closest_regions(struct worker_closest *c, const uint64_t *ids, size_t n)
{
	struct worker_closest old = *c;
	const struct worker_closest_region *r;
	size_t i;

	memset(c->v, 0, sizeof(c->v));
	c->n = n < WORKER_CLOSEST_REGIONS ? n : WORKER_CLOSEST_REGIONS;
	for (i = 0; i < c->n; i++)
		if ((r = find(&old, ids[i])) != NULL)
			c->v[i] = *r;
		else
			c->v[i].id = ids[i];
	if (find(c, c->chosen) == NULL)
		c->chosen = 0;
}

void
worker_closest_round(struct worker_closest *c)
{
	struct worker_closest_region *r;

	for (r = c->v; r < c->v + c->n; r++) {
		memmove(r->us + 1, r->us, sizeof(r->us) - sizeof(r->us[0]));
		r->us[0] = 0;
	}
}

void
worker_closest_answer(struct worker_closest *c, size_t i, uint32_t us)
{
	if (i < c->n)
		c->v[i].us[0] = us > 0 ? us : 1;
}

/* The best round trip, UINT32_MAX: there is none. */
static uint32_t
best(const struct worker_closest_region *r)
{
	uint32_t us = UINT32_MAX;
	int i;

	for (i = 0; i < WORKER_CLOSEST_ROUNDS; i++)
		if (r->us[i] != 0 && r->us[i] < us)
			us = r->us[i];
	return (us);
}

/* Does the chosen region stay, though another one has this round trip? */
static int
stays(const struct worker_closest_region *r, uint32_t us)
{
	uint32_t own = best(r);

	if (us == UINT32_MAX)
		return (1);
	if (own == UINT32_MAX || (r->us[0] == 0 && r->us[1] == 0))
		return (0);
	return (us >= own || own - us < NEARER_US || us > own / 3 * 2);
}

uint64_t
worker_closest_choose(struct worker_closest *c)
{
	const struct worker_closest_region *r, *nearest = NULL;
	const struct worker_closest_region *own = find(c, c->chosen);

	for (r = c->v; r < c->v + c->n; r++)
		if (nearest == NULL || best(r) < best(nearest))
			nearest = r;
	if (nearest == NULL)
		c->chosen = 0;
	else if (own == NULL || !stays(own, best(nearest)))
		c->chosen = nearest->id;
	return (c->chosen);
}
