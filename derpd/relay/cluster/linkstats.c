/*
 * linkstats: the counters of all workers; see linkstats.h.  Called by
 * httpconn.c for /debug/varz, and by linkmsg.c with the answers of other
 * workers.  Touches memory alone.
 */
#include <sys/queue.h>
#include <stdlib.h>

#include "linkstats.h"

#define WAIT_US	1000000

/* A client that waits for counters. */
struct cluster_stats_client {
	TAILQ_ENTRY(cluster_stats_client) entry;
	struct relay_conn	*c;
};
TAILQ_HEAD(cluster_stats_clients, cluster_stats_client);

struct cluster_stats {
	/* clients of this request and of the next */
	struct cluster_stats_clients now, next;
	int			 running;
	uint64_t		 id;	/* of the current or last request */
	/* bitmap of workers that have not answered */
	uint64_t		 waiting;
	uint64_t		 until_us;
	struct relay_stats	 sum;
	const struct cluster_stats_ops *ops;
	void		*arg;
	const uint64_t	*now_us;
};

struct cluster_stats *
cluster_stats_new(const struct cluster_stats_ops *ops, void *arg,
    const uint64_t *now_us)
{
	struct cluster_stats *cs;

	if ((cs = calloc(1, sizeof(*cs))) == NULL)
		return (NULL);
	TAILQ_INIT(&cs->now);
	TAILQ_INIT(&cs->next);
	cs->ops = ops;
	cs->arg = arg;
	cs->now_us = now_us;
	return (cs);
}

/* Remove the clients of the list, or only `c' if that is not NULL. */
static void
drop(struct cluster_stats_clients *list, const struct relay_conn *c)
{
	struct cluster_stats_client *w, *next;

	for (w = TAILQ_FIRST(list); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		if (c == NULL || w->c == c) {
			TAILQ_REMOVE(list, w, entry);
			free(w);
		}
	}
}

void
cluster_stats_free(struct cluster_stats *cs)
{
	if (cs == NULL)
		return;
	drop(&cs->now, NULL);
	drop(&cs->next, NULL);
	free(cs);
}

/* All workers have answered, or the time is over: send the answers. */
static void
finish(struct cluster_stats *cs)
{
	struct cluster_stats_client *w;
	struct relay_conn *c;

	while ((w = TAILQ_FIRST(&cs->now)) != NULL) {
		TAILQ_REMOVE(&cs->now, w, entry);
		c = w->c;
		free(w);
		cs->ops->ready(c, &cs->sum);
	}
	cs->running = 0;
}

/* Begin the next request if none is under way and a client waits. */
static void
begin(struct cluster_stats *cs)
{
	while (!cs->running && !TAILQ_EMPTY(&cs->next)) {
		TAILQ_CONCAT(&cs->now, &cs->next, entry);
		cs->running = 1;
		cs->ops->own(cs->arg, &cs->sum);
		cs->until_us = *cs->now_us + WAIT_US;
		cs->waiting = cs->ops->request(cs->arg, ++cs->id);
		if (cs->waiting == 0)
			finish(cs);
	}
}

void
cluster_linkstats_request(struct cluster_stats *cs, struct relay_conn *c)
{
	struct cluster_stats_client *w;
	struct relay_stats own;

	if ((w = malloc(sizeof(*w))) == NULL) {
		cs->ops->own(cs->arg, &own);
		cs->ops->ready(c, &own);
		return;
	}
	w->c = c;
	TAILQ_INSERT_TAIL(&cs->next, w, entry);
	begin(cs);
}

void
cluster_linkstats_forget(struct cluster_stats *cs, const struct relay_conn *c)
{
	drop(&cs->now, c);
	drop(&cs->next, c);
}

static void
answered(struct cluster_stats *cs, unsigned int worker)
{
	cs->waiting &= ~(1ULL << worker);
	if (cs->waiting != 0)
		return;
	finish(cs);
	begin(cs);
}

void
cluster_linkstats_answer(struct cluster_stats *cs, unsigned int worker,
    uint64_t id, const struct relay_stats *s)
{
	if (!cs->running || id != cs->id || !(cs->waiting & 1ULL << worker))
		return;
	relay_stats_add(&cs->sum, s);
	answered(cs, worker);
}

void
cluster_linkstats_gone(struct cluster_stats *cs, unsigned int worker)
{
	if (cs->running && (cs->waiting & 1ULL << worker))
		answered(cs, worker);
}

void
cluster_linkstats_tick(struct cluster_stats *cs)
{
	if (!cs->running || *cs->now_us < cs->until_us)
		return;
	finish(cs);
	begin(cs);
}
