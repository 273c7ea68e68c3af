/*
 * raw_http: cases about HTTP, on the TLS port and on the plain one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "raw.h"

#define HOST	"Host: relay.test\r\n"
#define MAX_HEAD	16384	/* longest head, bytes */

/* A reply: its head, and its body as far as it fits. */
struct reply {
	int	 status;
	char	 head[8192];
	size_t	 body;		/* bytes of the body that were read */
	char	 text[8192];	/* the body, as far as it fits */
};

/* Value of a header field in r->head, copied to `dst'; "" if absent. */
static const char *
field(const struct reply *r, const char *name, char *dst, size_t size)
{
	const char *p = strstr(r->head, "\r\n"), *end;
	size_t n = strlen(name);

	dst[0] = '\0';
	while (p != NULL && p[2] != '\r' && p[2] != '\0') {
		p += 2;
		end = strstr(p, "\r\n");
		if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
			p += n + 1;
			p += strspn(p, " \t");
			snprintf(dst, size, "%.*s", (int)(end - p), p);
			return (dst);
		}
		p = end;
	}
	return (dst);
}

/* Read `n' bytes of a body, fewer when the connection ends. */
static void
read_body(struct sess *s, struct reply *r, size_t n)
{
	int64_t until = now_ms() + WAIT_MS;
	size_t have = s->len - s->off, keep;
	uint8_t buf[4096];
	ssize_t got;

	if (have > n)
		have = n;
	keep = have < sizeof(r->text) - 1 ? have : sizeof(r->text) - 1;
	memcpy(r->text, s->buf + s->off, keep);
	s->off += have;
	r->body = have;
	while (r->body < n) {
		got = conn_read(s->c, buf, n - r->body < sizeof(buf) ?
		    n - r->body : sizeof(buf), until - now_ms());
		if (got == -1)
			fail("a body is truncated");
		if (got == 0)
			break;
		if (keep + (size_t)got < sizeof(r->text)) {
			memcpy(r->text + keep, buf, (size_t)got);
			keep += (size_t)got;
		}
		r->body += (size_t)got;
	}
	r->text[keep] = '\0';
}

/* Read one reply; status 0 when the connection ended. */
static void
read_reply(struct sess *s, struct reply *r, int head_only)
{
	char v[64];
	long n;

	memset(r, 0, sizeof(*r));
	r->status = read_head(s, r->head, sizeof(r->head));
	if (r->status == 0 || r->status == 204 || r->status < 200 ||
	    head_only)
		return;
	field(r, "Content-Length", v, sizeof(v));
	n = v[0] != '\0' ? strtol(v, NULL, 10) : 1 << 20;
	read_body(s, r, (size_t)n);
}

static struct sess *
send_request(const char *request, size_t n, struct reply *r)
{
	struct sess *s = sess_new(conn_tls(NULL));

	conn_write(s->c, request, n);
	read_reply(s, r, strncmp(request, "HEAD", 4) == 0);
	return (s);
}

/* Send a request on a connection of its own and read the reply. */
static void
request_once(const char *request, struct reply *r)
{
	sess_close(send_request(request, strlen(request), r), 0);
}

static void
want_status(const struct reply *r, int status, const char *what)
{
	if (r->status != status)
		fail("%.60s: answered with %d, wanted %d", what, r->status,
		    status);
}

static void
want_field(const struct reply *r, const char *name, const char *value)
{
	char v[512];

	if (strcmp(field(r, name, v, sizeof(v)), value) != 0)
		fail("%s is `%s', wanted `%s'", name, v, value);
}

