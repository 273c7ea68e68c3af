/*
 * linkstats: the counters of all workers; see linkstats.h.  Called by
 * httpconn.c for /debug/varz, and by link.c with what comes over the links.
 */
#include <stdlib.h>
#include <string.h>

#include "httpconn.h"
#include "link.h"
#include "linkstats.h"
#include "peers.h"

#define WAIT_US	1000000

/* One /debug/varz that waits for the others. */
struct statreq {
	LIST_ENTRY(statreq) entry;
	uint64_t	 id;
	struct conn	*c;
	uint64_t	 waiting;	/* for these workers, a bit each */
	uint64_t	 until_us;
	struct stats	 sum;
};

static LIST_HEAD(, statreq)	requests = LIST_HEAD_INITIALIZER(requests);
static uint64_t			next_id;

static void
finish(struct statreq *q)
{
	LIST_REMOVE(q, entry);
	http_stats_ready(q->c, &q->sum);
	free(q);
}

static void
answered(struct statreq *q, unsigned int worker)
{
	q->waiting &= ~(1ULL << worker);
	if (q->waiting == 0)
		finish(q);
}

void
linkstats_ask(struct conn *c)
{
	struct relay *r = c->r;
	struct statreq *q;
	struct stats own;

	own = r->stats;
	own.workers = 1;
	peers_count(r->peers, &own);
	if ((q = calloc(1, sizeof(*q))) == NULL) {
		http_stats_ready(c, &own);
		return;
	}
	q->id = ++next_id;
	q->c = c;
	q->sum = own;
	q->until_us = r->now_us + WAIT_US;
	q->waiting = link_ask_stats(r, q->id);
	LIST_INSERT_HEAD(&requests, q, entry);
	if (q->waiting == 0)
		finish(q);
}

void
linkstats_forget(struct conn *c)
{
	struct statreq *q, *next;

	for (q = LIST_FIRST(&requests); q != NULL; q = next) {
		next = LIST_NEXT(q, entry);
		if (q->c == c) {
			LIST_REMOVE(q, entry);
			free(q);
		}
	}
}

void
linkstats_answer(unsigned int worker, uint64_t id, const struct stats *s)
{
	struct statreq *q;

	LIST_FOREACH(q, &requests, entry)
		if (q->id == id && (q->waiting & 1ULL << worker)) {
			stats_add(&q->sum, s);
			answered(q, worker);
			return;
		}
}

void
linkstats_gone(unsigned int worker)
{
	struct statreq *q, *next;

	for (q = LIST_FIRST(&requests); q != NULL; q = next) {
		next = LIST_NEXT(q, entry);
		if (q->waiting & 1ULL << worker)
			answered(q, worker);
	}
}

void
linkstats_tick(struct relay *r)
{
	struct statreq *q, *next;

	for (q = LIST_FIRST(&requests); q != NULL; q = next) {
		next = LIST_NEXT(q, entry);
		if (q->until_us <= r->now_us)
			finish(q);
	}
}
