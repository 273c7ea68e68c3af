/*
 * web: the answers of a front to HTTP requests; web_map.c has those that
 * concern maps, bootstrap.c those of /bootstrap-dns.
 *
 * Called by httpconn.c with each request head.  Pure: touches its arguments
 * alone, so that web_test.c can compare every answer with its bytes.
 *
 * Deliberate differences from derper:
 * - paths are not cleaned: //derp and /x/../derp are unknown paths and get the
 *   home page, not a 307 to /derp (escapes such as /%64erp are resolved);
 * - redirects have no body; /debug/ has only an index, the metrics and the
 *   clients, which overlay addresses may not see by themselves;
 * - /debug is refused like /debug/, also with an empty X-Forwarded-For, and
 *   with X-Real-IP;
 * - on the plain port / redirects loopback to / too, not to /debug/; /debugx
 *   redirects; a redirect without a name in Host is a 400 instead of
 *   "https:///" or "https://:80/";
 *   CONNECT is a 400 like every other method; there is no
 *   Strict-Transport-Security (RFC 6797 7.2);
 * - 405 has Allow and 426 has Upgrade, as RFC 9110 requires;
 * - a port with derp, behind a reverse proxy, serves what the TLS port does,
 *   but no Strict-Transport-Security, and /debug/ to `debug from' alone: all
 *   connections seem to come from this machine;
 * - without a relay, / and unknown paths are a 404 but on the plain port, and
 *   so is /bootstrap-dns without names;
 * - /bootstrap-dns keeps the addresses of a name that can't be resolved now,
 *   and has an empty body, not "null", until one was; there are no rollout
 *   percentages;
 * - a WebSocket client that wants a protocol that only resembles "derp" gets a
 *   400 instead of a 101 and a close.
 */
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "bootstrap.h"
#include "relayconf.h"
#include "frame.h"
#include "hex.h"
#include "mapdoc.h"
#include "prefix.h"
#include "tokens.h"
#include "web_map.h"
#include "web_reply.h"
#include "websocket.h"

#define HTML	"text/html; charset=utf-8"

#define CLIENTS_PATH	"/debug/clients"

/* Longest path that means something here, one byte more, and its end. */
#define MAX_PATH	(IPC_MAP_MAX_PATH + 1)

static const char home_page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head><title>DERP relay</title></head>\n"
    "<body>\n"
    "<h1>DERP relay</h1>\n"
    "<p>This server passes encrypted packets between the machines of a\n"
    "private network that can not reach each other directly. It can not\n"
    "read what it passes on.</p>\n"
    "</body>\n"
    "</html>\n";

static const char debug_page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head><title>derpd debug</title></head>\n"
    "<body>\n"
    "<h1>derpd debug</h1>\n"
    "<ul><li><a href=\"/debug/varz\">/debug/varz</a> (metrics)</li>\n"
    "<li><a href=\"/debug/clients/\">/debug/clients/</a> (connected "
    "clients)</li></ul>\n"
    "</body>\n"
    "</html>\n";

int
web_debug_peer(const uint8_t p[16])
{
	static const uint8_t	mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t	loopback[16] = { [15] = 1 };
	static const uint8_t	overlay[6] = { 0xfd, 0x7a, 0x11, 0x5c, 0xa1,
	    0xe0 };

	if (memcmp(p, mapped, 12) != 0)
		return memcmp(p, loopback, 16) == 0 ||
		    memcmp(p, overlay, 6) == 0;
	if (p[12] == 127)
		return 1;
	/*
	 * ChromeOS gives part of the overlay's range to its virtual machines.
	 */
	return p[12] == 100 && (p[13] & 0xc0) == 64 &&
	    !(p[13] == 115 && (p[14] & 0xfe) == 92);
}

/* The answer of a machine that serves only the map. */
static enum web_action
disabled(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	return web_answer_text(env, h, r, 404, "derp server disabled\n");
}

static int
is_forwarded(const struct net_http_head *h)
{
	return net_http_field(h, "X-Forwarded-For").p != NULL ||
	    net_http_field(h, "X-Real-IP").p != NULL;
}

/* Return 1 if the client is this machine, as the kernel says, not others. */
static int
is_local(const struct web_env *env)
{
	static const uint8_t	loopback[16] = { [15] = 1 };

	if (env->named || env->balancer || env->derp)
		return 0;
	return memcmp(env->peer, loopback, 16) == 0 ||
	    (net_address_is_ipv4(env->peer) && env->peer[12] == 127);
}

/*
 * Return 1 if the client may see who is connected: this machine, and the
 * viewers.  What others than load balancers say of it is no use.
 */
