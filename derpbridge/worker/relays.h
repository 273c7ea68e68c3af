/*
 * relays: the nodes of the map that an interface uses: which of them each peer
 * uses, connections on demand, changes of the map.
 *
 * A peer's relays are the nodes of its region in the order of rendezvous.  The
 * first one is its home: it is held while the peer may come over a relay, so
 * that its packets reach us, also when it is the peer that begins.  Packets go
 * to the first node of the order that has not failed.
 */
#ifndef RELAYS_H
#define RELAYS_H

#include <sys/queue.h>
#include <stdint.h>

#include "bounds.h"
#include "choice.h"
#include "mapplaces.h"
#include "workernode.h"

#define WORKER_RELAY_IDS	0x7fffffffU	/* numbers of relays */
#define WORKER_RELAY_IDLE_MS	60000	/* unused, until it is closed */

struct worker_iface;
struct worker_peer;

struct worker_relay {
	TAILQ_ENTRY(worker_relay) entry;	/* of its interface */
	TAILQ_ENTRY(worker_relay) unsent_entry;
	int		 unsent;	/* on the list of struct worker */
	struct worker_iface *iface;
	uint32_t	 id;		/* unique, never 0 */
	struct map_places_node at;	/* as the map has it */
	uint64_t	 region;
	unsigned int	 proxy;		/* w->proxies when it was made */
	uint32_t	 fwmark;	/* of the device then */
	char		 code[MAP_PLACES_NAME];	/* of the region; "" */
	struct worker_node node;
	unsigned int	 wanted;	/* peers that need it to be up */
	unsigned int	 used;		/* peers whose packets go there */
	int		 held;		/* worker_node_hold() */
	enum worker_node_state shown;	/* the state of the last line */
	uint64_t	 up_at;		/* it was connected last, monotonic ms;
					   0: never */
	unsigned int	 flaps;		/* connections in a row that ended
					   soon */
	uint64_t	 leave_at;	/* the map has it no more: freed then,
					   monotonic ms; 0: the map has it */
	/* Questions that are not answered. */
	int		 addrs_asked, login_asked;
	uint32_t	 addrs_cookie, login_cookie;
	char		 addrs_host[IPC_HOSTSIZE];
};

/* The map, or the interface's key or settings, have changed. */
void	 worker_relays_update(struct worker_iface *f, uint64_t now);

/* Close and free all relays of the interface. */
void	 worker_relays_free(struct worker_iface *f);

/*
 * The end of a turn: if f->reassign, find the relay of each peer anew, and hold
 * and release relays as peers need them.
 */
void	 worker_relays_settle(struct worker_iface *f, uint64_t now);

/* Every second: free relays that the map has no more. */
void	 worker_relays_tick(struct worker_iface *f, uint64_t now);

/*
 * The network may be another one: try at once what waits, relays and direct
 * paths, and measure regions.
 */
void	 worker_relays_hurry(struct worker_iface *f, uint64_t now);

/* How the region of a peer is chosen. */
struct worker_choice worker_relays_choice(const struct worker_peer *p);

/* The relay has queued packets; they are flushed at the end of the turn. */
void	 worker_relays_unsent(struct worker_relay *r);
void	 worker_relays_sent(struct worker_relay *r);

/* The relay of an interface with this number; NULL: there is none. */
struct worker_relay *worker_relays_find(const struct worker_iface *f,
	    uint32_t id);

#endif
