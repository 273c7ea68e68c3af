/*
 * stunstats: the counters of a stund, in a page (lib/ipc/counters.h) that it
 * writes, for the metrics and for derpctl status.
 */
#ifndef STUNSTATS_H
#define STUNSTATS_H

#include <stdint.h>
#include <stdio.h>

struct ipc_counters;

/* A field for each row of stunstats.def. */
struct net_stun_stats {
#define STUNSTAT(member, name, labels, help)	uint64_t member;
#include "stunstats.def"
};

/*
 * The counters in a page that ipc_counters_map_write() has mapped, to be
 * changed in place.
 */
struct net_stun_stats *net_stun_stats_of(struct ipc_counters *page);

/* Read the counters of another process from its page, which may be NULL. */
void	 net_stun_stats_read(const struct ipc_counters *page,
	    struct net_stun_stats *s);

/* Add the counters `s' of another process to `sum'. */
void	 net_stun_stats_add(struct net_stun_stats *sum,
	    const struct net_stun_stats *s);

/* Write the counters as Prometheus text with HELP and TYPE. */
void	 net_stun_stats_text(FILE *f, const struct net_stun_stats *s);

#endif