static void
challenges(void)
{
	struct reply r;
	char req[512], c66[66];

	request_once("GET /generate_204 HTTP/1.1\r\n" HOST
	    "X-Tailscale-Challenge: a-B_c.1:2\r\n\r\n", &r);
	want_status(&r, 204, "/generate_204");
	want_field(&r, "X-Tailscale-Response", "response a-B_c.1:2");
	want_field(&r, "Cache-Control", "no-cache, no-store, "
	    "must-revalidate, no-transform, max-age=0");
	memset(c66, 'a', sizeof(c66));
	c66[65] = '\0';
	snprintf(req, sizeof(req), "GET /generate_204 HTTP/1.1\r\n" HOST
	    "X-Tailscale-Challenge: %s\r\n\r\n", c66);
	request_once(req, &r);
	want_status(&r, 204, "/generate_204");
	want_field(&r, "X-Tailscale-Response", "");
	snprintf(req, sizeof(req), "GET /generate_204 HTTP/1.1\r\n" HOST
	    "X-Tailscale-Challenge: %s\r\n\r\n", c66 + 1);
	request_once(req, &r);
	if (strstr(r.head, c66 + 1) == NULL)
		fail("a challenge of 64 characters was not answered");
	request_once("GET /generate_204 HTTP/1.1\r\n" HOST
	    "X-Tailscale-Challenge: a b\r\n\r\n", &r);
	want_field(&r, "X-Tailscale-Response", "");
}

void
http_requests(void)
{
	static const char *const probes[] = { "/derp/probe",
	    "/derp/latency-check" };
	struct reply r;
	char req[256];
	size_t i;

	for (i = 0; i < 2; i++) {
		snprintf(req, sizeof(req), "GET %s HTTP/1.1\r\n" HOST "\r\n",
		    probes[i]);
		request_once(req, &r);
		want_status(&r, 200, req);
		want_field(&r, "Access-Control-Allow-Origin", "*");
		if (r.body != 0)
			fail("%s has a body", probes[i]);
		memcpy(req, "HEAD", 4);
		snprintf(req, sizeof(req), "HEAD %s HTTP/1.1\r\n" HOST "\r\n",
		    probes[i]);
		request_once(req, &r);
		want_status(&r, 200, req);
		snprintf(req, sizeof(req), "POST %s HTTP/1.1\r\n" HOST
		    "Content-Length: 0\r\n\r\n", probes[i]);
		request_once(req, &r);
		want_status(&r, 405, req);
	}
	challenges();
	request_once("GET /robots.txt HTTP/1.1\r\n" HOST "\r\n", &r);
	want_status(&r, 200, "/robots.txt");
	if (strncmp(r.text, "User-agent: *\nDisallow: /\n", 26) != 0)
		fail("/robots.txt is `%s'", r.text);
	request_once("GET /bootstrap-dns HTTP/1.1\r\n" HOST "\r\n", &r);
	want_status(&r, 200, "/bootstrap-dns");
	request_once("GET / HTTP/1.1\r\n" HOST "\r\n", &r);
	want_status(&r, 200, "/");
	want_field(&r, "X-Frame-Options", "DENY");
	want_field(&r, "X-Content-Type-Options", "nosniff");
	request_once("GET /derp HTTP/1.1\r\n" HOST "\r\n", &r);
	want_status(&r, 426, "/derp without upgrade");
	request_once("GET /derp HTTP/1.1\r\n" HOST
	    "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", &r);
	want_status(&r, 426, "/derp with another upgrade");
	request_once("CONNECT relay.test:443 HTTP/1.1\r\n" HOST "\r\n", &r);
	want_status(&r, 403, "CONNECT");
	request_once("GET /nothing/here HTTP/1.1\r\n" HOST "\r\n", &r);
	if (r.status != 404 && r.status != 200)
		fail("an unknown path is answered with %d", r.status);
	report("probe, captive portal, robots, home, upgrade and CONNECT");
}

/* Return a request of `line' bytes and `n' fields of 20 bytes; to be freed. */
static char *
long_request(size_t line, size_t nfields)
{
	size_t n = 0, size = line + nfields * 32 + 256, i;
	char *p = malloc(size);

	if (p == NULL)
		fail("out of memory");
	n += (size_t)snprintf(p, size, "GET /");
	memset(p + n, 'a', line);
	n += line;
	n += (size_t)snprintf(p + n, size - n, " HTTP/1.1\r\n" HOST);
	for (i = 0; i < nfields; i++)
		n += (size_t)snprintf(p + n, size - n, "X-%05zu: aaaaaaaaaa"
		    "\r\n", i);
	snprintf(p + n, size - n, "\r\n");
	return (p);
}

