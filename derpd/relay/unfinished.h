/*
 * unfinished: the connections of a relay worker that are not logged in, where
 * they come from, and the memory that they make us keep.  All of it is bounded:
 * when a bound is reached, the one that has had the most time gives way.  Pure,
 * but for its memory and the secret of its hash.
 */
#ifndef UNFINISHED_H
#define UNFINISHED_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#define STRANGER_COST	(24 * 1024)	/* bytes of one, on average */
#define STRANGERS_LEAST	(4 * 1024 * 1024) /* bytes of all that are allowed */
#define STRANGER_INPUT	(8 * 1024)	/* bytes of one that we keep */
#define STRANGERS_INPUT	(2 * 1024 * 1024) /* of all that send more */
#define STRANGER_US	5000000		/* time that a login may take */

/* What is bounded. */
enum stranger_pool {
	POOL_ALL,		/* all memory of all, on average */
	POOL_INPUT,		/* what those send that send much */
	POOLS
};

struct source;

struct stranger {
	TAILQ_ENTRY(stranger) all;
	TAILQ_ENTRY(stranger) same;	/* those of one source */
	TAILQ_ENTRY(stranger) dear[POOLS]; /* those above their share */
	struct source	*source;	/* NULL: it is not in the table */
	void		*owner;		/* for the caller alone */
	uint64_t	 since_us;
	size_t		 cost[POOLS];	/* bytes */
};

TAILQ_HEAD(stranger_list, stranger);
#define STRANGERS_BUCKETS	1024	/* a power of two */

struct strangers {
	struct stranger_list all;	/* the oldest first */
	struct stranger_list dear[POOLS]; /* who got dear first, first */
	LIST_HEAD(, source) sources[STRANGERS_BUCKETS];
	uint8_t		 key[16];	/* secret of the hash */
	unsigned int	 n, max, per_source;
	size_t		 cost[POOLS];	/* of all, bytes */
};

/* An empty table that takes nobody before strangers_limits() is called. */
void	 strangers_init(struct strangers *s);

/*
 * At most `max' strangers, `per_source' of them from one IPv4 address or IPv6
 * /64.  Those who are there stay.
 */
void	 strangers_limits(struct strangers *s, unsigned int max,
	    unsigned int per_source);

/*
 * One more, `st', from `addr' (IPv6 or IPv4-mapped) at the time `now_us'.
 * 0: it is in the table; *victim is one that gives way and was taken out, or
 * NULL.  -1: it is refused, because its source is full of such as came within
 * STRANGER_US, or for lack of memory; *victim is NULL then.
 */
int	 strangers_add(struct strangers *s, struct stranger *st,
	    const uint8_t addr[16], uint64_t now_us,
	    struct stranger **victim);

/* It logged in or ended: take it out of the table, if it is in it. */
void	 strangers_remove(struct strangers *s, struct stranger *st);

/*
 * `st', if it is in the table, makes us keep `all' bytes of memory from now on,
 * `input' of them of what it has sent.
 */
void	 strangers_charge(struct strangers *s, struct stranger *st,
	    size_t all, size_t input);

/*
 * NULL while all are within STRANGER_COST on average, or within
 * STRANGERS_LEAST, and those who have sent more than STRANGER_INPUT are within
 * STRANGERS_INPUT together.  Else one that gives way, taken out of the table:
 * of those above their share, the one that has been so for the longest time.
 */
struct stranger *strangers_over(struct strangers *s);

/* The oldest one if it has been there for STRANGER_US; else NULL. */
struct stranger *strangers_old(const struct strangers *s, uint64_t now_us);

#endif
