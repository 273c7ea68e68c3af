/*
 * http_test: Tests of http.c: heads of requests and responses, whole and in
 * pieces.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

static struct net_http_head	h;

/* Parse the string `s' as a request. */
static int
req(const char *s)
{
	return net_http_parse_request(&h, s, strlen(s));
}

/* Parse a request with `fields' (whole lines) after a valid request line. */
static int
with(const char *fields)
{
	static char	buf[2048];	/* the head points into this buffer */

	snprintf(buf, sizeof(buf), "GET / HTTP/1.1\r\n%s\r\n", fields);
	return req(buf);
}

static int
resp(const char *s)
{
	return net_http_parse_response(&h, s, strlen(s));
}

#define EQ(piece, text)							\
	ATF_CHECK_MSG(net_http_eq((piece), (text)), "%.*s is not %s",	\
	    (int)(piece).len, (piece).p == NULL ? "" : (piece).p, (text))

ATF_TC_WITHOUT_HEAD(request);
ATF_TC_BODY(request, tc)
{
	const char	*s = "GET /derp?x=1?2 HTTP/1.1\r\nHost: a.b:443\r\n"
			    "Upgrade: DERP\r\nconnection: \t Keep, UPGRADE \r\n"
			    "Empty:\r\n\r\nDERP";

	ATF_REQUIRE_EQ(req(s), (int)strlen(s) - 4);
	EQ(h.method, "GET");
	EQ(h.target, "/derp?x=1?2");
	EQ(h.path, "/derp");
	EQ(h.query, "x=1?2");
	EQ(h.host, "a.b:443");
	ATF_CHECK_EQ(h.minor, 1);
	ATF_CHECK_EQ(h.keepalive, 1);
	ATF_CHECK_EQ(h.nfields, 4);
	ATF_CHECK_EQ(h.content_length, -1);
	EQ(net_http_field(&h, "CONNECTION"), "Keep, UPGRADE");
	EQ(net_http_field(&h, "empty"), "");
	ATF_CHECK(net_http_field(&h, "none").p == NULL);
	ATF_CHECK(net_http_has_token(&h, "Connection", "upgrade"));
	ATF_CHECK(!net_http_has_token(&h, "Connection", "up"));
	ATF_CHECK(net_http_caseeq(net_http_field(&h, "upgrade"), "derp"));
	ATF_CHECK(!net_http_eq(net_http_field(&h, "upgrade"), "derp"));
}

ATF_TC_WITHOUT_HEAD(every_split);
ATF_TC_BODY(every_split, tc)
{
	const char	*s = "\r\nHEAD / HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n";
	size_t		 n, len = strlen(s);
	char		*copy;

	for (n = 0; n < len; n++) {
		/* A buffer of the exact size, to detect an overread. */
		ATF_REQUIRE((copy = malloc(n + 1)) != NULL);
		memcpy(copy, s, n);
		ATF_CHECK_EQ(net_http_parse_request(&h, copy, n), HTTP_MORE);
		free(copy);
	}
	ATF_CHECK_EQ(req(s), (int)len);
	s += 2;
	len -= 2;
	ATF_CHECK_EQ(net_http_parse_request(&h, s, 0), HTTP_MORE);
	ATF_CHECK_EQ(net_http_parse_response(&h, "HTTP/1.1 200 OK\r\n\r", 18),
	    HTTP_MORE);
}