/* Require a refusal with one of two codes, and a close. */
static void
refused(const char *req, size_t n, int code, int other, const char *what)
{
	struct sess *s;
	struct reply r;

	s = send_request(req, n, &r);
	if (r.status != code && r.status != other)
		fail("%s: answered with %d, wanted %d", what, r.status, code);
	if (!conn_ends(s->c, WAIT_MS))
		fail("%s: the connection was kept", what);
	sess_close(s, 0);
}

static void
refused_long(size_t line, size_t nfields, int code, int other)
{
	char *p = long_request(line, nfields), what[64];

	snprintf(what, sizeof(what), "path of %zu bytes, %zu fields", line,
	    nfields);
	refused(p, strlen(p), code, other, what);
	free(p);
}

/* Return a head of exactly `n' bytes. */
static char *
sized_head(size_t n)
{
	static const char line[] = "GET /derp/probe HTTP/1.1\r\n" HOST "X: ";
	char *p = malloc(n + 1);

	if (p == NULL)
		fail("out of memory");
	memset(p, 'a', n);
	memcpy(p, line, sizeof(line) - 1);
	memcpy(p + n - 4, "\r\n\r\n", 5);
	return (p);
}

/*
 * The longest head is answered, in one piece or two; a longer one is refused.
 */
static void
head_limit(void)
{
	char *p = sized_head(MAX_HEAD);
	struct sess *s;
	struct reply r;
	size_t n;

	for (n = 1; n <= MAX_HEAD; n += MAX_HEAD - 2) {
		s = sess_new(conn_tls(NULL));
		conn_write(s->c, p, n);
		conn_write(s->c, p + n, MAX_HEAD - n);
		read_reply(s, &r, 0);
		want_status(&r, 200, "a head of 16 KiB");
		sess_close(s, 0);
	}
	free(p);
	p = sized_head(MAX_HEAD + 1);
	refused(p, MAX_HEAD + 1, 431, 431, "a head of 16 KiB and one");
	free(p);
}

void
http_refused(void)
{
	static const struct {
		const char	*req;
		int		 code, other, strict;
	} bad[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 400, 400, 0 },
		{ "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400, 400, 0 },
		{ "GET / HTTP/1.1\r\nHost : relay.test\r\n\r\n", 400, 400, 0 },
		{ "GET / HTTP/1.1\r\n" HOST " folded: 1\r\n\r\n", 400, 400, 1 },
		{ "GET / HTTP/1.1\r\n" HOST "X: 1\r\n folded\r\n\r\n", 400,
		    400, 1 },
		{ "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", 400, 400, 0 },
		{ "GET / HTTP/1.1\r\n" HOST "X\r\n\r\n", 400, 400, 0 },
		{ "GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", 400, 400, 0 },
		{ "GET / HTTP/1.1\r\n" HOST "X: \001\r\n\r\n", 400, 400, 0 },
		{ "GET  / HTTP/1.1\r\n" HOST "\r\n", 400, 400, 0 },
		{ "GET /\r\n\r\n", 400, 505, 0 },
		{ "GET / HTTP/2.0\r\n" HOST "\r\n", 505, 400, 0 },
		{ "GET / HTTQ/1.1\r\n" HOST "\r\n", 400, 505, 0 },
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 400, 0 },
		{ "G\001T / HTTP/1.1\r\n" HOST "\r\n", 400, 400, 0 },
		{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
		    "Content-Length: 6\r\n\r\n", 400, 400, 0 },
		{ "GET / HTTP/1.1\r\n" HOST "Content-Length: x\r\n\r\n", 400,
		    400, 0 },
		{ "GET / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400,
		    400, 0 },
		{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, 400,
		    1 },
		{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: foo\r\n\r\n",
		    501, 400, 0 }
	};
	static const char nul[] = "GET / HTTP/1.1\r\n" HOST
	    "X: a\0b\r\n\r\n";
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!bad[i].strict || !opt.derper)
			refused(bad[i].req, strlen(bad[i].req), bad[i].code,
			    bad[i].other, bad[i].req);
	refused(nul, sizeof(nul) - 1, 400, 400, "NUL in a field");
	report("%zu malformed requests were refused", i + 1);
	if (opt.derper)
		return;
	refused_long(9000, 0, 414, 431);
	refused_long(100000, 0, 414, 431);
	refused_long(10, 150, 431, 431);
	head_limit();
	refused_long(10, 5000, 431, 431);
	report("long ones too");
}

