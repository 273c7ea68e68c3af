/*
 * limit: how many requests a second one source may have answered.  A table of
 * fixed size under a secret hash: a flood of forged sources costs nothing more,
 * and nobody can choose sources that share an entry.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <sys/socket.h>
#include <stdint.h>

struct stund_limit;

/*
 * A limit of `rate' requests a second, with `burst' at once; 0: none.  NULL
 * when there is no memory.
 */
struct stund_limit *stund_limit_new(uint32_t rate, uint32_t burst);

/* Free; NULL is fine. */
void	 stund_limit_free(struct stund_limit *l);

/*
 * May a request from `from' be answered at `now_us' (monotonic microseconds)?
 * 1 yes, 0 no.  IPv6 sources count by their /64.
 */
int	 stund_limit_allow(struct stund_limit *l, const struct sockaddr *from,
	    uint64_t now_us);

#endif