ATF_TC_WITHOUT_HEAD(request_line);
ATF_TC_BODY(request_line, tc)
{
	static const struct {
		const char	*line;
		int		 want;	/* 1: accepted */
	} t[] = {
		{ "GET / HTTP/1.1", 1 },
		{ "GET / HTTP/1.7", 1 },
		{ "X!#$%&'*+-.^_`|~9 / HTTP/1.1", 1 },
		{ "OPTIONS * HTTP/1.1", 1 },
		{ "CONNECT a:443 HTTP/1.1", 1 },
		{ "GET http://a HTTP/1.1", 1 },
		{ "GET https://[::1]:8/x HTTP/1.1", 1 },
		{ "GET / HTTP/2.0", HTTP_VERSION },
		{ "PRI * HTTP/2.0", HTTP_VERSION },
		{ "GET / HTTP/0.9", HTTP_VERSION },
		{ "GET / HTTP/1", HTTP_BAD },
		{ "GET / HTTP/1.1 ", HTTP_BAD },
		{ "GET / http/1.1", HTTP_BAD },
		{ "GET / HTTP/1.10", HTTP_BAD },
		{ "GET / HTTP/x.1", HTTP_BAD },
		{ "GET /", HTTP_BAD },
		{ "GET", HTTP_BAD },
		{ "GET  / HTTP/1.1", HTTP_BAD },
		{ "GET /  HTTP/1.1", HTTP_BAD },
		{ "GET\t/ HTTP/1.1", HTTP_BAD },
		{ " GET / HTTP/1.1", HTTP_BAD },
		{ "G(T / HTTP/1.1", HTTP_BAD },
		{ "GET * HTTP/1.1", HTTP_BAD },
		{ "GET a HTTP/1.1", HTTP_BAD },
		{ "GET /a#b HTTP/1.1", HTTP_BAD },
		{ "GET /\x01 HTTP/1.1", HTTP_BAD },
		{ "GET /\x80 HTTP/1.1", HTTP_BAD },
		{ "GET /a\rb HTTP/1.1", HTTP_BAD },
		{ "GET http:// HTTP/1.1", HTTP_BAD },
		{ "GET http:///x HTTP/1.1", HTTP_BAD },
		{ "GET http://u@a/x HTTP/1.1", HTTP_BAD },
		{ "GET ftp://a/ HTTP/1.1", HTTP_BAD },
		{ "CONNECT /a HTTP/1.1", HTTP_BAD },
		{ "CONNECT :443 HTTP/1.1", HTTP_BAD },
		{ "GET http:///a HTTP/1.1", HTTP_BAD },
		{ "GET http://:80/a HTTP/1.1", HTTP_BAD },
		{ "\x16\x03\x01\x02", HTTP_BAD },
	};
	char		buf[256];
	size_t		i;
	int		n;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(buf, sizeof(buf), "%s\r\nHost: h\r\n\r\n", t[i].line);
		n = req(buf);
		ATF_CHECK_MSG((t[i].want == 1 && n == (int)strlen(buf)) ||
		    n == t[i].want, "%s: %d", t[i].line, n);
	}
}

ATF_TC_WITHOUT_HEAD(target_forms);
ATF_TC_BODY(target_forms, tc)
{
	ATF_REQUIRE(req("GET http://A.b:80?q HTTP/1.1\r\nHost: x\r\n\r\n") > 0);
	EQ(h.host, "A.b:80");
	EQ(h.path, "/");
	EQ(h.query, "q");
	ATF_REQUIRE(req("GET hTTps://a/p HTTP/1.1\r\nHost: x\r\n\r\n") > 0);
	EQ(h.host, "a");
	EQ(h.path, "/p");
	ATF_CHECK(h.query.p == NULL);
	ATF_REQUIRE(req("CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n") > 0);
	EQ(h.host, "a:1");
	ATF_CHECK(h.path.p == NULL);
	ATF_REQUIRE(req("GET //x/y? HTTP/1.0\r\n\r\n") > 0);
	EQ(h.path, "//x/y");
	EQ(h.query, "");
	ATF_CHECK(h.host.p == NULL);
}

