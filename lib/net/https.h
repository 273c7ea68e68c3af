/*
 * https: one HTTPS request, blocking, with one deadline and limits on the
 * response; with STREAM_PLAIN the same request without TLS.  For processes that
 * send requests to other servers: fetch, health, acme-helper.  Redirects are
 * reported, not followed.
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
					   NULL or "": none */
	const void	*body;		/* NULL: none */
	size_t		 body_len;
	const char	*address;	/* connect to this address instead of
					   the URL's host; NULL: resolve the
					   host */
	/*
	 * Make the connection to the server of `u' by net_stream_dial() or
	 * net_stream_connect().  Returns 0, or -1 with the stream's error.
	 * NULL: to `address' or the host.
	 */
	int		(*open)(struct net_stream *s, const struct net_url *u,
			    long long until, void *arg);
	void		*open_arg;
	const void	*prelude;	/* sent before TLS begins; NULL: none */
	size_t		 prelude_len;
	enum net_stream_trust trust;
	const char	*trust_arg;	/* see net_stream_tls() */
	/*
	 * Additional check of the server's certificates (PEM).  Returns NULL,
	 * or the reason for refusing them.  NULL: only `trust' applies.
	 */
	const char	*(*check)(const uint8_t *pem, size_t len, void *arg);
	void		*check_arg;
	struct ipc_chan	*watch;		/* see net_stream_watch(); NULL: none */
	size_t		 max_body;	/* limit for the response's body, bytes;
					   more is an error */
};

struct net_https_response {
	struct net_http_head head;	/* points into `text' */
	char		*text;		/* head; heap */
	uint8_t		*body;		/* heap, followed by a NUL; never
					   NULL */
	size_t		 body_len;	/* without the NUL */
	char		 error[256];	/* why net_https_fetch() failed, one
					   line; may quote the server's bytes,
					   made printable */
	int		 timed_out;	/* it failed because of the deadline */
	int		 interrupted;	/* ... because of `watch' */
};

/*
 * Send the request and read the whole response within `ms' (plus the resolver's
 * own time), on a new connection.  Interim responses (1xx) are skipped.  The
 * body ends by Content-Length, chunked coding, or the end of the connection.
 * Returns 0 with *res filled in, whatever the status, or -1 with res->error.
 * Call net_https_free() in both cases.
 */
int	 net_https_fetch(const struct net_https_request *req,
	    struct net_https_response *res, int ms);

/* Free a response. */
void	 net_https_free(struct net_https_response *res);

/*
 * Parse an HTTP date in any of its three forms (RFC 9110 5.6.7).  Returns
 * seconds since 1970, or -1 when malformed or before 1970.
 */
int64_t	 net_http_date(struct net_http_str s);

#endif
