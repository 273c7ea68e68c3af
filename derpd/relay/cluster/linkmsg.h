/*
 * linkmsg: what link.c and linkmsg.c, the stream and what is said on it, know
 * of each other.  Nobody else includes this.
 */
#ifndef LINKMSG_H
#define LINKMSG_H

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "link.h"

struct cluster_link {
	struct relay		*r;
	unsigned int		 worker;
	int			 fd;
	struct event		*ev_read, *ev_write;
	struct relay_buf	 out;
	struct relay_buf	 part;	/* a frame that is not whole yet */
	int			 broken;

	/* of linkmsg.c */
	uint64_t	 asked, got;	/* acknowledgements, since it is up */
	uint64_t	 heard_us;	/* of the last one, or the question */
	int		 slow;		/* nobody waits for any */
	int		 stats_due;	/* our counters, for the request */
	uint64_t	 stats_id;	/* with that number */
};

/* link.c */

/*
 * Queue a frame of `type' with the `alen' bytes at `a' and the `blen' at `b'
 * (both copied).  0, or -1: the link is given up.
 */
int	cluster_link_put(struct cluster_link *l, uint8_t type, const void *a,
	    size_t alen, const void *b, size_t blen);

/* linkmsg.c */

/*
 * A whole frame came: `type' and `n' bytes of payload at `p'.  0, or -1 when
 * malformed.
 */
int	cluster_link_frame(struct cluster_link *l, uint8_t type,
	    const uint8_t *p, size_t n);

/* The link is up: tell of all our connections. */
void	cluster_link_greet(struct cluster_link *l);

/* The turn ends: the answer that is due, if one is. */
void	cluster_link_answer(struct cluster_link *l);

/* The second has passed: does the worker acknowledge news? */
void	cluster_link_check(struct cluster_link *l);

/* There is no link to that worker any more: forget what it said and owes. */
void	cluster_link_lost(struct relay *r, unsigned int worker);

#endif
