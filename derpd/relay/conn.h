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
#include "hello.h"
#include "output.h"
#include "session.h"
#include "strangers.h"

struct cursor;
struct derp_box;
struct http_conn;
struct relay;
struct tls;
struct tlsgen;
struct ws;

TAILQ_HEAD(conn_list, conn);

#define IN_SIZE		(128 * 1024)	/* one recv */
#define WHEEL_SLOTS	128		/* seconds a deadline may be away */

#define LOGIN_SECS	10		/* each step, derp(7) section 2 */
#define HTTP_SECS	30		/* a request, or waiting for the next */
#define LINGER_SECS	1		/* after our last word */
#define LINGER_BYTES	(64 * 1024)	/* that are read after it */
#define KEEPALIVE_SECS	60
#define KEEPALIVE_JITTER 5
#define MESH_WRITE_MS	30000		/* write deadline of mesh peers */

enum conn_state {
	CONN_HANDSHAKE,		/* TLS */
	CONN_HTTP,		/* a request head is expected */
	CONN_INFO,		/* ServerKey sent, ClientInfo expected */
	CONN_ADMIT,		/* keys looks at the ClientInfo */
	CONN_UP,		/* logged in */
	CONN_DRAIN		/* last words are going out, then close */
};

/* Why input is held back; bits. */
#define PAUSE_LOGIN	0x01	/* keys or admission has not answered */
#define PAUSE_KEYS	0x02	/* no keys process to sign for us */
#define PAUSE_RATE	0x04	/* over its receive rate */
#define PAUSE_STATS	0x08	/* the answer needs the other workers */
#define PAUSE_DRAIN	0x10	/* nothing more is wanted */
#define PAUSE_BODY	0x20	/* the answer before is still going out */
#define PAUSE_TURN	0x40	/* resumed: the turn has yet to handle it */
#define PAUSE_NEXT	0x80	/* goes on in the next turn */

#define SHAKE_HELLO	1	/* a handshake: one of r->nshaking */
#define SHAKE_ASK	2	/* requests */

/* What came from a client and has yet to be handled. */
struct relay_input {
	struct cursor	*src;		/* ciphertext, within tlsio_pump() */
	struct buf	 held;		/* ciphertext not decrypted: paused */
	struct buf	 pend;		/* plaintext not looked at: paused */
	struct hello_state hello;	/* how far `held' was looked at */
	uint32_t	 linger_left;	/* bytes to pass over before its end */
};

/* A connection; conn_new() makes it, conn_reap() frees it. */
struct conn {
	struct relay	*r;
	int		 fd;		/* -1 when closed */
	enum conn_state	 state;
	uint64_t	 id;		/* never used twice in this worker */
	struct tls	*tls;		/* NULL on a plain port */
	struct tlsgen	*gen;		/* held during the handshake */
	struct event	 ev_read;
	struct event	*ev_rate;	/* end of PAUSE_RATE */
	unsigned int	 paused;	/* PAUSE_* */
	unsigned int	 dead:1, on_wheel:1, plain:1, lingering:1;
	unsigned int	 shaking;	/* SHAKE_*: on r->shaking */
	TAILQ_ENTRY(conn) entry;	/* r->conns, until it is reaped */
	TAILQ_ENTRY(conn) dead_link;	/* r->dead */
	TAILQ_ENTRY(conn) resumed;	/* with PAUSE_TURN: r->resumed, or
					   r->shaking if it is `shaking' */
	TAILQ_ENTRY(conn) wheel;	/* deadline or keep-alive */
	unsigned int	 slot;		/* on the wheel */
	unsigned int	 period;	/* s between keep-alives */

	uint8_t		 addr[16];	/* IPv6 or IPv4-mapped */
	uint16_t	 port;		/* host order */
	struct stranger	 stranger;	/* while it is not logged in */
	struct http_conn *http;		/* made when it keeps something */
	struct derp_box	*login;		/* until keys has answered */
	struct ws	*ws;

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
struct conn *conn_new(struct relay *r, int fd, int tls,
	    const uint8_t addr[16], uint16_t port);

/*
 * Mark it as closed; `why' (static) shows in verbose logs.  Nothing is handled
 * for it or sent to it any more; conn_reap() ends it.  Unlinks and frees
 * nothing, so that it may be called within any walk.
 */
void	conn_close(struct conn *c, const char *why);

/* Send what is left, within 2 s, then close; no more input is taken. */
void	conn_drain(struct conn *c);

/*
 * Hold input back for the reasons `why' (PAUSE_*), or let it go on when none is
 * left: it is then queued for conn_work(), and handled there and nowhere else.
 */
void	conn_pause(struct conn *c, unsigned int why);
void	conn_resume(struct conn *c, unsigned int why);

/* Handle what was held of the connections that were resumed. */
void	conn_work(struct relay *r);

/* Go on with handshakes for which all has come, for a few milliseconds. */
void	conn_shake(struct relay *r);

/*
 * Handle the `n' bytes of plaintext at `p' as the connection's state says.  All
 * are taken; it may be closed afterwards.
 */
void	conn_input(struct conn *c, const uint8_t *p, size_t n);

/*
 * The same for DERP bytes out of WebSocket messages; a ws_data_cb, `arg' is the
 * connection.  0, or -1: it is closed.
 */
int	conn_ws_data(const uint8_t *p, size_t n, void *arg);

/*
 * Close unless this is called again within `secs' (below WHEEL_SLOTS); of a
 * connection in CONN_UP: send a KeepAlive then.
 */
void	conn_deadline(struct conn *c, unsigned int secs);

/* The second has passed: deadlines and keep-alives. */
void	conn_tick(struct relay *r);

/*
 * End and free what was closed: the one place where a connection leaves the
 * worker's lists and tables.  What that makes known to others is queued.
 */
void	conn_reap(struct relay *r);

#endif
