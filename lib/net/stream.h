/*
 * stream: a blocking TLS client connection with deadlines, for what asks
 * another server: derpctl's probe, fetch, health.  Never used by a relay
 * worker, which must not wait for anybody.
 *
 * Deadlines are points on the monotonic clock in milliseconds, as
 * net_stream_until() makes them.  A write to a closed connection raises
 * SIGPIPE: callers ignore that signal.
 */
#ifndef STREAM_H
#define STREAM_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

struct ipc_chan;
struct net_stream;

enum net_stream_trust {
	STREAM_ROOTS,	/* the system's certificate authorities */
	STREAM_CAFILE,	/* the authorities in a PEM file */
	STREAM_PIN,	/* this one certificate: "sha256-raw:<64 hex>" */
	STREAM_ANY	/* whatever is there: asked for explicitly only */
};

/* The point in time `ms' milliseconds from now. */
long long net_stream_until(int ms);

/* A stream that is not connected; NULL when there is no memory. */
struct net_stream *net_stream_new(void);

/* Close and free; NULL is fine. */
void	 net_stream_free(struct net_stream *s);

/*
 * Let every later wait end as a failure when ipc_chan_recv() has something from
 * the channel `c' (NULL: from none), which is the caller's; signs of life are
 * given while the stream waits.
 */
void	 net_stream_watch(struct net_stream *s, struct ipc_chan *c);

/*
 * Connect to `port' (a number or a service) of `host' (a name or an address),
 * trying its addresses in turn.  The resolver's own time is not bounded.
 * 0, or -1: see net_stream_error().
 */
int	 net_stream_dial(struct net_stream *s, const char *host,
	    const char *port, long long until);

/*
 * Take over the connected socket `fd' in place of net_stream_dial(); it is made
 * non-blocking.  0, or -1 with `fd' left open.
 */
int	 net_stream_adopt(struct net_stream *s, int fd);

/*
 * TLS (1.2 or later) over the connection, offering ALPN http/1.1.  `name' is
 * the server name that is asked for and, unless `trust' is STREAM_ANY, that
 * the certificate must hold.  `arg': the file of STREAM_CAFILE or the pin of
 * STREAM_PIN, else NULL.  With a pin, validity and the number of certificates
 * are judged as DERP clients do (derpcert.h).  0, or -1: see
 * net_stream_error().
 */
int	 net_stream_tls(struct net_stream *s, const char *name,
	    enum net_stream_trust trust, const char *arg, long long until);

/*
 * Read what is there, at least one byte and at most `size'.  Bytes read, 0
 * when the peer closed in order, -1: see net_stream_error().
 */
ssize_t	 net_stream_read(struct net_stream *s, void *buf, size_t size,
	    long long until);

/* Write all `len' bytes.  0, or -1: see net_stream_error(). */
int	 net_stream_write(struct net_stream *s, const void *buf, size_t len,
	    long long until);

/* 1 when the last failure was that time ran out, else 0. */
int	 net_stream_timed_out(const struct net_stream *s);

/* 1 when the last failure was that the watched channel had something. */
int	 net_stream_interrupted(const struct net_stream *s);

/* Why the last call failed: one line, no newline; may quote the peer. */
const char *net_stream_error(const struct net_stream *s);

/* "TLSv1.3" and such; "" before net_stream_tls(). */
const char *net_stream_version(struct net_stream *s);

/* Name of the cipher suite; "" before net_stream_tls(). */
const char *net_stream_cipher(struct net_stream *s);

/*
 * The server's certificates as it sent them, PEM, *len bytes; NULL before
 * net_stream_tls().  Valid as long as the stream.
 */
const uint8_t *net_stream_chain(struct net_stream *s, size_t *len);

#endif
