/*
 * pool: memory of packets, in slabs of blocks of one size, so that relaying
 * does not visit malloc for each packet, and that what a flood took goes back
 * to the system.
 */
#ifndef POOL_H
#define POOL_H

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

/*
 * Memory for `n' bytes, aligned for a pointer; *size is what it really takes:
 * `n' rounded up to its block.  NULL without memory, and when pool_limit()
 * forbids to map more.
 */
void	*pool_get(size_t n, size_t *size);

/* Give back what pool_get() gave, with the *size that it said. */
void	 pool_put(void *p, size_t size);

/*
 * From now on at most `max' bytes may be mapped; what is there already stays.
 * Without a call there is no limit.
 */
void	 pool_limit(size_t max);

/* Bytes that are mapped now, in use or not. */
size_t	 pool_mapped(void);

/*
 * To be called once a second: slabs that nobody used since the last call go
 * back to the system.
 */
void	 pool_tick(void);

#endif
