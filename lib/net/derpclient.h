/*
 * derpclient: a small blocking DERP client: connect, verify, upgrade, log in,
 * send and receive frames, each with a deadline (derp(7), sections 1 and 2).
 * Used by `derpctl probe', lib/check and the health process.
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
							   connect to */
	const char			*port;
	const char			*name;		/* server name; NULL:
							   host */
	const void			*prelude;	/* sent before TLS
							   begins; NULL:
							   none */
	size_t				 prelude_len;
	enum net_stream_trust		 trust;
	const char			*trust_arg;	/* see
							   net_stream_tls() */
	enum net_derpclient_start	 start;
	int				 prober;	/* log in as a prober */
	struct ipc_chan			*watch;		/* see
							   net_stream_watch() */
};

/* A received frame; the payload is valid until the next call. */
struct net_derpclient_frame {
	uint8_t			 type;		/* enum net_frame_type */
	const uint8_t		*p;
	size_t			 len;
};

/* How far net_derpclient_open() came. */
enum net_derpclient_phase {
	DERPCLIENT_CONNECT,
	DERPCLIENT_TLS,
	DERPCLIENT_UPGRADE,	/* request and, without fast start, response */
	DERPCLIENT_SERVER_KEY,	/* the server owes ServerKey */
	DERPCLIENT_SERVER_INFO,	/* the client has sent its login */
	DERPCLIENT_OPEN		/* the client is logged in */
};

/* What ended a call that failed. */
enum net_derpclient_cause {
	DERPCLIENT_WRONG,	/* what the server sent */
	DERPCLIENT_CLOSED,	/* the connection ended */
	DERPCLIENT_TIMEOUT
};

/* Make a client with a new key pair.  Returns NULL when out of memory. */
struct net_derpclient *net_derpclient_new(void);

/* Use this private key in place of the new one, before the login. */
void	 net_derpclient_use_key(struct net_derpclient *c,
	    const uint8_t secret[FRAME_KEY_LEN]);

/* Close the connection, zero the key, free the client; NULL is allowed. */
void	 net_derpclient_free(struct net_derpclient *c);

/*
 * Connect, verify, upgrade and log in within `ms' (plus the resolver's own
 * time).  Call once per client.  Returns 0, or -1: see net_derpclient_error().
 */
int	 net_derpclient_open(struct net_derpclient *c,
	    const struct net_derpclient_opts *o, int ms);

/* The same over the connected socket `fd', which is closed in any case. */
int	 net_derpclient_open_fd(struct net_derpclient *c, int fd,
	    const struct net_derpclient_opts *o, int ms);

/*
 * The same over `s', whose TLS has begun, and which belongs to the client from
 * now on.  Of the options, those of the connection are not used.
 */
int	 net_derpclient_open_stream(struct net_derpclient *c,
	    struct net_stream *s, const struct net_derpclient_opts *o, int ms);

/* After one of them: how far it came, and why not further. */
enum net_derpclient_phase net_derpclient_phase(const struct net_derpclient *c);
enum net_derpclient_cause net_derpclient_cause(const struct net_derpclient *c);

/*
 * After the login: the bytes per second that the server lets this client send,
 * and the bytes of a burst; 0: it announced no limit.
 */
uint64_t net_derpclient_rate(const struct net_derpclient *c, uint64_t *burst);

/* The client's public key and, after the login, the server's: 32 bytes each. */
const uint8_t *net_derpclient_key(const struct net_derpclient *c);
const uint8_t *net_derpclient_server_key(const struct net_derpclient *c);

/*
 * The server's key that its certificates announce.  Returns 0, or -1 when they
 * announce none.
 */
int	 net_derpclient_meta_key(const struct net_derpclient *c,
	    uint8_t key[FRAME_KEY_LEN]);

/* Returns 1 when they announce one (fast start), else 0. */
int	 net_derpclient_fast_offered(const struct net_derpclient *c);

/* Names of the TLS version and cipher suite; "" when not connected. */
const char *net_derpclient_tls_version(struct net_derpclient *c);
const char *net_derpclient_tls_cipher(struct net_derpclient *c);

/*
 * Send a frame of any type with the payload of `len' bytes at `p', within `ms'.
 * Returns 0, or -1: see net_derpclient_error().
 */
int	 net_derpclient_frame(struct net_derpclient *c, uint8_t type,
	    const void *p, size_t len, int ms);

/*
 * Send a packet of at most FRAME_MAX_PACKET bytes to `dst'.  Returns as above.
 */
int	 net_derpclient_send(struct net_derpclient *c,
	    const uint8_t dst[FRAME_KEY_LEN],
	    const void *p, size_t len, int ms);

/*
 * Wait for a frame of any type from the server.  A ping is answered first, and
 * also returned to the caller.  Returns 1 with *f filled in, 0 on timeout, -1:
 * see net_derpclient_error().
 */
int	 net_derpclient_recv(struct net_derpclient *c,
	    struct net_derpclient_frame *f, int ms);

/* Returns 1 when the last call failed because of `watch', else 0. */
int	 net_derpclient_interrupted(const struct net_derpclient *c);

/*
 * The server's reason when net_derpclient_open() has failed because the server
 * does not let this client in, else NULL; it may quote arbitrary bytes.
 */
const char *net_derpclient_refusal(const struct net_derpclient *c);

/* Why the last call failed, one line, which may quote arbitrary bytes. */
const char *net_derpclient_error(const struct net_derpclient *c);

#endif
