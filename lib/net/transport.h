/*
 * transport: a non-blocking connection of a client: a socket, and TLS on it.
 *
 * TLS reads from the socket through a call-back that gives it a limited number
 * of bytes a turn, so that a server that sends without end can't keep it busy.
 *
 * After a handshake of TLS 1.3 the records can be our own (record.h), so that
 * the connection can go to another process: net_transport_own() and those
 * below, of transport_own.c.
 */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <sys/types.h>
#include <sys/socket.h>
#include <stddef.h>
#include <tls.h>

#include "record.h"

/* What a call waits for, as its result. */
#define TRANSPORT_WANT_READ	(-2)
#define TRANSPORT_WANT_WRITE	(-3)

#define TRANSPORT_TURN		(64 * 1024)	/* bytes read in a turn */

struct net_tlssecrets;
struct net_transport_own;
struct net_transport_own_ops;

struct net_transport {
	int		 fd;		/* -1: closed */
	struct tls	*tls;		/* NULL: without TLS, or records of our
					   own */
	const struct net_transport_own_ops *ops; /* for records of our own;
					   NULL: none will be */
	struct net_record_cache *cache;	/* the same */
	struct net_tlssecrets *secrets;	/* of a handshake that may lead there */
	struct net_transport_own *own;	/* records of our own; NULL: none */
	size_t		 quota;		/* left of TRANSPORT_TURN */
	char		 why[200];	/* after an error: one line, which may
					   quote the server */
};

/* Begin closed. */
void	 net_transport_init(struct net_transport *t);

/*
 * Begin to connect to an address of `len' bytes.  Returns 0 when connected,
 * TRANSPORT_WANT_WRITE, or -1 with t->why.
 */
int	 net_transport_connect(struct net_transport *t,
	    const struct sockaddr *sa, socklen_t len);

/*
 * The same over the socket `fd', which is taken: it is of the address's family,
 * not connected and non-blocking.
 */
int	 net_transport_connect_over(struct net_transport *t, int fd,
	    const struct sockaddr *sa, socklen_t len);

/* The socket became writable: returns 0 when connected, or -1 with t->why. */
int	 net_transport_connected(struct net_transport *t);

/*
 * Begin TLS with the server `name', which its certificate must cover.  Returns
 * 0, or -1 with t->why.
 */
int	 net_transport_secure(struct net_transport *t,
	    struct tls_config *conf, const char *name);

/*
 * Shake hands.  Returns 0 when done, TRANSPORT_WANT_READ, TRANSPORT_WANT_WRITE,
 * or -1 with t->why.
 */
int	 net_transport_shake(struct net_transport *t);

/*
 * Read or write, at least one byte.  Returns the bytes, 0 when the server has
 * closed its end, TRANSPORT_WANT_READ, TRANSPORT_WANT_WRITE, or -1 with t->why.
 */
ssize_t	 net_transport_read(struct net_transport *t, void *buf,
	    size_t size);
ssize_t	 net_transport_write(struct net_transport *t, const void *buf,
	    size_t len);

/* A new turn begins. */
void	 net_transport_turn(struct net_transport *t);

/* Close the connection. */
void	 net_transport_close(struct net_transport *t);

/*
 * Before the handshake: store its secrets, for net_transport_own().
 * net_tlssecrets_init() has been called.  Returns 0, or -1 with t->why.
 */
int	 net_transport_keep_secrets(struct net_transport *t,
	    struct net_record_cache *c);

/*
 * After the handshake: continue with records of our own.  Returns 1: the libtls
 * object is freed; 0: libtls continues, because of TLS 1.2 or a library that
 * reports no secrets; or -1 with t->why.
 */
int	 net_transport_own(struct net_transport *t);

/*
 * Write what records of our own wait for the socket.  Returns 0 when none do,
 * TRANSPORT_WANT_WRITE, or -1 with t->why.
 */
int	 net_transport_flush(struct net_transport *t);

/* What another process needs to continue with our records. */
struct net_transport_state {
	uint8_t		 record[NET_RECORD_SAVED];	/* zero it after use */
	const uint8_t	*plain;		/* received, not read yet */
	size_t		 plain_len;
	const uint8_t	*cipher;	/* the records behind */
	size_t		 cipher_len;
};

/*
 * Write down the state of records of our own, with nothing left to flush; it
 * points into the transport.  Returns 0, or -1 with t->why.
 */
int	 net_transport_save(struct net_transport *t,
	    struct net_transport_state *st);

/*
 * Forget the connection, without a word to the server.  Returns its descriptor,
 * which is the caller's.
 */
int	 net_transport_give(struct net_transport *t);

#endif