ATF_TC_WITHOUT_HEAD(hosts);
ATF_TC_BODY(hosts, tc)
{
	static const char	*good[] = { "a", "a:80", "a:", "", ":33445",
	    ":", "1.2.3.4", "[::1]", "[::ffff:1.2.3.4]:443", "a_b-c.d~%41",
	    NULL };
	static const char	*bad[] = { "a b", "a/b", "a@b", "a:b", "a?b",
	    "[::1", "[]", "[g]", "[::1]x", ":80:90", ":a", "a\\b", "a\"b",
	    "a<b", "a\x80", "a,b c", "a:80:90", NULL };
	char			 buf[256];
	size_t			 i;

	for (i = 0; good[i] != NULL; i++) {
		snprintf(buf, sizeof(buf), "Host: %s\r\n", good[i]);
		ATF_CHECK_MSG(with(buf) > 0, "%s", good[i]);
		EQ(h.host, good[i]);
	}
	for (i = 0; bad[i] != NULL; i++) {
		snprintf(buf, sizeof(buf), "Host: %s\r\n", bad[i]);
		ATF_CHECK_EQ_MSG(with(buf), HTTP_BAD, "%s", bad[i]);
	}
	ATF_CHECK_EQ(with(""), HTTP_BAD);
	ATF_CHECK_EQ(with("Host: a\r\nHost: a\r\n"), HTTP_BAD);
	ATF_CHECK_EQ(req("GET / HTTP/1.0\r\nHost: a\r\nHOST: a\r\n\r\n"),
	    HTTP_BAD);
}

ATF_TC_WITHOUT_HEAD(fields);
ATF_TC_BODY(fields, tc)
{
	static const char	*bad[] = { "A : b", " A: b", "\tA: b", "A",
	    ": b", "A(: b", "A: b\r c", "A: b\x01", "A: \x7f", "A: b\nC: d",
	    "A: b\r\n c", NULL };
	char			 buf[256];
	size_t			 i;

	for (i = 0; bad[i] != NULL; i++) {
		snprintf(buf, sizeof(buf), "Host: h\r\n%s\r\n", bad[i]);
		ATF_CHECK_EQ_MSG(with(buf), HTTP_BAD, "%s", bad[i]);
	}
	ATF_CHECK_EQ(net_http_parse_request(&h,
	    "GET / HTTP/1.0\r\nA: \0b\r\n\r\n", 25), HTTP_BAD);
	ATF_CHECK_EQ(req("GET / HTTP/1.1\nHost: a\n\n"), HTTP_BAD);
	ATF_CHECK_EQ(req("GET / HTTP/1.1\r\nHost: a\n\r\n\r\n"), HTTP_BAD);
	ATF_CHECK_EQ(req("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
	    HTTP_BAD);
	ATF_CHECK(with("Host:h\r\nA:\x80\xff \t\r\n") > 0);
	EQ(net_http_field(&h, "A"), "\x80\xff");
	ATF_CHECK(with("Host: h\r\nA: ,, b,\r\na: c , d\r\n") > 0);
	ATF_CHECK(net_http_has_token(&h, "a", "B"));
	ATF_CHECK(net_http_has_token(&h, "a", "d"));
	ATF_CHECK(!net_http_has_token(&h, "a", "c , d"));
}

ATF_TC_WITHOUT_HEAD(framing);
ATF_TC_BODY(framing, tc)
{
	static const struct {
		const char	*fields;
		int		 want;	/* 1: accepted */
	} t[] = {
		{ "Content-Length: 5\r\ncontent-length: 05\r\n", 1 },
		{ "Content-Length: 5\r\nContent-Length: 6\r\n", HTTP_BAD },
		{ "Content-Length: 5, 5\r\n", HTTP_BAD },
		{ "Content-Length: -1\r\n", HTTP_BAD },
		{ "Content-Length: +1\r\n", HTTP_BAD },
		{ "Content-Length: 0x1\r\n", HTTP_BAD },
		{ "Content-Length:\r\n", HTTP_BAD },
		{ "Content-Length: 9223372036854775799\r\n", 1 },
		{ "Content-Length: 9223372036854775808\r\n", HTTP_BAD },
		{ "Content-Length: 99999999999999999999999\r\n", HTTP_BAD },
		{ "Transfer-Encoding: Chunked\r\n", 1 },
		{ "Transfer-Encoding: gzip, chunked\r\n", HTTP_NOTIMPL },
		{ "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
		    HTTP_NOTIMPL },
		{ "Transfer-Encoding: gzip\r\n", HTTP_BAD },
		{ "Transfer-Encoding: identity\r\n", HTTP_BAD },
		{ "Transfer-Encoding:\r\n", HTTP_BAD },
		{ "Transfer-Encoding: chunked, chunked\r\n", HTTP_BAD },
		{ "Transfer-Encoding: chunked, gzip\r\n", HTTP_BAD },
		{ "Transfer-Encoding: \"chunked\"\r\n", HTTP_BAD },
		{ "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
		    HTTP_BAD },
	};
	char		buf[256];
	size_t		i;
	int		n;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(buf, sizeof(buf), "Host: h\r\n%s", t[i].fields);
		n = with(buf);
		ATF_CHECK_MSG(n == t[i].want || (t[i].want == 1 && n > 0),
		    "%s: %d", t[i].fields, n);
	}
	ATF_CHECK(with("Host: h\r\nContent-Length: 05\r\n") > 0);
	ATF_CHECK_EQ(h.content_length, 5);
	ATF_CHECK(with("Host: h\r\nTransfer-Encoding: chunked\r\n") > 0);
	ATF_CHECK_EQ(h.chunked, 1);
	ATF_CHECK_EQ(req("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"
	    "\r\n"), HTTP_BAD);
}

