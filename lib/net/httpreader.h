/*
 * httpreader: read one HTTP/1.1 response in pieces of any size: interim
 * responses (1xx), the final head, the body.  Used by https.c, which blocks,
 * and by verify, which does not.  No I/O; allocates the heads and the body.
 */
#ifndef HTTPREADER_H
#define HTTPREADER_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "httpbody.h"

struct net_http_reader {
	struct net_http_head head;	/* the last head; points into `text' */
	struct net_http_body body;
	char		*text;		/* all heads; heap, HTTP_MAX_HEAD
					   bytes */
	size_t		 end;		/* bytes in `text' */
	size_t		 used;		/* of these, the bytes of heads */
	size_t		 max_body;
	int		 head_only;
	int		 upgrade;	/* set it after init: 101 is final, and
					   the bytes behind it in `text' are
					   not HTTP */
	int		 interim;	/* number of interim responses */
	int		 final;		/* the final head has been read */
	char		 why[160];	/* after an error: one line */
};

/*
 * Begin a response: `head_only' of a HEAD request, with a body of at most
 * `max_body' bytes.  Returns 0, or -1 when out of memory.  Call
 * net_http_reader_free() in both cases.
 */
int	 net_http_reader_init(struct net_http_reader *r, int head_only,
	    size_t max_body);

/*
 * Read the next `n' bytes at `p'.  Returns 1 when the response is complete, 0
 * when more is needed, -1 with r->why.
 */
int	 net_http_reader_feed(struct net_http_reader *r, const uint8_t *p,
	    size_t n);

/*
 * The server closed the connection.  Returns 0 when the response is complete,
 * -1 with r->why.
 */
int	 net_http_reader_end(struct net_http_reader *r);

/*
 * Returns 1 when net_http_reader_feed() failed because the body is larger than
 * the limit, else 0.
 */
int	 net_http_reader_too_large(const struct net_http_reader *r);

/* Returns 1 when the server has sent nothing yet, else 0. */
int	 net_http_reader_empty(const struct net_http_reader *r);

/*
 * Returns 1 when the connection of a complete response may carry another
 * request, else 0.
 */
int	 net_http_reader_reusable(const struct net_http_reader *r);

/* Free heads and body. */
void	 net_http_reader_free(struct net_http_reader *r);

#endif
