/*
 * unfinished: see unfinished.h.  Called by budget.c, accept.c, front.c and
 * frontconn.c.
 *
 * The oldest connection is closed, not the newest, so that connections that are
 * opened and left do not keep others out: a real client logs in within a
 * moment.  Where many clients share an address, all reconnect at once after a
 * restart of a relay: connections of that source that arrived within the last
 * seconds stay, because if each made room for the next, none would log in.
 *
 * Through a load balancer all connections come from one address: until the
 * address of the client is known they have no source, and only all together are
 * bounded.
 *
 * A source has an entry while it has unauthenticated connections: there are no
 * more entries than those.
 */
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "unfinished.h"

struct front_unfinished_source {
	LIST_ENTRY(front_unfinished_source) entry;
	uint8_t		 addr[16];		/* the prefix of all */
	struct front_unfinished_list list;	/* the oldest first */
	unsigned int	 n;
};

void
front_unfinished_init(struct front_unfinished_set *s)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	TAILQ_INIT(&s->all);
	for (i = 0; i < UNFINISHED_POOLS; i++)
		TAILQ_INIT(&s->over[i]);
	for (i = 0; i < UNFINISHED_BUCKETS; i++)
		LIST_INIT(&s->sources[i]);
	randombytes_buf(s->key, sizeof(s->key));
	front_unfinished_prefixes(s, 32, 64);
}

void
front_unfinished_limits(struct front_unfinished_set *s, unsigned int max,
    unsigned int per_source)
{
	s->max = max;
	s->per_source = per_source;
}

void
front_unfinished_prefixes(struct front_unfinished_set *s, unsigned int v4,
    unsigned int v6)
{
	s->v4 = v4;
	s->v6 = v6;
}

static size_t
bucket(const struct front_unfinished_set *s, const uint8_t addr[16])
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t h;

	crypto_shorthash(out, addr, 16, s->key);
	memcpy(&h, out, sizeof(h));
	return (h & (UNFINISHED_BUCKETS - 1));
}

static struct front_unfinished_source *
source_new(void)
{
	struct front_unfinished_source *src;

	if ((src = calloc(1, sizeof(*src))) != NULL)
		TAILQ_INIT(&src->list);
	return (src);
}

/*
 * Get the entry of a source, created if necessary; of `addr' NULL that of
 * connections whose source is not known.  NULL without memory.
 */
static struct front_unfinished_source *
source_get(struct front_unfinished_set *s, const uint8_t *addr)
{
	struct front_unfinished_source *src;
	uint8_t a[16];
	size_t b;

	if (addr == NULL) {
		if (s->unattributed == NULL)
			s->unattributed = source_new();
		return (s->unattributed);
	}
	net_address_source(addr, s->v4, s->v6, a);
	b = bucket(s, a);
	LIST_FOREACH(src, &s->sources[b], entry)
		if (memcmp(src->addr, a, sizeof(a)) == 0)
			return (src);
	if ((src = source_new()) == NULL)
		return (NULL);
	memcpy(src->addr, a, sizeof(a));
	LIST_INSERT_HEAD(&s->sources[b], src, entry);
	return (src);
}

/* Free the entry of a source that has no more connections. */
static void
source_put(struct front_unfinished_set *s, struct front_unfinished_source *src)
{
	if (src->n > 0)
		return;
	if (src == s->unattributed)
		s->unattributed = NULL;
	else
		LIST_REMOVE(src, entry);
	free(src);
}

/* Remove `st' from its lists; the entry of its source stays. */
static void
detach(struct front_unfinished_set *s, struct front_unfinished *st)
{
	front_unfinished_charge(s, st, 0, 0);
	TAILQ_REMOVE(&s->all, st, all);
	TAILQ_REMOVE(&st->source->list, st, same);
	st->source->n--;
	st->source = NULL;
	s->n--;
}

/*
 * Make room for one more of the source: *victim is the connection that was
 * removed for it, or NULL.  Return 0, or -1 when the source is full of
 * connections that are too young to give way.
 */
