/*
 * packets: the packets that wait for a client or another node, from the queue
 * to the output.
 */
#ifndef PACKETS_H
#define PACKETS_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "output.h"

struct conn;
struct conn_set;
struct derp_pkt;
struct derp_queue;
struct derp_queue_class;
struct relay;
struct relay_conn;

/* The packets of a connection. */
struct relay_packets {
	struct derp_queue	*queue;	/* NULL: no packet waits */
	/* last_src is recorded while this is current */
	uint64_t		 src_gen;
	uint8_t			 last_src[FRAME_KEY_LEN];
};

/* The packets of the batch that is being made. */
struct relay_packets_batch {
	struct derp_pkt	*v[OUTPUT_PIECES];
	size_t		 n;
};

/* Initialize r->queues. */
void	relay_packets_init(struct relay *r);

/*
 * Queue the packet of `n' bytes at `p' (copied) from `src' as RecvPacket; the
 * oldest packets are dropped if necessary.
 */
void	relay_packets_put(struct relay_conn *c,
	    const uint8_t src[FRAME_KEY_LEN], const uint8_t *p, size_t n);

/*
 * Queue the packet of `n' bytes at `p' (copied) from `src' to `dst' as
 * ForwardPacket, for the node of the link `c'.
 */
void	relay_packets_forward(struct relay_conn *c,
	    const uint8_t src[FRAME_KEY_LEN], const uint8_t dst[FRAME_KEY_LEN],
	    const uint8_t *p, size_t n);

/*
 * Of a client that was at another worker: CoDel's state of a class (0: disco)
 * of packets, with `run' disco packets since another one; and a packet of that
 * class, the frame of `n' bytes at `p' (copied), which was queued at `at' (us).
 * Return 0, or -1: no memory, or (the packet) it is no RecvPacket.
 */
int	relay_packets_restore(struct relay_conn *c, int class,
	    const struct derp_queue_class *from, unsigned int run);
int	relay_packets_restore_one(struct relay_conn *c, int class,
	    uint64_t at, const uint8_t *p, size_t n);

/* As conn_ops.pending, gather, gathered and rested: pongs and packets. */
int	relay_packets_pending(const struct conn *c);
size_t	relay_packets_gather(struct conn *c, size_t n, size_t max);
void	relay_packets_gathered(struct conn_set *s);
void	relay_packets_rested(struct conn *c);

/* Free the queue if it is idle.  Called after a flush, and every minute. */
void	relay_packets_rest(struct relay_conn *c);

/* Drop and count all packets, and free the queue. */
void	relay_packets_free(struct relay_conn *c);

#endif
