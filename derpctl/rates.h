/*
 * rates: how much clients send and receive a second, from two lists of
 * connections.  Pure.
 */
#ifndef RATES_H
#define RATES_H

#include <stddef.h>
#include <stdint.h>

#include "list.h"

/* Amounts a second, rounded up, of a client or of all. */
struct ctl_rate {
	uint64_t	 rx;		/* bytes from the client */
	uint64_t	 tx;		/* bytes to the client */
	uint64_t	 rx_packets;
	uint64_t	 tx_packets;
	uint64_t	 drops;		/* packets to the client */
};

/* One client: all connections of a key. */
struct ctl_client {
	const struct ctl_conn	*conn;	/* the oldest, with key and names */
	size_t			 connections;
	struct ctl_rate		 rate;
	uint64_t		 queued_bytes;
};

/* All clients, and what they do together. */
struct ctl_rates {
	struct ctl_client	*v;
	size_t			 n;
	size_t			 connections;
	struct ctl_rate		 all;
};

/*
 * Compare two lists, of the same daemon, the second one `ms' milliseconds
 * later; `was' NULL: there is no first one, and nothing is known to move.  Both
 * are sorted.  A connection is known again by key, worker, address, port and
 * age; what it did between the lists is divided by how much older it is now.
 * A new connection counts with all it did.  *r points into `now'; free it with
 * ctl_rates_free().  Returns 0, or -1 without memory.
 */
int	ctl_rates_make(struct ctl_rates *r, struct ctl_list *was,
	    struct ctl_list *now, uint64_t ms);

/* Free the clients; all 0 is allowed. */
void	ctl_rates_free(struct ctl_rates *r);

enum ctl_rates_order {
	CTL_TOP_BY_RX,		/* the largest first */
	CTL_TOP_BY_TX,
	CTL_TOP_BY_DROPS,
	CTL_TOP_BY_QUEUE,
	CTL_TOP_BY_NAME,	/* alphabetical; those without one last */
	CTL_TOP_BY_GROUP,
	CTL_TOP_BY_MAX
};

/* Sort; of equal clients the one with more bytes, then by key. */
void	ctl_rates_sort(struct ctl_rates *r, enum ctl_rates_order order,
	    int reverse);

#endif
