/*
 * queue: packets that wait for one destination; see queue.h.  Used by packets.c
 * and relay.c.
 */
#include <math.h>
#include <string.h>

#include "pool.h"
#include "queue.h"

#define DISCO_RUN	16	/* disco packets before one other */
#define CODEL_MEMORY	16	/* intervals: RFC 8289, 5.4 */
#define COUNT_MAX	4	/* drops: half an interval apart */
#define SMALL_BACKLOG	1514	/* CoDel spares the last packet */
#define LEVEL_BITS	11	/* queues below 2 KiB are on one level */
#define EVICT_MAX	64	/* packets dropped to make room for one */

/*
 * Return the level of a queue that uses `memory' bytes: two for each power of
 * two; all small queues are on the first.
 */
static int
level_of(uint64_t memory)
{
	int bits;

	if (memory == 0)
		return (-1);
	if (memory < 1 << LEVEL_BITS)
		return (0);
	bits = 63 - __builtin_clzll(memory);
	return (2 * (bits - LEVEL_BITS) + 1 + (memory >> (bits - 1) & 1));
}

static void
level_leave(struct derp_queue *q)
{
	struct derp_queue_set *s = q->set;

	if (q->level == -1)
		return;
	TAILQ_REMOVE(&s->level[q->level], q, entry);
	if (TAILQ_EMPTY(&s->level[q->level]))
		s->used &= ~(1ULL << q->level);
	q->level = -1;
}

static void
level_enter(struct derp_queue *q, int level)
{
	struct derp_queue_set *s = q->set;

	q->level = level;
	TAILQ_INSERT_TAIL(&s->level[level], q, entry);
	s->used |= 1ULL << level;
}

/* Move the queue to its level after a class has changed in size. */
static void
level_update(struct derp_queue *q)
{
	int level = level_of((uint64_t)q->cls[0].memory + q->cls[1].memory);

	if (level == q->level)
		return;
	level_leave(q);
	if (level != -1)
		level_enter(q, level);
}

void
derp_queue_set_init(struct derp_queue_set *s, struct derp_pool *pool,
    derp_queue_drop_cb drop)
{
	int i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < QUEUE_LEVELS; i++)
		TAILQ_INIT(&s->level[i]);
	s->limit = UINT64_MAX;
	s->pool = pool;
	s->drop = drop;
}

void
derp_queue_set_limit(struct derp_queue_set *s, uint64_t bytes)
{
	s->limit = bytes;
	derp_pool_limit(s->pool, bytes + bytes / 2);
}

void
derp_queue_init(struct derp_queue *q, struct derp_queue_set *s, void *owner)
{
	memset(q, 0, sizeof(*q));
	STAILQ_INIT(&q->cls[0].list);
	STAILQ_INIT(&q->cls[1].list);
	q->level = -1;
	q->set = s;
	q->owner = owner;
}

void
derp_pkt_free(struct derp_queue_set *s, struct derp_pkt *p)
{
	if (p != NULL)
		derp_pool_put(s->pool, p, p->size);
}

/* The caller updates the level of the queue. */
static struct derp_pkt *
class_pop(struct derp_queue *q, struct derp_queue_class *k)
{
	struct derp_pkt *p;

	if ((p = STAILQ_FIRST(&k->list)) == NULL)
		return (NULL);
	STAILQ_REMOVE_HEAD(&k->list, entry);
	k->packets--;
	k->bytes -= p->len;
	k->memory -= p->size;
	q->set->memory -= p->size;
	return (p);
}

static void
give_up(struct derp_queue *q, struct derp_pkt *p)
{
	if (q->set->drop != NULL)
		q->set->drop(p, q->owner);
	derp_pkt_free(q->set, p);
}

/* Drop the oldest packet of the larger class of a queue on that level. */
static void
evict_from(struct derp_queue_set *s, int level)
{
	struct derp_queue *q = TAILQ_FIRST(&s->level[level]);

	give_up(q, class_pop(q, &q->cls[q->cls[0].memory <= q->cls[1].memory]));
	level_leave(q);
	level_update(q);
}

/* Drop from one of the fullest queues, in turn.  0, or -1: all are empty. */
static int
evict(struct derp_queue_set *s)
{
	if (s->used == 0)
		return (-1);
	evict_from(s, 63 - __builtin_clzll(s->used));
	return (0);
}

