/*
 * statspage: the counters of this process, in a page (lib/ipc/counters.h) that
 * fronts read.
 */
#ifndef STATSPAGE_H
#define STATSPAGE_H

#include "stats.h"

struct ipc_counters;

/* The counters of a process: in the page, if there is one. */
struct conn_statspage {
	struct ipc_counters	*page;		/* NULL: none */
	struct conn_stats	 none;		/* without a page */
};

/*
 * Use the page on the descriptor `fd' (taken): the counters go on from those of
 * the last start, and gauges begin at 0.  Return the counters; NULL with errno
 * as ipc_counters_map_write(), or EINVAL: there is a page already.
 */
struct conn_stats *conn_statspage_map(struct conn_statspage *p, int fd);

/*
 * Read the counters of another process from its page; s->workers is 1, or 0 if
 * it does not run.
 */
void	conn_statspage_read(const struct ipc_counters *page,
	    struct conn_stats *s);

#endif
