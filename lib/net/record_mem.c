/*
 * record_mem: memory for the records of connections.  It contains secrets, so
 * it is excluded from core dumps and zeroed; unused pages are returned to the
 * system; see record.h.
 */
#include <sys/mman.h>
#include <string.h>

#include "record.h"

#define SLAB_BYTES	(32 * 1024)

/* A piece of a slab: a connection or unused. */
struct net_record_piece {
	struct net_record_slab	*slab;
	union {
		struct net_record	 r;
		SLIST_ENTRY(net_record_piece)	 unused;
	} u;
};

/* Pages with pieces. */
struct net_record_slab {
	LIST_ENTRY(net_record_slab) entry;	/* c->partial, unless full */
	SLIST_HEAD(, net_record_piece)	 unused;
	unsigned int		 n;		/* pieces in use */
	struct net_record_piece		 pieces[];
};

#define PIECES	((SLAB_BYTES - sizeof(struct net_record_slab)) / \
		    sizeof(struct net_record_piece))

void *
net_record_pages(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return (NULL);
#ifdef MADV_DONTDUMP
	(void)madvise(p, n, MADV_DONTDUMP);
#endif
	return (p);
}

static struct net_record_slab *
slab_new(struct net_record_cache *c)
{
	struct net_record_slab *s = net_record_pages(SLAB_BYTES);
	size_t i;

	if (s == NULL)
		return (NULL);
	SLIST_INIT(&s->unused);
	for (i = PIECES; i-- > 0;) {
		s->pieces[i].slab = s;
		SLIST_INSERT_HEAD(&s->unused, &s->pieces[i], u.unused);
	}
	LIST_INSERT_HEAD(&c->partial, s, entry);
	return (s);
}

struct net_record *
net_record_new(struct net_record_cache *c)
{
	struct net_record_slab *s = LIST_FIRST(&c->partial);
	struct net_record_piece *p;

	if (s == NULL && (s = slab_new(c)) == NULL)
		return (NULL);
	p = SLIST_FIRST(&s->unused);
	SLIST_REMOVE_HEAD(&s->unused, u.unused);
	if (++s->n == PIECES)
		LIST_REMOVE(s, entry);
	memset(&p->u.r, 0, sizeof(p->u.r));
	return (&p->u.r);
}

void
net_record_trim(struct net_record_cache *c)
{
	struct net_record_slab *s, *next;

	LIST_FOREACH_SAFE(s, &c->partial, entry, next)
		if (s->n == 0) {
			LIST_REMOVE(s, entry);
			(void)munmap(s, SLAB_BYTES);
		}
}

void
net_record_free(struct net_record_cache *c, struct net_record *r)
{
	struct net_record_slab *s;
	struct net_record_piece *p;

	if (r == NULL)
		return;
	net_record_end(r);
	p = (struct net_record_piece *)(void *)((uint8_t *)r -
	    offsetof(struct net_record_piece, u));
	s = p->slab;
	SLIST_INSERT_HEAD(&s->unused, p, u.unused);
	if (s->n-- == PIECES)
		LIST_INSERT_HEAD(&c->partial, s, entry);
	/* The last empty slab is kept for the next connection. */
	if (s->n > 0 ||
	    (LIST_FIRST(&c->partial) == s && LIST_NEXT(s, entry) == NULL))
		return;
	LIST_REMOVE(s, entry);
	(void)munmap(s, SLAB_BYTES);
}
