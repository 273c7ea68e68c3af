/*
 * counterpages: the counters of all workers, each in a page that its worker
 * writes and the others read (lib/ipc/counters.h).
 */
#ifndef COUNTERPAGES_H
#define COUNTERPAGES_H

#include "bounds.h"
#include "stats.h"

struct ipc_counters;
struct relay;

struct cluster_pages {
	struct ipc_counters	*of[IPC_MAXWORKERS];	/* NULL: none */
	struct relay_stats	 none;	/* own counters without a page */
};

/* Begin without pages; sets r->stats.  Call it once, at the start. */
void	cluster_pages_init(struct relay *r);

/*
 * Use the page of `worker', below IPC_MAXWORKERS, on the descriptor `fd'
 * (taken).  If it is this worker's `own' (1), its counters go on from those of
 * the last start, and its gauges begin at 0.  Return 0, or -1 with errno as
 * ipc_counters_map_read(); EINVAL: there is a page already.
 */
int	cluster_pages_map(struct relay *r, unsigned int worker, int own,
	    int fd);

/* Store the sum of the counters of all workers in `sum'. */
void	cluster_pages_sum(const struct relay *r, struct relay_stats *sum);

#endif
