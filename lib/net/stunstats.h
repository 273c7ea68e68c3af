/*
 * stunstats: what a stund counted since its start, for the metrics and for
 * derpctl status.
 */
#ifndef STUNSTATS_H
#define STUNSTATS_H

#include <stdint.h>

#include "codec.h"

struct stun_stats {
	uint64_t	success;	/* Binding requests answered */
	uint64_t	refused;	/* answered with 420 */
	uint64_t	silent;		/* not answered: the relay is unwell */
	uint64_t	limited;	/* not answered: rate of the source */
	uint64_t	junk;		/* not answered: no Binding request */
	uint64_t	ipv4, ipv6;	/* valid requests by source family */
	uint64_t	read_errors;
	uint64_t	write_errors;	/* answers the kernel did not take */
};

/* Append to a message; wr_ok() tells. */
void	 stun_stats_put(struct wr *w, const struct stun_stats *s);

/* Read from a message; 0, or -1 when malformed. */
int	 stun_stats_get(struct rd *r, struct stun_stats *s);

#endif
