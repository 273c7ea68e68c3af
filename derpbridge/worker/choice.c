/*
 * choice: see choice.h.  Called by relays.c.  Pure.
 */
#include "choice.h"
#include "rendezvous.h"

/* Regions and nodes of a region that are compared, at most. */
#define REGIONS		1024
#define NODES		64

/* Every region of the map is a candidate, as for the fleet's agents. */
static const struct map_places_region *
meet(const struct map_places *m, uint32_t seed)
{
	uint32_t ids[REGIONS];
	size_t i, n = 0;

	for (i = 0; i < m->nregions && n < REGIONS; i++)
		ids[n++] = (uint32_t)m->regions[i].id;
	return (&m->regions[worker_rendezvous_region(seed, ids, n)]);
}

size_t
worker_choice_make(const struct map_places *m, const struct worker_choice *c,
    const uint8_t a[IPC_KEYLEN], const uint8_t b[IPC_KEYLEN],
    const struct map_places_region **region,
    const struct map_places_node *v[WORKER_CHOICE_MAX])
{
	uint32_t seed = worker_rendezvous_seed(a, b);
	const struct map_places_region *r;
	const char *names[NODES];
	size_t order[NODES], i, n;

	if (c->policy == IPC_REGION_RENDEZVOUS)
		r = meet(m, seed);
	else if ((r = map_places_region(m, c->region)) == NULL)
		return (0);
	n = r->n < NODES ? r->n : NODES;
	for (i = 0; i < n; i++)
		names[i] = r->nodes[i].name;
	worker_rendezvous_nodes(seed, names, n, order);
	if (n > WORKER_CHOICE_MAX)
		n = WORKER_CHOICE_MAX;
	for (i = 0; i < n; i++)
		v[i] = &r->nodes[order[i]];
	*region = r;
	return (n);
}