static int
make_room(struct front_unfinished_set *s, struct front_unfinished_source *src,
    unsigned int max, uint64_t now_us, struct front_unfinished **victim)
{
	struct front_unfinished_source *other;

	if (src != s->unattributed && src->n >= s->per_source) {
		*victim = TAILQ_FIRST(&src->list);
		if (*victim == NULL ||
		    now_us - (*victim)->since_us < UNFINISHED_US) {
			*victim = NULL;
			return (-1);
		}
	} else if (s->n >= max)
		*victim = TAILQ_FIRST(&s->all);
	if (*victim != NULL) {
		other = (*victim)->source;
		detach(s, *victim);
		if (other != src)
			source_put(s, other);
	}
	return (0);
}

int
front_unfinished_add(struct front_unfinished_set *s,
    struct front_unfinished *st, const uint8_t *addr, uint64_t now_us,
    struct front_unfinished **victim)
{
	struct front_unfinished_source *src;

	*victim = NULL;
	if (s->max == 0 || (src = source_get(s, addr)) == NULL)
		return (-1);
	if (make_room(s, src, s->max, now_us, victim) == -1) {
		source_put(s, src);
		return (-1);
	}
	st->source = src;
	st->since_us = now_us;
	memset(st->cost, 0, sizeof(st->cost));
	TAILQ_INSERT_TAIL(&s->all, st, all);
	TAILQ_INSERT_TAIL(&src->list, st, same);
	src->n++;
	s->n++;
	return (0);
}

int
front_unfinished_move(struct front_unfinished_set *s,
    struct front_unfinished *st, const uint8_t addr[16], uint64_t now_us,
    struct front_unfinished **victim)
{
	struct front_unfinished_source *src, *old = st->source;

	*victim = NULL;
	if (old == NULL)
		return (0);
	if ((src = source_get(s, addr)) == NULL)
		return (-1);
	if (src == old)
		return (0);
	/* There is one more of the source, not one more in all. */
	if (make_room(s, src, UINT_MAX, now_us, victim) == -1) {
		source_put(s, src);
		return (-1);
	}
	TAILQ_REMOVE(&old->list, st, same);
	old->n--;
	source_put(s, old);
	st->source = src;
	TAILQ_INSERT_TAIL(&src->list, st, same);
	src->n++;
	return (0);
}

void
front_unfinished_remove(struct front_unfinished_set *s,
    struct front_unfinished *st)
{
	struct front_unfinished_source *src = st->source;

	if (src == NULL)
		return;
	detach(s, st);
	source_put(s, src);
}

/* Set its bytes in the pool `p'; more than `share' is above its share. */
static void
charge(struct front_unfinished_set *s, struct front_unfinished *st,
    enum front_unfinished_pool p, size_t bytes, size_t share)
{
	if (st->cost[p] > share && bytes <= share)
		TAILQ_REMOVE(&s->over[p], st, over[p]);
	else if (st->cost[p] <= share && bytes > share)
		TAILQ_INSERT_TAIL(&s->over[p], st, over[p]);
	s->cost[p] += bytes;
	s->cost[p] -= st->cost[p];
	st->cost[p] = bytes;
}

void
front_unfinished_charge(struct front_unfinished_set *s,
    struct front_unfinished *st, size_t all, size_t input)
{
	if (st->source == NULL)
		return;
	charge(s, st, UNFINISHED_POOL_ALL, all, UNFINISHED_COST);
	charge(s, st, UNFINISHED_POOL_INPUT, input > UNFINISHED_INPUT ? input :
	    0, 0);
}

struct front_unfinished *
front_unfinished_over(struct front_unfinished_set *s)
{
	size_t limit[UNFINISHED_POOLS] = {
		[UNFINISHED_POOL_ALL] = (size_t)s->max * UNFINISHED_COST,
		[UNFINISHED_POOL_INPUT] = UNFINISHED_INPUT_ALL
	};
	struct front_unfinished *st;
	int p;

	if (limit[UNFINISHED_POOL_ALL] < UNFINISHED_LEAST)
		limit[UNFINISHED_POOL_ALL] = UNFINISHED_LEAST;
	for (p = 0; p < UNFINISHED_POOLS; p++)
		if (s->cost[p] > limit[p] &&
		    (st = TAILQ_FIRST(&s->over[p])) != NULL) {
			front_unfinished_remove(s, st);
			return (st);
		}
	return (NULL);
}

struct front_unfinished *
front_unfinished_old(const struct front_unfinished_set *s, uint64_t now_us)
{
	struct front_unfinished *st = TAILQ_FIRST(&s->all);

	return (st != NULL && now_us - st->since_us >= UNFINISHED_US ? st :
	    NULL);
}
