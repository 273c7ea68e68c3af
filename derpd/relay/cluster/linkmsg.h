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
	int		 watched;	/* it wants news of our connections */
	uint64_t	 flooding; /* our watcher whose flood is due; 0 none */
	/* a flood that it has asked for, sent at the end of the turn */
	int		 flood_due;
	uint64_t	 flood_id;	/* the watcher */
	unsigned int	 flood_slot;
};

/* link.c */

/*
 * Queue a frame of `type' with the `alen' bytes at `a' and the `blen' bytes at
 * `b' (both copied), as ipc_ring_put() with that `kind'.  Return 0, or -1: a
 * packet was refused, or the link was closed.
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

/* A link was opened: say if we have watchers. */
void	cluster_link_greet(struct cluster_link *l);

/* Called at the end of a turn: send what the other side has asked for. */
void	cluster_link_answer(struct cluster_link *l);

/* The link to that worker is lost: all its clients are gone. */
void	cluster_link_lost(struct relay *r, unsigned int worker);

#endif
