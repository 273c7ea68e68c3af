/*
 * frontconn: the connection of a client of a front, which is not known yet.
 */
#ifndef FRONTCONN_H
#define FRONTCONN_H

#include <stddef.h>
#include <stdint.h>

#include "conn.h"
#include "frontlogin.h"
#include "hello.h"
#include "unfinished.h"

struct front;
struct front_pump;
struct net_tlssecrets;
struct front_tlsgen;
struct tls;
struct web_conn;
struct web_ws;

/* front_conn.shaking: what f->shaking holds the connection for. */
#define SHAKE_HELLO	1	/* a handshake, counted in f->nshaking */
#define SHAKE_REQUEST	2	/* requests */

/* A connection; front_conn_new() makes it, the reaper frees it. */
struct front_conn {
	struct conn		 conn;		/* the first member */
	struct front		*f;
	struct tls		*tls;		/* libtls has the records, or
						   shakes hands */
	struct net_tlssecrets *secrets;	/* of a handshake */
	struct front_tlsgen	*gen;		/* held during the handshake */
	struct front_hello_state hello;	/* how far input.held was checked */
	struct front_unfinished	 unfinished;
	unsigned int		 shaking;	/* SHAKE_*: on f->shaking */
	unsigned int		 counted:1,	/* in f->npumps */
				 named:1,	/* its address is what a load
						   balancer says */
				 derp:1,	/* of a port with derp: all is
						   served without TLS */
				 answered:1,	/* a request was handled */
				 validates:1;	/* a directory's: it gets a
						   certificate, and an end */
	uint16_t		 listener;	/* number of the address that
						   accepted it */
	struct web_conn		*http;		/* NULL: HTTP has no state */
	struct web_ws		*ws;
	struct front_login	 login;
	struct front_pump	*pump;		/* of CONN_PUMP */
};

/* The connection that `c' is the first member of. */
static inline struct front_conn *
front_conn_of(struct conn *c)
{
	return ((struct front_conn *)(void *)c);
}

/* The same for a connection that is not changed. */
static inline const struct front_conn *
front_conn_peek(const struct conn *c)
{
	return ((const struct front_conn *)(const void *)c);
}

/* Initialize the set of connections of `f'. */
void	front_conn_init(struct front *f);

/*
 * Create a connection on `fd', with TLS (1) or plain (0), from `addr' (IPv6 or
 * IPv4-mapped) and `port' (host order), accepted at the listening address of
 * the number `listener'.  Another one may be closed for it.  NULL without
 * memory, or when its source has too many; the caller then still owns `fd'.
 */
struct front_conn *front_conn_new(struct front *f, int fd, int tls,
	    uint16_t listener, const uint8_t addr[16], uint16_t port);

/* Return the state after the PROXY header: CONN_HANDSHAKE or CONN_HTTP. */
enum conn_state front_conn_first_state(const struct front_conn *c);

/* The client is known: count the connection as unauthenticated no longer. */
void	front_conn_known(struct front_conn *c);

/* Continue handshakes whose input is whole, for a few milliseconds. */
void	front_conn_shake(struct front *f);

/* Signatures can be made again: continue handshakes that waited. */
void	front_conn_signs(struct front *f);

#endif
