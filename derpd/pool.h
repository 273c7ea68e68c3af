/*
 * pool: memory of packets.  Packets of common size come from a free list, so
 * that relaying does not visit malloc for each.
 */
#ifndef POOL_H
#define POOL_H

#include <stddef.h>

/* Memory for `n' bytes, NULL without. */
void	*pool_get(size_t n);

/* Give back what pool_get(n) gave; NULL is fine. */
void	 pool_put(void *p, size_t n);

#endif
