/*
 * leases: the groups of a worker's clients (group.h): their timer, and what
 * goes to admit.  What admit says, relayadmit.c passes to derp_groups_lease()
 * and the others of group.h.
 */
#ifndef LEASES_H
#define LEASES_H

#include <stdint.h>

struct derp_groups;
struct event;
struct relay;

/* The groups of a worker. */
struct relay_leases {
	struct derp_groups *groups;
	struct event	*ev;		/* calls derp_groups_run() */
	uint64_t	 due_us;	/* when; 0: not */
};

/* Create r->leases; call it once.  0, or -1 without memory. */
int	relay_leases_init(struct relay *r);

#endif
