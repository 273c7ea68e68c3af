/*
 * rate: how fast one client may send (derp(7), section 6).  Pure: the caller
 * brings the clock.
 */
#ifndef RATE_H
#define RATE_H

#include <stdint.h>

/* The bucket of one client; all zero initially, which is full. */
struct derp_rate {
	uint64_t	 at;		/* us of the last refill */
	int64_t		 tokens;	/* bytes */
	uint32_t	 part;		/* millionths of a byte besides */
};

/*
 * Charge `n' bytes that a client sent at `now_us' (us, not 0); it may send
 * `rate' bytes a second (not 0), and `burst' bytes at once.  Return how long it
 * must wait before it may send more, in us; 0: no wait.
 */
uint64_t derp_rate_charge(struct derp_rate *b, uint64_t rate, uint64_t burst,
	    uint64_t now_us, uint64_t n);

/*
 * The limits have changed: the bucket is full, as that of a client that is told
 * them.
 */
void	derp_rate_anew(struct derp_rate *b);

#endif
