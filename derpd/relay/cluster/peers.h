/*
 * peers: who is connected, over all workers of this service.
 *
 * Every worker keeps the whole table: its own connections, and those of the
 * others as they tell (link.c).  A key with several connections has an active
 * one: the one that connected or sent last (derp(7), section 3).
 *
 * What is to follow when that changes, the owner of a table says by call-backs
 * (struct cluster_peers_ops).  The caller brings the clock.
 */
#ifndef PEERS_H
#define PEERS_H

#include <sys/queue.h>
#include <stdint.h>

#include "frame.h"
#include "stats.h"

struct relay_conn;

/* Connections of one key over all workers, at most; of more, one is closed. */
#define PEERS_CONNS_MAX	4096

/* A connection of another worker. */
struct cluster_remote_conn {
	TAILQ_ENTRY(cluster_remote_conn) entry;
	unsigned int	 worker;
	uint64_t	 id;		/* there */
	uint64_t	 active_us;	/* last activity that we heard of */
	uint8_t		 addr[16];
	uint16_t	 port;
	uint8_t		 flags;
};

struct derp_sent_set;

TAILQ_HEAD(cluster_peer_conns, relay_conn);

struct cluster_peer {
	uint8_t				 key[FRAME_KEY_LEN];
	struct cluster_peer_conns local;		/* the latest to speak
							   first */
	TAILQ_HEAD(, cluster_remote_conn) remote;	/* likewise */
	unsigned int			 nlocal, nremote;
	struct relay_conn		*active;	/* here, or */
	struct cluster_remote_conn	*ractive;	/* there, or neither:
							   all are gone */
	/* on the list of cluster_peers_reap() */
	int				 reaping;
	TAILQ_ENTRY(cluster_peer) reap;
	int		 has_news;	/* on the list of
					   cluster_peers_announce() */
	TAILQ_ENTRY(cluster_peer) news;
	struct derp_sent_set *told;	/* who has a packet from it, here */
};

/* What a table calls; each set.  None may add or remove a connection. */
struct cluster_peers_ops {
	/*
	 * `c' of ours was added, `dup' (0, 1) when others had its key already;
	 * or it was removed.
	 */
	void	(*came)(struct relay_conn *c, int dup);
	void	(*went)(struct relay_conn *c);

	/* `c' of ours is the active one of its key: others must hear of it. */
	void	(*active)(struct relay_conn *c);

	/*
	 * A connection of another worker was added, as it was said to
	 * cluster_peers_remote_add(); `arg' is that of cluster_peers_new().
	 */
	void	(*remote)(void *arg, const uint8_t *key,
		    const uint8_t addr[16], uint16_t port, uint8_t flags);

	/* No connection of `p' is left in any worker; it is freed next. */
	void	(*gone)(void *arg, struct cluster_peer *p);

	/* Other connections have the key of `c' of ours (1), or no longer. */
	void	(*duplicate)(struct relay_conn *c, int dup);

	/* `c' must be closed: there are too many with its key. */
	void	(*crowded)(struct relay_conn *c);
};

struct cluster_peers;

/*
 * An empty table, keyed with a fresh secret; `ops' stays the caller's, `arg'
 * goes to those that have one.  NULL without memory.
 */
struct cluster_peers *cluster_peers_new(const struct cluster_peers_ops *ops,
	    void *arg);

/* Free the table and what it knows of others; NULL is fine. */
void	 cluster_peers_free(struct cluster_peers *ps);

/*
 * Our own number among the workers, and how many connections another one can
 * have at most (0: unknown).
 */
void	 cluster_peers_limits(struct cluster_peers *ps, unsigned int worker,
	    unsigned int max);

/* Find a key; NULL when nobody has it. */
struct cluster_peer *cluster_peers_find(const struct cluster_peers *ps,
	    const uint8_t key[FRAME_KEY_LEN]);

/*
 * Grows by one whenever a struct cluster_peer is freed: a remembered pointer is
 * good while this has not changed.
 */
uint64_t cluster_peers_generation(const struct cluster_peers *ps);

/* Connections of a key, in all workers. */
unsigned int cluster_peers_conns(const struct cluster_peer *p);

/*
 * A logged-in connection of ours comes, at `now' (us), or goes.
 * cluster_peers_add: 0, or -1 without memory.
 */
int	 cluster_peers_add(struct cluster_peers *ps, struct relay_conn *c,
	    uint64_t now);
void	 cluster_peers_remove(struct cluster_peers *ps, struct relay_conn *c);

/*
 * A frame came at `now' (us) from a connection that has duplicates: it is the
 * active one.  The other workers hear of it from cluster_peers_announce(), once
 * a key and turn.
 */
void	 cluster_peers_activity(struct cluster_peers *ps, struct relay_conn *c,
	    uint64_t now);
void	 cluster_peers_announce(struct cluster_peers *ps);

/*
 * What another worker tells of its connections: `id' is theirs, `addr' 16 bytes
 * of IPv6 or IPv4-mapped, `port' in host order, `flags' PEER_*, `active_us' the
 * monotonic clock, which all share.  Without memory a new one is not noted, and
 * that is logged.
 */
void	 cluster_peers_remote_add(struct cluster_peers *ps, unsigned int worker,
	    const uint8_t *key, uint64_t id, const uint8_t *addr,
	    uint16_t port, uint8_t flags, uint64_t active_us);
void	 cluster_peers_remote_remove(struct cluster_peers *ps,
	    unsigned int worker, const uint8_t *key, uint64_t id);
void	 cluster_peers_remote_active(struct cluster_peers *ps,
	    unsigned int worker, const uint8_t *key, uint64_t id,
	    uint64_t active_us);

/* That worker is gone, and all its connections with it. */
void	 cluster_peers_worker_gone(struct cluster_peers *ps,
	    unsigned int worker);

/* Tell who cares of keys that are gone from every worker; free them. */
void	 cluster_peers_reap(struct cluster_peers *ps);

/* Call `cb' with `arg' for every peer; it must not remove any. */
void	 cluster_peers_each(const struct cluster_peers *ps,
	    void (*cb)(struct cluster_peer *p, void *arg), void *arg);

/* Into `s': keys, keys with several connections, and connections of those. */
void	 cluster_peers_count(const struct cluster_peers *ps,
	    struct relay_stats *s);

#endif
