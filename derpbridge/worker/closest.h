/*
 * closest: the region that is nearest, by measurements of some rounds.  Used by
 * survey.c.  Pure.
 *
 * A region counts with its best round trip of the last three rounds.  The
 * choice stays unless another region is nearer by a third and by 10 ms, or the
 * chosen one did not answer twice: as Tailscale's clients do.
 */
#ifndef CLOSEST_H
#define CLOSEST_H

#include <stddef.h>
#include <stdint.h>

#define WORKER_CLOSEST_REGIONS	256	/* more are not measured */
#define WORKER_CLOSEST_ROUNDS	3

struct worker_closest {
	struct worker_closest_region {
		uint64_t	 id;
		uint32_t	 us[WORKER_CLOSEST_ROUNDS]; /* the newest first;
					   0: no answer */
	} v[WORKER_CLOSEST_REGIONS];
	size_t		 n;
	uint64_t	 chosen;	/* region, 0: none yet */
};

/*
 * Measure these regions, at most WORKER_CLOSEST_REGIONS, from now on; those
 * that were known keep their measurements.
 */
void	 worker_closest_regions(struct worker_closest *c, const uint64_t *ids,
	    size_t n);

/* A round begins: no region has answered in it. */
void	 worker_closest_round(struct worker_closest *c);

/* A round trip to region number `i' of those above, in this round. */
void	 worker_closest_answer(struct worker_closest *c, size_t i, uint32_t us);

/*
 * The end of a round.  Returns the region that is chosen now: the first one
 * when none has ever answered; 0: there are no regions.
 */
uint64_t worker_closest_choose(struct worker_closest *c);

#endif
