/*
 * handover: a client that has logged in moves to the worker that owns its key.
 */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct derp_clientinfo;
struct ipc_chan;
struct relay;
struct relay_conn;

/* A client that waits for the owner of its key. */
struct relay_login {
	TAILQ_ENTRY(relay_login) entry;
	struct relay_conn *c;
	unsigned int	 worker;	/* the owner */
	unsigned int	 mesh:1, prober:1,
			 waiting:1;	/* on the list of its owner */
	uint8_t		 ticket[IPC_TICKET_LEN];
};

/* An owner: its channel, and the clients that wait for it. */
struct relay_hand {
	struct relay	*r;
	struct ipc_chan	*chan;		/* NULL: none, or this worker */
	TAILQ_HEAD(, relay_login) waiting;
};

/* The hand-overs of a worker. */
struct relay_hands {
	struct relay_hand to[IPC_MAXWORKERS];
	uint64_t	 some;		/* owners with waiting clients, a bit
					   for each */
	uint64_t	 lost;		/* channels to request, likewise */
};

/* Return the worker that owns `key'; IPC_MAXWORKERS: none. */
unsigned int relay_handover_owner(struct relay *r,
	    const uint8_t key[IPC_KEYLEN]);

/* Initialize r->hands; call it once, at the start. */
void	relay_hands_init(struct relay *r);

/*
 * Use the descriptor `fd' as the channel to `worker', in place of an older one.
 * Return 0, or -1 without memory; the caller then still owns `fd'.
 */
int	relay_hands_open(struct relay *r, int fd, unsigned int worker);

/*
 * Keys has opened the box of `c': `ci' is its ClientInfo, and `ticket' (copied)
 * says whose it is.  Hand the client over once its output is written.
 */
void	relay_handover_begin(struct relay_conn *c,
	    const struct derp_clientinfo *ci,
	    const uint8_t ticket[IPC_TICKET_LEN]);

/* The connection in CONN_HAND has written its output. */
void	relay_handover_ready(struct relay_conn *c);

/* Hand over the clients that wait; called in each turn. */
void	relay_handover_work(struct relay *r);

/* The connection is closed: free what it waits with. */
void	relay_handover_free(struct relay_conn *c);

#endif
