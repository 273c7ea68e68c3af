/*
 * stunstats: the counters of a stund since its start, for the metrics and for
 * derpctl status.
 */
#ifndef STUNSTATS_H
#define STUNSTATS_H

#include <stdint.h>
#include <stdio.h>

#include "messages.h"

/* A field for each row of stunstats.def. */
struct net_stun_stats {
#define STUNSTAT(member, name, labels, help)	uint64_t member;
#include "stunstats.def"
};

/* Encode into a message. */
void	 net_stun_stats_put(struct ipc_msg_stun_stats *v,
	    const struct net_stun_stats *s);

/*
 * Decode from a message.  Returns 0, or -1 when the number of counters differs.
 */
int	 net_stun_stats_get(const struct ipc_msg_stun_stats *v,
	    struct net_stun_stats *s);

/* Add the counters `s' of another process to `sum'. */
void	 net_stun_stats_add(struct net_stun_stats *sum,
	    const struct net_stun_stats *s);

/* Write the counters as Prometheus text with HELP and TYPE. */
void	 net_stun_stats_text(FILE *f, const struct net_stun_stats *s);

#endif