static int
may_list(const struct web_env *env, const struct net_http_head *h)
{
	const uint8_t	*client = env->balancer ? env->client : env->peer;
	size_t		 i;

	if (env->balancer ? !env->forwarded : is_forwarded(h))
		return 0;
	if (env->derp && !env->balancer && !env->named)
		return 0;	/* it may be anybody behind a reverse proxy */
	for (i = 0; env->viewers != NULL && i < env->viewers->n; i++)
		if (net_prefix_has(&env->viewers->v[i], client))
			return 1;
	return is_local(env);
}

/* The connected clients. */
static enum web_action
page_clients(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r, const char *path)
{
	if (!may_list(env, h))
		return web_answer_text(env, h, r, 403, "debug access denied\n");
	if (!env->relay)
		return disabled(env, h, r);
	if (strcmp(path, CLIENTS_PATH "/") != 0) {
		web_begin(env, h, r, 301);
		web_put(r, "Location: " CLIENTS_PATH "/\r\n");
		return web_end_empty(r);
	}
	return WEB_CLIENTS;
}

static enum web_action
page_debug(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r, const char *path)
{
	if (strcmp(path, CLIENTS_PATH) == 0 ||
	    strcmp(path, CLIENTS_PATH "/") == 0)
		return page_clients(env, h, r, path);
	if (env->derp || !web_debug_peer(env->peer) || is_forwarded(h))
		return web_answer_text(env, h, r, 403, "debug access denied\n");
	if (strcmp(path, "/debug/varz") == 0)
		return WEB_STATS;
	if (strcmp(path, "/debug/") == 0) {
		web_begin(env, h, r, 200);
		web_put_browser(env, r);
		return web_end(r, HTML, debug_page);
	}
	if (strcmp(path, "/debug") == 0) {
		web_begin(env, h, r, 307);
		web_put(r, "Location: /debug/\r\n");
		return web_end_empty(r);
	}
	return web_not_found(env, h, r);
}

static int
is_challenge(struct net_http_str c)
{
	size_t	i;

	if (c.len == 0 || c.len > 64)
		return 0;
	for (i = 0; i < c.len; i++)
		if (c.p[i] == '\0' || strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "abcdefghijklmnopqrstuvwxyz0123456789.-_:", c.p[i]) == NULL)
			return 0;
	return 1;
}

/* Clients detect captive portals with this page. */
static enum web_action
page_204(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	struct net_http_str	c = net_http_field(h, "X-Tailscale-Challenge");

	web_begin(env, h, r, 204);
	web_put(r, "Cache-Control: no-cache, no-store, must-revalidate, "
	    "no-transform, max-age=0\r\n");
	if (is_challenge(c)) {
		web_put(r, "X-Tailscale-Response: response ");
		web_put_value(r, c.p, c.len);
		web_put(r, "\r\n");
	}
	web_put(r, "\r\n");
	return WEB_REPLY;
}

/* Clients without UDP measure the latency to this server with this page. */
static enum web_action
page_probe(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	if (!env->relay)
		return disabled(env, h, r);
	if (!net_http_eq(h->method, "GET") && !net_http_eq(h->method, "HEAD")) {
		web_begin(env, h, r, 405);
		web_put(r, "Allow: GET, HEAD\r\n"
		    "X-Content-Type-Options: nosniff\r\n");
		return web_end(r, WEB_TEXT, "bogus probe method\n");
	}
	web_begin(env, h, r, 200);
	web_put(r, "Access-Control-Allow-Origin: *\r\n");
	return web_end_empty(r);
}

static enum web_action
page_robots(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	web_begin(env, h, r, 200);
	web_put_browser(env, r);
	return web_end(r, WEB_TEXT, "User-agent: *\nDisallow: /\n");
}

static enum web_action
page_home(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	if (!env->relay)
		return web_not_found(env, h, r);
	if (env->home != HOME_REDIRECT) {
		web_begin(env, h, r, 200);
		web_put_browser(env, r);
		return web_end(r, HTML,
		    env->home == HOME_PAGE ? home_page : "");
	}
	web_begin(env, h, r, 302);
	web_put_browser(env, r);
	web_put(r, "Location: ");
	web_put_value(r, env->redirect, strlen(env->redirect));
	web_put(r, "\r\n");
	return web_end_empty(r);
}

static enum web_action
upgrade_required(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r, const char *protocol, const char *text)
{
	web_begin_option(env, h, r, 426, "Upgrade");
	web_put(r, "Upgrade: %s\r\nX-Content-Type-Options: nosniff\r\n",
	    protocol);
	return web_end(r, WEB_TEXT, text);
}

