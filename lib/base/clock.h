/*
 * clock: the monotonic clock for all deadlines and ages.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* Milliseconds and microseconds since a moment before this process started. */
uint64_t base_clock_ms(void);
uint64_t base_clock_us(void);

#endif