/*
 * Drop from queues on all levels, from the fullest on: a slab may be kept in
 * use by a few packets of queues that are not full.
 */
static int
evict_any(struct derp_queue_set *s, uint64_t *levels)
{
	int level;

	if ((*levels &= s->used) == 0 && (*levels = s->used) == 0)
		return (-1);
	level = 63 - __builtin_clzll(*levels);
	*levels &= ~(1ULL << level);
	evict_from(s, level);
	return (0);
}

/* Allocate `n' bytes of the set's pool; packets are dropped if necessary. */
static void *
alloc(struct derp_queue_set *s, size_t n, size_t *size)
{
	uint64_t levels = s->used;
	void *p;
	int i;

	for (i = 0; (p = derp_pool_get(s->pool, n, size)) == NULL; i++)
		if (i == EVICT_MAX || evict_any(s, &levels) == -1)
			return (NULL);
	return (p);
}

struct derp_queue *
derp_queue_new(struct derp_queue_set *s, void *owner)
{
	struct derp_queue *q;
	size_t size;

	if ((q = alloc(s, sizeof(*q), &size)) == NULL)
		return (NULL);
	derp_queue_init(q, s, owner);
	q->size = size;
	return (q);
}

void
derp_queue_free(struct derp_queue *q, derp_queue_drop_cb drop, void *arg)
{
	size_t size;

	if (q == NULL)
		return;
	size = q->size;
	derp_queue_clear(q, drop, arg);
	derp_pool_put(q->set->pool, q, size);
}

/* For so many intervals after a drop CoDel remembers its rate. */
static int
remembers(const struct derp_queue_class *k, uint64_t now,
    const struct derp_queue_limits *lim)
{
	return ((int64_t)(now - k->drop_next) <
	    CODEL_MEMORY * (int64_t)lim->interval);
}

int
derp_queue_is_idle(const struct derp_queue *q, uint64_t now,
    const struct derp_queue_limits *lim)
{
	const struct derp_queue_class *k;

	for (k = q->cls; k < q->cls + 2; k++)
		if (k->packets > 0 || (k->count > 0 &&
		    remembers(k, now, lim)))
			return (0);
	return (1);
}

struct derp_pkt *
derp_pkt_new(struct derp_queue_set *s, uint32_t len)
{
	struct derp_pkt *p;
	size_t size;

	if ((p = alloc(s, sizeof(*p) + len, &size)) == NULL)
		return (NULL);
	p->len = len;
	p->size = (uint32_t)size;
	return (p);
}

void
derp_queue_put(struct derp_queue *q, struct derp_pkt *p, int disco,
    uint64_t now, const struct derp_queue_limits *lim)
{
	struct derp_queue_class *k = &q->cls[disco ? 0 : 1];
	struct derp_queue_set *s = q->set;

	while (k->packets > 0 && (k->packets + 1 > lim->packets ||
	    (uint64_t)k->memory + p->size > lim->bytes))
		give_up(q, class_pop(q, k));
	p->at = now;
	STAILQ_INSERT_TAIL(&k->list, p, entry);
	k->packets++;
	k->bytes += p->len;
	k->memory += p->size;
	s->memory += p->size;
	level_update(q);
	while (s->memory > s->limit && evict(s) == 0)
		;
}

/*
 * RFC 8289, 5.3: when the next drop is due, with a bound on its rate.  A flow
 * in a tunnel that reacts to loss slows down for these few drops; one that does
 * not (BBR, after its own relay link paused for a moment) would lose hundreds
 * of packets in vain.  The bound of the queue handles floods.
 */
static uint64_t
control_law(uint64_t t, uint32_t interval, uint32_t count)
{
	if (count > COUNT_MAX)
		count = COUNT_MAX;
	return (t + (uint64_t)(interval / sqrt(count)));
}

/* How long a packet has waited, us. */
static uint64_t
waited(const struct derp_pkt *p, uint64_t now,
    const struct derp_queue_limits *lim)
{
	return (now - (p->at > lim->since ? p->at : lim->since));
}

/*
 * RFC 8289, 5.5 dodequeue(): return the head, and whether packets have waited
 * too long for too long.
 */
