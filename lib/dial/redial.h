/*
 * redial: when to dial a node again.  Pure; times are monotonic milliseconds,
 * and randomness is an argument.
 */
#ifndef REDIAL_H
#define REDIAL_H

#include <stdint.h>

#define DIAL_REDIAL_NOW_MS	200	/* jitter of "at once" */
#define DIAL_REDIAL_MAX_MS	5000	/* the longest wait */
#define DIAL_REDIAL_RESET_MS	10000	/* up for so long: as good as new */

struct dial_redial {
	unsigned int	 failures;	/* in a row */
	int		 hurried;	/* one of them was dialled at once */
};

/*
 * A dial failed, or a link ended that had been up for `up' ms.  With `now' it
 * is dialled at once, but not again and again: only the first of such failures
 * in a row is.  `random' is any number.  Returns the ms to wait: up to
 * DIAL_REDIAL_NOW_MS, or half to all of 1, 2, 4, 5, 5... seconds.
 */
unsigned int dial_redial_after(struct dial_redial *r, uint64_t up, int now,
	    uint32_t random);

#endif
