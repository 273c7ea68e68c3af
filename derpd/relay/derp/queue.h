/*
 * queue: packets that wait for one destination.
 *
 * Two classes, disco before the rest (derp(7), section 3), each bounded in
 * bytes and packets; a full class drops its oldest.  CoDel (RFC 8289, but at
 * most two drops an interval) on the time that a packet has waited drops from
 * the head of each class.  All queues of a set together have a bound too:
 * beyond it the fullest give way.  What counts is the memory that packets take,
 * not their length.  Pure: the caller brings the clock.
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
	uint32_t	 size;		/* bytes of memory that it takes */
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
	int		 level;		/* of its set; -1 when empty */
	TAILQ_ENTRY(derp_queue) entry;	/* of that level */
	struct derp_queue_set *set;
	void		*owner;
};
TAILQ_HEAD(derp_queue_list, derp_queue);

/*
 * Called with every packet that a queue gives up, before it is freed; `arg' is
 * the owner of the queue.
 */
typedef void (*derp_queue_drop_cb)(struct derp_pkt *p, void *arg);

/* The queues of a worker, by the memory that each takes. */
struct derp_queue_set {
	struct derp_queue_list level[QUEUE_LEVELS];
	uint64_t		 used;		/* levels with a queue, a bit
						   each */
	uint64_t		 memory;	/* bytes that all packets
						   take */
	uint64_t		 limit;		/* bytes */
	derp_queue_drop_cb	 drop;
	struct derp_pool *pool;			/* where packets come from */
};

struct derp_queue_limits {
	uint32_t	 bytes;		/* memory that a class takes at most */
	uint32_t	 packets;
	uint32_t	 target;	/* us; 0: no CoDel */
	uint32_t	 interval;	/* us */
};

/*
 * An empty set, whose packets are of `pool' and whose queues give up packets by
 * `drop' (NULL: silently).  There is no limit until derp_queue_set_limit().
 */
void	 derp_queue_set_init(struct derp_queue_set *s, struct derp_pool *pool,
	    derp_queue_drop_cb drop);

/*
 * All queues of the set take at most `bytes' from the next packet on, and at
 * most half more of the system, for what lies between packets.
 */
void	 derp_queue_set_limit(struct derp_queue_set *s, uint64_t bytes);

/* An empty queue of that set; `owner' goes to the drop call-back. */
void	 derp_queue_init(struct derp_queue *q, struct derp_queue_set *s,
	    void *owner);

/*
 * A packet with room for a frame of `len' bytes, for a queue of the set.
 * Packets of its fullest queues are dropped when there is no memory.  NULL when
 * that did not help.
 */
struct derp_pkt *derp_pkt_new(struct derp_queue_set *s, uint32_t len);

/* Free a packet of derp_pkt_new() of the same set; NULL is fine. */
void	 derp_pkt_free(struct derp_queue_set *s, struct derp_pkt *p);

/*
 * Put `p' at the end of its class at time `now' (us), dropping the oldest of
 * that class until it fits, and then the oldest of the fullest queues until the
 * set fits.  Takes `p' over.  A packet larger than the byte limit of a class is
 * taken when it is alone.
 */
void	 derp_queue_put(struct derp_queue *q, struct derp_pkt *p, int disco,
	    uint64_t now, const struct derp_queue_limits *lim);

/*
 * The next packet to send at time `now' (us), NULL when there is none; the
 * caller frees it.  CoDel may drop others on the way.
 */
struct derp_pkt *derp_queue_get(struct derp_queue *q, uint64_t now,
	    const struct derp_queue_limits *lim);

/* Frames that wait, and their bytes, of both classes. */
uint32_t derp_queue_packets(const struct derp_queue *q);
uint32_t derp_queue_bytes(const struct derp_queue *q);

/*
 * Give everything up, by `drop' with `arg'; the queue is then as
 * derp_queue_init() made it.
 */
void	 derp_queue_clear(struct derp_queue *q, derp_queue_drop_cb drop,
	    void *arg);

#endif
