/*
 * hands: the channels over which fronts hand over clients.
 */
#ifndef HANDS_H
#define HANDS_H

#include <stdint.h>

#include "bounds.h"

struct ipc_chan;
struct relay;

/* The channel of one front. */
struct relay_hand {
	struct relay	*r;
	struct ipc_chan	*chan;		/* NULL: none */
	struct ipc_chan	*ending;	/* an older one, until all that the
					   front had sent is read; NULL: none */
};

/* Those of all fronts. */
struct relay_hands {
	struct relay_hand from[IPC_MAXWORKERS];
	uint64_t	 lost;		/* channels to request, a bit each */
};

/* Initialize r->hands; call it once, at the start. */
void	relay_hands_init(struct relay *r);

/* Return 1 when there is no channel from any front, else 0. */
int	relay_hands_closed(const struct relay *r);

/*
 * Close all channels, and log whose they were.  What is on its way in them is
 * lost: clients of those fronts alone.
 */
void	relay_hands_close(struct relay *r);

/*
 * Request the channels that are missing, unless the parent makes them before
 * the next tick.
 */
void	relay_hands_missing(struct relay *r);

/*
 * Use the descriptor `fd' as the channel from front `front', in place of an
 * older one, which is read to its end: the front, or an earlier one, closes it.
 * Return 0, or -1 without memory; the caller then still owns `fd'.
 */
int	relay_hands_open(struct relay *r, int fd, unsigned int front);

#endif
