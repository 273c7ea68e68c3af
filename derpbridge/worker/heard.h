/*
 * heard: whether a peer is at another node than its own, so that its packets
 * are to go there: the peer can't reach the node that the order gives, or it
 * has the map of before.  Times are monotonic milliseconds, 0: never.
 *
 * The name of a peer on a packet proves nothing, as any node can write it.  So
 * a node that is heard counts only when a poll shows that WireGuard has
 * authenticated what came from there.
 */
#ifndef HEARD_H
#define HEARD_H

#include <stddef.h>
#include <stdint.h>

#define WORKER_HEARD_MS		60000	/* a peer is answered where it was
					   heard */
#define WORKER_HEARD_SWITCH_MS	2000	/* unless it is heard elsewhere: after
					   so long a silence */
#define WORKER_HEARD_GRACE_MS	5000	/* ... or so long, if not all is sure */
#define WORKER_HEARD_LIARS	4	/* nodes that are distrusted at once */
#define WORKER_HEARD_LIAR_MS	60000	/* ... and how long */

struct ipc_wg_stats;
struct worker_peer;
struct worker_relay;

struct worker_heard {
	struct worker_relay *relay;	/* not its own, heard last; NULL: there
					   is none */
	int		 proved;	/* it had authenticated packets */
	uint64_t	 at;		/* ... then, or was heard first */
	uint64_t	 until;		/* it counts */
	uint64_t	 own_at;	/* the peer's own relay was heard */

	/* Bytes that the kernel was given since the last poll and, as it may
	   count them later, in the interval before. */
	uint64_t	 got, got_before;	/* from the relay */
	uint64_t	 others, others_before;	/* from others that are not
						   distrusted */
	uint64_t	 growth_before;	/* what the kernel counted then */

	struct worker_heard_liar {
		struct worker_relay *relay;
		uint64_t	 until;
	}		 liars[WORKER_HEARD_LIARS];
};

/* The kernel was given a packet of `n' bytes of the peer, which came over r. */
void	 worker_heard_packet(struct worker_peer *p, struct worker_relay *r,
	    size_t n, uint64_t now);

/*
 * A poll of the peer, which has still the values of the poll before.  Returns
 * 1 when the relay of the peer may be another one now, else 0.
 */
int	 worker_heard_poll(struct worker_peer *p, const struct ipc_wg_stats *v,
	    uint64_t now);

/*
 * `own' is the relay that the order gives the peer, NULL: none.  The one of
 * before is left at once only if the peer was not heard there.
 */
void	 worker_heard_own(struct worker_peer *p, struct worker_relay *own,
	    uint64_t now);

/*
 * The relay where the peer was heard, if its packets are to go there; NULL:
 * they go to its own.
 */
struct worker_relay *worker_heard_relay(const struct worker_peer *p,
	    uint64_t now);

/*
 * The peer is not at the relay.  Returns 1 when it was thought to be there,
 * else 0.
 */
int	 worker_heard_gone(struct worker_peer *p,
	    const struct worker_relay *r);

/* The relay is freed. */
void	 worker_heard_forget(struct worker_peer *p,
	    const struct worker_relay *r);

#endif
