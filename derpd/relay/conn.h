/*
 * conn: a connection of a relay worker, from accept to close.
 */
#ifndef CONN_H
#define CONN_H

#include <sys/queue.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "beat.h"
#include "buf.h"
#include "hello.h"
#include "input.h"
#include "output.h"
#include "record.h"
#include "session.h"
#include "unfinished.h"

struct derp_box;
struct web_conn;
struct relay;
struct net_record;
struct relay_login;
struct relay_pump;
struct tls;
struct relay_tlsctx_secrets;
struct relay_tlsgen;
struct web_ws;

TAILQ_HEAD(relay_conn_list, relay_conn);

#define WHEEL_SLOTS	128		/* maximum seconds of a deadline */

#define LOGIN_SECS	10		/* each step, derp(7) section 2 */
#define RELAY_HTTP_SECS	30		/* a request, or until the next one */
#define LINGER_SECS	1		/* after the end of our stream */
#define LINGER_BYTES	(64 * 1024)	/* maximum input read after it */
#define KEEPALIVE_SECS	60
#define KEEPALIVE_JITTER 5
#define MESH_WRITE_MS	30000		/* write deadline of mesh peers */

enum relay_conn_state {
	CONN_PROXY,		/* the header of a load balancer is expected */
	CONN_HANDSHAKE,		/* TLS */
	CONN_HTTP,		/* a request head is expected */
	CONN_INFO,		/* ServerKey sent, ClientInfo expected */
	CONN_ADMIT,		/* keys validates the ClientInfo */
	CONN_HAND,		/* handed over once its output is written */
	CONN_PUMP,		/* its session is at the other end of a pair */
	CONN_UP,		/* logged in */
	CONN_DRAIN		/* pending output is sent, then it closes */
};

/*
 * What a connection has until its client is known: TLS handshake, HTTP, login.
 * An HTTP client is never known.
 */
struct relay_unknown {
	struct relay_unfinished	 unfinished;
	uint16_t		 listener;	/* number of the address that
						   accepted it */
	struct relay_hello_state hello;	/* how far input.held was checked */
	struct relay_tlsctx_secrets *secrets;	/* of a handshake */
	struct relay_tlsgen	*gen;		/* held during the handshake */
	struct web_conn		*http;	/* NULL: HTTP has no state of it */
	struct derp_box		*login;		/* until keys has answered; then
						   until ServerInfo is sealed */
	size_t			 info_at;	/* bytes of own frames that go
						   before ServerInfo */
	struct relay_login	*known;		/* of CONN_HAND */
};

/* A connection; relay_conn_new() makes it, relay_conn_reap() frees it. */
struct relay_conn {
	struct relay		*r;
	int			 fd;		/* -1 when closed */
	enum relay_conn_state	 state;
	size_t			 size;		/* bytes of its memory */
	uint64_t		 id;		/* never used twice in this
						   worker */
	struct tls		*tls;		/* libtls has the records, or
						   shakes hands */
	struct net_record *rec;			/* we have the records */
	struct relay_unknown	*unknown;	/* NULL: logged in */
	struct event		 ev_read;
	struct event		*ev_rate;	/* while PAUSE_RATE is set */
	unsigned int		 paused;	/* PAUSE_* */
	unsigned int		 dead:1, on_wheel:1, plain:1, lingering:1,
				 proxied:1;	/* counted in r->npumps */
	unsigned int		 shaking;	/* SHAKE_*: on r->shaking */
	TAILQ_ENTRY(relay_conn) entry;	/* r->conns, until it is reaped */
	TAILQ_ENTRY(relay_conn) dead_link;	/* r->dead */
	/*
	 * with PAUSE_TURN: on r->resumed, or on r->shaking if `shaking' is set;
	 * not paused: on r->beat.conns if `pace.on' is set
	 */
	TAILQ_ENTRY(relay_conn) resumed;
	TAILQ_ENTRY(relay_conn) wheel;	/* list of its deadline or keep-alive */
	unsigned int		 slot;		/* index in r->wheel */
	unsigned int		 period;	/* s between keep-alives */

	uint8_t			 addr[16];	/* IPv6 or IPv4-mapped; of the
						   client, if a load balancer
						   named it */
	uint16_t		 port;		/* host order; 0: not known */
	struct web_ws		*ws;
	struct relay_pump	*pump;		/* of CONN_PUMP */

	struct relay_input input;
	struct relay_pace pace;
	struct relay_output output;
	struct derp_session session;
};

/*
 * Create a connection on `fd', with TLS (1) or plain (0), from `addr' (IPv6 or
 * IPv4-mapped) and `port' (host order), accepted at the listening address of
 * the number `listener'.  Another unauthenticated one may be closed for it.
 * NULL without memory, or when its source has too many; the caller then still
 * owns `fd'.
 */
struct relay_conn *relay_conn_new(struct relay *r, int fd, int tls,
	    uint16_t listener, const uint8_t addr[16], uint16_t port);

/* Return the state after the PROXY header: CONN_HANDSHAKE or CONN_HTTP. */
enum relay_conn_state relay_conn_first_state(const struct relay_conn *c);

/*
 * Create the connection of a client that is known, paused by PAUSE_LOGIN; its
 * records are set by the caller.  NULL without memory; the caller then still
 * owns `fd'.
 */
struct relay_conn *relay_conn_take(struct relay *r, int fd,
	    const uint8_t addr[16], uint16_t port);

/*
 * Mark the connection as closed; `why' (static) is shown in verbose logs.  No
 * more input is handled and no more output queued; relay_conn_reap() ends it.
 * It unlinks and frees nothing, so that it may be called within any walk.
 */
void	relay_conn_close(struct relay_conn *c, const char *why);

/*
 * The client has logged in: free the connection's struct relay_unknown, whose
 * modules have freed their parts, and count it as unauthenticated no longer.
 */
void	relay_conn_known(struct relay_conn *c);

/* Stop handling input, send pending output within 2 s, then close. */
void	relay_conn_drain(struct relay_conn *c);

/*
 * Close the connection in `secs' (below WHEEL_SLOTS) unless this is called
 * again; in CONN_UP, send a KeepAlive then.
 */
void	relay_conn_deadline(struct relay_conn *c, unsigned int secs);

/* Remove the deadline. */
void	relay_conn_no_deadline(struct relay_conn *c);

/* Called every second: handle deadlines and keep-alives. */
void	relay_conn_tick(struct relay *r);

/*
 * End and free the connections that were closed.  Only here do connections
 * leave the worker's lists and tables.  Notifications that result are queued.
 */
void	relay_conn_reap(struct relay *r);

#endif
