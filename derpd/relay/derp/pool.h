/*
 * pool: memory of packets, in slabs of blocks of one size, so that relaying
 * does not visit malloc for each packet, and that what a flood took goes back
 * to the system.
 */
#ifndef POOL_H
#define POOL_H

#include <sys/queue.h>
#include <stddef.h>

#define POOL_SLAB	(64 * 1024)	/* bytes that are mapped at once */

/* Sanitizer builds go to malloc for every packet, to see what overruns. */
#if defined(__SANITIZE_ADDRESS__)
#define POOL_SLABS	0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_SLABS	0
#endif
#endif
#ifndef POOL_SLABS
#define POOL_SLABS	1
#endif

#define POOL_CLASSES	15		/* sizes: 64, 96, 128, 192 ... 8192 */

struct derp_slab;

/* All memory of packets of a worker; the fields are pool.c's alone. */
struct derp_pool {
	LIST_HEAD(, derp_slab) partial[POOL_CLASSES]; /* with a free block */
	TAILQ_HEAD(derp_slab_list, derp_slab) empty; /* with none in use */
	size_t		 nempty;
	size_t		 idle;		/* least nempty since the last tick */
	size_t		 mapped;	/* bytes */
	size_t		 limit;		/* bytes that `mapped' may be */
};

/* An empty pool without a limit. */
void	 derp_pool_init(struct derp_pool *o);

/*
 * Memory for `n' bytes, aligned for a pointer; *size is what it really takes:
 * `n' rounded up to its block.  NULL without memory, and when derp_pool_limit()
 * forbids to map more.
 */
void	*derp_pool_get(struct derp_pool *o, size_t n, size_t *size);

/*
 * Give back what derp_pool_get() of the same pool gave, with the *size it said.
 */
void	 derp_pool_put(struct derp_pool *o, void *p, size_t size);

/*
 * From now on at most `max' bytes may be mapped; what is there already stays.
 * Without a call there is no limit.
 */
void	 derp_pool_limit(struct derp_pool *o, size_t max);

/* Bytes that are mapped now, in use or not. */
size_t	 derp_pool_mapped(const struct derp_pool *o);

/*
 * To be called once a second: slabs that nobody used since the last call go
 * back to the system.
 */
void	 derp_pool_tick(struct derp_pool *o);

#endif
