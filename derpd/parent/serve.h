/*
 * serve: STUN, the health of the relay and metrics in the parent.  Part of
 * parent.h, which includes it.
 *
 * stuns.c     the stund processes
 * health.c    the health process, which probes the relay
 * filewatch.c files that other programs change
 * metrics.c   the metrics of all this
 * results.h   how many results a child may send
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

/* The health process's last result. */
struct parent_health {
	int		 ok;		/* STUN may answer */
	int		 known;		/* probed since the start */
	unsigned int	 failures;	/* in a row */
	char		 why[512];	/* error, "" none */
	time_t		 since;		/* of the last change of ok */
	uint64_t	 due_ms;	/* of results, see results.h */
};

/* stuns.c */

/* Start one stund; see struct parent_proc. */
int	 parent_stuns_start_one(struct parent_proc *p);

/* Send all stund processes their settings, and whether to answer. */
void	 parent_stuns_configure(struct parent *d);

/* 1 when STUN is answered now, else 0. */
int	 parent_stuns_answering(const struct parent *d);

/* Sum the counters of all stund processes since the start. */
void	 parent_stuns_sum(const struct parent *d, struct net_stun_stats *sum);

/* A stund has ended: keep its counters. */
void	 parent_stuns_gone(struct parent_proc *p);

/* health.c */

/* 1 when the relay is to be probed, else 0. */
int	 parent_health_wanted(const struct parent *d);

/* Start the health process; see struct parent_proc. */
int	 parent_health_start(struct parent_proc *p);

/* Send the health process its settings. */
void	 parent_health_configure(struct parent *d);

/*
 * A result of the health process at `now_ms' (monotonic).  0, or -1: more than
 * it may send.
 */
struct ipc_msg_health_result;
int	 parent_health_result(struct parent *d,
	    const struct ipc_msg_health_result *v, uint64_t now_ms);

/* Probe now, after a change. */
void	 parent_health_now(struct parent *d);

/* metrics.c */

/* A metric has changed: send all to the fronts after a short delay. */
void	 parent_metrics_changed(struct parent *d);

#endif
