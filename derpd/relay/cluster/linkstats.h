/*
 * linkstats: the counters of all workers, for clients that request them.
 *
 * One request to the other workers is under way at a time.  Clients that arrive
 * meanwhile wait for the next one, so that their counters are newer than their
 * request and each request serves many clients.  A worker that does not answer
 * within a second is left out.
 */
#ifndef LINKSTATS_H
#define LINKSTATS_H

#include <stdint.h>

#include "stats.h"

struct relay_conn;

/* Call-backs; all must be set.  `arg' is that of cluster_stats_new(). */
struct cluster_stats_ops {
	/* Store the current counters of this worker in `s'. */
	void	(*own)(void *arg, struct relay_stats *s);

	/*
	 * Request the counters of the other workers, as request `id'. Return
	 * the workers that will answer, a bit for each.
	 */
	uint64_t (*request)(void *arg, uint64_t id);

	/* The sum is ready for `c', which no longer waits. */
	void	(*ready)(struct relay_conn *c, const struct relay_stats *sum);
};

struct cluster_stats;

/*
 * Create an empty state.  The caller keeps `ops' and the clock `now_us' (us,
 * monotonic).  NULL without memory.
 */
struct cluster_stats *cluster_stats_new(const struct cluster_stats_ops *ops,
	    void *arg, const uint64_t *now_us);

/* Free it and the waiting clients; NULL is permitted. */
void	cluster_stats_free(struct cluster_stats *cs);

/*
 * Request the counters of all workers for `c'.  ready() is called later or
 * within this call; without memory it gets only those of this worker.
 */
void	cluster_linkstats_request(struct cluster_stats *cs,
	    struct relay_conn *c);

/* A connection is going away: cancel its request. */
void	cluster_linkstats_forget(struct cluster_stats *cs,
	    const struct relay_conn *c);

/* Store the answer `s' of a worker to request `id'. */
void	cluster_linkstats_answer(struct cluster_stats *cs, unsigned int worker,
	    uint64_t id, const struct relay_stats *s);

/* That worker is lost: stop waiting for it. */
void	cluster_linkstats_gone(struct cluster_stats *cs, unsigned int worker);

/* Called every second: finish a request that has timed out. */
void	cluster_linkstats_tick(struct cluster_stats *cs);

#endif
