/*
 * workernode: one node (relay server) of the DERP map, as one interface uses
 * it: dialled on demand, dialled again with jitter, closed when idle.
 *
 * Its owner (relays.c) holds it while a peer uses it, gives it packets and what
 * it asks for (addresses, sockets, logins: each question has a cookie), and is
 * told of packets and of changes of its state.  Times are monotonic
 * milliseconds.  Everything is called in the event loop, nothing blocks.
 *
 *	worker_node_init()	once
 *	worker_node_hold()	a peer needs it: it is dialled, and kept
 *	worker_node_send()	any number of times in a turn ...
 *	worker_node_flush()	... then once
 *	worker_node_release()	no longer: it is closed after idling
 *	worker_node_free()
 */
#ifndef WORKERNODE_H
#define WORKERNODE_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "dial.h"
#include "outqueue.h"
#include "redial.h"
#include "workerlink.h"

enum worker_node_state {
	WORKER_NODE_IDLE,	/* not connected, nobody holds it */
	WORKER_NODE_DIALING,
	WORKER_NODE_UP,
	WORKER_NODE_WAITING	/* it failed: dialled again at n->again_at */
};

struct worker_node;

struct worker_node_ops {
	/*
	 * A packet from the peer `src'; as worker_link_ops.packet(): the bytes
	 * at `p' stay valid until read_over().
	 */
	void	(*packet)(struct worker_node *n,
		    const uint8_t src[FRAME_KEY_LEN], uint8_t *p, size_t len,
		    void *arg);

	/* All packets of one read have been passed on: send them now. */
	void	(*read_over)(struct worker_node *n, void *arg);

	/* The relay says that this peer is not there; PEER_GONE_*. */
	void	(*gone)(struct worker_node *n,
		    const uint8_t key[FRAME_KEY_LEN], uint8_t reason,
		    void *arg);

	/*
	 * n->state has changed (n->why has the reason of
	 * WORKER_NODE_WAITING), or n->link.health.
	 */
	void	(*changed)(struct worker_node *n, void *arg);

	/*
	 * Find the addresses of `host', a name: those of the map's node, or
	 * else by DNS.  Answer with worker_node_addrs(), also from within.
	 */
	void	(*want_addrs)(struct worker_node *n, uint32_t cookie,
		    const char *host, void *arg);

	/*
	 * Get a TCP socket of this family (AF_INET, AF_INET6), which is not
	 * connected: answer with worker_node_socket().
	 */
	void	(*want_socket)(struct worker_node *n, uint32_t cookie,
		    int family, void *arg);

	/*
	 * Get the ClientInfo for the relay with this key: answer with
	 * worker_node_login().
	 */
	void	(*want_login)(struct worker_node *n, uint32_t cookie,
		    const uint8_t server[FRAME_KEY_LEN], void *arg);
};

struct worker_node {
	/* Set by the owner, before worker_node_init(). */
	struct event_base *base;
	struct worker_links *links;
	const struct worker_node_ops *ops;
	void		*arg;
	unsigned int	 idle_ms;	/* not held, no packet for so long: it
					   is closed; 0: it never is */
	struct dial_node target;	/* by dial_node_set() of lib/dial; and
					   trust.certname, trust.held, proxy */

	/* To be read by the owner. */
	enum worker_node_state state;
	unsigned int	 holds;		/* hold() without release() */
	uint64_t	 since;		/* in this state */
	uint64_t	 again_at;	/* WORKER_NODE_WAITING */
	unsigned int	 failures;	/* in a row, 0 after a login */
	char		 why[256];	/* why it is not up, printable; "" */
	char		 where[DIAL_WHERESIZE];	/* its address, while it is up;
						   "" */
	uint8_t		 key[FRAME_KEY_LEN]; /* the relay's, when it was up */
	struct worker_outqueue queue;	/* and why packets were dropped */
	struct worker_link link;	/* WORKER_NODE_UP; its counts always */

	/* Its own. */
	struct dial	 dial;
	struct dial_redial redial;
	struct event	 timer;
	uint32_t	 cookie;	/* of the last question */
	int		 wanted;	/* a packet came since the last dial */
};

/*
 * Prepare the node; those members that the owner sets are set, all else is
 * zeros.
 */
void	 worker_node_init(struct worker_node *n);

/* Close it and free all but `n' itself.  Not from within its call-backs. */
void	 worker_node_free(struct worker_node *n);

/*
 * A peer uses the node: dial it if it is idle, dial it again whenever it
 * fails, and keep it connected.
 */
void	 worker_node_hold(struct worker_node *n);

/* The end of that. */
void	 worker_node_release(struct worker_node *n);

/*
 * The network has changed, or the machine has slept: dial now if it waits, find
 * out whether the relay is there if it is up.
 */
void	 worker_node_hurry(struct worker_node *n);

/*
 * Queue a packet of `len' bytes for the peer `dst'; it is copied.  A node that
 * is idle is dialled.  Returns 0, or -1: it was dropped.
 */
int	 worker_node_send(struct worker_node *n,
	    const uint8_t dst[FRAME_KEY_LEN], const void *p, size_t len,
	    uint64_t now);

/* Send what was queued.  Call it at the end of a turn. */
void	 worker_node_flush(struct worker_node *n, uint64_t now);

/*
 * Answers.  One with an old cookie is ignored, and its descriptor closed.
 * `n_places' 0 or `fd' -1 or `info' NULL: it can't be had, for `why', one line.
 */
void	 worker_node_addrs(struct worker_node *n, uint32_t cookie,
	    const struct net_place *places, size_t n_places, const char *why);
void	 worker_node_socket(struct worker_node *n, uint32_t cookie, int fd,
	    const char *why);
void	 worker_node_login(struct worker_node *n, uint32_t cookie,
	    const uint8_t *info, size_t len, const char *why);

#endif
