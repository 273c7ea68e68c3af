/*
 * relay: a relay worker, the process that speaks TLS, HTTP and DERP with
 * clients.  It holds no private key and opens no file.
 *
 * Each module has a header of its own, which says what it is.  This one has the
 * worker that they are parts of, for code that concerns all of it.
 *
 * All of a worker hangs off one struct relay; there is one thread.
 */
#ifndef RELAY_H
#define RELAY_H

#include <sys/queue.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

#include "accept.h"
#include "chan.h"
#include "conn.h"
#include "heap.h"
#include "httpconn.h"
#include "link.h"
#include "log.h"
#include "login.h"
#include "mapstore.h"
#include "output.h"
#include "pool.h"
#include "queue.h"
#include "relayconf.h"
#include "stats.h"
#include "tlsio.h"
#include "tlskey.h"
#include "tokens.h"
#include "unfinished.h"

struct cluster_peers;
struct cluster_stats;
struct derp_sent;

/* A worker. */
struct relay {
	struct event_base *base;
	struct ipc_chan	*parent;
	struct ipc_chan	*box;		/* to keys, NULL while it is gone */
	struct ipc_relay_conf conf, next_conf;
	int		 configured;
	struct relay_tlskey tlskey;	/* signs for TLS */
	uint32_t	 staged;	/* id of settings that are, 0 none */
	uint64_t	 now_us;	/* monotonic; of this round */
	uint64_t	 next_id;
	int		 stopping;
	uint64_t	 stop_us;	/* when to end at the latest */

	struct relay_conn_list conns;
	struct relay_conn_list dead;	/* for the reaper */
	struct relay_conn_list resumed;	/* input that the turn handles */
	struct relay_conn_list shaking;	/* that of handshakes, a few a turn */
	unsigned int	 nshaking;
	struct relay_unfinished_set unfinished;
	struct log_limit refused;	/* strangers: of a full source, */
	struct log_limit gave_way;	/* and for newer ones */
	struct relay_conn_list wheel[WHEEL_SLOTS];
	LIST_HEAD(, relay_conn) watchers;
	unsigned int	 now_slot;
	unsigned int	 nconns;
	struct event	*ev_tick;
	struct event	*ev_stop;

	struct relay_acceptor acceptor;
	struct relay_tls tls;

	struct cluster_links links;	/* to the other workers */
	struct cluster_stats *linkstats;	/* their counters */
	struct derp_env	 derp;		/* of all sessions */
	struct derp_logins logins;	/* that keys has not answered */
	struct cluster_peers *peers;	/* who is connected, anywhere */
	struct derp_sent *sent;		/* who heard from whom, here */
	struct derp_pool pool;		/* memory of packets */
	struct derp_queue_set queues;	/* of all connections */
	struct relay_outputs outputs;
	struct relay_stats	 stats;
	struct web_scratch web;
	struct web_mapstore	 maps;
	struct acme_tokens	 tokens;
	char			*metrics;	/* of other processes; NULL
						   none */

	/* how busy it is, for relay.c */
	uint64_t	 load_at;	/* us, begin of the window */
	uint64_t	 load_packets;	/* in and out, then */
	uint64_t	 turn_packets;	/* in and out, before this turn */
	int		 busy;
	struct relay_heap heap;

	uint8_t		 in_buf[RELAY_IN_SIZE];
};

/* The worker process; starts with ipc_child_init(), never returns. */
void	relay_main(void) __attribute__((noreturn));

/* Set r->now_us; first thing in every event. */
void	relay_clock(struct relay *r);

/* 1 when there is a keys process to sign for handshakes, else 0. */
int	relay_can_sign(struct relay *r);

#endif
