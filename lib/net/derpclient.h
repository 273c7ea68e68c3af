/*
 * derpclient: a small blocking DERP client: connect, verify, upgrade, log in,
 * send and receive frames, each with a deadline (derp(7), sections 1 and 2).
 * For derpctl's self-test and the service's own checks.
 *
 * Times are milliseconds for the whole call.  SIGPIPE must be ignored.
 */
#ifndef DERPCLIENT_H
#define DERPCLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "stream.h"

#define DERPCLIENT_MAX_FRAME	(1024 * 1024)	/* bytes of a payload */

struct net_derpclient;

enum net_derpclient_start {
	DERPCLIENT_HTTP,	/* request, 101, then DERP */
	DERPCLIENT_FAST		/* Derp-Fast-Start: DERP at once, the login
				   in the request's flight; the server's
				   certificates must announce its key */
};

struct net_derpclient_opts {
	const char			*host;		/* name or address to
							   dial */
	const char			*port;
	const char			*name;		/* server name, NULL:
							   host */
	enum net_stream_trust		 trust;
	const char			*trust_arg;	/* see
							   net_stream_tls() */
	enum net_derpclient_start	 start;
	int				 prober;	/* say so in the
							   login */
	struct ipc_chan			*watch;		/* see
							   net_stream_watch() */
};

/* One received frame; the payload is valid until the next call. */
struct net_derpclient_frame {
	uint8_t			 type;		/* enum net_frame_type */
	const uint8_t		*p;
	size_t			 len;
};

/* A client with a fresh key pair; NULL when there is no memory. */
struct net_derpclient *net_derpclient_new(void);

/* Close, forget the key, free; NULL is fine. */
void	 net_derpclient_free(struct net_derpclient *c);

/*
 * Dial, verify, upgrade and log in, all within `ms' (the resolver's own time
 * is not bounded).  0, or -1: see net_derpclient_error().  Once a client.
 */
int	 net_derpclient_open(struct net_derpclient *c,
	    const struct net_derpclient_opts *o, int ms);

/* The same over the connected socket `fd', which is taken in any case. */
int	 net_derpclient_open_fd(struct net_derpclient *c, int fd,
	    const struct net_derpclient_opts *o, int ms);

/* Own public key and, once logged in, the server's: 32 bytes each. */
const uint8_t *net_derpclient_key(const struct net_derpclient *c);
const uint8_t *net_derpclient_server_key(const struct net_derpclient *c);

/* 1 when the server's certificates announce its key (fast start), else 0. */
int	 net_derpclient_fast_offered(struct net_derpclient *c);

/* TLS version and cipher suite in words; "" when not connected. */
const char *net_derpclient_tls_version(struct net_derpclient *c);
const char *net_derpclient_tls_cipher(struct net_derpclient *c);

/*
 * Send a frame of any type with the `len' bytes at `p' as its payload, within
 * `ms'.  0, or -1: see net_derpclient_error().
 */
int	 net_derpclient_frame(struct net_derpclient *c, uint8_t type,
	    const void *p, size_t len, int ms);

/* Send a packet of at most FRAME_MAX_PACKET bytes to `dst'; the same result. */
int	 net_derpclient_send(struct net_derpclient *c,
	    const uint8_t dst[FRAME_KEY_LEN],
	    const void *p, size_t len, int ms);

/*
 * Wait for one frame of the server, whatever its type.  A ping is answered
 * first, and given to the caller all the same.  1 and *f filled in, 0 none
 * came in time, -1: see net_derpclient_error().
 */
int	 net_derpclient_recv(struct net_derpclient *c,
	    struct net_derpclient_frame *f, int ms);

/* 1 when the last call failed because of `watch'. */
int	 net_derpclient_interrupted(const struct net_derpclient *c);

/* Why the last call failed, one line; what it quotes may hold any byte. */
const char *net_derpclient_error(const struct net_derpclient *c);

#endif