void
http_keepalive(void)
{
	static const char get[] = "GET /derp/probe HTTP/1.1\r\n" HOST "\r\n";
	static const char robots[] = "GET /robots.txt HTTP/1.1\r\n" HOST "\r\n";
	static const char last[] = "GET /robots.txt HTTP/1.1\r\n" HOST
	    "Connection: close\r\n\r\n";
	char many[4096] = "";
	struct sess *s;
	struct reply r;
	int i;

	s = send_request(get, strlen(get), &r);
	for (i = 0; i < 20; i++) {
		conn_write(s->c, get, strlen(get));
		read_reply(s, &r, 0);
		want_status(&r, 200, "a request on a kept connection");
	}
	report("21 requests on one connection");

	for (i = 0; i < 5; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many),
		    "%s%s", get, robots);
	snprintf(many + strlen(many), sizeof(many) - strlen(many), "%s", last);
	conn_write(s->c, many, strlen(many));
	for (i = 0; i < 11; i++) {
		read_reply(s, &r, 0);
		want_status(&r, 200, "a pipelined request");
		if ((r.body != 0) != (i % 2 == 1 || i == 10))
			fail("pipelined request %d: another's answer", i);
	}
	if (!conn_ends(s->c, WAIT_MS))
		fail("Connection: close: it was kept");
	sess_close(s, 0);
	report("11 pipelined requests, then closed as asked");

	s = send_request("GET /robots.txt HTTP/1.0\r\n\r\n", 28, &r);
	want_status(&r, 200, "HTTP/1.0");
	if (!conn_ends(s->c, WAIT_MS))
		fail("HTTP/1.0: the connection was kept");
	sess_close(s, 0);
	report("HTTP/1.0 without Host");
}

/*
 * A body is never parsed as a request: the request behind it is answered, or
 * the connection is closed.
 */
static void
body(const char *head, const char *payload, const char *what)
{
	char req[1024], v[64];
	struct sess *s;
	struct reply r;

	snprintf(req, sizeof(req), "%s%s"
	    "GET /derp/probe HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
	    head, payload);
	s = send_request(req, strlen(req), &r);
	if (r.status == 100)
		read_reply(s, &r, 0);
	if (r.status == 0)
		fail("%s: no answer", what);
	field(&r, "Connection", v, sizeof(v));
	if (strcasecmp(v, "close") != 0) {
		read_reply(s, &r, 0);
		if (r.status != 0)
			want_status(&r, 200, what);
		if (strstr(r.text, "User-agent") != NULL)
			fail("%s: its body was read as a request", what);
	}
	if (!conn_ends(s->c, WAIT_MS))
		fail("%s: the connection was kept", what);
	sess_close(s, 0);
}

void
http_bodies(void)
{
	static const char inner[] = "GET /robots.txt HTTP/1.1\r\n" HOST "\r\n";
	char head[512], payload[512];

	snprintf(head, sizeof(head), "POST /generate_204 HTTP/1.1\r\n" HOST
	    "Content-Length: %zu\r\n\r\n", strlen(inner));
	body(head, inner, "a body with a length");
	snprintf(head, sizeof(head), "GET /generate_204 HTTP/1.1\r\n" HOST
	    "Expect: 100-continue\r\nContent-Length: %zu\r\n\r\n",
	    strlen(inner));
	body(head, inner, "a body that was announced by Expect");
	snprintf(payload, sizeof(payload), "%zx\r\n%s\r\n0\r\n\r\n",
	    strlen(inner), inner);
	body("POST /generate_204 HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: chunked\r\n\r\n", payload, "chunks");
	report("bodies were not read as requests");
}

