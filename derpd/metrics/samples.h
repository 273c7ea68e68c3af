/*
 * samples: the ring of counters of the last hour.  Pure.
 */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "view.h"

/* Take a sample of the sum of the counters in `v', at v->now_ms. */
void	 metrics_samples_take(struct metrics_samples *s,
	    const struct metrics_view *v);

#endif
