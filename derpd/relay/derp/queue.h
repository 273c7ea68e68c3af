/*
 * queue: packets that wait for one destination.
 *
 * Two classes, disco before the rest (derp(7), section 3), each bounded in
 * bytes and packets; a full class drops its oldest.  CoDel (RFC 8289, but at
 * most two drops an interval) drops from the head of each class by the time
 * that packets have waited.  A set of queues has a common bound too: above it
 * the fullest queues drop.  The bounds count the memory of packets, not their
 * length.  Pure: the caller brings the clock.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

struct derp_pool;

#define QUEUE_LEVELS	44	/* up to 4 GiB: see level_of() */

struct derp_pkt {
	STAILQ_ENTRY(derp_pkt) entry;
	uint64_t	 at;		/* us, when it was queued */
	uint32_t	 len;		/* bytes of the frame at `data' */
	uint32_t	 size;		/* bytes of its memory */
	uint8_t		 data[];	/* a whole RecvPacket frame */
};
STAILQ_HEAD(derp_pkt_list, derp_pkt);

struct derp_queue_class {
	struct derp_pkt_list	 list;
	uint32_t		 packets;
	uint32_t		 bytes;		/* of frames */
	uint32_t		 memory;	/* of packets */
	/* CoDel, RFC 8289 section 5; us */
	uint32_t	 count, lastcount;
	int		 dropping;
	uint64_t	 first_above;
	uint64_t	 drop_next;
};

struct derp_queue {
	struct derp_queue_class cls[2];	/* 0 disco, 1 the rest */
	unsigned int	 disco_run;	/* disco packets since the last other */
	int		 level;		/* in its set; -1 when empty */
	TAILQ_ENTRY(derp_queue) entry;	/* on the list of that level */
	struct derp_queue_set *set;
	void		*owner;
	size_t		 size;		/* bytes of its memory */
};
TAILQ_HEAD(derp_queue_list, derp_queue);

/*
 * Called with every packet that a queue drops, before it is freed; `arg' is the
 * owner of the queue.
 */
typedef void (*derp_queue_drop_cb)(struct derp_pkt *p, void *arg);

/* The queues of a worker, by their memory. */
struct derp_queue_set {
	struct derp_queue_list level[QUEUE_LEVELS];
	uint64_t		 used;	/* bitmap of levels with a queue */
	uint64_t		 memory;	/* bytes of all packets */
	uint64_t		 limit;		/* bytes */
	derp_queue_drop_cb	 drop;
	struct derp_pool *pool;			/* allocates the packets */
};

struct derp_queue_limits {
	uint32_t	 bytes;		/* maximum memory of a class */
	uint32_t	 packets;
	uint32_t	 target;	/* us; 0: no CoDel */
	uint32_t	 interval;	/* us */
	/*
	 * us, since when queues are served without a break: packets have not
	 * waited for the client before.  0: from the beginning.
	 */
	uint64_t	 since;
};

/*
 * Initialize an empty set that allocates packets from `pool' and passes dropped
 * packets to `drop' (NULL: none).  The default is no limit; see
 * derp_queue_set_limit().
 */
void	 derp_queue_set_init(struct derp_queue_set *s, struct derp_pool *pool,
	    derp_queue_drop_cb drop);

/*
 * Limit the memory of the set to `bytes' from the next packet on; mapped memory
 * may be half more, because of the space between packets.
 */
void	 derp_queue_set_limit(struct derp_queue_set *s, uint64_t bytes);

/* Initialize an empty queue of the set; `owner' is passed to the call-back. */
void	 derp_queue_init(struct derp_queue *q, struct derp_queue_set *s,
	    void *owner);

/*
 * Allocate an empty queue of the set, from its pool.  Without memory, packets
 * of its fullest queues are dropped.  NULL if that was not enough.
 */
struct derp_queue *derp_queue_new(struct derp_queue_set *s, void *owner);

/*
 * Free a queue of derp_queue_new(), as derp_queue_clear() does with its
 * packets; NULL is permitted.
 */
void	 derp_queue_free(struct derp_queue *q, derp_queue_drop_cb drop,
	    void *arg);

/*
 * Return 1 if the queue is empty and CoDel has forgotten its last drops at time
 * `now' (us): a new queue would act in the same way.  Else 0.
 */
int	 derp_queue_is_idle(const struct derp_queue *q, uint64_t now,
	    const struct derp_queue_limits *lim);

/*
 * Allocate a packet with room for a frame of `len' bytes, for a queue of the
 * set.  Without memory, packets of its fullest queues are dropped.  NULL if
 * that was not enough.
 */
struct derp_pkt *derp_pkt_new(struct derp_queue_set *s, uint32_t len);

/* Free a packet of derp_pkt_new() of the same set; NULL is permitted. */
void	 derp_pkt_free(struct derp_queue_set *s, struct derp_pkt *p);

/*
 * Append `p' to its class at time `now' (us).  The oldest packets of that class
 * are dropped until it fits, then the oldest of the fullest queues until the
 * set fits.  The queue owns `p' afterwards.  A packet above the byte limit of a
 * class is accepted when it is alone.
 */
void	 derp_queue_put(struct derp_queue *q, struct derp_pkt *p, int disco,
	    uint64_t now, const struct derp_queue_limits *lim);

/*
 * Go on with a class (0: disco) in which CoDel was in the state of `from', at
 * time `now' (us); the rest of `from' is ignored, and so is what can't be.
 */
void	 derp_queue_restore(struct derp_queue *q, int class,
	    const struct derp_queue_class *from, uint64_t now,
	    const struct derp_queue_limits *lim);

/*
 * Return the next packet to send at time `now' (us), NULL when there is none;
 * the caller frees it.  CoDel may drop others first.
 */
struct derp_pkt *derp_queue_get(struct derp_queue *q, uint64_t now,
	    const struct derp_queue_limits *lim);

/* Return the frames that wait in both classes, or their bytes; NULL: 0. */
uint32_t derp_queue_packets(const struct derp_queue *q);
uint32_t derp_queue_bytes(const struct derp_queue *q);

/*
 * Drop all packets, by `drop' with `arg'; the queue is then as after
 * derp_queue_init().
 */
void	 derp_queue_clear(struct derp_queue *q, derp_queue_drop_cb drop,
	    void *arg);

#endif
