/*
 * stats: the counters of a front or relay worker, under derper's metric names
 * (derp(7), section 5), and their Prometheus text.
 */
#ifndef STATS_H
#define STATS_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

enum conn_drop_reason {
	DROP_UNKNOWN_DEST,
	DROP_UNKNOWN_DEST_ON_FWD,
	DROP_GONE_DISCONNECTED,
	DROP_QUEUE_HEAD,
	DROP_QUEUE_TAIL,
	DROP_WRITE_ERROR,
	DROP_DUP_CLIENT,
	DROP_REASONS
};

/* Index of a class in arrays of two: packet kinds. */
#define KIND_DISCO	0
#define KIND_OTHER	1

/* Buckets of tcp_rtt: upper bounds in ms are in stats.c; the last has none. */
#define RTT_BUCKETS	9

/* All fields are 64-bit numbers, each of one row of stats.def. */
struct conn_stats {
	/* summed over all processes */
#define STAT_SUM(member, type, name, labels, help)	uint64_t member;
#define STAT_DROPS(member, name, help)	uint64_t member[DROP_REASONS][2];
#define STAT_NODES(member, type, name, help)	uint64_t member[IPC_MAXNODES];
#include "stats.def"
	uint64_t	rtt[RTT_BUCKETS], rtt_sum_ms;
	uint64_t	queue_us; /* moving average of the time in a queue */
	uint64_t	workers;	/* relay workers that run */
};

/*
 * Set the gauges to 0, as at the start of a process and after its end; its
 * counters stay.
 */
void	conn_stats_reset(struct conn_stats *s);

/* Count a round trip time of `us' microseconds in its bucket. */
void	conn_stats_rtt(struct conn_stats *s, unsigned int us);

/*
 * Add the counters `s' of another process, with `workers' 1, or 0 if it does
 * not run, or is a front: those are not in the averages.
 */
void	conn_stats_add(struct conn_stats *sum, const struct conn_stats *s);

/*
 * Make the Prometheus text: *text (heap; the caller frees it) of *len bytes.
 * Counters of the rate limit are included if `rate_limited', those of a node if
 * it had a link.  Return 0, or -1 without memory.
 */
int	conn_stats_text(const struct conn_stats *s, int rate_limited,
	    char **text, size_t *len);

#endif
