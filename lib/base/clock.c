/*
 * clock: the monotonic clock; see clock.h.  Used by every process.
 */
#include <time.h>

#include "clock.h"

uint64_t
base_clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

uint64_t
base_clock_ms(void)
{
	return (base_clock_us() / 1000);
}
