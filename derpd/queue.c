/*
 * queue: packets that wait for one destination; see queue.h.  Used by
 * output.c.
 */
#include <math.h>
#include <string.h>

#include "pool.h"
#include "queue.h"

#define DISCO_RUN	16	/* disco packets before one of the others */
#define COUNT_MAX	4	/* drops: half an interval apart */
#define SMALL_BACKLOG	1514	/* CoDel leaves the last packet alone */

void
queue_init(struct queue *q)
{
	memset(q, 0, sizeof(*q));
	STAILQ_INIT(&q->cls[0].list);
	STAILQ_INIT(&q->cls[1].list);
}

struct pkt *
pkt_new(uint32_t len)
{
	struct pkt *p;

	if ((p = pool_get(sizeof(*p) + len)) == NULL)
		return (NULL);
	p->len = len;
	return (p);
}

void
pkt_free(struct pkt *p)
{
	if (p != NULL)
		pool_put(p, sizeof(*p) + p->len);
}

static struct pkt *
class_pop(struct queue_class *k)
{
	struct pkt *p;

	if ((p = STAILQ_FIRST(&k->list)) == NULL)
		return (NULL);
	STAILQ_REMOVE_HEAD(&k->list, entry);
	k->packets--;
	k->bytes -= p->len;
	return (p);
}

static void
give_up(struct pkt *p, queue_drop_cb drop, void *arg)
{
	if (drop != NULL)
		drop(p, arg);
	pkt_free(p);
}

void
queue_put(struct queue *q, struct pkt *p, int disco, uint64_t now,
    const struct queue_limits *lim, queue_drop_cb drop, void *arg)
{
	struct queue_class *k = &q->cls[disco ? 0 : 1];

	while (k->packets > 0 && (k->packets + 1 > lim->packets ||
	    (uint64_t)k->bytes + p->len > lim->bytes))
		give_up(class_pop(k), drop, arg);
	p->at = now;
	STAILQ_INSERT_TAIL(&k->list, p, entry);
	k->packets++;
	k->bytes += p->len;
}

/*
 * RFC 8289, 5.3: when the next drop is due; but not ever sooner.  A flow in a
 * tunnel that slows down for a loss does so for these few; one that does not
 * (BBR, after its own relay link paused for a moment) would lose hundreds of
 * packets for nothing.  Against a flood there is the bound of the queue.
 */
static uint64_t
control_law(uint64_t t, uint32_t interval, uint32_t count)
{
	if (count > COUNT_MAX)
		count = COUNT_MAX;
	return (t + (uint64_t)(interval / sqrt(count)));
}

/*
 * RFC 8289, 5.5 dodequeue(): the head, and whether it waited too long for
 * too long.
 */
static struct pkt *
codel_head(struct queue_class *k, uint64_t now,
    const struct queue_limits *lim, int *late)
{
	struct pkt *p;

	*late = 0;
	if ((p = class_pop(k)) == NULL) {
		k->first_above = 0;
		return (NULL);
	}
	if (now - p->at < lim->target || k->bytes <= SMALL_BACKLOG)
		k->first_above = 0;
	else if (k->first_above == 0)
		k->first_above = now + lim->interval;
	else if (now >= k->first_above)
		*late = 1;
	return (p);
}

/* RFC 8289, 5.4: begin dropping, sooner when it was needed lately. */
static struct pkt *
codel_begin(struct queue_class *k, struct pkt *p, uint64_t now,
    const struct queue_limits *lim, queue_drop_cb drop, void *arg)
{
	uint32_t delta = k->count - k->lastcount;
	int late;

	give_up(p, drop, arg);
	p = codel_head(k, now, lim, &late);
	k->dropping = 1;
	if (delta > 1 &&
	    (int64_t)(now - k->drop_next) < 16 * (int64_t)lim->interval)
		k->count = delta;
	else
		k->count = 1;
	k->drop_next = control_law(now, lim->interval, k->count);
	k->lastcount = k->count;
	return (p);
}

static struct pkt *
codel_get(struct queue_class *k, uint64_t now,
    const struct queue_limits *lim, queue_drop_cb drop, void *arg)
{
	struct pkt *p;
	int late;

	p = codel_head(k, now, lim, &late);
	if (!k->dropping)
		return (late ? codel_begin(k, p, now, lim, drop, arg) : p);
	if (!late)
		k->dropping = 0;
	while (k->dropping && now >= k->drop_next) {
		give_up(p, drop, arg);
		k->count++;
		p = codel_head(k, now, lim, &late);
		if (!late)
			k->dropping = 0;
		else
			k->drop_next = control_law(k->drop_next,
			    lim->interval, k->count);
	}
	return (p);
}

struct pkt *
queue_get(struct queue *q, uint64_t now, const struct queue_limits *lim,
    queue_drop_cb drop, void *arg)
{
	struct queue_class *k = &q->cls[0];
	struct pkt *p;

	if (k->packets == 0 ||
	    (q->disco_run >= DISCO_RUN && q->cls[1].packets > 0))
		k = &q->cls[1];
	if (lim->target == 0)
		p = class_pop(k);
	else
		p = codel_get(k, now, lim, drop, arg);
	q->disco_run = k == &q->cls[0] ? q->disco_run + 1 : 0;
	return (p);
}

uint32_t
queue_packets(const struct queue *q)
{
	return (q->cls[0].packets + q->cls[1].packets);
}

uint32_t
queue_bytes(const struct queue *q)
{
	return (q->cls[0].bytes + q->cls[1].bytes);
}

void
queue_clear(struct queue *q, queue_drop_cb drop, void *arg)
{
	struct pkt *p;
	int i;

	for (i = 0; i < 2; i++)
		while ((p = class_pop(&q->cls[i])) != NULL)
			give_up(p, drop, arg);
	queue_init(q);
}
