/*
 * stunstats: what a stund counted since its start, for the metrics and for
 * derpctl status.
 */
#ifndef STUNSTATS_H
#define STUNSTATS_H

#include <stdint.h>
#include <stdio.h>

#include "codec.h"

/* A field for each row of stunstats.def. */
struct stun_stats {
#define STUN_STAT(member, name, labels, help)	uint64_t member;
#include "stunstats.def"
};

/* Append to a message; wr_ok() tells. */
void	 stun_stats_put(struct wr *w, const struct stun_stats *s);

/* Read from a message; 0, or -1 when malformed. */
int	 stun_stats_get(struct rd *r, struct stun_stats *s);

/* Add the counters `s' of another process to `sum'. */
void	 stun_stats_add(struct stun_stats *sum, const struct stun_stats *s);

/* As text of Prometheus, with HELP and TYPE. */
void	 stun_stats_text(FILE *f, const struct stun_stats *s);

#endif
