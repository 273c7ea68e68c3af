/*
 * httpbody: the body of an HTTP/1.1 answer, taken from its framing (RFC 9112
 * 6.3, 7.1) as it comes, whatever the pieces.  Used by https.c.  No I/O; the
 * memory of the body alone is allocated.
 */
#ifndef HTTPBODY_H
#define HTTPBODY_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"

struct net_http_body {
	uint8_t		*p;	/* the body; heap, room for one byte more */
	size_t		 len;	/* bytes so far */
	size_t		 cap;
	size_t		 max;
	unsigned long long left; /* of the chunk, or of the length */
	size_t		 extra;	/* bytes of extensions and trailers so far */
	int		 kind;	/* how its end is known */
	int		 state;
	const char	*why;	/* after an error: a static line */
};

/*
 * Begin with the head `h' of the answer; `head_only': to a HEAD request.  At
 * most `max' bytes.
 */
void	 net_http_body_init(struct net_http_body *b,
	    const struct net_http_head *h, int head_only, size_t max);

/*
 * Take the `n' bytes at `p' (0: what the head alone says).  1 the body is whole
 * (what is left of the bytes does not belong to it), 0 more is wanted, -1
 * b->why.
 */
int	 net_http_body_feed(struct net_http_body *b, const uint8_t *p,
	    size_t n);

/* The connection ended.  0 the body is whole, -1 b->why. */
int	 net_http_body_end(struct net_http_body *b);

/* Free the body. */
void	 net_http_body_free(struct net_http_body *b);

#endif
