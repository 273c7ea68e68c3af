/*
 * pagesof: the pages of counters that derpd-metrics reads.
 */
#ifndef PAGESOF_H
#define PAGESOF_H

#include "msg.h"
#include "view.h"

struct ipc_counters;

/* The pages, by number; NULL: none. */
struct metrics_pages {
	struct ipc_counters	*fronts[IPC_MAXWORKERS];
	struct ipc_counters	*relays[IPC_MAXWORKERS];
	struct ipc_counters	*stuns[IPC_MAXWORKERS];
};

/*
 * Map the page on the descriptor `fd' (taken).  Return 0, or -1 with errno;
 * EINVAL: there is a page of that kind and number already.
 */
int	 metrics_pages_map(struct metrics_pages *p, enum ipc_counters_kind kind,
	    unsigned int number, int fd);

/* Read all of them into `v', with their sums. */
void	 metrics_pages_read(const struct metrics_pages *p,
	    struct metrics_view *v);

#endif
