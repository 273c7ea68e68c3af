/*
 * pace: whether the worker waits a moment before its next turn, so that one
 * turn finds several packets of a steady stream: waking up costs as much as
 * some packets.  Pure; times are monotonic microseconds.
 *
 * How long depends on how many packets a wait finds, so that a dense stream
 * waits less.  A stream that does not become denser by waiting, because each
 * packet answers another one, is not held up.
 */
#ifndef PACE_H
#define PACE_H

#include <stdint.h>

/* Between two turns of a stream. */
#define WORKER_PACE_MIN_US	150
#define WORKER_PACE_MAX_US	600
#define WORKER_PACE_GAP_US	300	/* between its packets, on average */
#define WORKER_PACE_FEW		12	/* packets of a turn: wait longer */
#define WORKER_PACE_MANY	32	/* ... less */
#define WORKER_PACE_RUN		16	/* turns that make a stream */
#define WORKER_PACE_TRIES	8	/* waits that must be of use together */
#define WORKER_PACE_REST	512	/* turns without a try, if not */
#define WORKER_PACE_FULL	64	/* packets of a turn: no wait */

struct worker_pace {
	uint64_t	 last;		/* end of the last turn with packets */
	unsigned int	 run;		/* turns of the stream */
	unsigned int	 rest;		/* turns left without a try */
	unsigned int	 waits, found;	/* since the last look: turns after a
					   wait, and their packets */
	unsigned int	 waited;	/* microseconds before this turn */
	unsigned int	 us;		/* the next wait, 0: the shortest */
};

/*
 * A turn has ended at `now', which carried so many packets.  Returns how many
 * microseconds to wait before the next one, 0: not at all.
 */
unsigned int worker_pace_after(struct worker_pace *p, unsigned int packets,
	    uint64_t now);

#endif
