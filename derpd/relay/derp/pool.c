/*
 * pool: memory of packets; see pool.h.  Used by queue.c, by relayconn.c for
 * connections, and by relay.c for its clock.
 *
 * A slab is POOL_SLAB bytes of mapped memory, aligned to its own size, so that
 * the address of a block yields its slab.  The block freed last is reused
 * first: it is still in the CPU's cache.  Unused slabs are kept for the next
 * burst and unmapped if it does not come.  Memory beyond the largest block has
 * a mapping of its own.
 */
#include <sys/queue.h>
#include <sys/mman.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool.h"

#define BLOCK_MIN_BITS	6		/* 64 bytes */
#define BLOCK_MAX	8192
#define HEAD_SIZE	64		/* of a slab, before its blocks */
#define TICK_MIN	256		/* slabs unmapped a tick: 16 MiB */

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS	MAP_ANON
#endif

struct block {
	struct block	*next;
};

struct derp_slab {
	LIST_ENTRY(derp_slab) partial;	/* of its class, with a free block */
	TAILQ_ENTRY(derp_slab) empty;	/* with no block in use */
	struct block	*free;
	uint32_t	 class;
	uint32_t	 used, max;	/* blocks in use, and all blocks */
	uint32_t	 fresh;		/* offset of the blocks never used */
};

_Static_assert(sizeof(struct derp_slab) <= HEAD_SIZE, "head of a slab");

void
derp_pool_init(struct derp_pool *o)
{
	memset(o, 0, sizeof(*o));
	TAILQ_INIT(&o->empty);
	o->limit = SIZE_MAX;
}

/* Two classes for each power of two: at most a third of a block is unused. */
static unsigned int
class_of(size_t n)
{
	unsigned int bits;

	if (n <= 1 << BLOCK_MIN_BITS)
		return (0);
	bits = 63 - (unsigned int)__builtin_clzll(n - 1);
	return (2 * (bits - BLOCK_MIN_BITS) + 1 +
	    ((n - 1) >> (bits - 1) & 1));
}

static size_t
class_size(unsigned int k)
{
	return ((size_t)(2 + (k & 1)) << (BLOCK_MIN_BITS - 1 + k / 2));
}

/* A mapping of its own has whole pages. */
static size_t
large_size(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return ((n + page - 1) / page * page);
}

static void
unmap(struct derp_pool *o, void *p, size_t n)
{
	if (munmap(p, n) == 0)
		o->mapped -= n;
}

/* Unmap the empty slab that has been unused longest. */
static void
release(struct derp_pool *o)
{
	struct derp_slab *s = TAILQ_LAST(&o->empty, derp_slab_list);

	TAILQ_REMOVE(&o->empty, s, empty);
	if (--o->nempty < o->idle)
		o->idle = o->nempty;
	unmap(o, s, POOL_SLAB);
}

/* Return 1 if `n' more bytes may be mapped; empty slabs are unmapped for it. */
static int
fits(struct derp_pool *o, size_t n)
{
	while (o->mapped + n > o->limit && o->nempty > 0)
		release(o);
	return (o->mapped + n <= o->limit);
}

static void *
map(struct derp_pool *o, size_t n)
{
	void *p;

	if (!fits(o, n))
		return (NULL);
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	if (p == MAP_FAILED)
		return (NULL);
	o->mapped += n;
	return (p);
}

/* Return the distance of `p' from the start of its slab. */
static size_t
slab_offset(const void *p)
{
	return ((uintptr_t)p & (POOL_SLAB - 1));
}

/*
 * Map a slab.  Systems place mappings side by side, so that mostly only the
 * first one must be cut out of a larger mapping.
 */
