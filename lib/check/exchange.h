/*
 * exchange: one HTTP request and its response on an open connection, and what
 * to say about a response.  Used by the checks of HTTP in this folder.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "httpreader.h"
#include "run.h"

/* How a request ended. */
enum check_end {
	CHECK_ANSWERED,
	CHECK_CLOSED,		/* the connection ended before a response */
	CHECK_SILENT,		/* no response in time */
	CHECK_CUT,		/* the response ended or stopped within */
	CHECK_NOT_HTTP,
	CHECK_TOO_LARGE,	/* the body is larger than permitted */
	CHECK_FAILED		/* for a reason on this machine */
};

struct check_exchange {
	struct net_http_reader	 r;	/* the response; its head is valid
					   after CHECK_ANSWERED and
					   CHECK_TOO_LARGE */
	enum check_end		 end;
	char			 why[256]; /* else: one line */
	int64_t			 sent;	/* by the clock that is set, in
					   microseconds since 1970 */
	int64_t			 took;	/* until the end of the response, us */
};

/*
 * Send `request' on `s' and read the response, with a body of at most
 * `max_body' bytes.  The status 101 ends a response.  Returns e->end.  Call
 * check_exchange_free() in all cases.
 */
enum check_end check_exchange(struct check_run *r, struct net_stream *s,
	    const char *request, size_t max_body, struct check_exchange *e);

/* Free the response. */
void	 check_exchange_free(struct check_exchange *e);

/* Bytes of what follows a response of status 101, in *p. */
size_t	 check_exchange_rest(const struct check_exchange *e,
	    const uint8_t **p);

/*
 * Write the authority of the node for a Host field: its host, and its port
 * unless it is 443.
 */
void	 check_authority(const struct check_run *r, char *dst, size_t size);

/* Copy a part of a response as one printable line, shortened. */
void	 check_quote(char *dst, size_t size, struct net_http_str s);

/*
 * Describe a response for people: "HTTP status 404 from nginx/1.22.1, a page
 * "Not Found"".
 */
void	 check_describe(const struct check_exchange *e, char *dst, size_t size);

/* Name the server software: of Server, else of Via; "" when it does not say. */
void	 check_software(const struct check_exchange *e, char *dst,
	    size_t size);

/* Does the body contain the text `part', ignoring ASCII case?  1 or 0. */
int	 check_body_has(const struct check_exchange *e, const char *part);

/*
 * Compare the far end's clock (Date of a response) with this machine's, and
 * report it for address `a' and `port'.
 */
void	 check_clock(struct check_run *r, const struct check_addr *a,
	    unsigned int port, const struct check_exchange *e);

#endif
