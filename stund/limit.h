/*
 * limit: limits the answered requests per second and source.  A table of fixed
 * size with a secret hash: a flood of forged sources costs no more memory, and
 * no client can choose sources that share an entry.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <sys/socket.h>
#include <stdint.h>

struct stund_limit;

/*
 * Make a limit of `rate' requests a second with bursts of `burst'; rate 0: no
 * limit.  Returns NULL when out of memory.
 */
struct stund_limit *stund_limit_new(uint32_t rate, uint32_t burst);

/* Free the limit; NULL is allowed. */
void	 stund_limit_free(struct stund_limit *l);

/*
 * May a request from `from' be answered at `now_us' (monotonic microseconds)?
 * Returns 1 or 0.  IPv6 sources are counted by /64.
 */
int	 stund_limit_allow(struct stund_limit *l, const struct sockaddr *from,
	    uint64_t now_us);

#endif
