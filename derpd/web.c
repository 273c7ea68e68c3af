/*
 * web: what the relay worker answers to an HTTP request.
 *
 * Called by relay workers with each request head.  Pure: touches its arguments
 * alone, so that every answer can be compared with its bytes in web_test.c.
 *
 * Where derper answers otherwise, on purpose:
 * - paths are not cleaned: //derp and /x/../derp are unknown paths and get the
 *   home page, not a 307 to /derp (escapes such as /%64erp do count);
 * - redirects have no body; /debug/ has an index and the metrics alone;
 * - /debug is refused like /debug/, and an empty X-Forwarded-For refuses too;
 * - on the plain port / leads loopback to / as well, not to /debug/; /debugx
 *   redirects; a redirect without any Host is a 400 instead of "https:///";
 *   CONNECT is a 400 like every other method; Strict-Transport-Security stays
 *   away (RFC 6797 7.2);
 * - 405 says Allow and 426 says Upgrade, as RFC 9110 asks;
 * - a WebSocket client that wants a protocol that only resembles "derp" gets a
 *   400 instead of a 101 and a close.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "frame.h"
#include "hex.h"
#include "web.h"
#include "websocket.h"

#define TEXT	"text/plain; charset=utf-8"
#define HTML	"text/html; charset=utf-8"

/* Longest path that means something here, with room for its end. */
#define MAX_PATH	64

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
    "<ul><li><a href=\"/debug/varz\">/debug/varz</a> (metrics)</li></ul>\n"
    "</body>\n"
    "</html>\n";

