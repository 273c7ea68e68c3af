/*
 * peerrate: bytes a second; see peerrate.h.  Called by steer.c and
 * workerstatus.c.  Pure.
 */
#include "peerrate.h"

#define AVERAGE_MS	5000	/* an interval of this counts for half */

void
worker_rate_count(struct worker_rate *r, uint64_t count, uint64_t now)
{
	double ms = (double)(now - r->at);

	if (!r->begun || count < r->count || now <= r->at) {
		r->begun = 1;
		r->per_ms = 0;
	} else
		r->per_ms += ((double)(count - r->count) / ms - r->per_ms) *
		    ms / (ms + AVERAGE_MS);
	r->count = count;
	r->at = now;
}

uint64_t
worker_rate_get(const struct worker_rate *r)
{
	return ((uint64_t)(r->per_ms * 1000 + 0.5));
}
