/*
 * clock: the one monotonic clock that deadlines and ages are taken from.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* Milliseconds, and microseconds, since some moment before this process. */
uint64_t base_clock_ms(void);
uint64_t base_clock_us(void);

#endif