static const char *
reason(int status)
{
	static const struct {
		int		 status;
		const char	*text;
	} t[] = {
		{ 200, "OK" },
		{ 204, "No Content" },
		{ 302, "Found" },
		{ 307, "Temporary Redirect" },
		{ 400, "Bad Request" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 414, "URI Too Long" },
		{ 417, "Expectation Failed" },
		{ 426, "Upgrade Required" },
		{ 431, "Request Header Fields Too Large" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t	i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (t[i].status == status)
			return t[i].text;
	return "Internal Server Error";
}

/*
 * Append to the reply.  WEB_MAX_REPLY is sized so that nothing is ever cut,
 * and if it were, what is sent would be short, never beyond the buffer.
 */
static void put(struct web_reply *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

static void
put(struct web_reply *r, const char *fmt, ...)
{
	va_list	ap;
	size_t	room = sizeof(r->buf) - r->len;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(r->buf + r->len, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	r->len += (size_t)n < room ? (size_t)n : room - 1;
}

/*
 * Append a piece of outside text within a field value.  Nothing but visible
 * ASCII goes through: no value can end its line, whatever it came from.
 */
static void
put_value(struct web_reply *r, const char *p, size_t len)
{
	size_t	i;

	for (i = 0; i < len && r->len < sizeof(r->buf) - 1; i++)
		if (p[i] > 0x20 && p[i] < 0x7f)
			r->buf[r->len++] = p[i];
}

/*
 * Date (RFC 9110 5.6.7), by arithmetic: gmtime(3) may want to read a time zone
 * file, which a worker can't.
 */
static void
put_date(struct web_reply *r, time_t now)
{
	static const char	*wday[] = { "Thu", "Fri", "Sat", "Sun", "Mon",
	    "Tue", "Wed" };
	static const char	*month[] = { "Mar", "Apr", "May", "Jun", "Jul",
	    "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb" };
	long long		 t = now < 0 ? 0 : now, days = t / 86400;
	long long		 era, doe, yoe, doy, m, year, sec = t % 86400;

	/* Years begin in March, so that the leap day is the last one. */
	era = (days + 719468) / 146097;
	doe = (days + 719468) % 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	m = (5 * doy + 2) / 153;
	year = era * 400 + yoe + (m >= 10);
	put(r, "Date: %s, %02lld %s %04lld %02lld:%02lld:%02lld GMT\r\n",
	    wday[days % 7], doy - (153 * m + 2) / 5 + 1, month[m], year,
	    sec / 3600, sec / 60 % 60, sec % 60);
}

/*
 * Begin a reply: status line, Date, Connection.  `option' is a connection
 * option of the reply itself, "" none.  `h' NULL: the head did not parse.
 */
static void
begin_option(const struct web_env *env, const struct http_head *h,
    struct web_reply *r, int status, const char *option)
{
	const char	*keep = "";

	r->len = 0;
	put(r, "HTTP/1.1 %d %s\r\n", status, reason(status));
	put_date(r, env->now);
	if (r->close)
		keep = "close";
	else if (h != NULL && h->minor == 0)
		keep = "keep-alive";
	if (*option != '\0' || *keep != '\0')
		put(r, "Connection: %s%s%s\r\n", option,
		    *option != '\0' && *keep != '\0' ? ", " : "", keep);
}

static void
begin(const struct web_env *env, const struct http_head *h,
    struct web_reply *r, int status)
{
	begin_option(env, h, r, status, "");
}

/* What browsers are told with every page that is meant for them. */
static void
put_browser(const struct web_env *env, struct web_reply *r)
{
	if (env->tls)
		put(r, "Strict-Transport-Security: "
		    "max-age=63072000; includeSubDomains\r\n");
	put(r, "Content-Security-Policy: default-src 'self'; "
	    "frame-ancestors 'none'; form-action 'self'; base-uri 'self'; "
	    "block-all-mixed-content; object-src 'none'\r\n"
	    "X-Frame-Options: DENY\r\n"
	    "X-Content-Type-Options: nosniff\r\n");
}

/* End the head and add the body, unless the request was HEAD. */
static enum web_action
end(struct web_reply *r, const char *type, const char *body)
{
	put(r, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", type,
	    strlen(body), r->head_only ? "" : body);
	return WEB_REPLY;
}

/* End the head of a reply without content. */
static enum web_action
end_empty(struct web_reply *r)
{
	put(r, "Content-Length: 0\r\n\r\n");
	return WEB_REPLY;
}

/* A complete reply for people: a status and a line of text. */
static enum web_action
say(const struct web_env *env, const struct http_head *h, struct web_reply *r,
    int status, const char *text)
{
	begin(env, h, r, status);
	put(r, "X-Content-Type-Options: nosniff\r\n");
	return end(r, TEXT, text);
}

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
	/* The overlay leaves out what ChromeOS gives its virtual machines. */
	return p[12] == 100 && (p[13] & 0xc0) == 64 &&
	    !(p[13] == 115 && (p[14] & 0xfe) == 92);
}

static enum web_action
page_debug(const struct web_env *env, const struct http_head *h,
    struct web_reply *r, const char *path)
{
	if (!web_debug_peer(env->peer) ||
	    http_field(h, "X-Forwarded-For").p != NULL)
		return say(env, h, r, 403, "debug access denied\n");
	if (strcmp(path, "/debug/varz") == 0)
		return WEB_STATS;
	if (strcmp(path, "/debug/") == 0) {
		begin(env, h, r, 200);
		put_browser(env, r);
		return end(r, HTML, debug_page);
	}
	if (strcmp(path, "/debug") == 0) {
		begin(env, h, r, 307);
		put(r, "Location: /debug/\r\n");
		return end_empty(r);
	}
	return say(env, h, r, 404, "404 page not found\n");
}

static int
is_challenge(struct http_str c)
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

/* How clients find out that a captive portal is in their way. */
static enum web_action
page_204(const struct web_env *env, const struct http_head *h,
    struct web_reply *r)
{
	struct http_str	c = http_field(h, "X-Tailscale-Challenge");

	begin(env, h, r, 204);
	put(r, "Cache-Control: no-cache, no-store, must-revalidate, "
	    "no-transform, max-age=0\r\n");
	if (is_challenge(c)) {
		put(r, "X-Tailscale-Response: response ");
		put_value(r, c.p, c.len);
		put(r, "\r\n");
	}
	put(r, "\r\n");
	return WEB_REPLY;
}

/* How clients without UDP measure the way to this server. */
static enum web_action
page_probe(const struct web_env *env, const struct http_head *h,
    struct web_reply *r)
{
	if (!http_eq(h->method, "GET") && !http_eq(h->method, "HEAD")) {
		begin(env, h, r, 405);
		put(r, "Allow: GET, HEAD\r\n"
		    "X-Content-Type-Options: nosniff\r\n");
		return end(r, TEXT, "bogus probe method\n");
	}
	begin(env, h, r, 200);
	put(r, "Access-Control-Allow-Origin: *\r\n");
	return end_empty(r);
}

/* No names are configured: derper says nothing then. */
static enum web_action
page_bootstrap(const struct web_env *env, const struct http_head *h,
    struct web_reply *r)
{
	r->close = 1;
	begin(env, h, r, 200);
	put_browser(env, r);
	return end(r, "application/json", "");
}

static enum web_action
page_robots(const struct web_env *env, const struct http_head *h,
    struct web_reply *r)
{
	begin(env, h, r, 200);
	put_browser(env, r);
	return end(r, TEXT, "User-agent: *\nDisallow: /\n");
}

static enum web_action
page_home(const struct web_env *env, const struct http_head *h,
    struct web_reply *r)
{
	if (env->home != HOME_REDIRECT) {
		begin(env, h, r, 200);
		put_browser(env, r);
		return end(r, HTML, env->home == HOME_PAGE ? home_page : "");
	}
	begin(env, h, r, 302);
	put_browser(env, r);
	put(r, "Location: ");
	put_value(r, env->redirect, strlen(env->redirect));
	put(r, "\r\n");
	return end_empty(r);
}

static enum web_action
upgrade_required(const struct web_env *env, const struct http_head *h,
    struct web_reply *r, const char *protocol, const char *text)
{
	begin_option(env, h, r, 426, "Upgrade");
	put(r, "Upgrade: %s\r\nX-Content-Type-Options: nosniff\r\n", protocol);
	return end(r, TEXT, text);
}

/* After an upgrade there is no HTTP any more: no body, no next request. */
static enum web_action
upgraded(const struct http_head *h, struct web_reply *r, enum web_action action)
{
	struct http_str	ideal = http_field(h, "Ideal-Node");

	if (ideal.len > 0)
		r->ideal_node = ideal;
	r->discard = 0;
	r->close = 0;
	return action;
}

static enum web_action
upgrade_websocket(const struct web_env *env, const struct http_head *h,
    struct web_reply *r)
{
	char	accept[WS_ACCEPT_SIZE];

	switch (ws_check(h, accept)) {
	case WS_OK:
		break;
	case WS_NO_UPGRADE:
		return upgrade_required(env, h, r, "websocket",
		    "WebSocket needs HTTP/1.1 and Connection: Upgrade\n");
	case WS_BAD_METHOD:
		begin(env, h, r, 405);
		put(r, "Allow: GET\r\nX-Content-Type-Options: nosniff\r\n");
		return end(r, TEXT, "WebSocket needs GET\n");
	case WS_BAD_VERSION:
		begin(env, h, r, 400);
		put(r, "Sec-WebSocket-Version: 13\r\n"
		    "X-Content-Type-Options: nosniff\r\n");
		return end(r, TEXT, "WebSocket version 13 alone is served\n");
	case WS_BAD_KEY:
		return say(env, h, r, 400,
		    "Sec-WebSocket-Key must be 16 bytes in base64\n");
	case WS_BAD_PROTOCOL:
		return say(env, h, r, 400,
		    "client must speak the derp subprotocol\n");
	}
	put(r, "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n"
	    "Sec-WebSocket-Protocol: derp\r\n\r\n", accept);
	return upgraded(h, r, WEB_UPGRADE_WEBSOCKET);
}

/* 1 when `s' contains `t' anywhere, case included; derper's test. */
static int
contains(struct http_str s, const char *t)
{
	return s.p != NULL && memmem(s.p, s.len, t, strlen(t)) != NULL;
}

/*
 * The relay itself.  Neither method nor Connection are looked at.  Very old
 * clients say "websocket" and mean DERP, so only who names the subprotocol
 * gets WebSocket.
 */
static enum web_action
page_derp(const struct web_env *env, const struct http_head *h,
    struct web_reply *r)
{
	struct http_str	up = http_field(h, "Upgrade");
	char		hex[2 * FRAME_KEY_LEN + 1];

	if (!env->relay)
		return say(env, h, r, 404, "derp server disabled\n");
	if (http_caseeq(up, "websocket") &&
	    contains(http_field(h, "Sec-WebSocket-Protocol"), "derp"))
		return upgrade_websocket(env, h, r);
	if (!http_caseeq(up, "websocket") && !http_caseeq(up, "derp"))
		return upgrade_required(env, h, r, "DERP",
		    "DERP requires connection upgrade\n");

	r->fast_start = http_eq(http_field(h, "Derp-Fast-Start"), "1");
	if (!r->fast_start) {
		hex_put(hex, env->node_key, FRAME_KEY_LEN);
		put(r, "HTTP/1.1 101 Switching Protocols\r\n"
		    "Upgrade: DERP\r\n"
		    "Connection: Upgrade\r\n"
		    "Derp-Version: %d\r\n"
		    "Derp-Public-Key: %s\r\n\r\n", DERP_VERSION, hex);
	}
	return upgraded(h, r, WEB_UPGRADE_DERP);
}

/* The plain port sends everybody to the TLS one, to the Host as sent. */
static enum web_action
redirect_tls(const struct web_env *env, const struct http_head *h,
    struct web_reply *r)
{
	if (!http_eq(h->method, "GET") && !http_eq(h->method, "HEAD"))
		return say(env, h, r, 400, "Use HTTPS\n");
	if (h->host.len == 0)
		return say(env, h, r, 400, "Use HTTPS (there is no Host)\n");
	begin(env, h, r, 302);
	put(r, "Location: https://");
	put_value(r, h->host.p, h->host.len);
	put_value(r, h->path.p, h->path.len);
	if (h->query.p != NULL) {
		put(r, "?");
		put_value(r, h->query.p, h->query.len);
	}
	put(r, "\r\n");
	return end_empty(r);
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
 * Resolve the escapes of a path to compare it.  What does not fit is cut: no
 * path that means something is that long.  A broken escape and %00 make it "".
 */
static void
decode_path(struct http_str s, char dst[MAX_PATH])
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

/* What becomes of the connection behind this request; see web_route(). */
static void
judge_body(const struct http_head *h, struct web_reply *r)
{
	r->close = !h->keepalive || h->chunked ||
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
	r->fast_start = 0;
	r->ideal_node = (struct http_str){ NULL, 0 };
}

enum web_action
web_route(const struct web_env *env, const struct http_head *h,
    struct web_reply *r)
{
	static const struct {
		const char	*path;
		int		 plain;	/* on the plain port, too */
		enum web_action	(*page)(const struct web_env *,
		    const struct http_head *, struct web_reply *);
	} pages[] = {
		{ "/derp",			0, page_derp },
		{ "/derp/probe",		0, page_probe },
		{ "/derp/latency-check",	0, page_probe },
		{ "/generate_204",		1, page_204 },
		{ "/bootstrap-dns",		0, page_bootstrap },
		{ "/robots.txt",		0, page_robots },
	};
	char	path[MAX_PATH];
	size_t	i;

	reset(r);
	judge_body(h, r);
	r->head_only = http_eq(h->method, "HEAD");
	if (!h->expect_continue && http_field(h, "Expect").p != NULL &&
	    h->minor > 0) {
		r->close = 1;
		return say(env, h, r, 417, "only 100-continue is expected\n");
	}
	if (http_eq(h->target, "*")) {
		begin(env, h, r, 200);
		return end_empty(r);
	}
	if (http_eq(h->method, "CONNECT") && env->tls)
		return say(env, h, r, 403, "CONNECT not enabled\n");

	decode_path(h->path, path);
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strcmp(path, pages[i].path) == 0 &&
		    (env->tls || pages[i].plain))
			return pages[i].page(env, h, r);
	if (strcmp(path, "/debug") == 0 || strncmp(path, "/debug/", 7) == 0)
		return page_debug(env, h, r, path);
	return env->tls ? page_home(env, h, r) : redirect_tls(env, h, r);
}

void
web_error(const struct web_env *env, int error, struct web_reply *r)
{
	char	text[64];

	reset(r);
	r->close = 1;
	snprintf(text, sizeof(text), "%d %s\n", -error, reason(-error));
	say(env, NULL, r, -error, text);
}

void
web_reply_body(const struct web_env *env, const struct http_head *h,
    const char *type, size_t len, struct web_reply *r)
{
	reset(r);
	judge_body(h, r);
	r->head_only = http_eq(h->method, "HEAD");
	/* Whoever asks for this has no body to send. */
	if (r->discard > 0)
		r->close = 1;
	r->discard = 0;
	begin(env, h, r, 200);
	put_browser(env, r);
	put(r, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n", type, len);
}
