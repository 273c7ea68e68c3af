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

#define UNFINISHED_COST		(24 * 1024)	/* bytes of one, on average */
#define UNFINISHED_LEAST	(4 * 1024 * 1024) /* bytes of all that are \
						     allowed */
#define UNFINISHED_INPUT	(8 * 1024)	/* bytes of one that we keep */
#define UNFINISHED_INPUT_ALL	(2 * 1024 * 1024) /* of all that send more */
#define UNFINISHED_US		5000000		/* time that a login may take */

/* What is bounded. */
enum relay_unfinished_pool {
	UNFINISHED_POOL_ALL,	/* all memory of all, on average */
	UNFINISHED_POOL_INPUT,	/* what those send that send much */
	UNFINISHED_POOLS
};

struct relay_unfinished_source;

struct relay_unfinished {
	TAILQ_ENTRY(relay_unfinished) all;
	TAILQ_ENTRY(relay_unfinished) same;	/* those of one source */
	/* those above their share */
	TAILQ_ENTRY(relay_unfinished) dear[UNFINISHED_POOLS];
	/* NULL: it is not in the table */
	struct relay_unfinished_source	*source;
	/* for the caller alone */
	void				*owner;
	uint64_t			 since_us;
	/* bytes */
	size_t				 cost[UNFINISHED_POOLS];
};

TAILQ_HEAD(relay_unfinished_list, relay_unfinished);
#define UNFINISHED_BUCKETS	1024	/* a power of two */

struct relay_unfinished_set {
	struct relay_unfinished_list all;	/* the oldest first */
	/* who got dear first, first */
	struct relay_unfinished_list dear[UNFINISHED_POOLS];
	LIST_HEAD(, relay_unfinished_source) sources[UNFINISHED_BUCKETS];
	uint8_t		 key[16];			/* secret of the hash */
	unsigned int	 n, max, per_source;
	size_t		 cost[UNFINISHED_POOLS];	/* of all, bytes */
};

/*
 * An empty table that takes nobody before relay_unfinished_limits() is called.
 */
void	 relay_unfinished_init(struct relay_unfinished_set *s);

/*
 * At most `max' strangers, `per_source' of them from one IPv4 address or IPv6
 * /64.  Those who are there stay.
 */
void	 relay_unfinished_limits(struct relay_unfinished_set *s,
	    unsigned int max, unsigned int per_source);

/*
 * One more, `st', from `addr' (IPv6 or IPv4-mapped) at the time `now_us'.
 * 0: it is in the table; *victim is one that gives way and was taken out, or
 * NULL.  -1: it is refused, because its source is full of such as came within
 * UNFINISHED_US, or for lack of memory; *victim is NULL then.
 */
int	 relay_unfinished_add(struct relay_unfinished_set *s,
	    struct relay_unfinished *st, const uint8_t addr[16],
	    uint64_t now_us, struct relay_unfinished **victim);

/* It logged in or ended: take it out of the table, if it is in it. */
void	 relay_unfinished_remove(struct relay_unfinished_set *s,
	    struct relay_unfinished *st);

/*
 * `st', if it is in the table, makes us keep `all' bytes of memory from now on,
 * `input' of them of what it has sent.
 */
void	 relay_unfinished_charge(struct relay_unfinished_set *s,
	    struct relay_unfinished *st, size_t all, size_t input);

/*
 * NULL while all are within UNFINISHED_COST on average, or within
 * UNFINISHED_LEAST, and those who have sent more than UNFINISHED_INPUT are
 * within UNFINISHED_INPUT_ALL together.  Else one that gives way, taken out of
 * the table: of those above their share, the one that has been so for the
 * longest time.
 */
struct relay_unfinished *relay_unfinished_over(struct relay_unfinished_set *s);

/* The oldest one if it has been there for UNFINISHED_US; else NULL. */
struct relay_unfinished *relay_unfinished_old(
	    const struct relay_unfinished_set *s, uint64_t now_us);

#endif
