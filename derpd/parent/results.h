/*
 * results: limits the results of a child that requests from other servers, at
 * intervals and on request: a compromised child could send any number.
 */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdint.h>

#define PARENT_RESULTS_BURST 16	/* results in a burst */

/*
 * Check a result received at `now_ms' (monotonic) from a source that sends at
 * most one every `every_ms' milliseconds.  *due, initially 0, is the time when
 * its results would be due at that rate.  Return 1 if the result is permitted,
 * 0 if there are too many.
 */
int	 parent_results_may_come(uint64_t *due, uint64_t now_ms,
	    uint64_t every_ms);

/* The source was requested to send now: permit one more result. */
void	 parent_results_one_more(uint64_t *due, uint64_t every_ms);

#endif
