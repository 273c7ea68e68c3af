/*
 * peers: the table of connections, over all workers of this service.
 *
 * Every worker keeps the whole table: its own connections, and those that the
 * other workers report (link.c).  If a key has several connections, one is
 * active: the one that connected or sent last (derp(7), section 3).
 *
 * Changes are reported to the owner of a table by call-backs (struct
 * cluster_peers_ops).  The caller brings the clock.
 */
#ifndef PEERS_H
#define PEERS_H

#include <sys/queue.h>
#include <stdint.h>

#include "frame.h"
#include "stats.h"

struct relay_conn;

/*
 * Maximum of connections of one key over all workers; above it, one is closed.
 */
#define PEERS_CONNS_MAX	4096

/* A connection of another worker. */
struct cluster_remote_conn {
	TAILQ_ENTRY(cluster_remote_conn) entry;
	unsigned int	 worker;
	uint64_t	 id;		/* number in that worker */
	uint64_t	 active_us;	/* last activity that was reported */
	uint8_t		 addr[16];
	uint16_t	 port;
	uint8_t		 flags;
};

struct derp_sent_set;

TAILQ_HEAD(cluster_peer_conns, relay_conn);

struct cluster_peer {
	uint8_t				 key[FRAME_KEY_LEN];
	struct cluster_peer_conns local;	/* the latest activity first */
	TAILQ_HEAD(, cluster_remote_conn) remote;	/* likewise */
	unsigned int			 nlocal, nremote;
	struct relay_conn		*active;	/* a local one, or */
	/* one of another worker; both NULL: gone */
	struct cluster_remote_conn	*ractive;
	/* on the list of cluster_peers_reap() */
	int				 reaping;
	TAILQ_ENTRY(cluster_peer) reap;
	int		 has_news; /* on the list of cluster_peers_announce() */
	TAILQ_ENTRY(cluster_peer) news;
	/* local connections that have a packet from it */
	struct derp_sent_set *receivers;
};

/* Call-backs; all must be set.  None may add or remove a connection. */
struct cluster_peers_ops {
	/*
	 * The local connection `c' was added, `dup' 1 when its key had others
	 * already, else 0; or it was removed.
	 */
	void	(*came)(struct relay_conn *c, int dup);
	void	(*went)(struct relay_conn *c);

	/* The local `c' is the active one of its key: notify other workers. */
	void	(*active)(struct relay_conn *c);

	/*
	 * A connection of another worker was added, with the arguments of
	 * cluster_peers_remote_add(); `arg' is that of cluster_peers_new().
	 */
	void	(*remote)(void *arg, const uint8_t *key,
		    const uint8_t addr[16], uint16_t port, uint8_t flags);

	/* No worker has a connection of `p'; it is freed next. */
	void	(*gone)(void *arg, struct cluster_peer *p);

	/*
	 * The key of the local `c' has other connections (1), or no longer (0).
	 */
	void	(*duplicate)(struct relay_conn *c, int dup);

	/* Close `c': its key has too many connections. */
	void	(*crowded)(struct relay_conn *c);
};

struct cluster_peers;

/*
 * Create an empty table, keyed with a fresh secret.  The caller keeps `ops';
 * `arg' is passed to the call-backs that have it.  NULL without memory.
 */
struct cluster_peers *cluster_peers_new(const struct cluster_peers_ops *ops,
	    void *arg);

/* Free the table and its records of other workers; NULL is permitted. */
void	 cluster_peers_free(struct cluster_peers *ps);

/*
 * Set the number of this worker, and the maximum of connections of another one
 * (0: unknown).
 */
void	 cluster_peers_limits(struct cluster_peers *ps, unsigned int worker,
	    unsigned int max);

/* Find a key; NULL when it has no connection. */
struct cluster_peer *cluster_peers_find(const struct cluster_peers *ps,
	    const uint8_t key[FRAME_KEY_LEN]);

/*
 * The generation grows by one whenever a struct cluster_peer is freed: a stored
 * pointer is valid while the generation is unchanged.
 */
uint64_t cluster_peers_generation(const struct cluster_peers *ps);

/* Return the number of connections of a key, in all workers. */
unsigned int cluster_peers_conns(const struct cluster_peer *p);

/*
 * Add or remove a local logged-in connection, at `now' (us).
 * cluster_peers_add() returns 0, or -1 without memory.
 */
int	 cluster_peers_add(struct cluster_peers *ps, struct relay_conn *c,
	    uint64_t now);
void	 cluster_peers_remove(struct cluster_peers *ps, struct relay_conn *c);

/*
 * A connection that has duplicates sent a frame at `now' (us): make it the
 * active one.  cluster_peers_announce() notifies the other workers, once a key
 * and turn.
 */
void	 cluster_peers_activity(struct cluster_peers *ps, struct relay_conn *c,
	    uint64_t now);
void	 cluster_peers_announce(struct cluster_peers *ps);

/*
 * Apply a notification of another worker about its connections: `id' is its
 * number there, `addr' 16 bytes of IPv6 or IPv4-mapped, `port' in host order,
 * `flags' PEER_*, `active_us' of the monotonic clock, which all workers share.
 * Without memory a new connection is ignored, and that is logged.
 */
void	 cluster_peers_remote_add(struct cluster_peers *ps, unsigned int worker,
	    const uint8_t *key, uint64_t id, const uint8_t *addr,
	    uint16_t port, uint8_t flags, uint64_t active_us);
void	 cluster_peers_remote_remove(struct cluster_peers *ps,
	    unsigned int worker, const uint8_t *key, uint64_t id);
void	 cluster_peers_remote_active(struct cluster_peers *ps,
	    unsigned int worker, const uint8_t *key, uint64_t id,
	    uint64_t active_us);

/* Remove all connections of a worker that is lost. */
void	 cluster_peers_worker_gone(struct cluster_peers *ps,
	    unsigned int worker);

/* Report keys that no worker has any more, and free them. */
void	 cluster_peers_reap(struct cluster_peers *ps);

/* Call `cb' with `arg' for every peer; it must not remove any. */
void	 cluster_peers_each(const struct cluster_peers *ps,
	    void (*cb)(struct cluster_peer *p, void *arg), void *arg);

/* Store in `s': keys, keys with several connections, and their connections. */
void	 cluster_peers_count(const struct cluster_peers *ps,
	    struct relay_stats *s);

#endif
