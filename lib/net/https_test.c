/*
 * https_test: Tests of https.c against correct and misbehaving servers.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "https.h"
#include "tlspeer.h"

#define ENOUGH_MS	30000	/* for responses without delay */
#define OK		"HTTP/1.1 200 OK\r\n"

static struct made			 cert;
static struct net_https_request		 req;
static struct net_https_response	 res;
static char				 url[128];

/* Set up a request for `path' of the server, which the test case may change. */
static void
aim(const struct peer_server *p, const char *path)
{
	snprintf(url, sizeof(url), "https://map.test:%d%s", p->port, path);
	memset(&req, 0, sizeof(req));
	req.method = "GET";
	req.url = url;
	req.address = "127.0.0.1";
	req.trust = STREAM_CAFILE;
	req.trust_arg = "ca.pem";
	req.max_body = 1000;
}

/* Start a server whose certificate ca.pem validates. */
static void
start(struct peer_server *p, const struct scene *scenes, int n)
{
	make_cert(&cert, "map.test", "DNS:map.test", -DAY, DAY);
	atf_utils_create_file("ca.pem", "%s", cert.cert);
	peer_start(p, &cert, scenes, n);
	aim(p, "/derpmap/default");
}

/* Fetch from a server that sends `say'.  Returns the body or "why: ...". */
static const char *
ask(const char *say, enum peer_leave leave, int *status)
{
	static char out[2048];
	struct scene scene = { say, 0, leave };
	struct peer_server p;
	int ms = leave == LINGER ? 2000 : ENOUGH_MS;

	start(&p, &scene, 1);
	*status = 0;
	if (net_https_fetch(&req, &res, ms) == -1)
		snprintf(out, sizeof(out), "why: %s", res.error);
	else {
		snprintf(out, sizeof(out), "%s", (char *)res.body);
		*status = res.head.status;
	}
	net_https_free(&res);
	peer_stop(&p);
	return (out);
}

ATF_TC_WITHOUT_HEAD(bodies);
ATF_TC_BODY(bodies, tc)
{
	int st;

	ATF_CHECK_STREQ("hello", ask(OK "Content-Length: 5\r\n\r\nhello", BYE,
	    &st));
	ATF_CHECK_EQ(200, st);
	/* The response ends with its body, not with the connection. */
	ATF_CHECK_STREQ("hello", ask(OK "Content-Length: 5\r\n\r\nhello",
	    LINGER, &st));
	ATF_CHECK_STREQ("hello", ask(OK "Content-Length: 5\r\n\r\nhello", CUT,
	    &st));
	ATF_CHECK_STREQ("hello, world", ask(OK
	    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;x\r\n, world\r\n"
	    "0\r\nA: b\r\n\r\n", LINGER, &st));
	ATF_CHECK_STREQ("hello", ask(OK "\r\nhello", BYE, &st));
	ATF_CHECK_STREQ("", ask("HTTP/1.1 404 Not Found\r\n"
	    "Content-Length: 0\r\n\r\n", BYE, &st));
	ATF_CHECK_EQ(404, st);
}

ATF_TC_WITHOUT_HEAD(interim);
ATF_TC_BODY(interim, tc)
{
	char many[2048] = "";
	int st, i;

	ATF_CHECK_STREQ("x", ask("HTTP/1.1 100 Continue\r\n\r\n"
	    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
	    OK "Content-Length: 1\r\n\r\nx", LINGER, &st));
	ATF_CHECK_EQ(200, st);
	HAS(ask("HTTP/1.1 100 Continue\r\n\r\n", BYE, &st), "within the head");
	HAS(ask("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", LINGER, &st),
	    "switched protocols");
	for (i = 0; i < 20; i++)
		strlcat(many, "HTTP/1.1 102 Wait\r\n\r\n", sizeof(many));
	HAS(ask(many, LINGER, &st), "interim");
}

