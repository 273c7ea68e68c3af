/*
 * drainplan: when the clients of a machine that goes are closed, so that they
 * do not arrive elsewhere as a herd.  Pure; the clock is an argument,
 * monotonic.
 *
 * Each key has a place between 0 and RELAY_DRAIN_ALL, at random.  The clients
 * below a place that grows evenly, from the first wave to the end, are to be
 * closed.  So a key's connections go together, clients that leave by themselves
 * change nothing for the others, and no list is kept.
 */
#ifndef DRAINPLAN_H
#define DRAINPLAN_H

#include <stdint.h>

#define RELAY_DRAIN_ALL	(1ULL << 32)

/* All zero: there is no drain. */
struct relay_drain_plan {
	int		 on;
	uint64_t	 begun_ms;
	uint64_t	 first_ms;	/* the first wave */
	uint64_t	 end_ms;	/* the last one */
	uint64_t	 from;		/* the place of the first wave */
};

/*
 * Drain within `ms' milliseconds from now on.  If there is a drain, its time
 * changes; who was to be closed by now still is.
 */
void	 relay_drain_plan_set(struct relay_drain_plan *p, uint64_t now_ms,
	    uint32_t ms);

/* Return the place below which clients are to be closed now. */
uint64_t relay_drain_plan_place(const struct relay_drain_plan *p,
	    uint64_t now_ms);

/* Return the milliseconds until the next wave. */
unsigned int relay_drain_plan_pause(const struct relay_drain_plan *p,
	    uint64_t now_ms);

#endif
