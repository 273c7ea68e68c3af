/*
 * http: the head of an HTTP/1.x message, parsed in place, strictly (RFC 9112).
 * Used for requests by the relay and for responses by the suite's HTTP clients.
 * Pure: no I/O, no allocation.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stddef.h>

#define HTTP_MAX_HEAD		16384	/* bytes of a head, including its end */
#define HTTP_MAX_LINE		8192	/* bytes of the request line */
#define HTTP_MAX_FIELDS		100	/* header fields */

/* A part of the head; not NUL-terminated; p is NULL when absent. */
struct net_http_str {
	const char	*p;
	size_t		 len;
};

struct net_http_field {
	struct net_http_str	 name;
	struct net_http_str	 value;	/* without white space around it */
};

struct net_http_head {
	/* request */
	struct net_http_str	 method;
	struct net_http_str	 target;	/* as sent */
	struct net_http_str	 path;		/* target without query; of an
						   absolute form, its path */
	struct net_http_str	 query;		/* behind `?'; absent without
						   one */
	struct net_http_str	 host;		/* of the absolute form, else of
						   Host */
	/* response */
	int		 status;	/* 100 to 599 */
	/* both */
	int		 minor;		/* HTTP/1.minor, 0 or 1 */
	int		 keepalive;	/* the connection may be reused */
	int		 expect_continue; /* Expect: 100-continue was sent */
	int		 chunked;	/* Transfer-Encoding: chunked */
	long long	 content_length; /* -1: none */
	struct net_http_field fields[HTTP_MAX_FIELDS];
	size_t		 nfields;
};

/* Results of the parsers: bytes of the head (> 0), or: */
#define HTTP_MORE	0	/* incomplete: call again with more */
#define HTTP_BAD	(-400)	/* malformed: 400 Bad Request */
#define HTTP_TOOLONG	(-414)	/* request line too long: 414 */
#define HTTP_TOOLARGE	(-431)	/* head or field count: 431 */
#define HTTP_VERSION	(-505)	/* not HTTP/1.x: 505 */
#define HTTP_NOTIMPL	(-501)	/* unsupported transfer coding: 501 */

/*
 * Parse a request head in the `len' bytes at `buf'.  On success the parts of *h
 * point into `buf'.  Refuses what RFC 9112 requires a server to refuse: white
 * space before a colon, bare CR, folded lines, NUL, missing or repeated Host in
 * 1.1, both Content-Length and Transfer-Encoding, differing Content-Lengths.
 */
int	 net_http_parse_request(struct net_http_head *h, const char *buf,
	    size_t len);

/* The same for a response head. */
int	 net_http_parse_response(struct net_http_head *h, const char *buf,
	    size_t len);

/*
 * The value of the first field `name' (case-insensitive); p is NULL when there
 * is none.
 */
struct net_http_str net_http_field(const struct net_http_head *h,
	    const char *name);

/*
 * Does any field `name', read as a comma-separated list, contain `token' (both
 * case-insensitive)?  Returns 1 or 0.
 */
int	 net_http_has_token(const struct net_http_head *h, const char *name,
	    const char *token);

/*
 * Returns 1 when `s' equals the C string `t': exactly, or ignoring ASCII case.
 */
int	 net_http_eq(struct net_http_str s, const char *t);
int	 net_http_caseeq(struct net_http_str s, const char *t);

#endif
