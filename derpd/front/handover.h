/*
 * handover: a client that has logged in moves to the relay worker that owns its
 * key.
 */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct front;
struct front_conn;
struct ipc_chan;

/* An owner: its channel, and the clients that wait for it. */
struct front_hand {
	struct front	*f;
	struct ipc_chan	*chan;		/* NULL: none */
	struct ipc_chan	*ending;	/* an older one, until what it has to
					   write is written; NULL: none */
	TAILQ_HEAD(, front_conn) waiting;
};

/* The hand-overs of a front. */
struct front_hands {
	struct front_hand to[IPC_MAXWORKERS];
	uint64_t	 some;		/* owners with waiting clients, a bit
					   for each */
	uint64_t	 lost;		/* channels to request, likewise */
	uint64_t	 ending;	/* owners with such a channel */
	uint64_t	 held;		/* owners whose channel was closed by
					   front_hands_hold() */
	uint64_t	 held_us;	/* when */
};

/* Return the worker that owns `key'; IPC_MAXWORKERS: none. */
unsigned int front_handover_owner(const struct front *f,
	    const uint8_t key[IPC_KEYLEN]);

/* Initialize f->hands; call it once, at the start. */
void	front_hands_init(struct front *f);

/*
 * Use the descriptor `fd' as the channel to `worker', in place of an older one,
 * which is closed when it is written.  Have new tickets made for its clients,
 * as front_login_repeat(): it may have been started again.  Return 0, or -1
 * without memory; the caller then still owns `fd'.
 */
int	front_hands_open(struct front *f, int fd, unsigned int worker);

/*
 * Close the channels to all owners, once what they have to write is written.
 * Logins wait for the next ones, which the parent makes unasked; they are only
 * requested when they have not come after a long time.
 */
void	front_hands_hold(struct front *f);

/* Return 1 while clients that are handed over have yet to be sent, else 0. */
int	front_hands_busy(const struct front *f);

/* Called every second: request channels that broke. */
void	front_hands_tick(struct front *f);

/* The connection in CONN_HAND has written its output. */
void	front_handover_ready(struct front_conn *c);

/* Hand over the clients that wait; called in each turn. */
void	front_handover_work(struct front *f);

/* The connection does not wait for its owner any more. */
void	front_handover_forget(struct front_conn *c);

#endif
