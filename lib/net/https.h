/*
 * https: one HTTPS request, blocking, with one deadline and bounds on all that
 * comes back.  For processes that ask other servers: fetch, health,
 * acme-helper.  Redirects are reported, not followed.
 */
#ifndef HTTPS_H
#define HTTPS_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "stream.h"
#include "url.h"

struct net_https_request {
	const char	*method;	/* "GET", "HEAD", "POST" */
	const char	*url;
	const char	*fields;	/* more header fields, each with CRLF;
					   NULL or "" none */
	const void	*body;		/* NULL none */
	size_t		 body_len;
	const char	*address;	/* connect there instead of to the host
					   of the URL; NULL: resolve that */
	enum net_stream_trust trust;
	const char	*trust_arg;	/* see net_stream_tls() */
	/* Judges the server's certificates (PEM) once they are there: NULL
	   fine, else why not.  NULL: nobody does but `trust'. */
	const char	*(*check)(const uint8_t *pem, size_t len, void *arg);
	void		*check_arg;
	struct ipc_chan	*watch;		/* see net_stream_watch(); NULL: none */
	size_t		 max_body;	/* bytes of the answer's body; more is
					   an error */
};

struct net_https_response {
	struct net_http_head head;	/* points into `text' */
	char		*text;		/* head; heap */
	uint8_t		*body;		/* heap, NUL behind it; never NULL */
	size_t		 body_len;	/* without the NUL */
	char		 error[256];	/* why net_https_fetch() failed, one
					   line; may quote the peer's bytes,
					   printable */
	int		 timed_out;	/* it failed because time ran out */
	int		 interrupted;	/* ... because of `watch' */
};

/*
 * Send the request and read the whole answer within `ms' (the resolver's own
 * time is not bounded), on a connection of its own.  Interim answers (1xx) are
 * passed over.  The body comes by Content-Length, chunked, or until the end of
 * the connection.  0 and *res filled in, whatever the status; -1:
 * res->error.  net_https_free() in both cases.
 */
int	 net_https_fetch(const struct net_https_request *req,
	    struct net_https_response *res, int ms);

/* Free what a response holds. */
void	 net_https_free(struct net_https_response *res);

/*
 * An HTTP date in any of its three forms (RFC 9110 5.6.7) as seconds since
 * 1970; -1 when malformed, or from before that.
 */
int64_t	 net_http_date(struct net_http_str s);

#endif
