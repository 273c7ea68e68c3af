/*
 * heap: the memory that malloc keeps; see heap.h.  Called by front.c and
 * relay.c.
 *
 * glibc returns memory only from the end of its heap, where one remaining
 * connection keeps all below it.  Other systems' malloc returns pages by
 * itself.
 */
#include <stdlib.h>
#ifdef __GLIBC__	/* defined by stdlib.h */
#include <malloc.h>
#endif

#include "heap.h"

#define LARGE		(128 * 1024)
#define CONNS_MIN	200 /* fewer ended connections are not worth trimming */

void
conn_heap_init(void)
{
#ifdef __GLIBC__
	/* Setting it keeps glibc from raising it, up to 32 MiB. */
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

void
conn_heap_tick(struct conn_heap *h, unsigned int conns)
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