static void
plain_request(const char *req, struct reply *r)
{
	struct sess *s = sess_new(conn_tcp(opt.plain));

	conn_write(s->c, req, strlen(req));
	read_reply(s, r, strncmp(req, "HEAD", 4) == 0);
	sess_close(s, 0);
}

void
http_plain(void)
{
	struct reply r;

	if (opt.plain == NULL) {
		report("left out: no plain port was given");
		return;
	}
	plain_request("GET /generate_204 HTTP/1.1\r\n" HOST
	    "X-Tailscale-Challenge: c\r\n\r\n", &r);
	want_status(&r, 204, "/generate_204");
	want_field(&r, "X-Tailscale-Response", "response c");
	plain_request("GET /a/b?c=d HTTP/1.1\r\nHost: relay.test\r\n\r\n", &r);
	want_status(&r, 302, "a path");
	want_field(&r, "Location", "https://relay.test/a/b?c=d");
	plain_request("HEAD /derp HTTP/1.1\r\nHost: relay.test\r\n\r\n", &r);
	want_status(&r, 302, "HEAD");
	want_field(&r, "Location", "https://relay.test/derp");
	plain_request("POST /a HTTP/1.1\r\n" HOST
	    "Content-Length: 0\r\n\r\n", &r);
	want_status(&r, 400, "POST");
	plain_request("GET /derp HTTP/1.1\r\n" HOST
	    "Connection: Upgrade\r\nUpgrade: DERP\r\n\r\n", &r);
	want_status(&r, 302, "an upgrade");
	report("captive portal, redirect, and nothing else");
}

/* Requests that upgrade (101), each followed by a login. */
void
http_upgrades(void)
{
	static const char *const good[] = {
		"GET /derp HTTP/1.1\r\n" HOST
		    "connection: upgrade\r\nupgrade: derp\r\n\r\n",
		"GET /derp HTTP/1.1\r\n" HOST
		    "CONNECTION: keep-alive, Upgrade\r\nUPGRADE: DERP\r\n\r\n",
		"GET /derp HTTP/1.1\r\n" HOST "Upgrade: DERP\r\n\r\n",
		"POST /derp HTTP/1.1\r\n" HOST "Content-Length: 0\r\n"
		    "Connection: Upgrade\r\nUpgrade: DERP\r\n\r\n",
		"GET /derp HTTP/1.1\r\n" HOST "Connection: Upgrade\r\n"
		    "Upgrade: WebSocket\r\n\r\n",
		"GET /derp HTTP/1.1\r\n" HOST "Connection: Upgrade\r\n"
		    "Upgrade: DERP\r\nDerp-Fast-Start: 0\r\n\r\n",
		"GET /derp HTTP/1.1\r\n" HOST "Connection: Upgrade\r\n"
		    "Upgrade: DERP\r\nIdeal-Node: 900b\r\n\r\n"
	};
	struct frame *f;
	struct sess *s;
	struct reply r;
	uint8_t *info;
	size_t i, n;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		s = send_request(good[i], strlen(good[i]), &r);
		want_status(&r, 101, good[i]);
		want_field(&r, "Upgrade", "DERP");
		want_field(&r, "Connection", "Upgrade");
		want_field(&r, "Derp-Version", "2");
		info = client_info(s, "{\"version\":2}", 13, &n);
		conn_write(s->c, info, n);
		free(info);
		f = sess_next(s);
		if (f->type != FRAME_SERVER_KEY)
			fail("got frame type %#x, wanted ServerKey", f->type);
		f = sess_next(s);
		if (f->type != FRAME_SERVER_INFO)
			fail("got frame type %#x, wanted ServerInfo", f->type);
		want_alive(s);
		sess_close(s, 0);
	}
	report("%zu ways to write the upgrade", i);
}
