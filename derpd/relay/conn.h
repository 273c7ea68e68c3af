/*
 * conn: a connection of a relay worker, from accept to close.
 */
#ifndef CONN_H
#define CONN_H

#include <sys/queue.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "input.h"
#include "output.h"
#include "session.h"
#include "unfinished.h"

struct derp_box;
struct relay;
struct relay_tlsgen;
struct tls;
struct web_conn;
struct web_ws;

TAILQ_HEAD(relay_conn_list, relay_conn);

#define WHEEL_SLOTS	128		/* seconds a deadline may be away */

#define LOGIN_SECS	10		/* each step, derp(7) section 2 */
#define RELAY_HTTP_SECS	30		/* a request, or waiting for the next */
#define LINGER_SECS	1		/* after our last word */
#define LINGER_BYTES	(64 * 1024)	/* that are read after it */
#define KEEPALIVE_SECS	60
#define KEEPALIVE_JITTER 5
#define MESH_WRITE_MS	30000		/* write deadline of mesh peers */

enum relay_conn_state {
	CONN_HANDSHAKE,		/* TLS */
	CONN_HTTP,		/* a request head is expected */
	CONN_INFO,		/* ServerKey sent, ClientInfo expected */
	CONN_ADMIT,		/* keys looks at the ClientInfo */
	CONN_UP,		/* logged in */
	CONN_DRAIN		/* last words are going out, then close */
};

/* A connection; relay_conn_new() makes it, relay_conn_reap() frees it. */
struct relay_conn {
	struct relay		*r;
	int			 fd;		/* -1 when closed */
	enum relay_conn_state	 state;
	uint64_t		 id;		/* never used twice in this
						   worker */
	struct tls		*tls;		/* NULL on a plain port */
	struct relay_tlsgen	*gen;		/* held during the handshake */
	struct event		 ev_read;
	struct event		*ev_rate;	/* end of PAUSE_RATE */
	unsigned int		 paused;	/* PAUSE_* */
	unsigned int		 dead:1, on_wheel:1, plain:1, lingering:1;
	unsigned int		 shaking;	/* SHAKE_*: on r->shaking */
	TAILQ_ENTRY(relay_conn) entry;		/* r->conns, until it is
						   reaped */
	TAILQ_ENTRY(relay_conn) dead_link;	/* r->dead */
	TAILQ_ENTRY(relay_conn) resumed;	/* with PAUSE_TURN: r->resumed,
						   or r->shaking if it is
						   `shaking' */
	TAILQ_ENTRY(relay_conn) wheel;		/* deadline or keep-alive */
	unsigned int		 slot;		/* on the wheel */
	unsigned int		 period;	/* s between keep-alives */

	uint8_t			 addr[16];	/* IPv6 or IPv4-mapped */
	uint16_t		 port;		/* host order */
	struct relay_unfinished	 unfinished;	/* while it is not logged in */
	struct web_conn *http;			/* made when it keeps
						   something */
	struct derp_box		*login;		/* until keys has answered */
	struct web_ws		*ws;

	struct relay_input input;
	struct relay_output output;
	struct derp_session session;
};

/*
 * A new connection on `fd', with TLS (1) or plain (0), from `addr' (IPv6 or
 * IPv4-mapped) and `port' (host order).  Another one that is not logged in may
 * be closed for it.  NULL without memory, or when there are too many from its
 * source; `fd' is then still the caller's.
 */
struct relay_conn *relay_conn_new(struct relay *r, int fd, int tls,
	    const uint8_t addr[16], uint16_t port);

/*
 * Mark it as closed; `why' (static) shows in verbose logs.  Nothing is handled
 * for it or sent to it any more; relay_conn_reap() ends it.  Unlinks and frees
 * nothing, so that it may be called within any walk.
 */
void	relay_conn_close(struct relay_conn *c, const char *why);

/* Send what is left, within 2 s, then close; no more input is taken. */
void	relay_conn_drain(struct relay_conn *c);

/*
 * Close unless this is called again within `secs' (below WHEEL_SLOTS); of a
 * connection in CONN_UP: send a KeepAlive then.
 */
void	relay_conn_deadline(struct relay_conn *c, unsigned int secs);

/* The second has passed: deadlines and keep-alives. */
void	relay_conn_tick(struct relay *r);

/*
 * End and free what was closed: the one place where a connection leaves the
 * worker's lists and tables.  What that makes known to others is queued.
 */
void	relay_conn_reap(struct relay *r);

#endif