/* After an upgrade HTTP has ended: no body, no next request. */
static enum web_action
upgraded(const struct net_http_head *h, struct web_reply *r,
    enum web_action action)
{
	struct net_http_str	ideal = net_http_field(h, "Ideal-Node");

	if (ideal.len > 0)
		r->ideal_node = ideal;
	r->discard = 0;
	r->close = 0;
	return action;
}

static enum web_action
upgrade_websocket(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	char	accept[WS_ACCEPT_SIZE];

	switch (web_ws_check(h, accept)) {
	case WS_OK:
		break;
	case WS_NO_UPGRADE:
		return upgrade_required(env, h, r, "websocket",
		    "WebSocket needs HTTP/1.1 and Connection: Upgrade\n");
	case WS_BAD_METHOD:
		web_begin(env, h, r, 405);
		web_put(r, "Allow: GET\r\nX-Content-Type-Options: nosniff\r\n");
		return web_end(r, WEB_TEXT,
		    "WebSocket needs GET\n");
	case WS_BAD_VERSION:
		web_begin(env, h, r, 400);
		web_put(r, "Sec-WebSocket-Version: 13\r\n"
		    "X-Content-Type-Options: nosniff\r\n");
		return web_end(r, WEB_TEXT,
		    "WebSocket version 13 alone is served\n");
	case WS_BAD_KEY:
		return web_answer_text(env, h, r, 400,
		    "Sec-WebSocket-Key must be 16 bytes in base64\n");
	case WS_BAD_PROTOCOL:
		return web_answer_text(env, h, r, 400,
		    "client must speak the derp subprotocol\n");
	}
	web_put(r, "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n"
	    "Sec-WebSocket-Protocol: derp\r\n\r\n", accept);
	return upgraded(h, r, WEB_UPGRADE_WEBSOCKET);
}

/* Return 1 when `s' contains `t' anywhere, case-sensitively, as derper does. */
static int
contains(struct net_http_str s, const char *t)
{
	return s.p != NULL && memmem(s.p, s.len, t, strlen(t)) != NULL;
}

/*
 * The relay itself.  Method and Connection are ignored.  Very old clients send
 * "websocket" and mean DERP, so only a client that names the subprotocol gets
 * WebSocket.
 */
static enum web_action
page_derp(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	struct net_http_str	up = net_http_field(h, "Upgrade");
	char			hex[2 * FRAME_KEY_LEN + 1];

	if (!env->relay)
		return disabled(env, h, r);
	if (net_http_caseeq(up, "websocket") &&
	    contains(net_http_field(h, "Sec-WebSocket-Protocol"), "derp"))
		return upgrade_websocket(env, h, r);
	if (!net_http_caseeq(up, "websocket") && !net_http_caseeq(up, "derp"))
		return upgrade_required(env, h, r, "DERP",
		    "DERP requires connection upgrade\n");

	r->fast_start = net_http_eq(net_http_field(h, "Derp-Fast-Start"), "1");
	if (!r->fast_start) {
		base_hex_put(hex, env->node_key, FRAME_KEY_LEN);
		web_put(r, "HTTP/1.1 101 Switching Protocols\r\n"
		    "Upgrade: DERP\r\n"
		    "Connection: Upgrade\r\n"
		    "Derp-Version: %d\r\n"
		    "Derp-Public-Key: %s\r\n\r\n", FRAME_DERP_VERSION, hex);
	}
	return upgraded(h, r, WEB_UPGRADE_DERP);
}

/* A certificate authority validates that this is the server of an order. */
static enum web_action
page_token(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	const char	*auth = acme_tokens_find(env->tokens, h->path);

	if (auth == NULL)
		return web_not_found(env, h, r);
	web_begin(env, h, r, 200);
	web_put(r, "Cache-Control: no-store\r\n");
	return web_end(r, "application/octet-stream", auth);
}

