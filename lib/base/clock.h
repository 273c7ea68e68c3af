/*
 * clock: the monotonic clocks for all deadlines and ages, and that of dates.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* Milliseconds and microseconds since a moment before this process started. */
uint64_t base_clock_ms(void);
uint64_t base_clock_us(void);

/*
 * Microseconds since the machine started, with the time that it was suspended
 * where the system counts that (CLOCK_BOOTTIME).  All processes of a machine
 * see the same clock.
 */
uint64_t base_clock_boot_us(void);

/* Nanoseconds since 1970, by the clock that is set. */
uint64_t base_clock_unix_ns(void);

#endif
