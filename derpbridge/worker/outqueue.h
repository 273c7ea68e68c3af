/*
 * outqueue: packets that wait to be sent to a relay, as whole DERP frames, in
 * the order of their arrival.  Pure; times are monotonic milliseconds.
 *
 * The queue is bounded in bytes, packets and time: the oldest packets are
 * dropped.  Memory is allocated with the first packet.
 */
#ifndef OUTQUEUE_H
#define OUTQUEUE_H

#include <sys/uio.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

#define WORKER_QUEUE_BYTES	(2 * 1024 * 1024)
#define WORKER_QUEUE_PACKETS	4096
#define WORKER_QUEUE_MS		200	/* of a link that is up */
#define WORKER_QUEUE_DIAL_MS	5000	/* while it is dialled: WireGuard's
					   next try comes after 5 seconds */

/* Why packets were dropped. */
struct worker_outqueue_drops {
	uint64_t	 full;		/* too many bytes or packets */
	uint64_t	 late;		/* waited too long */
	uint64_t	 memory;	/* none for the queue */
};

struct worker_outqueue {
	uint8_t		*bytes;		/* ring of WORKER_QUEUE_BYTES */
	struct worker_outqueue_entry *entries;	/* ring, one a packet */
	size_t		 head, len;	/* first byte, bytes */
	unsigned int	 first, n;	/* first entry, entries */
	unsigned int	 max_ms;	/* packets wait at most so long */
	struct worker_outqueue_drops drops;
};

/* Prepare an empty queue, with a bound of WORKER_QUEUE_DIAL_MS. */
void	 worker_outqueue_init(struct worker_outqueue *q);

/* Drop all packets, without counting them, and free the memory. */
void	 worker_outqueue_free(struct worker_outqueue *q);

/*
 * Add a SendPacket frame with the packet of `n' bytes at `p' for the peer
 * `dst'; it is copied.  Returns 0, or -1: it was dropped (too long for DERP, or
 * no memory).
 */
int	 worker_outqueue_add(struct worker_outqueue *q,
	    const uint8_t dst[FRAME_KEY_LEN], const void *p, size_t n,
	    uint64_t now);

/*
 * Take whole frames off the queue, as many as `max' bytes have room for, at
 * least one; those that are too late are dropped.  They are in v[0] and v[1],
 * which stay valid until the next worker_outqueue_add(); *packets is how many
 * there are.  Returns their bytes, 0: the queue is empty.
 */
size_t	 worker_outqueue_take(struct worker_outqueue *q, size_t max,
	    uint64_t now, struct iovec v[2], unsigned int *packets);

#endif
