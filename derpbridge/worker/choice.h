/*
 * choice: which nodes of the map relay the packets of a pair of peers, in the
 * order in which they are tried.  Pure.
 */
#ifndef CHOICE_H
#define CHOICE_H

#include <stddef.h>
#include <stdint.h>

#include "mapplaces.h"
#include "msg.h"

#define WORKER_CHOICE_MAX	8	/* nodes of the order that are tried */

/* How the region is chosen. */
struct worker_choice {
	enum ipc_region_policy	 policy;
	uint64_t		 region;	/* of IPC_REGION_FIXED; of
						   IPC_REGION_NEAREST: what was
						   measured, 0: nothing yet */
};

/*
 * Find the region for the keys `a' and `b', and the order of its nodes: v[0] is
 * tried first.  Returns the number of nodes, at most WORKER_CHOICE_MAX, with
 * *region filled in; 0: the map has no such region.
 */
size_t	 worker_choice_make(const struct map_places *m,
	    const struct worker_choice *c, const uint8_t a[IPC_KEYLEN],
	    const uint8_t b[IPC_KEYLEN],
	    const struct map_places_region **region,
	    const struct map_places_node *v[WORKER_CHOICE_MAX]);

#endif
