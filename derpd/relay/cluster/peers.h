/*
 * peers: the table of the keys that this worker owns (owner.h), with all their
 * connections.  If a key has several, one is active: the one that connected or
 * sent last (derp(7), section 3).  Work on one of them does not depend on how
 * many there are.
 *
 * Changes are reported to the user of a table by call-backs (struct
 * cluster_peers_ops).
 */
#ifndef PEERS_H
#define PEERS_H

#include <sys/queue.h>
#include <stdint.h>

#include "frame.h"
#include "stats.h"

struct relay_conn;
struct relay_known;

/* Maximum of connections of one key; above it, the oldest is closed. */
#define PEERS_CONNS_MAX	16384

TAILQ_HEAD(cluster_peer_conns, relay_conn);

struct cluster_peer {
	uint8_t				 key[FRAME_KEY_LEN];
	struct cluster_peer_conns conns;	/* the latest activity first */
	struct relay_known		*known;	/* what admit said of it, for
						   relayadmit.c; or NULL */
	unsigned int			 nconns;
	/* on the list of cluster_peers_reap() */
	int				 reaping;
	TAILQ_ENTRY(cluster_peer) reap;
	LIST_ENTRY(cluster_peer) slot;
};

/* Call-backs; all must be set.  None may add or remove a connection. */
struct cluster_peers_ops {
	/* `c' was added, `dup' 1 when its key had others already, else 0. */
	void	(*came)(struct relay_conn *c, int dup);

	/* `p' has no connection any more; it is freed next. */
	void	(*gone)(void *arg, struct cluster_peer *p);

	/* The key of `c' has other connections (1), or no longer (0). */
	void	(*duplicate)(struct relay_conn *c, int dup);

	/* Close `c': its key has too many connections. */
	void	(*crowded)(struct relay_conn *c);
};

struct cluster_peers;

/*
 * Create an empty table, keyed with a fresh secret; `slot_secret' is that of
 * ipc_slot_of().  The caller keeps it and `ops'; `arg' is passed to the
 * call-backs that have it.  NULL without memory.
 */
struct cluster_peers *cluster_peers_new(const struct cluster_peers_ops *ops,
	    void *arg, const uint8_t *slot_secret);

/* Free the table; NULL is permitted. */
void	 cluster_peers_free(struct cluster_peers *ps);

/* Find a key; NULL when it has no connection. */
struct cluster_peer *cluster_peers_find(struct cluster_peers *ps,
	    const uint8_t key[FRAME_KEY_LEN]);

/* Return the active connection of a peer; NULL: the last one has left. */
struct relay_conn *cluster_peers_active(const struct cluster_peer *p);

/*
 * Add or remove a logged-in connection.  cluster_peers_add() returns 0, or -1
 * without memory.
 */
int	 cluster_peers_add(struct cluster_peers *ps, struct relay_conn *c);
void	 cluster_peers_remove(struct cluster_peers *ps, struct relay_conn *c);

/*
 * Add a connection that was at another worker, behind those of its key that are
 * here, without a call-back.  Return 0, or -1: no memory, or the key has too
 * many.
 */
int	 cluster_peers_restore(struct cluster_peers *ps, struct relay_conn *c);

/* A connection that has duplicates sent a frame: make it the active one. */
void	 cluster_peers_activity(struct relay_conn *c);

/* Report keys that have no connection any more, and free them. */
void	 cluster_peers_reap(struct cluster_peers *ps);

/*
 * Call `cb' with `arg' for every peer of the slots from `slot' on (below
 * IPC_SLOTS), slot by slot, until there were `enough' or more; it must not add
 * or remove any.  Return the slot to continue with, IPC_SLOTS at the end.
 */
unsigned int cluster_peers_each(const struct cluster_peers *ps,
	    unsigned int slot, unsigned int enough,
	    void (*cb)(const struct cluster_peer *p, void *arg), void *arg);

/*
 * Return the peer behind `p' in a walk over all, also those without a
 * connection; NULL: the first one, or the end.  None may be added or removed
 * during a walk.
 */
const struct cluster_peer *cluster_peers_next(const struct cluster_peers *ps,
	    const struct cluster_peer *p);

/* Store in `s': keys, keys with several connections, and their connections. */
void	 cluster_peers_count(const struct cluster_peers *ps,
	    struct conn_stats *s);

#endif
