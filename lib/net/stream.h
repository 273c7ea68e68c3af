/*
 * stream: a blocking TLS client connection with deadlines, for what asks
 * another server: derpctl's probe, fetch, health.  Never used by a relay
 * worker, which must not wait for anybody.
 *
 * Deadlines are points on the monotonic clock in milliseconds, as
 * stream_until() makes them.  A write to a closed connection raises SIGPIPE:
 * callers ignore that signal.
 */
#ifndef STREAM_H
#define STREAM_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

struct chan;
struct stream;

enum stream_trust {
	STREAM_ROOTS,	/* the system's certificate authorities */
	STREAM_CAFILE,	/* the authorities in a PEM file */
	STREAM_PIN,	/* this one certificate: "sha256-raw:<64 hex>" */
	STREAM_ANY	/* whatever is there: asked for explicitly only */
};

/* The point in time `ms' milliseconds from now. */
long long stream_until(int ms);

/* A stream that is not connected; NULL when there is no memory. */
struct stream *stream_new(void);

/* Close and free; NULL is fine. */
void	 stream_free(struct stream *s);

/*
 * Let every later wait end as a failure when chan_recv() has something from the
 * channel `c' (NULL: from none), which is the caller's; signs of life are given
 * while the stream waits.
 */
void	 stream_watch(struct stream *s, struct chan *c);

/*
 * Connect to `port' (a number or a service) of `host' (a name or an address),
 * trying its addresses in turn.  The resolver's own time is not bounded.
 * 0, or -1: see stream_error().
 */
int	 stream_dial(struct stream *s, const char *host, const char *port,
	    long long until);

/*
 * Take over the connected socket `fd' in place of stream_dial(); it is made
 * non-blocking.  0, or -1 with `fd' left open.
 */
int	 stream_adopt(struct stream *s, int fd);

/*
 * TLS (1.2 or later) over the connection, offering ALPN http/1.1.  `name' is
 * the server name that is asked for and, unless `trust' is STREAM_ANY, that
 * the certificate must hold.  `arg': the file of STREAM_CAFILE or the pin of
 * STREAM_PIN, else NULL.  With a pin, validity and the number of certificates
 * are judged as DERP clients do (derpcert.h).  0, or -1: see stream_error().
 */
int	 stream_tls(struct stream *s, const char *name, enum stream_trust trust,
	    const char *arg, long long until);

/*
 * Read what is there, at least one byte and at most `size'.  Bytes read, 0
 * when the peer closed in order, -1: see stream_error().
 */
ssize_t	 stream_read(struct stream *s, void *buf, size_t size,
	    long long until);

/* Write all `len' bytes.  0, or -1: see stream_error(). */
int	 stream_write(struct stream *s, const void *buf, size_t len,
	    long long until);

/* 1 when the last failure was that time ran out, else 0. */
int	 stream_timed_out(const struct stream *s);

/* 1 when the last failure was that the watched channel had something. */
int	 stream_interrupted(const struct stream *s);

/* Why the last call failed: one line, no newline; may quote the peer. */
const char *stream_error(const struct stream *s);

/* "TLSv1.3" and such; "" before stream_tls(). */
const char *stream_version(struct stream *s);

/* Name of the cipher suite; "" before stream_tls(). */
const char *stream_cipher(struct stream *s);

/*
 * The server's certificates as it sent them, PEM, *len bytes; NULL before
 * stream_tls().  Valid as long as the stream.
 */
const uint8_t *stream_chain(struct stream *s, size_t *len);

#endif