/* The response has no body, although its head gives a length. */
ATF_TC_WITHOUT_HEAD(no_body);
ATF_TC_BODY(no_body, tc)
{
	static const struct scene scene = { OK "Content-Length: 500\r\n"
	    "ETag: \"x\"\r\n\r\n", 0, LINGER };
	struct peer_server p;
	int st;

	ATF_CHECK_STREQ("", ask("HTTP/1.1 304 Not Modified\r\n"
	    "Content-Length: 500\r\n\r\n", LINGER, &st));
	ATF_CHECK_EQ(304, st);
	start(&p, &scene, 1);
	req.method = "HEAD";
	ATF_REQUIRE_EQ_MSG(0, net_https_fetch(&req, &res, ENOUGH_MS), "%s",
	    res.error);
	ATF_CHECK_EQ(200, res.head.status);
	ATF_CHECK_EQ(0, res.body_len);
	ATF_CHECK(net_http_eq(net_http_field(&res.head, "etag"), "\"x\""));
	net_https_free(&res);
	peer_stop(&p);
}

ATF_TC_WITHOUT_HEAD(redirect);
ATF_TC_BODY(redirect, tc)
{
	static const struct scene scene = { "HTTP/1.1 302 Found\r\n"
	    "Location: https://other.test/x\r\nContent-Length: 4\r\n\r\ngone",
	    0, BYE };
	struct peer_server p;

	start(&p, &scene, 1);
	ATF_REQUIRE_EQ_MSG(0, net_https_fetch(&req, &res, ENOUGH_MS), "%s",
	    res.error);
	ATF_CHECK_EQ(302, res.head.status);
	ATF_CHECK(net_http_eq(net_http_field(&res.head, "Location"),
	    "https://other.test/x"));
	ATF_CHECK_STREQ("gone", (char *)res.body);
	net_https_free(&res);
	peer_stop(&p);
}

