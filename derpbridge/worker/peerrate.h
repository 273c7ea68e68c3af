/*
 * peerrate: how many bytes a second a counter of a peer grows by, averaged over
 * some seconds.  Used by steer.c and workerstatus.c.  Pure; times are monotonic
 * ms.
 */
#ifndef PEERRATE_H
#define PEERRATE_H

#include <stdint.h>

struct worker_rate {
	int		 begun;
	uint64_t	 at;		/* of the last count */
	uint64_t	 count;
	double		 per_ms;
};

/*
 * The counter is `count' at `now'.  A counter that has fallen was begun anew,
 * and so is the average.
 */
void	 worker_rate_count(struct worker_rate *r, uint64_t count, uint64_t now);

/* Bytes a second, rounded. */
uint64_t worker_rate_get(const struct worker_rate *r);

#endif
