/*
 * httpbody: decode the body of an HTTP/1.1 response from its framing (RFC 9112
 * 6.3, 7.1), in pieces of any size.  Used by httpreader.c.  No I/O; allocates
 * only the body.
 */
#ifndef HTTPBODY_H
#define HTTPBODY_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"

struct net_http_body {
	uint8_t		*p;	/* the body; heap, with room for one more
				   byte */
	size_t		 len;	/* bytes so far */
	size_t		 cap;
	size_t		 max;
	unsigned long long left; /* left of the chunk, or of the length */
	size_t		 extra;	/* bytes of extensions and trailers so far */
	size_t		 behind; /* bytes that were fed behind the end */
	int		 kind;	/* how the end is determined */
	int		 state;
	const char	*why;	/* after an error: a static line */
};

/*
 * Begin with the head `h' of the response; `head_only': of a HEAD request.  The
 * body is limited to `max' bytes.
 */
void	 net_http_body_init(struct net_http_body *b,
	    const struct net_http_head *h, int head_only, size_t max);

/*
 * Decode the `n' bytes at `p' (0: only the head).  Returns 1 when the body is
 * complete (further bytes do not belong to it), 0 when more is needed, -1 with
 * b->why.
 */
int	 net_http_body_feed(struct net_http_body *b, const uint8_t *p,
	    size_t n);

/*
 * The connection ended.  Returns 0 when the body is complete, -1 with b->why.
 */
int	 net_http_body_end(struct net_http_body *b);

/* Returns 1 when the body was refused because of its size, else 0. */
int	 net_http_body_too_large(const struct net_http_body *b);

/*
 * Returns 1 when the end of the body is within the bytes, 0 when it is the end
 * of the connection.
 */
int	 net_http_body_delimited(const struct net_http_body *b);

/* Free the body. */
void	 net_http_body_free(struct net_http_body *b);

#endif
