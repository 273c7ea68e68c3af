/*
 * results: see results.h.  Called by health.c and map/fetch.c.  Pure.
 */
#include "results.h"

int
parent_results_may_come(uint64_t *due, uint64_t now_ms, uint64_t every_ms)
{
	if (*due < now_ms)
		*due = now_ms;
	if (*due - now_ms > (PARENT_RESULTS_BURST - 1) * every_ms)
		return (0);
	*due += every_ms;
	return (1);
}

void
parent_results_one_more(uint64_t *due, uint64_t every_ms)
{
	*due -= *due < every_ms ? *due : every_ms;
}
