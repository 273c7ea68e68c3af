/*
 * pool: memory of packets; see pool.h.  Used by queue.c.
 *
 * One size class holds nearly everything that a tunnel sends.  The free list
 * is bounded, so that a burst does not keep its memory for ever.  Sanitizer
 * builds go to malloc for everything, to see what overruns.
 */
#include <stdlib.h>

#include "pool.h"

#define CLASS_SIZE	2048
#define KEEP_MAX	2048	/* blocks: 4 MiB */

#if defined(__SANITIZE_ADDRESS__)
#define USE_POOL	0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define USE_POOL	0
#endif
#endif
#ifndef USE_POOL
#define USE_POOL	1
#endif

struct block {
	struct block	*next;
};

static struct block	*free_list;
static unsigned int	 nfree;

void *
pool_get(size_t n)
{
	struct block *b;

	if (!USE_POOL || n > CLASS_SIZE)
		return (malloc(n));
	if ((b = free_list) == NULL)
		return (malloc(CLASS_SIZE));
	free_list = b->next;
	nfree--;
	return (b);
}

void
pool_put(void *p, size_t n)
{
	struct block *b = p;

	if (!USE_POOL || p == NULL || n > CLASS_SIZE || nfree >= KEEP_MAX) {
		free(p);
		return;
	}
	b->next = free_list;
	free_list = b;
	nfree++;
}
