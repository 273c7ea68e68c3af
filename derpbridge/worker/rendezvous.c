/*
 * rendezvous: where two peers meet; see rendezvous.h.  Called by choice.c.
 * Pure.
 */
#include <string.h>

#include "bigendian.h"
#include "fnv1a.h"
#include "rendezvous.h"

/* The hash of the seed, to which something is added. */
static uint32_t
seeded(uint32_t seed)
{
	uint8_t b[4];

	base_put32(b, seed);
	return (base_fnv1a(BASE_FNV1A, b, sizeof(b)));
}

uint32_t
worker_rendezvous_seed(const uint8_t a[WORKER_RENDEZVOUS_KEY],
    const uint8_t b[WORKER_RENDEZVOUS_KEY])
{
	int swap = memcmp(a, b, WORKER_RENDEZVOUS_KEY) > 0;
	uint32_t h;

	h = base_fnv1a(BASE_FNV1A, swap ? b : a, WORKER_RENDEZVOUS_KEY);
	return (base_fnv1a(h, swap ? a : b, WORKER_RENDEZVOUS_KEY));
}

static uint32_t
region_score(uint32_t seed, uint32_t id)
{
	uint8_t b[4];

	base_put32(b, id);
	return (base_fnv1a(seeded(seed), b, sizeof(b)));
}

size_t
worker_rendezvous_region(uint32_t seed, const uint32_t *ids, size_t n)
{
	uint32_t score, best_score = 0;
	size_t i, best = 0;

	for (i = 0; i < n; i++) {
		score = region_score(seed, ids[i]);
		if (i > 0 && (score < best_score ||
		    (score == best_score && ids[i] > ids[best])))
			continue;
		best = i;
		best_score = score;
	}
	return (best);
}

/* Is the node `a' tried before `b'? */
static int
node_before(uint32_t seed, const char *a, const char *b)
{
	uint32_t h = seeded(seed);
	uint32_t sa = base_fnv1a(h, a, strlen(a));
	uint32_t sb = base_fnv1a(h, b, strlen(b));

	return (sa != sb ? sa > sb : strcmp(a, b) < 0);
}

/* A region has few nodes: they are inserted one by one. */
void
worker_rendezvous_nodes(uint32_t seed, const char *const *names, size_t n,
    size_t *order)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = i; k > 0 && node_before(seed, names[i],
		    names[order[k - 1]]); k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
}