static struct derp_slab *
slab_map(struct derp_pool *o)
{
	uint8_t *p;
	size_t off;

	if ((p = map(o, POOL_SLAB)) == NULL)
		return (NULL);
	if (slab_offset(p) == 0)
		return ((struct derp_slab *)p);
	unmap(o, p, POOL_SLAB);
	if ((p = map(o, 2 * POOL_SLAB)) == NULL)
		return (NULL);
	off = POOL_SLAB - slab_offset(p);
	if (off < POOL_SLAB)
		unmap(o, p + POOL_SLAB + off, POOL_SLAB - off);
	unmap(o, p, off);
	return ((struct derp_slab *)(p + off));
}

/* Get a slab for a class without free blocks; NULL without memory. */
static struct derp_slab *
slab_alloc(struct derp_pool *o, unsigned int k)
{
	struct derp_slab *s;

	if ((s = TAILQ_FIRST(&o->empty)) != NULL) {
		TAILQ_REMOVE(&o->empty, s, empty);
		if (--o->nempty < o->idle)
			o->idle = o->nempty;
	} else if ((s = slab_map(o)) == NULL)
		return (NULL);
	s->free = NULL;
	s->class = k;
	s->used = 0;
	s->max = (uint32_t)((POOL_SLAB - HEAD_SIZE) / class_size(k));
	s->fresh = HEAD_SIZE;
	LIST_INSERT_HEAD(&o->partial[k], s, partial);
	return (s);
}

static void *
large_get(struct derp_pool *o, size_t n, size_t *size)
{
	void *p;

	*size = n <= BLOCK_MAX ? class_size(class_of(n)) : large_size(n);
	if (POOL_SLABS)
		return (map(o, *size));
	if (!fits(o, *size) || (p = malloc(n)) == NULL)
		return (NULL);
	o->mapped += *size;
	return (p);
}

static void
large_put(struct derp_pool *o, void *p, size_t size)
{
	if (POOL_SLABS) {
		unmap(o, p, size);
		return;
	}
	free(p);
	o->mapped -= size;
}

void *
derp_pool_get(struct derp_pool *o, size_t n, size_t *size)
{
	struct derp_slab *s;
	struct block *b;
	unsigned int k;

	if (!POOL_SLABS || n > BLOCK_MAX)
		return (large_get(o, n, size));
	k = class_of(n);
	if ((s = LIST_FIRST(&o->partial[k])) == NULL &&
	    (s = slab_alloc(o, k)) == NULL)
		return (NULL);
	*size = class_size(k);
	if ((b = s->free) != NULL)
		s->free = b->next;
	else {
		b = (struct block *)((uint8_t *)s + s->fresh);
		s->fresh += (uint32_t)*size;
	}
	if (++s->used == s->max)
		LIST_REMOVE(s, partial);
	return (b);
}

void
derp_pool_put(struct derp_pool *o, void *p, size_t size)
{
	struct block *b = p;
	struct derp_slab *s;

	if (!POOL_SLABS || size > BLOCK_MAX) {
		large_put(o, p, size);
		return;
	}
	s = (struct derp_slab *)((uint8_t *)p - slab_offset(p));
	b->next = s->free;
	s->free = b;
	if (s->used-- == s->max)
		LIST_INSERT_HEAD(&o->partial[s->class], s, partial);
	/*
	 * Each class keeps one slab, so that a lone packet need not set one up.
	 */
	if (s->used > 0 || (s == LIST_FIRST(&o->partial[s->class]) &&
	    LIST_NEXT(s, partial) == NULL))
		return;
	LIST_REMOVE(s, partial);
	TAILQ_INSERT_HEAD(&o->empty, s, empty);
	o->nempty++;
}

void
derp_pool_limit(struct derp_pool *o, size_t max)
{
	o->limit = max;
}

size_t
derp_pool_mapped(const struct derp_pool *o)
{
	return (o->mapped);
}

/* Unmap a quarter at once: all slabs of a large flood would delay clients. */
void
derp_pool_tick(struct derp_pool *o)
{
	size_t n = o->idle / 4 > TICK_MIN ? o->idle / 4 : TICK_MIN;

	if (n > o->idle)
		n = o->idle;
	for (; n > 0; n--)
		release(o);
	o->idle = o->nempty;
}
