/*
 * pages: the counters of all fronts and relay workers, each in a page
 * (lib/ipc/counters.h) that its process writes and fronts read.
 */
#ifndef PAGES_H
#define PAGES_H

#include "bounds.h"
#include "stats.h"

struct front;
struct ipc_counters;

#define FRONT_PAGES	(2 * IPC_MAXWORKERS)	/* fronts and relay workers */

/* The pages of the others, by number; NULL: none. */
struct front_pages {
	struct ipc_counters	*of[FRONT_PAGES];
};

/*
 * Use the page of the server of that number, below FRONT_PAGES, on the
 * descriptor `fd' (taken).  Return 0, or -1 with errno as
 * ipc_counters_map_read(); EINVAL: there is a page already.
 */
int	front_pages_map(struct front *f, unsigned int number, int fd);

/*
 * Store the sum of the counters of all servers in `sum'; averages are those of
 * relay workers.
 */
void	front_pages_sum(const struct front *f, struct conn_stats *sum);

/*
 * Return the clients that are logged in at a relay worker, as it says: at most
 * its share of `max clients', and 0 without that limit.
 */
uint64_t front_pages_clients_of(const struct front *f, unsigned int worker);

/* Return the sum of that for all relay workers. */
uint64_t front_pages_clients(const struct front *f);

#endif
