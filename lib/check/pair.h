/*
 * pair: two clients at one address of a node, and the checks between them.
 * Used only in this folder.
 */
#ifndef PAIR_H
#define PAIR_H

#include "testpackets.h"

struct check_pair {
	struct check_run	*r;
	const struct check_addr	*a;
	struct check_client	 c[2];		/* with opts->secret only the
						   first, which writes to
						   itself */
	struct check_packets	 way[2];	/* from the first, from the
						   second */
	int			 ways;		/* of them: 2, or 1 */
	size_t			 largest;	/* packet that has arrived */
	int			 took;		/* it, in milliseconds */
};

/*
 * Send packets of several sizes each way, and several at once.  Returns 1 when
 * the sessions go on, else 0.
 */
int	 check_echo(struct check_pair *p);

/*
 * Measure the round trip to the relay.  Returns it in microseconds, or -1 when
 * the session has ended.
 */
int64_t	 check_latency(struct check_pair *p);

/*
 * Report what `n' pings have taken, in microseconds at `us', which is sorted:
 * their median, and how they differ without the outermost two.  Returns the
 * median.
 */
int64_t	 check_latency_judge(struct check_pair *p, int64_t *us, int n);

/*
 * Report that both logins have taken too long, without the part of a network
 * whose round trip is `rtt' microseconds.
 */
void	 check_login_time(struct check_pair *p, int64_t rtt);

/* Send opts->throughput bytes from the first client to the second. */
void	 check_throughput(struct check_pair *p);

/*
 * Report the outcome of a packet of `len' bytes on a way, other than
 * RUN_LOST.  Returns 1 when the sessions go on, else 0.
 */
int	 check_packet_outcome(struct check_pair *p,
	    const struct check_packets *way, size_t len, enum check_packet got);

#endif
