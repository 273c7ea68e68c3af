/*
 * serve: what the parent does for STUN and the health of the relay.
 * Part of parent.h, which includes it.
 *
 * stuns.c     the stund processes
 * health.c    the health process: is the relay well?
 * filewatch.c files that others change
 * metrics.c   what the metrics say of all this
 * results.h   how many results a child may give
 */
#ifndef SERVE_H
#define SERVE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "codec.h"
#include "conf.h"
#include "msg.h"
#include "stunstats.h"

struct parent;
struct parent_proc;

/* What the health process said of the relay. */
struct parent_health {
	int		 ok;		/* STUN may answer */
	int		 known;		/* something was said since the start */
	unsigned int	 failures;	/* in a row */
	char		 why[512];	/* what is wrong, "" nothing */
	time_t		 since;		/* ok or not */
	uint64_t	 due_ms;	/* of results, see results.h */
};

/* stuns.c */

/* Start one stund; see struct parent_proc. */
int	 parent_stuns_start_one(struct parent_proc *p);

/* Tell all of them what the configuration says, and whether to answer. */
void	 parent_stuns_configure(struct parent *d);

/* 1 when STUN is answered now, else 0. */
int	 parent_stuns_answering(const struct parent *d);

/* What all stund processes counted since the start. */
void	 parent_stuns_sum(const struct parent *d, struct net_stun_stats *sum);

/* One stund has ended: keep its counters. */
void	 parent_stuns_gone(struct parent_proc *p);

/* health.c */

/* 1 when the relay is to be probed, else 0. */
int	 parent_health_wanted(const struct parent *d);

/* Start the health process; see struct parent_proc. */
int	 parent_health_start(struct parent_proc *p);

/* Tell it what the configuration says. */
void	 parent_health_configure(struct parent *d);

/*
 * A result of the health process, which came at `now_ms' (monotonic).  0, or
 * -1: more than it can have.
 */
struct ipc_msg_health_result;
int	 parent_health_result(struct parent *d,
	    const struct ipc_msg_health_result *v, uint64_t now_ms);

/* Probe now: something has changed. */
void	 parent_health_now(struct parent *d);

/* metrics.c */

/* Something of the metrics has changed: tell the workers, soon. */
void	 parent_metrics_changed(struct parent *d);

#endif