ATF_TC_WITHOUT_HEAD(connection);
ATF_TC_BODY(connection, tc)
{
	ATF_CHECK(with("Host: h\r\nConnection: a, Close\r\n") > 0);
	ATF_CHECK_EQ(h.keepalive, 0);
	ATF_CHECK(req("GET / HTTP/1.0\r\n\r\n") > 0);
	ATF_CHECK_EQ(h.keepalive, 0);
	ATF_CHECK(req("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n") > 0);
	ATF_CHECK_EQ(h.keepalive, 1);
	ATF_CHECK_EQ(h.minor, 0);
	ATF_CHECK(with("Host: h\r\nExpect: 100-Continue\r\n") > 0);
	ATF_CHECK_EQ(h.expect_continue, 1);
	ATF_CHECK(req("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n") > 0);
	ATF_CHECK_EQ(h.expect_continue, 0);
}

/* A request of exactly `len' bytes, padded in one field. */
static char *
padded(size_t len)
{
	const char	*start = "GET / HTTP/1.1\r\nHost: h\r\nA: ";
	char		*s;

	ATF_REQUIRE((s = malloc(len + 1)) != NULL);
	memset(s, 'x', len);
	memcpy(s, start, strlen(start));
	memcpy(s + len - 4, "\r\n\r\n", 5);
	return s;
}

