/*
 * web: what the relay worker answers to an HTTP request (derp(7), sections 2
 * and 5).  Pure: a request head in, bytes of a reply out; no I/O, no state, no
 * allocation.
 */
#ifndef WEB_H
#define WEB_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "http.h"

struct web_map_entry;
struct acme_tokens;
struct web_mapstore;

/* Largest request body that is read and thrown away to keep a connection. */
#define WEB_MAX_DISCARD		65536

/*
 * Bytes of the largest reply: a redirect repeats at most the host and the
 * target of a head, everything else is short.
 */
#define WEB_MAX_REPLY		(HTTP_MAX_HEAD + 2048)

#define WEB_DATE_SIZE	64		/* of a date, with room to spare */

/* The last Date field that was written; all zero: none yet. */
struct web_date_line {
	char		 text[sizeof("Date: \r\n") + WEB_DATE_SIZE];
	size_t		 len;
	time_t		 when;
};

/* Media type of the metrics. */
#define WEB_VARZ	"text/plain; version=0.0.4; charset=utf-8"

/* Where a request came in, and the settings that matter for its answer. */
struct web_env {
	int		 tls;			/* the TLS port, else the plain
						   one */
	uint8_t		 peer[16];		/* IPv6 or IPv4-mapped */
	int		 relay;			/* DERP is served here */
	int		 home;			/* enum ipc_relay_home */
	const char	*redirect;		/* URL, of HOME_REDIRECT */
	const uint8_t	*node_key;		/* 32 bytes, public half */
	const struct web_mapstore *maps;	/* NULL none */
	const struct acme_tokens *tokens;	/* of ACME; NULL none */
	time_t		 now;			/* for Date */
	struct web_date_line *date;		/* kept between replies; NULL
						   not */
};

enum web_action {
	WEB_REPLY,		/* send the reply */
	WEB_UPGRADE_DERP,	/* send the reply (empty with fast start): DERP
				   from here on */
	WEB_UPGRADE_WEBSOCKET,	/* send the reply: DERP in WebSocket messages */
	WEB_STATS,		/* make the metrics, then web_reply_body() */
	WEB_MAP			/* send the reply, and the body behind it */
};

struct web_reply {
	char		 buf[WEB_MAX_REPLY];
	size_t		 len;		/* bytes in buf to send */
	int		 close;		/* close once they are sent; what still
					   comes in is read and thrown away */
	int		 head_only;	/* HEAD: no body follows, either */
	size_t		 discard;	/* bytes of request body to throw away
					   before the next request */
	/* of WEB_MAP */
	struct web_map_entry *map;	/* holds the body */
	const uint8_t	*body;		/* not NULL */
	size_t		 body_len;
	/* of WEB_UPGRADE_DERP */
	int		 fast_start;	/* the login came along */
	/* of both upgrades */
	struct net_http_str	 ideal_node;	/* within the head; p NULL: this
						   one */
};

/*
 * Answer the request `h' that came in at `env': *out is filled in as far as
 * the action says.  Bytes behind the head belong to DERP after an upgrade and
 * are the request's body else.  A body of known length up to WEB_MAX_DISCARD
 * is to be thrown away (out->discard); with a larger or chunked one, or one
 * that waits for 100 (Continue), the connection closes after the reply, which
 * RFC 9110 10.1.1 allows.
 */
enum web_action	web_route(const struct web_env *env,
		    const struct net_http_head *h, struct web_reply *out);

/*
 * The reply to a head that did not parse, after which the connection closes:
 * `error' is what net_http_parse_request() gave (HTTP_BAD and so on); -408 is
 * for a head that did not come in time, -503 for a server that is full.
 */
void	web_error(const struct web_env *env, int error, struct web_reply *out);

/*
 * The head of a 200 with a body of `len' bytes of media type `type', which the
 * caller sends behind it unless out->head_only is set.  *out is filled in as by
 * web_route() and need not be the one it left; of `h', method and framing count
 * alone.  A request that has a body itself closes the connection.
 */
void	web_reply_body(const struct web_env *env, const struct net_http_head *h,
	    const char *type, size_t len, struct web_reply *out);

/* May `peer' see /debug/, as far as its address goes?  1 yes, 0 no. */
int	web_debug_peer(const uint8_t peer[16]);

#endif
