/*
 * linkstats: the counters of all workers, asked for over the links.
 */
#ifndef LINKSTATS_H
#define LINKSTATS_H

#include "relay.h"

/*
 * Ask the other workers for their counters; the connection gets
 * http_stats_ready() when all have answered, or with what there is after a
 * second.
 */
void	linkstats_ask(struct conn *c);

/* A connection goes away: no answer for it if it asked. */
void	linkstats_forget(struct conn *c);

/* The answer `s' of a worker to request `id'. */
void	linkstats_answer(unsigned int worker, uint64_t id,
	    const struct stats *s);

/* That worker is gone: nobody waits for it. */
void	linkstats_gone(unsigned int worker);

/* A second has passed: counters that never came. */
void	linkstats_tick(struct relay *r);

#endif
