/*
 * sourcelimit: limits how often a source may do something.  A table of fixed
 * size with a secret hash: a flood of sources costs no more memory, and nobody
 * can choose sources that share an entry.  Used by stund for requests and by
 * fronts for connections.
 */
#ifndef SOURCELIMIT_H
#define SOURCELIMIT_H

#include <stdint.h>

struct net_sourcelimit;

/*
 * Make a limit of `rate' times a second with bursts of `burst'; rate 0: no
 * limit.  A source is the first `v4' bits of an IPv4 address or the first `v6'
 * bits of an IPv6 address.  Returns NULL when out of memory.
 */
struct net_sourcelimit *net_sourcelimit_new(uint32_t rate, uint32_t burst,
	    unsigned int v4, unsigned int v6);

/* Free the limit; NULL is allowed. */
void	 net_sourcelimit_free(struct net_sourcelimit *l);

/*
 * May the source of `addr' (IPv6 or IPv4-mapped) do it once more at `now_us'
 * (monotonic microseconds)?  Returns 1, and counts it, or 0.
 */
int	 net_sourcelimit_allow(struct net_sourcelimit *l,
	    const uint8_t addr[16], uint64_t now_us);

#endif
