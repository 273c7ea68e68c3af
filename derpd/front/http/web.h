/*
 * web: the answers of a front to HTTP requests (derp(7), sections 2 and 5).
 * Pure: from a request head it makes the bytes of a reply; no I/O, no state, no
 * allocation.
 */
#ifndef WEB_H
#define WEB_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bounds.h"
#include "http.h"
#include "prefix.h"

/* Who may see /debug/clients/ besides this machine. */
struct web_viewers {
	struct net_prefix v[IPC_MAXPROXIES];
	size_t		 n;
};

struct web_map_entry;
struct acme_tokens;
struct web_dns;
struct web_mapstore;

/* Largest request body that is read and discarded to keep a connection. */
#define WEB_MAX_DISCARD		65536

/*
 * Bytes of the largest reply: a redirect repeats at most the host and the
 * target of a head; everything else is short.
 */
#define WEB_MAX_REPLY		(HTTP_MAX_HEAD + 2048)

#define WEB_DATE_SIZE	64		/* bytes of a date, with a margin */

/* The last Date field that was written; all zero initially. */
struct web_date_line {
	char		 text[sizeof("Date: \r\n") + WEB_DATE_SIZE];
	size_t		 len;
	time_t		 when;
};

/* Media type of the metrics. */
#define WEB_VARZ	"text/plain; version=0.0.4; charset=utf-8"

/* The port of a request, and the settings that its answer depends on. */
struct web_env {
	int		 tls;	/* the TLS port */
	int		 derp;	/* a port with derp: the same without TLS;
				   neither: the plain port */
	uint8_t		 peer[16];		/* IPv6 or IPv4-mapped */
	int		 named;		/* a load balancer said so */
	int		 balancer;	/* it is a load balancer itself */
	int		 forwarded;	/* which has named this client: */
	uint8_t		 client[16];
	const struct web_viewers *viewers;	/* NULL: none */
	int		 last;		/* close after each answer */
	int		 relay;			/* DERP is served */
	int		 home;			/* enum ipc_relay_home */
	const char	*redirect;		/* URL, of HOME_REDIRECT */
	const uint8_t	*node_key;		/* 32 bytes, public key */
	const struct web_mapstore *maps;	/* NULL: none */
	const struct web_dns *dns;	/* of /bootstrap-dns; NULL: none */
	const struct acme_tokens *tokens;	/* of ACME; NULL: none */
	time_t		 now;			/* for Date */
	struct web_date_line *date;	/* cached between replies; NULL: not */
};

enum web_action {
	WEB_REPLY,		/* send the reply */
	/* send the reply (empty with fast start), then DERP */
	WEB_UPGRADE_DERP,
	/* send the reply, then DERP in WebSocket messages */
	WEB_UPGRADE_WEBSOCKET,
	WEB_STATS,		/* produce the metrics, then web_reply_body() */
	WEB_MAP,		/* send the reply and then the body */
	WEB_CLIENTS		/* web_clients_request() */
};

/* What a request to /bootstrap-dns asks for. */
enum web_dns_asked {
	WEB_DNS_NOT,		/* it is no such request */
	WEB_DNS_ALL,		/* no name: the published ones */
	WEB_DNS_PUBLISHED_HIT,	/* a name of these */
	WEB_DNS_PUBLISHED_MISS,	/* the same, without addresses so far */
	WEB_DNS_UNPUBLISHED_HIT,
	WEB_DNS_UNPUBLISHED_MISS	/* without addresses, or of no list */
};

struct web_reply {
	char		 buf[WEB_MAX_REPLY];
	size_t		 len;		/* bytes in buf to send */
	/* close after the reply; discard further input */
	int		 close;
	int		 head_only;	/* HEAD: no body follows */
	/* bytes of the request body to discard before the next request */
	size_t		 discard;
	/* of WEB_MAP */
	struct web_map_entry *map;	/* owns the body */
	const uint8_t	*body;		/* not NULL */
	size_t		 body_len;
	enum web_dns_asked dns;		/* to be counted */
	/* of WEB_UPGRADE_DERP */
	int		 fast_start;	/* the client sends its login at once */
	/* of both upgrades */
	/* within the head; p NULL: this node */
	struct net_http_str	 ideal_node;
};

/*
 * Answer the request `h' that arrived at `env': *out is filled in as the action
 * requires.  Bytes behind the head belong to DERP after an upgrade, else to the
 * request's body.  The caller discards a body of known length up to
 * WEB_MAX_DISCARD (out->discard).  With a larger or chunked one, or one that
 * waits for 100 (Continue), the connection closes after the reply, which RFC
 * 9110 10.1.1 allows.
 */
enum web_action	web_route(const struct web_env *env,
		    const struct net_http_head *h, struct web_reply *out);

/*
 * Make the reply to a head that did not parse, after which the connection
 * closes: `error' is the result of net_http_parse_request() (HTTP_BAD and so
 * on), -408 for a head that did not arrive in time, -503 for a server that is
 * full.
 */
void	web_error(const struct web_env *env, int error, struct web_reply *out);

/*
 * Make the head of a 200 with a body of `len' bytes of media type `type', which
 * the caller sends behind it unless out->head_only is set.  *out is filled in
 * as by web_route() and need not be the one of that call; of `h', only method
 * and framing are used.  A request that has a body itself closes the
 * connection.
 */
void	web_reply_body(const struct web_env *env, const struct net_http_head *h,
	    const char *type, size_t len, struct web_reply *out);

/* Return 1 if the address `peer' may see /debug/ but its clients, else 0. */
int	web_debug_peer(const uint8_t peer[16]);

#endif
