/*
 * raw_proxy: cases about load balancers: the PROXY header, and what the server
 * takes for the address of a client.
 *
 * The server knows BALANCER alone as a load balancer.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raw.h"

#define BALANCER	"127.0.0.2"
#define SIG		"\r\n\r\n\0\r\nQUIT\n"
#define SIGLEN		12

/* A header and the client that it names; NULL: none. */
struct header {
	const char	*p;
	size_t		 len;
	const char	*addr;
	int		 port;
};

#define V1(text, addr, port)	{ text, sizeof(text) - 1, addr, port }
#define V2(rest, addr, port)	\
	{ SIG rest, SIGLEN + sizeof(rest) - 1, addr, port }

static const struct header named = V1("PROXY TCP4 192.0.2.77 127.0.0.1 "
    "4000 443\r\n", "::ffff:192.0.2.77", 4000);
static const struct header local = V2("\x20\0\0\0", NULL, 0);

/* How a connection from the load balancer begins; NULL: without a header. */
static struct raw_conn *
try_balanced(const struct header *h, size_t chunk)
{
	struct tls_how how = { .chunk = chunk };
	struct raw_conn *c;

	if (h != NULL) {
		how.prelude = h->p;
		how.prelude_len = h->len;
	}
	opt.from = BALANCER;
	c = conn_try_tls(&how);
	opt.from = NULL;
	return (c);
}

static struct raw_conn *
balanced(const struct header *h, size_t chunk)
{
	struct raw_conn *c = try_balanced(h, chunk);

	if (c == NULL)
		fail("no handshake after a header of %zu bytes", h->len);
	return (c);
}

/* The same without TLS, to `port'. */
static struct raw_conn *
balanced_tcp(const char *port)
{
	struct raw_conn *c;

	opt.from = BALANCER;
	c = conn_tcp(port);
	opt.from = NULL;
	return (c);
}

/* Log in with these fields in the request. */
static struct sess *
login(struct raw_conn *c, const char *fields)
{
	static const char json[] = "{\"version\":2}";
	struct sess *s = sess_new(c);
	char head[1024];
	uint8_t *info;
	size_t n;

	n = (size_t)snprintf(head, sizeof(head), "GET /derp HTTP/1.1\r\n"
	    "Host: %s\r\nConnection: Upgrade\r\nUpgrade: DERP\r\n"
	    "Derp-Fast-Start: 1\r\n%s\r\n", opt.name, fields);
	conn_write(c, head, n);
	info = client_info(s, json, sizeof(json) - 1, &n);
	conn_write(c, info, n);
	free(info);
	if (sess_next(s)->type != FRAME_SERVER_KEY ||
	    sess_next(s)->type != FRAME_SERVER_INFO)
		fail("no login");
	return (s);
}

static struct sess *
watcher(void)
{
	struct sess *w = sess_login_mesh();

	sess_send(w, FRAME_WATCH_CONNS, "", 0);
	return (w);
}

/* Require that the watcher `w' is told this address and port of `s'. */
static void
want_address(struct sess *w, const struct sess *s, const char *addr, int port)
{
	char text[INET6_ADDRSTRLEN];
	struct frame *f;
	int got;

	do {
		f = sess_next(w);
	} while (f->type != FRAME_PEER_PRESENT ||
	    memcmp(f->p, s->pub, FRAME_KEY_LEN) != 0);
	if (inet_ntop(AF_INET6, f->p + FRAME_KEY_LEN, text, sizeof(text)) ==
	    NULL)
		fail("no address");
	got = f->p[FRAME_KEY_LEN + 16] << 8 | f->p[FRAME_KEY_LEN + 17];
	if (strcmp(text, addr) != 0 || got != port)
		fail("%s port %d, not %s port %d", text, got, addr, port);
}

/* The port at our end of a connection. */
static int
own_port(const struct raw_conn *c)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	if (getsockname(c->fd, (struct sockaddr *)&sin, &len) == -1)
		fail("getsockname");
	return (ntohs(sin.sin_port));
}

/*
 * Each kind of header, in one segment with the ClientHello and byte by byte:
 * the address is the client's, or the load balancer's where none is named.
 */
