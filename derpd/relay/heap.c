/*
 * heap: what malloc of a worker keeps; see heap.h.  Called by relay.c.
 *
 * glibc gives memory back only from the end of its heap, where one connection
 * that stays is enough to hold all below it.  Other systems' malloc needs no
 * help: it gives back pages.
 */
#include <stdlib.h>
#ifdef __GLIBC__	/* which stdlib.h says */
#include <malloc.h>
#endif

#include "heap.h"

#define LARGE		(128 * 1024)
#define CONNS_MIN	200	/* fewer that went are not worth the search */

void
relay_heap_init(void)
{
#ifdef __GLIBC__
	/* Naming it keeps glibc from raising it, to 32 MiB in the end. */
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

void
relay_heap_tick(struct relay_heap *h, unsigned int conns)
{
	if (conns > h->most)
		h->most = conns;
	if (conns > h->most / 2 || h->most - conns < CONNS_MIN)
		return;
	h->most = conns;
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}
