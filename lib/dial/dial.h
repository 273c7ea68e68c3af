/*
 * dial: one attempt to log in at a node: its addresses in turn, a proxy if
 * there is one, TLS, the upgrade, the login.
 *
 * All is driven by events, but for libc's resolver, which blocks.  Addresses
 * and sockets can come from the owner instead: for processes that may use
 * neither the resolver nor socket(2).
 */
#ifndef DIAL_H
#define DIAL_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "diallogin.h"
#include "dialnode.h"
#include "place.h"
#include "transport.h"

#define DIAL_CONNECT_MS	3000	/* to connect to an address */
#define DIAL_ALL_MS	10000	/* for all addresses, after the resolver */

/* Bytes of the text of an address, with the proxy on the way. */
#define DIAL_WHERESIZE	200

/* Maximum bytes of a ClientInfo's payload. */
#define DIAL_CLIENTINFO	1024

/* How an attempt ended. */
enum dial_end {
	DIAL_FAILED,		/* d->why */
	DIAL_SELF,		/* the node is this one */
	DIAL_IN			/* logged in: d->t has the connection, and
				   d->login the bytes behind */
};

/* What an attempt is doing. */
enum dial_step {
	DIAL_IDLE,
	DIAL_FIND,		/* the addresses */
	DIAL_TRY,		/* the next address */
	DIAL_LEND,		/* the owner has no socket yet */
	DIAL_CONNECT,
	DIAL_PROXY_SEND,	/* CONNECT */
	DIAL_PROXY_READ,
	DIAL_SHAKE,
	DIAL_SEND,
	DIAL_READ,
	DIAL_ASK		/* the owner makes the ClientInfo */
};

struct dial {
	struct event_base *base;
	struct dial_node *node;
	const struct net_resolver *resolver;
	struct net_record_cache *records;
	/*
	 * Find the addresses of `host': call dial_places().  NULL: the
	 * resolver does.
	 */
	void		(*find)(struct dial *d, const char *host, void *arg);
	/*
	 * Get a TCP socket of this family, not connected and non-blocking: call
	 * dial_socket().  NULL: by socket(2).
	 */
	void		(*lend)(struct dial *d, int family, void *arg);
	/*
	 * The node's key is known, in d->login.server: call dial_info().
	 */
	void		(*ask)(struct dial *d, void *arg);
	/*
	 * It has ended.  After DIAL_IN the connection is the callee's.
	 */
	void		(*ended)(struct dial *d, enum dial_end e, void *arg);
	void		*arg;
	unsigned int	 connect_ms, dial_ms;	/* 0: DIAL_CONNECT_MS,
						   DIAL_ALL_MS */

	enum dial_step step;
	struct net_transport t;
	struct dial_login login;
	struct event	 io, timer;
	uint64_t	 until;		/* of all addresses, monotonic ms */
	struct net_place places[NET_MAXPLACES];
	size_t		 nplaces, tried;
	size_t		 first;		/* place to begin with: the one behind
					   that which failed last */
	size_t		 at;		/* the place that is tried */
	char		 where[DIAL_WHERESIZE];	/* its text */
	uint8_t		 out[FRAME_HDR_LEN + DIAL_CLIENTINFO];
	size_t		 out_len, out_done;
	char		 why[IPC_WHYSIZE];
	enum dial_step why_step;	/* the step that failed so */
};

/*
 * Prepare for attempts.  The members before `step' have been set
 * (`resolver' NULL: libc's).
 */
void	 dial_init(struct dial *d);

/* Begin an attempt.  d->ended() is called later, or from within. */
void	 dial_begin(struct dial *d);

/*
 * For d->find(), also from within: `n' addresses, which need no port; 0: there
 * are none, for `why', one line.
 */
void	 dial_places(struct dial *d, const struct net_place *v, size_t n,
	    const char *why);

/*
 * For d->lend(), also from within: a socket, which is taken; -1: there is none,
 * for `why'.
 */
void	 dial_socket(struct dial *d, int fd, const char *why);

/* Send the ClientInfo of `len' bytes, for d->ask(). */
void	 dial_info(struct dial *d, const uint8_t *info, size_t len);

/* The ClientInfo can't be made: the attempt fails. */
void	 dial_no_info(struct dial *d, const char *why);

/* End the attempt, without d->ended(), and close its connection. */
void	 dial_stop(struct dial *d);

#endif
