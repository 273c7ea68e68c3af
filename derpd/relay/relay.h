/*
 * relay: a relay worker, the process of clients that are logged in: it relays
 * packets between them.  It holds no private key, opens no file, and speaks
 * neither HTTP nor a TLS handshake; fronts do.
 *
 * Each module has a header of its own.  This one defines the worker, for code
 * that uses several modules.
 *
 * All state of a worker is in one struct relay; there is one thread.
 */
#ifndef RELAY_H
#define RELAY_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "beat.h"
#include "chan.h"
#include "conn.h"
#include "drain.h"
#include "far.h"
#include "files.h"
#include "hands.h"
#include "heap.h"
#include "hold.h"
#include "leases.h"
#include "link.h"
#include "listing.h"
#include "log.h"
#include "move.h"
#include "newrate.h"
#include "nodes.h"
#include "output.h"
#include "owner.h"
#include "packets.h"
#include "pool.h"
#include "queue.h"
#include "relayadmit.h"
#include "relayconf.h"
#include "relayconn.h"
#include "seals.h"
#include "statspage.h"

struct cluster_peers;
struct derp_sent;
struct derp_tickets;

/* A worker. */
struct relay {
	struct conn_set	 set;		/* the connections */
	struct ipc_chan	*parent;
	struct ipc_chan	*keys;		/* seals ServerInfo; NULL: none */
	struct ipc_relay_conf conf, next_conf;
	int		 configured;
	int		 has_mesh;	/* there can be mesh peers: there is a
					   mesh key, or was one, in this derpd
					   or in one before */
	uint32_t	 staged;	/* id of the staged settings, 0 none */
	int		 stopping;
	uint64_t	 stop_us;	/* when to exit at the latest */
	struct event	*ev_tick;
	struct event	*ev_stop;

	LIST_HEAD(, relay_conn) watchers;
	struct conn_files files;
	struct derp_pool conn_memory;	/* of the connections */
	struct relay_hands hands;	/* from fronts */
	struct derp_tickets *tickets;	/* taken of late */
	struct relay_admit admit;	/* who may use the relay */
	struct relay_seals seals;	/* of ServerInfo, waiting for keys */
	struct relay_newrate newrate;	/* of clients */
	struct relay_listing listing;	/* of clients, for a front */
	struct relay_drain drain;	/* of this machine */
	struct relay_hold hold;		/* while sessions move */
	struct move_all	 move;		/* of sessions to and from others */
	uint64_t	 last_number;	/* of a connection at this worker */
	struct log_limit refused;	/* logins */
	struct log_limit full;		/* no room for a client */

	struct cluster_owners owners;	/* of keys */
	struct cluster_links links;	/* to the other workers */
	struct nodes_all nodes;		/* of the region */
	struct relay_leases leases;	/* rates of groups */
	struct derp_env	 derp;		/* shared by all sessions */
	const struct cluster_far_ops *far_ops;	/* links to other nodes */
	struct cluster_far far;		/* keys at other nodes */
	struct cluster_peers *peers;	/* the keys that it owns */
	struct derp_sent *sent;	/* the receivers of packets, for PeerGone */
	struct derp_pool pool;		/* memory of packets */
	struct derp_queue_set queues;	/* of all connections */
	struct relay_packets_batch batch;
	struct conn_stats *stats;	/* in `own' */
	struct conn_statspage own;
	struct relay_beat beat;
	struct conn_heap heap;
};

/* Run the worker process; begins with ipc_child_init(), never returns. */
void	relay_main(void) __attribute__((noreturn));

/*
 * Create a worker that is not configured; `parent' is its channel to the
 * parent.  Exits with a message on failure.
 */
struct relay *relay_new(struct ipc_chan *parent);

/*
 * One turn of the struct relay `arg': handle input, write the resulting output,
 * reap closed connections.  These steps run one after the other, never within
 * another.  Waits for events if nothing is left to do.
 */
void	relay_turn(void *arg);

#endif
