/*
 * linkstats: the counters of all workers, for clients that want them.
 *
 * One request to the other workers is under way at a time: clients that come
 * meanwhile wait for the next one, so that what they get was counted after they
 * came, and that however many they are, the others are asked once.  A worker
 * that does not answer within a second is left out.
 */
#ifndef LINKSTATS_H
#define LINKSTATS_H

#include <stdint.h>

#include "stats.h"

struct relay_conn;

/* What is called; each set.  `arg' is that of cluster_stats_new(). */
struct cluster_stats_ops {
	/* The counters of this worker, as they are now, into `s'. */
	void	(*own)(void *arg, struct relay_stats *s);

	/*
	 * Ask the other workers, as request `id': those that will answer, a
	 * bit each.
	 */
	uint64_t (*request)(void *arg, uint64_t id);

	/* The sum is there for `c', which waits no more. */
	void	(*ready)(struct relay_conn *c, const struct relay_stats *sum);
};

struct cluster_stats;

/*
 * Nobody waits.  `ops' and the clock `now_us' (us, monotonic) stay the
 * caller's.  NULL without memory.
 */
struct cluster_stats *cluster_stats_new(const struct cluster_stats_ops *ops,
	    void *arg, const uint64_t *now_us);

/* Free it, and who waits; NULL is fine. */
void	cluster_stats_free(struct cluster_stats *cs);

/*
 * `c' wants the counters of all workers: ready() follows, maybe at once;
 * without memory with our own.
 */
void	cluster_linkstats_request(struct cluster_stats *cs,
	    struct relay_conn *c);

/* A connection goes away: no answer for it if it waits. */
void	cluster_linkstats_forget(struct cluster_stats *cs,
	    const struct relay_conn *c);

/* The answer `s' of a worker to request `id'. */
void	cluster_linkstats_answer(struct cluster_stats *cs, unsigned int worker,
	    uint64_t id, const struct relay_stats *s);

/* That worker is gone: nobody waits for it. */
void	cluster_linkstats_gone(struct cluster_stats *cs, unsigned int worker);

/* A second has passed: counters that never came. */
void	cluster_linkstats_tick(struct cluster_stats *cs);

#endif
