/*
 * webfixture: a request to web_route() and its answer, compared byte by byte.
 * For the tests of web.c.
 */
#ifndef WEBFIXTURE_H
#define WEBFIXTURE_H

#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "relayconf.h"
#include "web.h"

#define DATE	"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define NOSNIFF	"X-Content-Type-Options: nosniff\r\n"
#define STS	"Strict-Transport-Security: " \
		"max-age=63072000; includeSubDomains\r\n"
#define BROWSER	"Content-Security-Policy: default-src 'self'; "		\
		"frame-ancestors 'none'; form-action 'self'; "		\
		"base-uri 'self'; block-all-mixed-content; "		\
		"object-src 'none'\r\nX-Frame-Options: DENY\r\n" NOSNIFF
#define TEXT	"Content-Type: text/plain; charset=utf-8\r\n"
#define HTML	"Content-Type: text/html; charset=utf-8\r\n"
#define NOCACHE	"Cache-Control: no-cache, no-store, must-revalidate, "	\
		"no-transform, max-age=0\r\n"
#define HOST	"Host: relay.example.org\r\n"

static const uint8_t	node_key[32] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
	20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 0xf0
};

static struct web_env		env;
static struct web_reply		out;
static struct net_http_head	head;

/* An external address, 192.0.2.1. */
static const uint8_t	stranger[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };

static inline void
setup(int tls)
{
	memset(&env, 0, sizeof(env));
	env.tls = tls;
	memcpy(env.peer, stranger, 16);
	env.relay = 1;
	env.home = HOME_PAGE;
	env.node_key = node_key;
	env.now = 784111777;
}

static inline enum web_action
route(const char *request)
{
	int	n = net_http_parse_request(&head, request, strlen(request));

	ATF_REQUIRE_MSG(n > 0, "%d: %s", n, request);
	memset(&out, 0xff, sizeof(out));
	return web_route(&env, &head, &out);
}

static inline void
check(const char *want)
{
	ATF_CHECK_MSG(out.len == strlen(want) &&
	    memcmp(out.buf, want, out.len) == 0, "got:\n%.*s\nwanted:\n%s",
	    (int)out.len, out.buf, want);
}

/*
 * Check a request whose answer is `want', and that the connection stays open.
 */
static inline void
answer(const char *request, const char *want)
{
	ATF_CHECK_EQ_MSG(route(request), WEB_REPLY, "%s", request);
	ATF_CHECK_EQ_MSG(out.close, 0, "%s", request);
	check(want);
}

/* Check that the answer to `request' has the status `status' and `piece'. */
static inline void
partly(const char *request, int status, const char *piece)
{
	char	line[32];

	ATF_CHECK_EQ_MSG(route(request), WEB_REPLY, "%s", request);
	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	ATF_CHECK_MSG(strncmp(out.buf, line, strlen(line)) == 0 &&
	    memmem(out.buf, out.len, piece, strlen(piece)) != NULL,
	    "%s: got:\n%.*s\nwanted: %s%s", request, (int)out.len, out.buf,
	    line, piece);
}

#endif
