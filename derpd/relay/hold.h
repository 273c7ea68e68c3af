/*
 * hold: this worker is held while sessions move from some relay workers to
 * others (relay/move/).  No client and no node is read; what is on its way to
 * this worker, from fronts and from other workers, is let in first, so that
 * nothing is between two workers when sessions are written down.
 *
 *   OFF --RELAY_HOLD--> LOGINS --> LINKS --RELAY_HELD--> ON
 *
 *   LOGINS	until the channels of all fronts are closed, and all that came
 *		over them is logged in; those of a front that hangs, or is
 *		hostile, are closed here; and until sessions of an earlier move
 *		have all gone on
 *   LINKS	LINK_MARK is the last entry in each ring; until each ring has
 *		brought that of the other worker
 *   ON		only the channels of the parent and of moves are handled
 *
 * RELAY_THAW leads back to OFF from everywhere, with nothing lost.  In a hold
 * the deadlines of connections stand still, and admit, mesh processes and (from
 * LINKS on) keys are not read.
 */
#ifndef HOLD_H
#define HOLD_H

#include <stdint.h>

struct ipc_msg_relay_hold;
struct ipc_msg_relay_succeeded;
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
	unsigned int	 ticks;		/* since then */
	uint64_t	 over_us;	/* when sessions went on; 0: never */
};

/* Return 1 while a hold is under way or complete, else 0. */
int	relay_hold_is_on(const struct relay *r);

/* Return 1 when it is complete: no connection may be touched; else 0. */
int	relay_hold_is_held(const struct relay *r);

/*
 * One turn in a hold, in place of relay_turn().  It sleeps if nothing is left
 * to do.
 */
void	relay_hold_turn(struct relay *r);

/* A second is over, in a hold. */
void	relay_hold_tick(struct relay *r);

/* A channel to keys, admit or a mesh process is new. */
void	relay_hold_channels(struct relay *r);

/* Handlers of messages of the parent; `arg' is the worker. */
int	relay_hold_message(void *arg, const struct ipc_msg_relay_hold *v);
int	relay_hold_thaw(void *arg);
int	relay_hold_leave(void *arg);
int	relay_hold_succeeded(void *arg,
	    const struct ipc_msg_relay_succeeded *v);

#endif
