/*
 * reply_test: the answers of derpd-metrics, and what they keep a browser from.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "pagefixture.h"
#include "reply.h"

static char *answer;

/* Answer the request; the result is metrics_reply()'s. */
static int
ask(const char *request)
{
	static struct net_http_head h;
	struct ipc_wr w;
	int parsed, rv;

	parsed = net_http_parse_request(&h, request, strlen(request));
	ATF_REQUIRE(parsed != HTTP_MORE);
	ipc_wr_init(&w);
	rv = metrics_reply(&page_view, &h, parsed, &w);
	ipc_wr_u8(&w, 0);
	ATF_REQUIRE(ipc_wr_ok(&w));
	free(answer);
	ATF_REQUIRE((answer = strdup((const char *)w.p)) != NULL);
	ipc_wr_free(&w);
	return (rv);
}

static void
begins(const char *s)
{
	ATF_CHECK_MSG(strncmp(answer, s, strlen(s)) == 0, "%.300s", answer);
}

static void
has(const char *s)
{
	ATF_CHECK_MSG(strstr(answer, s) != NULL, "no %s in %.600s", s, answer);
}

#define GET(path)	"GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

ATF_TC_WITHOUT_HEAD(paths);
ATF_TC_BODY(paths, tc)
{
	page_fill();
	ATF_CHECK_EQ(0, ask(GET("/health")));
	ATF_CHECK_STREQ("HTTP/1.1 200 OK\r\n"
	    "Date: Fri, 15 Jan 2027 08:00:00 GMT\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Length: 3\r\nCache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Connection: keep-alive\r\n\r\nok\n", answer);
	ATF_CHECK_EQ(0, ask(GET("/?x")));
	begins("HTTP/1.1 200 OK\r\n");
	has("\r\nContent-Type: text/html; charset=utf-8\r\n");
	has("\r\nContent-Security-Policy: default-src 'none'; ");
	has("frame-ancestors 'none'\r\n");
	has("\r\nX-Frame-Options: DENY\r\n");
	has("\r\n\r\n<!DOCTYPE html>");
	(void)ask(GET("/metrics"));
	has("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
	has("\r\n\r\n# HELP derp_accepts ");
	(void)ask(GET("/metrics/"));
	begins("HTTP/1.1 404 Not Found\r\n");
	(void)ask("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n");
	has("\r\nContent-Length: 3\r\n");
	ATF_CHECK_STREQ("\r\n\r\n", answer + strlen(answer) - 4);
}

ATF_TC_WITHOUT_HEAD(unwell);
ATF_TC_BODY(unwell, tc)
{
	page_fill();
	page_trouble();
	(void)ask(GET("/health"));
	begins("HTTP/1.1 503 Service Unavailable\r\n");
	has("\r\n\r\nrelay 1 has not been ready for 12 s");
	has("\nthe certificate of relay.example.org expired on ");
}

/* Requests that end the connection. */
ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	struct ipc_wr w;

	page_fill();
	ATF_CHECK_EQ(1, ask("GET /health HTTP/1.0\r\n\r\n"));
	has("\r\nConnection: close\r\n");
	ATF_CHECK_EQ(1, ask("GET /health HTTP/1.1\r\nHost: x\r\n"
	    "Content-Length: 5\r\n\r\n"));
	ATF_CHECK_EQ(1, ask("GET /health HTTP/1.1\r\nHost: x\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"));
	ATF_CHECK_EQ(0, ask("DELETE /health HTTP/1.1\r\nHost: x\r\n\r\n"));
	begins("HTTP/1.1 405 Method Not Allowed\r\n");
	has("\r\nAllow: GET, HEAD\r\n");
	ATF_CHECK_EQ(1, ask("GET /health HTTP/1.1\r\nBad Field: x\r\n\r\n"));
	begins("HTTP/1.1 400 Bad Request\r\n");
	ATF_CHECK_EQ(1, ask("GET / HTTP/2.0\r\nHost: x\r\n\r\n"));
	begins("HTTP/1.1 505 ");
	ipc_wr_init(&w);
	metrics_reply_denied(PAGE_NOW, &w);
	ATF_CHECK_EQ(0, memcmp("HTTP/1.1 403 Forbidden\r\n", w.p, 24));
	ipc_wr_free(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, paths);
	ATF_TP_ADD_TC(tp, unwell);
	ATF_TP_ADD_TC(tp, ends);
	return (atf_no_error());
}
