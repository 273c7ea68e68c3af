/*
 * peertable: the peers of one interface, found by number, key, or loopback
 * address.
 */
#ifndef PEERTABLE_H
#define PEERTABLE_H

#include <sys/queue.h>
#include <stdint.h>

#include "bounds.h"
#include "heard.h"
#include "msg.h"
#include "path.h"
#include "peerrate.h"
#include "udp.h"

struct ipc_bridge_peer;
struct worker_iface;
struct worker_relay;

enum worker_drop {
#define DROP(NAME, name)	WORKER_DROP_##NAME,
#include "drops.def"
	WORKER_DROPS
};

/* Packets of a peer, and why some were dropped. */
struct worker_counts {
	uint64_t	 tx_packets, tx_bytes;	/* queued for a relay */
	uint64_t	 rx_packets, rx_bytes;	/* given to the kernel */
	uint64_t	 drops[WORKER_DROPS];
};

struct worker_peer {
	TAILQ_ENTRY(worker_peer) entry;
	struct worker_iface *iface;
	uint32_t	 number;	/* of netlink's */
	uint8_t		 key[IPC_KEYLEN];
	uint8_t		 local[WORKER_UDP_ADDR];
	uint16_t	 keepalive;	/* seconds, 0: none */
	int		 stale;		/* netlink has not named it again yet */
	const struct ipc_bridge_peer *line;	/* of the configuration; NULL:
					   none */
	int		 served;	/* it is one of ours */
	struct worker_path path;
	unsigned int	 switches;	/* of the path */
	/* The last poll. */
	int		 polled;	/* there was one */
	enum ipc_endpoint endpoint;
	uint8_t		 addr[IPC_ADDRLEN];
	uint16_t	 endpoint_port;
	uint64_t	 tx, rx;
	struct worker_rate tx_rate, rx_rate;
	uint64_t	 handshake;	/* ns since 1970; 0: none */
	uint64_t	 handshake_at;	/* a new one was seen, monotonic ms; 0:
					   none was */
	struct worker_relay *relay;	/* its packets go there; NULL: they are
					   dropped */
	struct worker_relay *own;	/* of the order; NULL: none */
	struct worker_heard heard;	/* ... but it is elsewhere */
	struct worker_counts counts;
	uint64_t	 arrived, arrived_before;	/* packets of WireGuard,
					   and by the last poll */
};
TAILQ_HEAD(worker_peer_list, worker_peer);

struct worker_peers {
	struct worker_peer_list list;	/* in the order in which they came */
	unsigned int	 n;
	struct worker_entry *by_number, *by_key, *by_local;
	struct worker_peer *recent_key, *recent_local;	/* found last */
};

/* Begin empty. */
void	 worker_peers_init(struct worker_peers *ps);

/*
 * Add a peer; its counts are 0.  Returns NULL when another one has its number,
 * key or address, when there are IPC_BRIDGE_MAXPEERS, or without memory.
 */
struct worker_peer *worker_peers_add(struct worker_peers *ps, uint32_t number,
	    const uint8_t key[IPC_KEYLEN],
	    const uint8_t local[WORKER_UDP_ADDR]);

/* Remove and free a peer. */
void	 worker_peers_remove(struct worker_peers *ps, struct worker_peer *p);

/* Find a peer; NULL: there is none. */
struct worker_peer *worker_peers_number(const struct worker_peers *ps,
	    uint32_t number);
struct worker_peer *worker_peers_key(struct worker_peers *ps,
	    const uint8_t key[IPC_KEYLEN]);
struct worker_peer *worker_peers_local(struct worker_peers *ps,
	    const uint8_t local[WORKER_UDP_ADDR]);

#endif
