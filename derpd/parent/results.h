/*
 * results: how many results a child may give that asks others, by itself and
 * when it is told to: one that was taken over could give any number of them.
 */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdint.h>

#define PARENT_RESULTS_BURST 16	/* at once */

/*
 * A result has come at `now_ms' (monotonic), of a source that has one every
 * `every_ms' milliseconds at most.  *due, 0 at first, is when its results would
 * be due if they came as seldom as they may.  1 it may come, 0 it is one too
 * many.
 */
int	 parent_results_may_come(uint64_t *due, uint64_t now_ms,
	    uint64_t every_ms);

/* The source was told to ask at once: one more result is in order. */
void	 parent_results_one_more(uint64_t *due, uint64_t every_ms);

#endif