void
proxy_headers(void)
{
	static const char tcp6[] = "\x21\x21\0\x27"
	    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
	    "\x12\x34\x01\xbb" "\x04\0\0";
	static const struct header t[] = {
		V1("PROXY TCP4 192.0.2.1 127.0.0.1 56324 443\r\n",
		    "::ffff:192.0.2.1", 56324),
		V1("PROXY TCP6 2001:db8::5 ::1 1 443\r\n", "2001:db8::5", 1),
		V1("PROXY TCP4 192.0.2.2 127.0.0.1 0 0\r\n",
		    "::ffff:192.0.2.2", 0),
		V1("PROXY UNKNOWN\r\n", NULL, 0),
		V1("PROXY UNKNOWN 192.0.2.3 what ever\r\n", NULL, 0),
		V2("\x21\x11\0\x0c" "\xc0\0\x02\x04\x7f\0\0\x01\0\x50\x01\xbb",
		    "::ffff:192.0.2.4", 80),
		V2("\x21\x11\0\x1b" "\xc0\0\x02\x06\x7f\0\0\x01\0\x51\x01\xbb"
		    "\x03\0\x04" "abcd" "\x02\0\x05host\0", "::ffff:192.0.2.6",
		    81),
		V2("\x20\0\0\0", NULL, 0),
		V2("\x20\x11\0\x0c" "\xc0\0\x02\x04\x7f\0\0\x01\0\x50\x01\xbb",
		    NULL, 0),
		V2("\x21\0\0\0", NULL, 0)
	};
	static const size_t nkinds = sizeof(t) / sizeof(t[0]);
	char mine[SIGLEN + sizeof(tcp6)], unix_header[SIGLEN + 4 + 216];
	const struct header *h, more[] = {
		{ mine, SIGLEN + sizeof(tcp6) - 1, "2001:db8::7", 0x1234 },
		{ unix_header, sizeof(unix_header), NULL, 0 }
	};
	struct sess *w, *s;
	size_t i;
	int port;

	memcpy(mine, SIG, SIGLEN);
	memcpy(mine + SIGLEN, tcp6, sizeof(tcp6));
	memset(unix_header, 0, sizeof(unix_header));
	memcpy(unix_header, SIG "\x21\x31\0\xd8", SIGLEN + 4);
	w = watcher();
	for (i = 0; i < 2 * (nkinds + 2); i++) {
		h = i / 2 < nkinds ? &t[i / 2] : &more[i / 2 - nkinds];
		s = login(balanced(h, i % 2), "");
		port = h->addr == NULL ? own_port(s->c) : h->port;
		want_address(w, s, h->addr == NULL ? "::ffff:" BALANCER :
		    h->addr, port);
		sess_close(s, 0);
	}
	/* Others are clients themselves. */
	s = login(conn_tls(NULL), "");
	want_address(w, s, "::ffff:127.0.0.1", own_port(s->c));
	sess_close(s, 0);
	report("%zu kinds of headers, whole and byte by byte", nkinds + 2);
	sess_close(w, 0);
}

/* The server ends the connection after these bytes. */
static void
want_refused(struct raw_conn *c, const void *p, size_t n, const char *what)
{
	(void)conn_try_write(c, p, n);
	if (!conn_ends(c, WAIT_MS))
		fail("not closed: %s", what);
	conn_close(c, 0);
}

/* No header, a wrong one, two, and one from elsewhere. */
void
proxy_refused(void)
{
	static const struct header wrong[] = {
		V1("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", "", 0),
		V1("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", "", 0),
		V1("PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", "", 0),
		V1("GET / HTTP/1.1\r\n\r\n", "", 0),
		V2("\x21\x11\0\x0b" "12345678901", "", 0),
		V2("\x31\x11\0\x0c" "123456789012", "", 0),
		V2("\x21\x11\xff\xff", "", 0)
	};
	static const struct tls_how foreign = {
		.prelude = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
		.prelude_len = 36
	};
	static const struct header twice = V1("PROXY UNKNOWN\r\n"
	    "PROXY UNKNOWN\r\n", "", 0);
	uint8_t hello[4096];
	char longest[200];
	size_t i, n = conn_hello(hello, sizeof(hello));

	want_refused(balanced_tcp(opt.port), hello, n, "no header");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		want_refused(balanced_tcp(opt.port), wrong[i].p, wrong[i].len,
		    wrong[i].p);
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "PROXY UNKNOWN ", 14);
	want_refused(balanced_tcp(opt.port), longest, 108, "a long line");
	if (opt.plain != NULL)
		want_refused(balanced_tcp(opt.plain), "GET / HTTP/1.1\r\n\r\n",
		    18, "no header at the plain port");
	if (try_balanced(&twice, 0) != NULL)
		fail("a second header was accepted");
	if (conn_try_tls(&foreign) != NULL)
		fail("a header from elsewhere was accepted");
	/* All of that harmed nobody. */
	conn_close(balanced(&named, 0), 0);
	conn_close(conn_tls(NULL), 0);
	report("%zu wrong headers were refused", i);
}

