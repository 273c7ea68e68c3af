/*
 * hold: this worker is held while sessions move from some relay workers to
 * others (relay/move/).  No client and no node is read; what is on its way to
 * this worker is let in first, from fronts and from other workers, so that
 * nothing is between two workers when sessions are written down.
 *
 *   OFF --RELAY_HOLD--> LOGINS --> LINKS --RELAY_HELD--> ON
 *
 *   LOGINS	until the channels of all fronts are closed and all that came
 *		over them is logged in
 *   LINKS	LINK_MARK is the last entry in each ring; until each ring has
 *		brought the one of the other worker
 *   ON		only channels of the parent and of sessions are handled
 *
 * RELAY_THAW leads back to OFF from everywhere.
 */
#ifndef HOLD_H
#define HOLD_H

#include <stdint.h>

struct relay;

enum relay_hold_state {
	RELAY_HOLD_OFF,
	RELAY_HOLD_LOGINS,
	RELAY_HOLD_LINKS,
	RELAY_HOLD_ON
};

/* The hold of a worker. */
struct relay_hold {
	enum relay_hold_state state;
	uint32_t	 number;	/* of the last RELAY_HOLD */
	unsigned int	 ticks;		/* seconds that connections missed */
};

/* Return 1 while a hold is under way or complete, else 0. */
int	relay_hold_is_on(const struct relay *r);

/* Return 1 when it is complete: no connection may be touched; else 0. */
int	relay_hold_is_held(const struct relay *r);

#endif
