/*
 * queue: packets that wait for one destination.
 *
 * Two classes, disco before the rest (derp(7), section 3), each bounded in
 * bytes and packets; a full class drops its oldest.  CoDel (RFC 8289, but at
 * most two drops an interval) on the time that a packet has waited drops from
 * the head of each class.  Pure: the caller brings the clock.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

struct pkt {
	STAILQ_ENTRY(pkt) entry;
	uint64_t	 at;		/* us, when it was queued */
	uint32_t	 len;		/* bytes of the frame at `data' */
	uint8_t		 data[];	/* a whole RecvPacket frame */
};
STAILQ_HEAD(pkt_list, pkt);

struct queue_class {
	struct pkt_list	 list;
	uint32_t	 packets;
	uint32_t	 bytes;		/* of frames */
	/* CoDel, RFC 8289 section 5; us */
	uint64_t	 first_above;
	uint64_t	 drop_next;
	uint32_t	 count, lastcount;
	int		 dropping;
};

struct queue {
	struct queue_class cls[2];	/* 0 disco, 1 the rest */
	unsigned int	 disco_run;	/* disco packets since the last other */
};

struct queue_limits {
	uint32_t	 bytes;		/* a class holds at most */
	uint32_t	 packets;
	uint32_t	 target;	/* us; 0: no CoDel */
	uint32_t	 interval;	/* us */
};

/* Called with every packet that the queue gives up, before it is freed. */
typedef void (*queue_drop_cb)(struct pkt *p, void *arg);

/* An empty queue. */
void	 queue_init(struct queue *q);

/* A packet with room for a frame of `len' bytes; NULL without memory. */
struct pkt *pkt_new(uint32_t len);

/* Free a packet; NULL is fine. */
void	 pkt_free(struct pkt *p);

/*
 * Put `p' at the end of its class at time `now' (us), dropping the oldest of
 * that class until it fits.  Takes `p' over.  A packet larger than the byte
 * limit is taken when it is alone.
 */
void	 queue_put(struct queue *q, struct pkt *p, int disco, uint64_t now,
	    const struct queue_limits *lim, queue_drop_cb drop, void *arg);

/*
 * The next packet to send at time `now' (us), NULL when there is none; the
 * caller frees it.  CoDel may drop others on the way.
 */
struct pkt *queue_get(struct queue *q, uint64_t now,
	    const struct queue_limits *lim, queue_drop_cb drop, void *arg);

/* Frames that wait, and their bytes, of both classes. */
uint32_t queue_packets(const struct queue *q);
uint32_t queue_bytes(const struct queue *q);

/* Drop everything; the queue is then as queue_init() made it. */
void	 queue_clear(struct queue *q, queue_drop_cb drop, void *arg);

#endif