/* Parts of a header: the end of the client, and of its time. */
void
proxy_slow(void)
{
	struct raw_conn *c[4], *tls;
	int64_t start = now_ms();
	size_t i;

	for (i = 0; i < 4; i++)
		c[i] = balanced_tcp(opt.port);
	conn_write(c[1], "PROXY TCP4 192.0.2", 18);
	conn_write(c[2], SIG "\x21\x11\x0f\0" "12", SIGLEN + 6);
	conn_write(c[3], "PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n", 36);
	tls = balanced_tcp(opt.port);
	conn_write(tls, "PROXY", 5);
	conn_half_close(tls);
	if (!conn_ends(tls, 5000))
		fail("a part of a header was not the end");
	conn_close(tls, 0);
	for (i = 0; i < 4; i++) {
		if (!conn_ends(c[i], WAIT_MS))
			fail("part %zu of a header was not timed out", i);
		conn_close(c[i], 0);
	}
	if (now_ms() - start < 5000)
		fail("they were closed after %lld ms",
		    (long long)(now_ms() - start));
	report("parts of headers were closed in time");
}

/*
 * With max unfinished 20 per source 3, or a source rate of 1 with a burst of 3:
 * connections of a load balancer are not limited as one source; those of its
 * clients are.
 */
void
proxy_limits(void)
{
	struct raw_conn *c[10];
	struct sess *s;
	int i, open = 0;

	for (i = 0; i < 10; i++)
		c[i] = balanced_tcp(opt.port);
	poll(NULL, 0, 200);
	for (i = 0; i < 10; i++)
		open += !conn_ends(c[i], 0);
	if (open != 10)
		fail("%d of 10 without a header stayed", open);
	for (i = 0; i < 5; i++)
		conn_write(c[i], named.p, named.len);
	for (open = i = 0; i < 5; i++)
		open += !conn_ends(c[i], 500);
	if (open != 3)
		fail("%d of 5 of one client stayed, not 3", open);
	/* Other clients, and the load balancer itself, are served. */
	for (i = 5; i < 9; i++)
		conn_write(c[i], local.p, local.len);
	for (open = 0, i = 5; i < 9; i++)
		open += !conn_ends(c[i], 200);
	if (open != 4)
		fail("%d of 4 of the load balancer stayed", open);
	s = login(conn_tls(NULL), "");
	sess_close(s, 0);
	s = login(balanced(&local, 0), "");
	sess_close(s, 0);
	for (i = 0; i < 10; i++)
		conn_close(c[i], 0);
	report("3 of 5 connections of one client stayed");
}

