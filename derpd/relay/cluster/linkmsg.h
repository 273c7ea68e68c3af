/*
 * linkmsg: the interface between link.c (the links) and linkmsg.c (their
 * messages).  Only these two include it.
 */
#ifndef LINKMSG_H
#define LINKMSG_H

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "ring.h"

struct cluster_link {
	struct relay		*r;
	unsigned int		 worker;
	struct ipc_ring		*ring;
	struct event		*ev_read, *ev_write;
	int			 broken;	/* this side gave it up */
	int			 ended;		/* the other worker ended */
	int			 more;		/* there is more to read */

	/* of linkmsg.c */
	/* acknowledgements since the start of the link */
	uint64_t	 notified, acked;
	/* us; time of the last one, or of the oldest request */
	uint64_t	 ack_us;
	int		 slow;		/* logins do not wait for this worker */
	int		 stats_due; /* our counters are due, as the answer */
	uint64_t	 stats_id;	/* to this request */
};

/* link.c */

/*
 * Queue a frame of `type' with the `alen' bytes at `a' and the `blen' bytes at
 * `b' (both copied).  Return 0, or -1: a packet was refused, or the link was
 * closed.
 */
int	cluster_link_put(struct cluster_link *l, enum ipc_ring_kind kind,
	    uint8_t type, const void *a, size_t alen, const void *b,
	    size_t blen);

/* linkmsg.c */

/*
 * Handle a whole frame of `type' with `n' bytes of payload at `p', which the
 * other worker may change meanwhile if it is a packet.  Return 0, or -1 when it
 * is malformed.
 */
int	cluster_link_frame(struct cluster_link *l, uint8_t type,
	    const uint8_t *p, size_t n);

/* A link was opened: send all our connections. */
void	cluster_link_greet(struct cluster_link *l);

/* Called at the end of a turn: send the counters if they are due. */
void	cluster_link_answer(struct cluster_link *l);

/* Called every second: check that the worker acknowledges notifications. */
void	cluster_link_check(struct cluster_link *l);

/* The link to that worker is lost: remove its connections and pending acks. */
void	cluster_link_lost(struct relay *r, unsigned int worker);

#endif
