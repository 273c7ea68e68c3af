/*
 * relay: a relay worker, the process that speaks TLS, HTTP and DERP with
 * clients.  It holds no private key and opens no file.
 *
 * Each module has a header of its own.  This one defines the worker, for code
 * that uses several modules.
 *
 * All state of a worker is in one struct relay; there is one thread.
 */
#ifndef RELAY_H
#define RELAY_H

#include <sys/queue.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

#include "accept.h"
#include "beat.h"
#include "chan.h"
#include "conn.h"
#include "counterpages.h"
#include "handover.h"
#include "heap.h"
#include "httpconn.h"
#include "link.h"
#include "log.h"
#include "login.h"
#include "mapstore.h"
#include "output.h"
#include "owner.h"
#include "pool.h"
#include "proxy.h"
#include "queue.h"
#include "relayconf.h"
#include "stats.h"
#include "tlsio.h"
#include "tlskey.h"
#include "tokens.h"
#include "unfinished.h"

struct cluster_peers;
struct derp_sent;

/* A worker. */
struct relay {
	struct event_base *base;
	struct ipc_chan	*parent;
	struct ipc_chan	*box;		/* to keys; NULL without keys */
	struct ipc_relay_conf conf, next_conf;
	int		 configured;
	struct relay_tlskey tlskey;	/* signs for TLS */
	uint32_t	 staged;	/* id of the staged settings, 0 none */
	uint64_t	 now_us;	/* monotonic; of this turn */
	uint64_t	 next_id;
	int		 stopping;
	uint64_t	 stop_us;	/* when to exit at the latest */

	struct relay_conn_list conns;
	struct relay_conn_list dead;	/* for the reaper */
	struct relay_conn_list resumed;	/* input for this turn */
	/* handshakes and requests, a few a turn */
	struct relay_conn_list shaking;
	unsigned int	 nshaking;
	struct relay_unfinished_set unfinished;
	struct log_limit refused; /* unauthenticated: its source is full */
	struct log_limit gave_way; /* unauthenticated: closed for new ones */
	struct relay_conn_list wheel[WHEEL_SLOTS];
	LIST_HEAD(, relay_conn) watchers;
	unsigned int	 now_slot;
	unsigned int	 nconns;
	unsigned int	 npumps; /* of these, in CONN_PUMP */
	struct derp_pool conn_memory;	/* of the connections */
	struct event	*ev_tick;
	struct event	*ev_stop;

	struct relay_acceptor acceptor;
	struct relay_proxies proxies;
	struct relay_tls tls;

	struct cluster_owners owners;	/* of keys */
	struct cluster_links links;	/* to the other workers */
	struct cluster_pages pages;	/* all counters */
	struct derp_env	 derp;		/* shared by all sessions */
	struct derp_logins logins;	/* waiting for keys */
	struct relay_hands hands;	/* to the owners of keys */
	struct cluster_peers *peers;	/* the keys that it owns */
	struct derp_sent *sent;	/* the receivers of packets, for PeerGone */
	struct derp_pool pool;		/* memory of packets */
	struct derp_queue_set queues;	/* of all connections */
	struct relay_outputs outputs;
	struct relay_stats *stats;	/* own counters, in their page */
	struct web_scratch web;
	struct web_mapstore	 maps;
	struct acme_tokens	 tokens;
	char			*metrics; /* of other processes; NULL: none */

	struct relay_beat beat;
	struct relay_heap heap;

	uint8_t		 in_buf[IN_CUT + RELAY_IN_SIZE];
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

/* Set r->now_us; called first in every event. */
void	relay_clock(struct relay *r);

/* Return 1 when the signer is ready to sign for handshakes, else 0. */
int	relay_can_sign(struct relay *r);

#endif