ATF_TC_WITHOUT_HEAD(broken);
ATF_TC_BODY(broken, tc)
{
	int st;

	HAS(ask("SSH-2.0-x\r\n\r\n", BYE, &st), "not HTTP");
	HAS(ask("HTTP/1.1 200 OK\r\nBad Field: x\r\n\r\n", BYE, &st),
	    "not HTTP");
	HAS(ask("", BYE, &st), "without a response");
	HAS(ask("HTTP/1.1 200", BYE, &st), "within the head");
	HAS(ask(OK "Content-Length: 6\r\n\r\nhello", BYE, &st),
	    "ended before");
	HAS(ask(OK "Content-Length: 6\r\n\r\nhello", CUT, &st), "why: ");
	/* Without close_notify the response may be truncated. */
	HAS(ask(OK "\r\nhello", CUT, &st), "why: ");
	HAS(ask(OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello", BYE, &st),
	    "ended before");
	HAS(ask(OK "Transfer-Encoding: chunked\r\n\r\nfive\r\n", LINGER, &st),
	    "malformed chunk");
	HAS(ask(OK "Transfer-Encoding: gzip, chunked\r\n\r\n", LINGER, &st),
	    "transfer coding");
}

ATF_TC_WITHOUT_HEAD(large);
ATF_TC_BODY(large, tc)
{
	static char big[32768];
	int st;

	HAS(ask(OK "Content-Length: 1001\r\n\r\n", LINGER, &st), "too large");
	HAS(ask(OK "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", LINGER, &st),
	    "too large");
	snprintf(big, sizeof(big), OK "\r\n%020000d", 0);
	HAS(ask(big, LINGER, &st), "too large");
	snprintf(big, sizeof(big), OK "\r\n%01000d", 0);
	ATF_CHECK_EQ(1000, strlen(ask(big, BYE, &st)));
	snprintf(big, sizeof(big), OK "X: %020000d\r\n\r\n", 0);
	HAS(ask(big, LINGER, &st), "larger than 16384");
}

/* The server is silent at each stage; one deadline covers all of them. */
ATF_TC_WITHOUT_HEAD(slow);
ATF_TC_BODY(slow, tc)
{
	static const struct scene scenes[] = {
		{ "", 0, LINGER }, { "HTTP/1.1 200 OK\r\nX", 0, LINGER },
		{ OK "Content-Length: 5\r\n\r\nhell", 0, LINGER },
		{ OK "\r\nhello", 0, LINGER }
	};
	struct peer_server p;
	int i;

	start(&p, scenes, 4);
	for (i = 0; i < 4; i++) {
		ATF_CHECK_EQ_MSG(-1, net_https_fetch(&req, &res, 500), "%d", i);
		ATF_CHECK_EQ_MSG(1, res.timed_out, "%d: %s", i, res.error);
		HAS(res.error, "in time");
		net_https_free(&res);
	}
	peer_stop(&p);
}

ATF_TC_WITHOUT_HEAD(trust);
ATF_TC_BODY(trust, tc)
{
	static const struct scene fine = { OK "Content-Length: 0\r\n\r\n", 0,
	    BYE };
	static const struct scene clear = { "HTTP/1.1 400 Bad\r\n\r\n", 0,
	    NO_TLS };
	struct made other;
	struct peer_server p;

	start(&p, &fine, 1);
	req.trust = STREAM_ROOTS;
	ATF_CHECK_EQ(-1, net_https_fetch(&req, &res, ENOUGH_MS));
	HAS(res.error, "TLS: certificate verification failed");
	ATF_CHECK_EQ(0, res.timed_out);
	net_https_free(&res);
	req.trust = STREAM_CAFILE;
	snprintf(url, sizeof(url), "https://other.test:%d/", p.port);
	ATF_CHECK_EQ(-1, net_https_fetch(&req, &res, ENOUGH_MS));
	HAS(res.error, "TLS: name `other.test' not present in server");
	net_https_free(&res);
	aim(&p, "/");
	make_cert(&other, "map.test", NULL, -DAY, DAY);
	atf_utils_create_file("ca2.pem", "%s", other.cert);
	req.trust_arg = "ca2.pem";
	ATF_CHECK_EQ(-1, net_https_fetch(&req, &res, ENOUGH_MS));
	HAS(res.error, "TLS: certificate verification failed");
	net_https_free(&res);
	aim(&p, "/");
	ATF_CHECK_EQ(0, net_https_fetch(&req, &res, ENOUGH_MS));
	net_https_free(&res);
	peer_stop(&p);
	start(&p, &clear, 1);
	ATF_CHECK_EQ(-1, net_https_fetch(&req, &res, ENOUGH_MS));
	HAS(res.error, "TLS: handshake failed");
	net_https_free(&res);
	peer_stop(&p);
	/* The server is gone. */
	ATF_CHECK_EQ(-1, net_https_fetch(&req, &res, ENOUGH_MS));
	HAS(res.error, "Connection refused");
	net_https_free(&res);
}

ATF_TC_WITHOUT_HEAD(request);
ATF_TC_BODY(request, tc)
{
	static const struct scene scene = { OK "Content-Length: 0\r\n\r\n", 0,
	    LINGER };
	struct peer_server p;
	char want[512];

	start(&p, &scene, 1);
	req.fields = "If-None-Match: \"x\"\r\nAccept: application/json\r\n";
	ATF_REQUIRE_EQ(0, net_https_fetch(&req, &res, ENOUGH_MS));
	net_https_free(&res);
	snprintf(want, sizeof(want), "GET /derpmap/default HTTP/1.1\r\n"
	    "Host: map.test:%d\r\nUser-Agent: derpd\r\nConnection: close\r\n"
	    "If-None-Match: \"x\"\r\nAccept: application/json\r\n\r\n",
	    p.port);
	ATF_CHECK(atf_utils_compare_file("request.0", want));
	req.fields = NULL;
	req.method = "POST";
	req.body = "{}";
	req.body_len = 2;
	ATF_REQUIRE_EQ(0, net_https_fetch(&req, &res, ENOUGH_MS));
	net_https_free(&res);
	ATF_CHECK(atf_utils_grep_file("^Content-Length: 2", "request.1"));
	peer_stop(&p);
	req.url = "http://map.test/";
	ATF_CHECK_EQ(-1, net_https_fetch(&req, &res, ENOUGH_MS));
	HAS(res.error, "no https URL");
	net_https_free(&res);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, bodies);
	ATF_TP_ADD_TC(tp, interim);
	ATF_TP_ADD_TC(tp, no_body);
	ATF_TP_ADD_TC(tp, redirect);
	ATF_TP_ADD_TC(tp, broken);
	ATF_TP_ADD_TC(tp, large);
	ATF_TP_ADD_TC(tp, slow);
	ATF_TP_ADD_TC(tp, trust);
	ATF_TP_ADD_TC(tp, request);
	return (atf_no_error());
}
