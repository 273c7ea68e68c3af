/*
 * pool: memory of packets, in slabs of blocks of one size, so that relaying
 * does not call malloc for each packet, and the memory of a flood returns to
 * the system.
 */
#ifndef POOL_H
#define POOL_H

#include <sys/queue.h>
#include <stddef.h>

#define POOL_SLAB	(64 * 1024)	/* bytes mapped at once */

/* Sanitizer builds allocate every packet with malloc, to detect overruns. */
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

/* The memory of all packets of a worker; only pool.c uses the fields. */
struct derp_pool {
	LIST_HEAD(, derp_slab) partial[POOL_CLASSES];	/* with a free block */
	TAILQ_HEAD(derp_slab_list, derp_slab) empty; /* with no block in use */
	size_t		 nempty;
	size_t		 idle;	/* minimum of nempty since the last tick */
	size_t		 mapped;	/* bytes */
	size_t		 limit;		/* maximum of `mapped', bytes */
};

/* Initialize an empty pool without a limit. */
void	 derp_pool_init(struct derp_pool *o);

/*
 * Allocate `n' bytes, aligned for a pointer; *size is set to the size of the
 * block.  NULL without memory, or when derp_pool_limit() forbids another
 * mapping.
 */
void	*derp_pool_get(struct derp_pool *o, size_t n, size_t *size);

/*
 * Free memory of derp_pool_get() of the same pool; `size' is the *size that it
 * returned.
 */
void	 derp_pool_put(struct derp_pool *o, void *p, size_t size);

/*
 * Limit the mapped memory to `max' bytes; existing mappings stay.  The default
 * is no limit.
 */
void	 derp_pool_limit(struct derp_pool *o, size_t max);

/* Return the bytes that are mapped, in use or not. */
size_t	 derp_pool_mapped(const struct derp_pool *o);

/*
 * Call it once a second: slabs that were unused since the last call are
 * unmapped.
 */
void	 derp_pool_tick(struct derp_pool *o);

#endif
