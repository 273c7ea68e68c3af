/*
 * rate: how fast one client may send (derp(7), section 6).
 */
#ifndef RATE_H
#define RATE_H

#include <stdint.h>

struct conn;
struct event;

/* The bucket of one client. */
struct derp_rate {
	struct event	*ev;		/* end of PAUSE_RATE */
	uint64_t	 at;		/* us of the last refill */
	int64_t		 tokens;	/* bytes */
};

/*
 * A frame of `n' bytes came from the client: pauses it when it is over its
 * rate.  0, or -1: closed.
 */
int	rate_take(struct conn *c, uint64_t n);

#endif
