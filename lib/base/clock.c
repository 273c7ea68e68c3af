/*
 * clock: the clocks; see clock.h.  Used by every process.
 */
#include <time.h>

#include "clock.h"

#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME	CLOCK_MONOTONIC
#endif

static uint64_t
read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ((uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec);
}

uint64_t
base_clock_us(void)
{
	return (read_ns(CLOCK_MONOTONIC) / 1000);
}

uint64_t
base_clock_boot_us(void)
{
	return (read_ns(CLOCK_BOOTTIME) / 1000);
}

uint64_t
base_clock_unix_ns(void)
{
	return (read_ns(CLOCK_REALTIME));
}

uint64_t
base_clock_ms(void)
{
	return (base_clock_us() / 1000);
}
