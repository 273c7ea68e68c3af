/*
 * far: the keys that are connected to other nodes of the region, and the ways
 * there (derp(7), section 4).
 *
 * What a node says of a key (PeerPresent) is a claim.  It comes over a link of
 * this worker or another one, and is kept by the owner of the key (fartable.h),
 * who routes packets by it: to the worker that has the link.
 *
 * Links are numbered 2 * node + parity; a new link of a node has another parity
 * than the one before, and is at the worker `node modulo workers'.
 *
 * The owners forget what came over a link that is lost, or from a worker that
 * is.  A worker that was started again, or whose ring is new, has missed what
 * came over ours: they are made anew when the ring is there, and the nodes say
 * all again.  One that succeeds another one has all that this one knew.
 */
#ifndef FAR_H
#define FAR_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "frame.h"
#include "log.h"

struct cluster_fartable;
struct relay;

#define FAR_LINKS	(2 * IPC_MAXNODES)

/* The part of a worker. */
struct cluster_far {
	struct cluster_fartable	*table;
	uint64_t		 missed; /* workers that missed claims of our
					    links, a bit each */
	int			 sweeping;	/* claims of lost links are
						   being removed */
	struct log_limit	 full;
};

/* What this module calls: the links of this worker (relay/nodes). */
struct cluster_far_ops {
	/*
	 * Queue the packet of `n' bytes at `p' (copied; another worker may
	 * change it meanwhile) from `src' to `dst' as ForwardPacket.  Return 0,
	 * or -1: there is no such link here, or it has ended.
	 */
	int	(*forward)(struct relay *r, unsigned int link,
		    const uint8_t src[FRAME_KEY_LEN],
		    const uint8_t dst[FRAME_KEY_LEN], const uint8_t *p,
		    size_t n);
	/* Send ClosePeer for `key', if there is such a link. */
	void	(*close_peer)(struct relay *r, unsigned int link,
		    const uint8_t key[FRAME_KEY_LEN]);
	/*
	 * Another worker has missed what came over our links: close them all,
	 * to be made anew at once.
	 */
	void	(*anew)(struct relay *r);
};

/* For relay/nodes, about a link of this worker, below FAR_LINKS */

/* PeerPresent or PeerGone for `key' came over the link. */
void	cluster_far_present(struct relay *r, unsigned int link,
	    const uint8_t key[FRAME_KEY_LEN]);
void	cluster_far_gone(struct relay *r, unsigned int link,
	    const uint8_t key[FRAME_KEY_LEN]);

/*
 * The link has ended: no claim that came over it counts any more.  Call it
 * before the next link of that node begins, and once.
 */
void	cluster_far_lost(struct relay *r, unsigned int link);

/*
 * Return how many keys that this worker owns are connected to that node, below
 * IPC_MAXNODES.
 */
unsigned int cluster_far_keys(const struct relay *r, unsigned int node);

/* For cluster.c, route.c, relayadmit.c and relay.c */

/* Create r->far, empty.  Return 0, or -1 without memory. */
int	cluster_far_init(struct relay *r);

/*
 * Route a packet of a client, of `n' bytes at `p', to `dst', which this worker
 * owns and no client has.  Return 0, or -1: no node has it either.
 */
int	cluster_far_packet(struct relay *r, const uint8_t *dst,
	    const uint8_t *src, const uint8_t *p, size_t n);

/* Return 1 if a node has this key, which this worker owns, else 0. */
int	cluster_far_has(const struct relay *r,
	    const uint8_t key[FRAME_KEY_LEN]);

/* Make all nodes that have this key, which this worker owns, close it. */
void	cluster_far_close_peer(struct relay *r,
	    const uint8_t key[FRAME_KEY_LEN]);

/*
 * The first connection of a key of this worker was added, or the last one
 * removed.  cluster_far_left() returns 1 if the key is gone from the region, 0
 * if a node has it.
 */
void	cluster_far_came(struct relay *r, const uint8_t key[FRAME_KEY_LEN]);
int	cluster_far_left(struct relay *r, const uint8_t key[FRAME_KEY_LEN]);

/* Update the counters of r->stats about keys at other nodes. */
void	cluster_far_count(struct relay *r);

/*
 * Called at the end of each turn: remove what is left of lost links.
 * cluster_far_more() returns 1 when there is more to do in the next turn.
 */
void	cluster_far_work(struct relay *r);
int	cluster_far_more(const struct relay *r);

/* For linkmsg.c and linkfar.c, and for what moves */

/* Return the worker that has a link, below FAR_LINKS. */
unsigned int cluster_far_worker(const struct relay *r, unsigned int link);

/*
 * The node of a link, of this worker or another one, says that `key', which
 * this worker owns, is connected there (`here' 1), or no longer (0).
 */
void	cluster_far_told(struct relay *r, unsigned int link,
	    const uint8_t key[FRAME_KEY_LEN], int here);

/* A link of another worker has ended. */
void	cluster_far_ended(struct relay *r, unsigned int link);

/*
 * That worker has a successor, which makes its links to the nodes `lost', a bit
 * each, anew; it has the others.
 */
void	cluster_far_succeeded(struct relay *r, unsigned int worker,
	    uint32_t lost);

/* The ring to that worker is lost, or is new. */
void	cluster_far_worker_lost(struct relay *r, unsigned int worker);
void	cluster_far_linked(struct relay *r, unsigned int worker);

#endif
