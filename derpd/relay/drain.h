/*
 * drain: a worker of a machine that goes takes over no more clients, and closes
 * those that it has, in waves; see drainplan.h.  Mesh peers and links to other
 * nodes stay.
 */
#ifndef DRAIN_H
#define DRAIN_H

#include <sodium.h>
#include <stdint.h>

#include "drainplan.h"
#include "walk.h"

struct event;
struct ipc_msg_relay_drain;
struct relay;
struct relay_conn;

struct relay_drain {
	struct relay_drain_plan plan;
	struct event	*ev;		/* the next wave */
	struct relay_walk walk;		/* of this wave */
	int		 walking;
	uint64_t	 place;		/* below it, clients are closed */
	uint32_t	 left;		/* clients that the walk has met */
	int64_t		 told;		/* those before, as reported; -1: not
					   yet */
	uint8_t		 secret[crypto_shorthash_KEYBYTES]; /* of places */
};

/* Handle MSG_RELAY_DRAIN; `arg' is the worker.  Return 0. */
int	relay_drain_message(void *arg, const struct ipc_msg_relay_drain *v);

/* Return 1 in a drain, else 0. */
int	relay_drain_on(const struct relay *r);

/* The connection is about to leave. */
void	relay_drain_leave(struct relay_conn *c);

/* Called in each turn: look at some of the clients. */
void	relay_drain_work(struct relay *r);

/* Return 1 when relay_drain_work() has more to do in the next turn. */
int	relay_drain_more(const struct relay *r);

#endif
