/*
 * duration: durations as Go writes them (time.ParseDuration).  Pure.
 */
#ifndef DURATION_H
#define DURATION_H

#include <stdint.h>

/*
 * Parse a duration such as "1h30m", "2.5s", "-250ms" or "0" into nanoseconds.
 * A fraction counts to the nanosecond.  0, or -1 when it is malformed or more
 * than INT64_MAX.
 */
int	 base_duration(const char *s, int64_t *ns);

#endif