static struct derp_pkt *
codel_head(struct derp_queue *q, struct derp_queue_class *k, uint64_t now,
    const struct derp_queue_limits *lim, int *late)
{
	struct derp_pkt *p;

	*late = 0;
	if ((p = class_pop(q, k)) == NULL) {
		k->first_above = 0;
		return (NULL);
	}
	if (k->first_above != 0 && k->first_above < lim->since + lim->interval)
		k->first_above = lim->since + lim->interval;
	if (waited(p, now, lim) < lim->target || k->bytes <= SMALL_BACKLOG)
		k->first_above = 0;
	else if (k->first_above == 0)
		k->first_above = now + lim->interval;
	else if (now >= k->first_above)
		*late = 1;
	return (p);
}

/* RFC 8289, 5.4: begin dropping, sooner after a recent drop state. */
static struct derp_pkt *
codel_begin(struct derp_queue *q, struct derp_queue_class *k,
    struct derp_pkt *p, uint64_t now, const struct derp_queue_limits *lim)
{
	uint32_t delta = k->count - k->lastcount;
	int late;

	give_up(q, p);
	p = codel_head(q, k, now, lim, &late);
	k->dropping = 1;
	if (delta > 1 && remembers(k, now, lim))
		k->count = delta;
	else
		k->count = 1;
	k->drop_next = control_law(now, lim->interval, k->count);
	k->lastcount = k->count;
	return (p);
}

static struct derp_pkt *
codel_get(struct derp_queue *q, struct derp_queue_class *k, uint64_t now,
    const struct derp_queue_limits *lim)
{
	struct derp_pkt *p;
	int late;

	p = codel_head(q, k, now, lim, &late);
	if (!k->dropping)
		return (late ? codel_begin(q, k, p, now, lim) : p);
	if (!late)
		k->dropping = 0;
	while (k->dropping && now >= k->drop_next) {
		give_up(q, p);
		k->count++;
		p = codel_head(q, k, now, lim, &late);
		if (!late)
			k->dropping = 0;
		else
			k->drop_next = control_law(k->drop_next,
			    lim->interval, k->count);
	}
	return (p);
}

struct derp_pkt *
derp_queue_get(struct derp_queue *q, uint64_t now,
    const struct derp_queue_limits *lim)
{
	struct derp_queue_class *k = &q->cls[0];
	struct derp_pkt *p;

	if (k->packets == 0 ||
	    (q->disco_run >= DISCO_RUN && q->cls[1].packets > 0))
		k = &q->cls[1];
	if (lim->target == 0)
		p = class_pop(q, k);
	else
		p = codel_get(q, k, now, lim);
	q->disco_run = k == &q->cls[0] ? q->disco_run + 1 : 0;
	level_update(q);
	return (p);
}

/* The next drop is due within an interval, or was, and is remembered. */
static int
is_drop(const struct derp_queue_class *k, uint64_t now,
    const struct derp_queue_limits *lim)
{
	return (k->count > 0 && k->count <= INT32_MAX &&
	    k->lastcount <= k->count && remembers(k, now, lim) &&
	    k->drop_next <= now + lim->interval);
}

void
derp_queue_restore(struct derp_queue *q, int class,
    const struct derp_queue_class *from, uint64_t now,
    const struct derp_queue_limits *lim)
{
	struct derp_queue_class *k = &q->cls[class];

	if (from->first_above <= now + lim->interval)
		k->first_above = from->first_above;
	if (!is_drop(from, now, lim))
		return;
	k->count = from->count;
	k->lastcount = from->lastcount;
	k->drop_next = from->drop_next;
	k->dropping = from->dropping != 0;
}

uint32_t
derp_queue_packets(const struct derp_queue *q)
{
	return (q == NULL ? 0 : q->cls[0].packets + q->cls[1].packets);
}

uint32_t
derp_queue_bytes(const struct derp_queue *q)
{
	return (q == NULL ? 0 : q->cls[0].bytes + q->cls[1].bytes);
}

void
derp_queue_clear(struct derp_queue *q, derp_queue_drop_cb drop, void *arg)
{
	struct derp_pkt *p;
	int i;

	for (i = 0; i < 2; i++)
		while ((p = class_pop(q, &q->cls[i])) != NULL) {
			if (drop != NULL)
				drop(p, arg);
			derp_pkt_free(q->set, p);
		}
	level_leave(q);
	derp_queue_init(q, q->set, q->owner);
}