/* The plain port redirects to the TLS port, with the Host of the request. */
static enum web_action
redirect_tls(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	if (!net_http_eq(h->method, "GET") && !net_http_eq(h->method, "HEAD"))
		return web_answer_text(env, h, r, 400, "Use HTTPS\n");
	/*
	 * A Host without a name, as of a node without one, can't be redirected.
	 */
	if (h->host.len == 0 || h->host.p[0] == ':')
		return web_answer_text(env, h, r, 400,
		    "Use HTTPS (there is no name in Host)\n");
	web_begin(env, h, r, 302);
	web_put(r, "Location: https://");
	web_put_value(r, h->host.p, h->host.len);
	web_put_value(r, h->path.p, h->path.len);
	if (h->query.p != NULL) {
		web_put(r, "?");
		web_put_value(r, h->query.p, h->query.len);
	}
	web_put(r, "\r\n");
	return web_end_empty(r);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Resolve the escapes of a path, to compare it.  A long path is truncated: no
 * known path is that long.  A broken escape and %00 make it "".
 */
static void
decode_path(struct net_http_str s, char dst[MAX_PATH])
{
	size_t	i, n = 0;
	int	hi, lo;

	for (i = 0; i < s.len && n < MAX_PATH - 1; i++) {
		dst[n] = s.p[i];
		if (s.p[i] == '%') {
			hi = i + 2 < s.len ? hex_value(s.p[i + 1]) : -1;
			lo = i + 2 < s.len ? hex_value(s.p[i + 2]) : -1;
			if (hi == -1 || lo == -1 || (hi == 0 && lo == 0)) {
				n = 0;
				break;
			}
			dst[n] = (char)(hi << 4 | lo);
			i += 2;
		}
		n++;
	}
	dst[n] = '\0';
}

/* Set what happens to the connection after this request; see web_route(). */
static void
check_body(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	r->close = env->last || !h->keepalive || h->chunked ||
	    h->content_length > WEB_MAX_DISCARD ||
	    (h->expect_continue && h->content_length != 0);
	if (!r->close && h->content_length > 0)
		r->discard = (size_t)h->content_length;
}

static void
reset(struct web_reply *r)
{
	r->len = 0;
	r->close = 0;
	r->head_only = 0;
	r->discard = 0;
	r->map = NULL;
	r->body = NULL;
	r->body_len = 0;
	r->dns = WEB_DNS_NOT;
	r->fast_start = 0;
	r->ideal_node = (struct net_http_str){ NULL, 0 };
}

enum web_action
web_route(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	static const struct {
		const char	*path;
		int		 plain;	/* on the plain port, too */
		enum web_action	(*page)(const struct web_env *,
		    const struct net_http_head *, struct web_reply *);
	} pages[] = {
		{ "/derp",			0, page_derp },
		{ "/derp/probe",		0, page_probe },
		{ "/derp/latency-check",	0, page_probe },
		{ "/generate_204",		1, page_204 },
		{ "/bootstrap-dns",		0, web_dns_page },
		{ "/robots.txt",		0, page_robots },
	};
	char		path[MAX_PATH];
	const int	all = env->tls || env->derp;
	size_t		i;
	enum web_action	action;

	reset(r);
	check_body(env, h, r);
	r->head_only = net_http_eq(h->method, "HEAD");
	if (!h->expect_continue && net_http_field(h, "Expect").p != NULL &&
	    h->minor > 0) {
		r->close = 1;
		return web_answer_text(env, h, r, 417,
		    "only 100-continue is expected\n");
	}
	if (net_http_eq(h->target, "*")) {
		web_begin(env, h, r, 200);
		return web_end_empty(r);
	}
	if (net_http_eq(h->method, "CONNECT") && all)
		return web_answer_text(env, h, r, 403, "CONNECT not enabled\n");

	decode_path(h->path, path);
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strcmp(path, pages[i].path) == 0 &&
		    (all || pages[i].plain))
			return pages[i].page(env, h, r);
	if (web_map(env, h, path, r, &action))
		return action;
	if (!all && env->tokens != NULL && env->tokens->n > 0 &&
	    strncmp(path, TOKEN_PATH, sizeof(TOKEN_PATH) - 1) == 0)
		return page_token(env, h, r);
	if (strcmp(path, "/debug") == 0 || strncmp(path, "/debug/", 7) == 0)
		return page_debug(env, h, r, path);
	return all ? page_home(env, h, r) : redirect_tls(env, h, r);
}

void
web_error(const struct web_env *env, int error, struct web_reply *r)
{
	char	text[64];

	reset(r);
	r->close = 1;
	snprintf(text, sizeof(text), "%d %s\n", -error,
	    web_reason(-error));
	web_answer_text(env, NULL, r, -error, text);
}

void
web_reply_body(const struct web_env *env, const struct net_http_head *h,
    const char *type, size_t len, struct web_reply *r)
{
	reset(r);
	check_body(env, h, r);
	r->head_only = net_http_eq(h->method, "HEAD");
	/* These requests need no body: if there is one, close. */
	if (r->discard > 0)
		r->close = 1;
	r->discard = 0;
	web_begin(env, h, r, 200);
	web_put_browser(env, r);
	web_put(r, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n", type,
	    len);
}