/* X-Forwarded-For and X-Real-IP, from where they are believed and elsewhere. */
void
proxy_forwarded(void)
{
	static const char both[] = "X-Real-IP: 192.0.2.8\r\n"
	    "X-Forwarded-For: 127.0.0.1, 192.0.2.9\r\n"
	    "X-Forwarded-For: " BALANCER "\r\n";
	static const char real[] = "X-Real-IP: 2001:db8::8\r\n";
	static const char junk[] = "X-Forwarded-For: unknown\r\n";
	static const struct header balancer = V1("PROXY TCP4 " BALANCER
	    " 127.0.0.1 77 443\r\n", NULL, 0);
	struct sess *w = watcher(), *s;

	s = login(balanced(&local, 0), both);
	want_address(w, s, "::ffff:192.0.2.9", 0);
	sess_close(s, 0);
	s = login(balanced(&local, 0), real);
	want_address(w, s, "2001:db8::8", 0);
	sess_close(s, 0);
	s = login(balanced(&local, 0), junk);
	want_address(w, s, "::ffff:" BALANCER, own_port(s->c));
	sess_close(s, 0);
	s = login(balanced(&balancer, 0), both);
	want_address(w, s, "::ffff:192.0.2.9", 0);
	sess_close(s, 0);
	/* Clients that say so themselves. */
	s = login(balanced(&named, 0), both);
	want_address(w, s, named.addr, named.port);
	sess_close(s, 0);
	s = login(conn_tls(NULL), both);
	want_address(w, s, "::ffff:127.0.0.1", own_port(s->c));
	sess_close(s, 0);
	s = login(conn_tls(NULL), real);
	want_address(w, s, "::ffff:127.0.0.1", own_port(s->c));
	sess_close(s, 0);
	sess_close(w, 0);
	report("X-Forwarded-For is believed from the load balancer alone");
}

/*
 * The status of a GET with these fields at the plain port, after a header;
 * NULL: directly.
 */
static int
status_of(const struct header *h, const char *path, const char *fields)
{
	struct sess *s = sess_new(h != NULL ? balanced_tcp(opt.plain) :
	    conn_tcp(opt.plain));
	char head[4096];
	int status, n;

	if (h != NULL)
		conn_write(s->c, h->p, h->len);
	n = snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\nHost: x\r\n"
	    "%s\r\n", path, fields);
	conn_write(s->c, head, (size_t)n);
	status = read_head(s, head, sizeof(head));
	sess_close(s, 0);
	return (status);
}

static int
debug_status(const struct header *h)
{
	return (status_of(h, "/debug/", ""));
}

/* Require this status of /debug/clients/. */
static void
want_clients(int want, const struct header *h, const char *fields)
{
	int status = status_of(h, "/debug/clients/?all", fields);

	if (status != want)
		fail("%.*s%s got %d, not %d", h == NULL ? 0 : (int)h->len,
		    h == NULL ? "" : h->p, fields, status, want);
}

/*
 * With `debug from { 192.0.2.64/27 }', or (the count is 0) without: who may see
 * the clients.
 */
void
proxy_clients(void)
{
	static const struct header other = V1("PROXY TCP4 192.0.2.96 "
	    "127.0.0.1 1 2\r\n", NULL, 0);
	static const struct header overlay = V1("PROXY TCP4 100.64.0.1 "
	    "127.0.0.1 1 2\r\n", NULL, 0);
	static const struct header loopback = V1("PROXY TCP6 ::1 ::1 1 2\r\n",
	    NULL, 0);
	const int viewers = opt.count > 0 ? 200 : 403;

	want_clients(200, NULL, "");
	want_clients(403, NULL, "X-Forwarded-For: 127.0.0.1\r\n");
	want_clients(403, NULL, "X-Real-IP: 192.0.2.77\r\n");
	want_clients(viewers, &named, "");
	want_clients(403, &named, "X-Forwarded-For: 192.0.2.77\r\n");
	want_clients(403, &other, "");
	want_clients(403, &overlay, "");
	/* What a load balancer calls loopback is not this machine. */
	want_clients(403, &loopback, "");
	want_clients(403, &local, "");
	want_clients(403, &local, "X-Real-IP: 127.0.0.1\r\n");
	want_clients(viewers, &local, "X-Forwarded-For: 192.0.2.77\r\n");
	want_clients(403, &local,
	    "X-Forwarded-For: 192.0.2.77, 192.0.2.96\r\n");
	report("/debug/clients/ is for this machine and the viewers");
}

/* At the plain port: who may see /debug/. */
void
proxy_plain(void)
{
	static const struct header loopback = V1("PROXY TCP6 ::1 ::1 1 2\r\n",
	    NULL, 0);
	int status;

	if ((status = debug_status(&local)) != 200)
		fail("the load balancer itself got %d", status);
	if ((status = debug_status(&loopback)) != 200)
		fail("a client on loopback got %d", status);
	if ((status = debug_status(&named)) != 403)
		fail("a client elsewhere got %d", status);
	report("/debug/ is for the client's address");
}
