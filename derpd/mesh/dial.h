/*
 * dial: one attempt to log in at the node: its addresses in turn, TLS, the
 * upgrade, the login.
 *
 * The resolver blocks; all else is driven by events.
 */
#ifndef DIAL_H
#define DIAL_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "login.h"
#include "node.h"
#include "place.h"
#include "transport.h"

#define MESH_CONNECT_MS	3000	/* to connect to an address */
#define MESH_DIAL_MS	10000	/* for all addresses, after the resolver */

/* Maximum bytes of a ClientInfo's payload. */
#define MESH_CLIENTINFO	1024

/* How an attempt ended. */
enum mesh_dial_end {
	MESH_DIAL_FAILED,	/* d->why */
	MESH_DIAL_SELF,		/* the node is this one */
	MESH_DIAL_IN		/* logged in: d->t has the connection, and
				   d->login the bytes behind */
};

/* What an attempt is doing. */
enum mesh_dial_step {
	MESH_DIAL_IDLE,
	MESH_DIAL_FIND,		/* the addresses */
	MESH_DIAL_TRY,		/* the next address */
	MESH_DIAL_CONNECT,
	MESH_DIAL_SHAKE,
	MESH_DIAL_SEND,
	MESH_DIAL_READ,
	MESH_DIAL_ASK		/* keys makes the ClientInfo */
};

struct mesh_dial {
	struct event_base *base;
	struct mesh_node *node;
	const struct net_resolver *resolver;
	struct net_record_cache *records;
	/*
	 * The node's key is known, in d->login.server: call mesh_dial_info().
	 */
	void		(*ask)(struct mesh_dial *d, void *arg);
	/*
	 * It has ended.  After MESH_DIAL_IN the connection is the callee's.
	 */
	void		(*ended)(struct mesh_dial *d, enum mesh_dial_end e,
			    void *arg);
	void		*arg;
	unsigned int	 connect_ms, dial_ms;	/* 0: MESH_CONNECT_MS,
						   MESH_DIAL_MS */

	enum mesh_dial_step step;
	struct net_transport t;
	struct mesh_login login;
	struct event	 io, timer;
	uint64_t	 until;		/* of all addresses, monotonic ms */
	struct net_place places[NET_MAXPLACES];
	size_t		 nplaces, tried;
	size_t		 first;		/* place to begin with: the one behind
					   that which failed last */
	size_t		 at;		/* the place that is tried */
	char		 where[64];	/* its text */
	uint8_t		 out[FRAME_HDR_LEN + MESH_CLIENTINFO];
	size_t		 out_len, out_done;
	char		 why[IPC_WHYSIZE];
	enum mesh_dial_step why_step;	/* the step that failed so */
};

/*
 * Prepare for attempts.  The members before `step' have been set
 * (`resolver' NULL: libc's).
 */
void	 mesh_dial_init(struct mesh_dial *d);

/* Begin an attempt.  d->ended() is called later, or from within. */
void	 mesh_dial_begin(struct mesh_dial *d);

/* Send the ClientInfo of `len' bytes, for d->ask(). */
void	 mesh_dial_info(struct mesh_dial *d, const uint8_t *info, size_t len);

/* The ClientInfo can't be made: the attempt fails. */
void	 mesh_dial_no_info(struct mesh_dial *d, const char *why);

/* End the attempt, without d->ended(), and close its connection. */
void	 mesh_dial_stop(struct mesh_dial *d);

#endif
