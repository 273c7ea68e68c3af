/*
 * peers: who is connected, over all workers of this service.
 *
 * Every worker keeps the whole table: its own connections, and those of the
 * others as they tell (link.c).  A key with several connections has an active
 * one: the one that connected or sent last (derp(7), section 3).
 */
#ifndef PEERS_H
#define PEERS_H

#include "relay.h"

/* Connections of one key over all workers, at most; of more, one is closed. */
#define PEERS_CONNS_MAX	4096

/* A connection of another worker. */
struct rconn {
	TAILQ_ENTRY(rconn) entry;
	unsigned int	 worker;
	uint64_t	 id;		/* there */
	uint64_t	 active_us;	/* last activity that we heard of */
	uint8_t		 addr[16];
	uint16_t	 port;
	uint8_t		 flags;
};

struct sent;

TAILQ_HEAD(peer_conns, conn);

struct peer {
	uint8_t		 key[FRAME_KEY_LEN];
	struct peer_conns local;	/* the latest to speak first */
	TAILQ_HEAD(, rconn) remote;	/* likewise */
	unsigned int	 nlocal, nremote;
	struct conn	*active;	/* here, or */
	struct rconn	*ractive;	/* there, or neither: all are gone */
	int		 reaping;	/* on the list of peers_reap() */
	TAILQ_ENTRY(peer) reap;
	int		 has_news;	/* on the list of peers_announce() */
	TAILQ_ENTRY(peer) news;
	struct sent	*told;		/* who has a packet from it, here */
};

/* Set up; the table is keyed with a fresh secret. */
void	 peers_init(struct relay *r);

/* Find a key; NULL when nobody has it. */
struct peer *peers_find(const uint8_t key[FRAME_KEY_LEN]);

/*
 * Grows by one whenever a struct peer is freed: a remembered pointer is good
 * while this has not changed.
 */
uint64_t peers_generation(void);

/* Connections of a key, in all workers. */
unsigned int peers_conns(const struct peer *p);

/*
 * A logged-in connection of ours comes or goes.  Tells the other workers,
 * watchers and duplicates.  peers_add: 0, or -1 without memory.
 */
int	 peers_add(struct conn *c);
void	 peers_remove(struct conn *c);

/*
 * A frame came from a connection that has duplicates: it is the active one.
 * The other workers hear of it from peers_announce(), once a key and turn.
 */
void	 peers_activity(struct conn *c);
void	 peers_announce(struct relay *r);

/*
 * What another worker tells of its connections: `id' is theirs, `addr' 16 bytes
 * of IPv6 or IPv4-mapped, `port' in host order, `flags' PEER_*, `active_us' the
 * monotonic clock, which all share.  Without memory a new one is not noted, and
 * that is logged.
 */
void	 peers_remote_add(struct relay *r, unsigned int worker,
	    const uint8_t *key, uint64_t id, const uint8_t *addr,
	    uint16_t port, uint8_t flags, uint64_t active_us);
void	 peers_remote_remove(struct relay *r, unsigned int worker,
	    const uint8_t *key, uint64_t id);
void	 peers_remote_active(struct relay *r, unsigned int worker,
	    const uint8_t *key, uint64_t id, uint64_t active_us);

/* That worker is gone, and all its connections with it. */
void	 peers_worker_gone(struct relay *r, unsigned int worker);

/* Tell who cares of keys that are gone from every worker; free them. */
void	 peers_reap(struct relay *r);

/* Call `cb' with `arg' for every peer; it must not remove any. */
void	 peers_each(void (*cb)(struct peer *p, void *arg), void *arg);

/* Into `s': keys, keys with several connections, and connections of those. */
void	 peers_count(struct stats *s);

#endif
