/*
 * stream: a blocking client connection, with TLS, with deadlines, for the
 * suite's clients: derpctl's probe, fetch, health.  Never used by a front or
 * relay worker, which must not block.
 *
 * Deadlines are points on the monotonic clock in milliseconds, as returned by
 * net_stream_until().  A write to a closed connection raises SIGPIPE, which
 * callers must ignore.
 */
#ifndef STREAM_H
#define STREAM_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

struct ipc_chan;
struct net_place;
struct net_stream;

enum net_stream_trust {
	STREAM_ROOTS,	/* the system's CA certificates */
	STREAM_CAFILE,	/* the CA certificates in a PEM file */
	STREAM_PIN,	/* this certificate: "sha256-raw:<64 hex>" */
	STREAM_ANY,	/* any certificate, on explicit request only */
	STREAM_PLAIN	/* no TLS: a port with derp of this machine */
};

/* The deadline `ms' milliseconds from now. */
long long net_stream_until(int ms);

/* Make an unconnected stream.  Returns NULL when out of memory. */
struct net_stream *net_stream_new(void);

/* Close and free the stream; NULL is allowed. */
void	 net_stream_free(struct net_stream *s);

/*
 * Make every later wait fail when ipc_chan_recv() has a message or an error on
 * the caller's channel `c' (NULL: none).  Pings are answered while the stream
 * waits.
 */
void	 net_stream_watch(struct net_stream *s, struct ipc_chan *c);

/*
 * Connect to `port' (a number or a service) of `host' (a name or an address),
 * trying its addresses in turn.  The resolver's own time is unlimited.  Returns
 * 0, or -1: see net_stream_error().
 */
int	 net_stream_dial(struct net_stream *s, const char *host,
	    const char *port, long long until);

/*
 * Connect the TCP socket `fd' to an address, instead of net_stream_dial(); `fd'
 * is taken, and closed on failure.  Another address may be tried then.  Returns
 * 0, or -1: see net_stream_error().
 */
int	 net_stream_connect(struct net_stream *s, int fd,
	    const struct net_place *to, long long until);

/*
 * For who makes the connection: store why there is none, one line.  Returns -1.
 */
int	 net_stream_refuse(struct net_stream *s, const char *why);

/*
 * Use the connected socket `fd' instead of net_stream_dial(); it becomes
 * non-blocking.  Returns 0, or -1 with `fd' left open.
 */
int	 net_stream_adopt(struct net_stream *s, int fd);

/*
 * Write `len' bytes before net_stream_tls().  Returns 0, or -1: see
 * net_stream_error().
 */
int	 net_stream_write_plain(struct net_stream *s, const void *buf,
	    size_t len, long long until);

/*
 * Read before net_stream_tls(), as net_stream_read().  Returns the bytes read,
 * 0 at the end, or -1: see net_stream_error().
 */
ssize_t	 net_stream_read_plain(struct net_stream *s, void *buf, size_t size,
	    long long until);

/*
 * Start TLS (1.2 or later) on the connection, offering ALPN http/1.1; with
 * STREAM_PLAIN go on without TLS, and ignore all other arguments.  `name'
 * is the requested server name, which the certificate must cover unless `trust'
 * is STREAM_ANY.  `arg' is the file of STREAM_CAFILE or the pin of STREAM_PIN,
 * else NULL.  With a pin, validity and number of certificates are checked by
 * the rules of DERP clients (derpcert.h).  Returns 0, or -1: see
 * net_stream_error().
 */
int	 net_stream_tls(struct net_stream *s, const char *name,
	    enum net_stream_trust trust, const char *arg, long long until);

/*
 * Read available data, at least one byte and at most `size' bytes.  Returns the
 * bytes read, 0 when the peer closed the connection properly, -1: see
 * net_stream_error().
 */
ssize_t	 net_stream_read(struct net_stream *s, void *buf, size_t size,
	    long long until);

/* Write all `len' bytes.  0, or -1: see net_stream_error(). */
int	 net_stream_write(struct net_stream *s, const void *buf, size_t len,
	    long long until);

/* Returns 1 when the last failure was a timeout, else 0. */
int	 net_stream_timed_out(const struct net_stream *s);

/* Returns 1 when the last failure was caused by the watched channel, else 0. */
int	 net_stream_interrupted(const struct net_stream *s);

/*
 * Why the last call failed: one line without newline, which may quote the peer.
 */
const char *net_stream_error(const struct net_stream *s);

/* "TLSv1.3" and the like; "" before net_stream_tls() and without TLS. */
const char *net_stream_version(struct net_stream *s);

/* Name of the cipher suite; "" likewise. */
const char *net_stream_cipher(struct net_stream *s);

/*
 * The server's certificates in the order received, as PEM of *len bytes; NULL
 * before net_stream_tls() and without TLS.  Valid until the stream is freed.
 */
const uint8_t *net_stream_chain(struct net_stream *s, size_t *len);

#endif