ATF_TC_WITHOUT_HEAD(limits);
ATF_TC_BODY(limits, tc)
{
	static char	 line[HTTP_MAX_LINE + 64];
	char		*s;
	size_t		 n;

	s = padded(HTTP_MAX_HEAD);
	ATF_CHECK_EQ(req(s), HTTP_MAX_HEAD);
	ATF_CHECK_EQ(net_http_parse_request(&h, s, HTTP_MAX_HEAD - 1),
	    HTTP_MORE);
	free(s);
	s = padded(HTTP_MAX_HEAD + 1);
	ATF_CHECK_EQ(req(s), HTTP_TOOLARGE);
	ATF_CHECK_EQ(net_http_parse_request(&h, s, HTTP_MAX_HEAD),
	    HTTP_TOOLARGE);
	free(s);

	memset(line, 'x', sizeof(line));
	memcpy(line, "GET /", 5);
	ATF_CHECK_EQ(net_http_parse_request(&h, line, HTTP_MAX_LINE),
	    HTTP_MORE);
	ATF_CHECK_EQ(net_http_parse_request(&h, line, HTTP_MAX_LINE + 2),
	    HTTP_TOOLONG);
	memcpy(line + HTTP_MAX_LINE - 9, " HTTP/1.1\r\nHost: h\r\n\r\n", 23);
	ATF_CHECK_EQ(req(line), HTTP_MAX_LINE + 13);
	ATF_CHECK_EQ(net_http_parse_request(&h, line, HTTP_MAX_LINE + 1),
	    HTTP_MORE);
	memcpy(line + HTTP_MAX_LINE - 8, " HTTP/1.1\r\nHost: h\r\n\r\n", 23);
	ATF_CHECK_EQ(req(line), HTTP_TOOLONG);

	ATF_REQUIRE((s = calloc(1, 4096)) != NULL);
	strlcat(s, "GET / HTTP/1.1\r\nHost: h\r\n", 4096);
	for (n = 1; n < HTTP_MAX_FIELDS; n++)
		strlcat(s, "A: b\r\n", 4096);
	n = strlen(s);
	strlcat(s, "\r\n", 4096);
	ATF_CHECK(req(s) > 0);
	ATF_CHECK_EQ(h.nfields, HTTP_MAX_FIELDS);
	s[n] = '\0';
	strlcat(s, "A: b\r\n\r\n", 4096);
	ATF_CHECK_EQ(req(s), HTTP_TOOLARGE);
	free(s);
}

ATF_TC_WITHOUT_HEAD(response);
ATF_TC_BODY(response, tc)
{
	ATF_CHECK_EQ(resp("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
	    38);
	ATF_CHECK_EQ(h.status, 200);
	ATF_CHECK_EQ(h.content_length, 2);
	ATF_CHECK_EQ(h.keepalive, 1);
	ATF_CHECK(resp("HTTP/1.0 404 Not \xe4 Found\r\n\r\n") > 0);
	ATF_CHECK_EQ(h.status, 404);
	ATF_CHECK_EQ(h.keepalive, 0);
	ATF_CHECK(resp("HTTP/1.1 101\r\n\r\n") > 0);
	ATF_CHECK(resp("HTTP/1.1 101 \r\n\r\n") > 0);
	ATF_CHECK_EQ(resp("HTTP/2.0 200 OK\r\n\r\n"), HTTP_VERSION);
	ATF_CHECK_EQ(resp("HTTP/1.1 20 OK\r\n\r\n"), HTTP_BAD);
	ATF_CHECK_EQ(resp("HTTP/1.1 2000\r\n\r\n"), HTTP_BAD);
	ATF_CHECK_EQ(resp("HTTP/1.1 099 A\r\n\r\n"), HTTP_BAD);
	ATF_CHECK_EQ(resp("HTTP/1.1 600 A\r\n\r\n"), HTTP_BAD);
	ATF_CHECK_EQ(resp("HTTP/1.1  200\r\n\r\n"), HTTP_BAD);
	ATF_CHECK_EQ(resp("HTTP/1.1 200 O\rK\r\n\r\n"), HTTP_BAD);
	ATF_CHECK_EQ(resp("\r\nHTTP/1.1 200 OK\r\n\r\n"), HTTP_BAD);
	ATF_CHECK_EQ(resp("SSH-2.0-x\r\n"), HTTP_BAD);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, request);
	ATF_TP_ADD_TC(tp, every_split);
	ATF_TP_ADD_TC(tp, request_line);
	ATF_TP_ADD_TC(tp, target_forms);
	ATF_TP_ADD_TC(tp, hosts);
	ATF_TP_ADD_TC(tp, fields);
	ATF_TP_ADD_TC(tp, framing);
	ATF_TP_ADD_TC(tp, connection);
	ATF_TP_ADD_TC(tp, limits);
	ATF_TP_ADD_TC(tp, response);

	return atf_no_error();
}
