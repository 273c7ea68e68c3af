/*
 * unfinished: the unauthenticated connections of a front, their sources, and
 * the memory that they use.  All of it is bounded: when a bound is reached, the
 * oldest is closed.  Pure, except for its memory and the secret of its hash.
 */
#ifndef UNFINISHED_H
#define UNFINISHED_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#define UNFINISHED_COST		(24 * 1024)	/* bytes of one, on average */
#define UNFINISHED_LEAST	(4 * 1024 * 1024) /* bytes of all that are \
						     allowed */
#define UNFINISHED_INPUT	(8 * 1024)	/* bytes of input of one */
#define UNFINISHED_INPUT_ALL	(2 * 1024 * 1024)	/* of all above that */
#define UNFINISHED_US		5000000		/* time that a login may take */

/* The bounded resources. */
enum front_unfinished_pool {
	UNFINISHED_POOL_ALL,	/* all memory, as an average */
	UNFINISHED_POOL_INPUT,	/* input of those above UNFINISHED_INPUT */
	UNFINISHED_POOLS
};

struct front_unfinished_source;

struct front_unfinished {
	TAILQ_ENTRY(front_unfinished) all;
	TAILQ_ENTRY(front_unfinished) same;	/* of one source */
	/* those above their share */
	TAILQ_ENTRY(front_unfinished) over[UNFINISHED_POOLS];
	/* NULL: not in the table */
	struct front_unfinished_source	*source;
	/* for the caller's use */
	void				*owner;
	uint64_t			 since_us;
	/* bytes */
	size_t				 cost[UNFINISHED_POOLS];
};

TAILQ_HEAD(front_unfinished_list, front_unfinished);
#define UNFINISHED_BUCKETS	1024	/* a power of two */

struct front_unfinished_set {
	struct front_unfinished_list all;	/* the oldest first */
	/* by the time when they exceeded their share, the first first */
	struct front_unfinished_list over[UNFINISHED_POOLS];
	LIST_HEAD(, front_unfinished_source) sources[UNFINISHED_BUCKETS];
	/* of those without a source; NULL: there are none */
	struct front_unfinished_source *unattributed;
	uint8_t		 key[16];			/* secret of the hash */
	unsigned int	 n, max, per_source;
	unsigned int	 v4, v6;	/* bits of a source */
	size_t		 cost[UNFINISHED_POOLS];	/* of all, bytes */
};

/*
 * Initialize an empty table.  It takes no connection before
 * front_unfinished_limits() is called.
 */
void	 front_unfinished_init(struct front_unfinished_set *s);

/*
 * Permit at most `max' connections, `per_source' of them from one source.
 * Existing ones stay.
 */
void	 front_unfinished_limits(struct front_unfinished_set *s,
	    unsigned int max, unsigned int per_source);

/*
 * A source is the first `v4' bits of an IPv4 address or the first `v6' bits of
 * an IPv6 address, from now on; by default 32 and 64.
 */
void	 front_unfinished_prefixes(struct front_unfinished_set *s,
	    unsigned int v4, unsigned int v6);

/*
 * Add `st' from `addr' (IPv6 or IPv4-mapped; NULL: its source is not known, and
 * such are not limited per source) at the time `now_us'.  Return 0
 * when it was added; *victim is then a connection to close, already removed, or
 * NULL.  Return -1 with *victim NULL when it is refused: its source is full of
 * connections that arrived within UNFINISHED_US, or there is no memory.
 */
int	 front_unfinished_add(struct front_unfinished_set *s,
	    struct front_unfinished *st, const uint8_t *addr,
	    uint64_t now_us, struct front_unfinished **victim);

/*
 * The source of `st' turns out to be `addr': count it there.  Return as above;
 * when -1 is returned, it stays where it was.  Nothing happens if `st' is not
 * in the table.
 */
int	 front_unfinished_move(struct front_unfinished_set *s,
	    struct front_unfinished *st, const uint8_t addr[16],
	    uint64_t now_us, struct front_unfinished **victim);

/* Remove `st' after a login or a close, if it is in the table. */
void	 front_unfinished_remove(struct front_unfinished_set *s,
	    struct front_unfinished *st);

/*
 * If `st' is in the table, set the memory that it uses to `all' bytes, `input'
 * of them for what it sent.
 */
void	 front_unfinished_charge(struct front_unfinished_set *s,
	    struct front_unfinished *st, size_t all, size_t input);

/*
 * Return NULL while all connections are within UNFINISHED_COST on average, or
 * within UNFINISHED_LEAST, and those with more input than UNFINISHED_INPUT are
 * within UNFINISHED_INPUT_ALL together.  Otherwise remove and return a
 * connection to close: of those above their share, the one that has been so for
 * the longest time.
 */
struct front_unfinished *front_unfinished_over(struct front_unfinished_set *s);

/* Return the oldest one if it has been there for UNFINISHED_US; else NULL. */
struct front_unfinished *front_unfinished_old(
	    const struct front_unfinished_set *s, uint64_t now_us);

#endif
