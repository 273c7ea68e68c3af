/*
 * Tests of web_map.c: every answer to a request for a map, compared byte by
 * byte, through web_route().
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "relayconf.h"
#include "mapstore.h"
#include "web_map.h"

#define NOW	784111777
#define DATE	"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define LASTMOD	"Last-Modified: Sun, 06 Nov 1994 08:48:37 GMT\r\n"
#define NOSNIFF	"X-Content-Type-Options: nosniff\r\n"
#define TEXT	"Content-Type: text/plain; charset=utf-8\r\n"
#define CORS	"Access-Control-Allow-Origin: *\r\n"
#define HOST	"Host: map.example.org\r\n"
#define MAP	"/derpmap/default"
#define GET	"GET " MAP " HTTP/1.1\r\n" HOST
#define TAG	"\"000102030405060708090a0b0c0d0e0f\""
#define TAG_GZ	"\"000102030405060708090a0b0c0d0e0f-gz\""
#define BODY	"{\"Regions\":{}}\n"
#define GZIP	"\x1f\x8b" "packed"

#define SAME(tag)							\
	"Cache-Control: public, max-age=300\r\nETag: " tag "\r\n"	\
	LASTMOD "Vary: Accept-Encoding\r\n" CORS
#define PLAIN_FIELDS							\
	SAME(TAG) "Content-Type: application/json\r\n" NOSNIFF		\
	"Content-Length: 15\r\n\r\n"
#define GZIP_FIELDS							\
	SAME(TAG_GZ) "Content-Encoding: gzip\r\n"			\
	"Content-Type: application/json\r\n" NOSNIFF			\
	"Content-Length: 8\r\n\r\n"
#define OK	"HTTP/1.1 200 OK\r\n" DATE
#define PLAIN	OK PLAIN_FIELDS
#define PACKED	OK GZIP_FIELDS
#define NOTHING_NEW(tag)						\
	"HTTP/1.1 304 Not Modified\r\n" DATE SAME(tag) "\r\n"
#define NOT_FOUND							\
	"HTTP/1.1 404 Not Found\r\n" DATE NOSNIFF TEXT			\
	"Content-Length: 19\r\n\r\n404 page not found\n"

static const uint8_t	node_key[32];

static struct web_mapstore	store;
static struct web_env		env;
static struct web_reply		out;
static struct net_http_head	head;

static void
put(uint32_t index, const char *path, const char *host, const char *body,
    const char *gzip)
{
	static struct ipc_map_doc	d;
	size_t				i;

	memset(&d, 0, sizeof(d));
	d.index = index;
	strlcpy(d.path, path, sizeof(d.path));
	d.nhosts = 1;
	strlcpy(d.hosts[0], host, sizeof(d.hosts[0]));
	d.max_age = 300;
	d.mtime = NOW - 60;
	for (i = 0; i < sizeof(d.hash); i++)
		d.hash[i] = (uint8_t)i;
	d.body = (const uint8_t *)body;
	d.len = body == NULL ? 0 : strlen(body);
	d.gzip = (const uint8_t *)gzip;
	d.gzip_len = gzip == NULL ? 0 : strlen(gzip);
	ATF_REQUIRE_EQ(0, web_mapstore_map(&store, &d, NOW));
}

/* Begin a set of `n' maps. */
static void
set(uint32_t n)
{
	ATF_REQUIRE_EQ(0, web_mapstore_maps(&store, n));
}

/* Set up one map, in both forms. */
static void
setup(int tls)
{
	memset(&env, 0, sizeof(env));
	env.tls = tls;
	env.relay = 1;
	env.home = HOME_PAGE;
	env.node_key = node_key;
	env.maps = &store;
	env.now = NOW;
	set(1);
	put(0, MAP, "map.example.org", BODY, GZIP);
}

static enum web_action
route(const char *request)
{
	int	n = net_http_parse_request(&head, request, strlen(request));

	ATF_REQUIRE_MSG(n > 0, "%d: %s", n, request);
	memset(&out, 0xff, sizeof(out));
	return (web_route(&env, &head, &out));
}

static void
check(const char *request, const char *want)
{
	ATF_CHECK_MSG(out.len == strlen(want) &&
	    memcmp(out.buf, want, out.len) == 0,
	    "%s\ngot:\n%.*s\nwanted:\n%s", request, (int)out.len, out.buf,
	    want);
}

/* Check an answer with head `want' and the body `body', which is a map's. */
static void
map_answer(const char *request, const char *want, const char *body)
{
	ATF_REQUIRE_EQ_MSG(WEB_MAP, route(request), "%s", request);
	check(request, want);
	ATF_CHECK(out.map != NULL);
	ATF_CHECK_MSG(out.body_len == strlen(body) &&
	    memcmp(out.body, body, out.body_len) == 0, "%s: got body:\n%.*s",
	    request, (int)out.body_len, (const char *)out.body);
}

/* Check an answer that is `want' as a whole. */
static void
answer(const char *request, const char *want)
{
	ATF_CHECK_EQ_MSG(WEB_REPLY, route(request), "%s", request);
	check(request, want);
	ATF_CHECK(out.map == NULL && out.body == NULL && out.body_len == 0);
}

ATF_TC_WITHOUT_HEAD(get);
ATF_TC_BODY(get, tc)
{
	setup(1);
	map_answer(GET "\r\n", PLAIN, BODY);
	ATF_CHECK_EQ(0, out.close);
	map_answer("GET " MAP "?v=2 HTTP/1.1\r\n" HOST "\r\n", PLAIN, BODY);
	map_answer("GET /derp%6dap/default HTTP/1.1\r\n" HOST "\r\n", PLAIN,
	    BODY);
	map_answer("GET https://map.example.org" MAP " HTTP/1.1\r\n"
	    "Host: other.example.org\r\n\r\n", PLAIN, BODY);
	map_answer("GET " MAP " HTTP/1.1\r\nHost: MAP.example.org.:8443\r\n"
	    "\r\n", PLAIN, BODY);
	map_answer(GET "Accept-Encoding: br, gzip\r\n\r\n", PACKED, GZIP);
	/* No ranges. */
	map_answer(GET "Range: bytes=0-3\r\n\r\n", PLAIN, BODY);

	answer("HEAD " MAP " HTTP/1.1\r\n" HOST "\r\n", PLAIN);
	answer("HEAD " MAP " HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n"
	    "\r\n", PACKED);

	map_answer(GET "Connection: close\r\n\r\n",
	    OK "Connection: close\r\n" PLAIN_FIELDS, BODY);
	ATF_CHECK_EQ(1, out.close);
	map_answer("GET " MAP " HTTP/1.0\r\n" HOST
	    "Connection: keep-alive\r\n\r\n",
	    OK "Connection: keep-alive\r\n" PLAIN_FIELDS, BODY);

	/* The other form does not exist. */
	put(0, MAP, "map.example.org", BODY, NULL);
	map_answer(GET "Accept-Encoding: gzip\r\n\r\n", PLAIN, BODY);
	/* An empty map. */
	put(0, MAP, "map.example.org", "", NULL);
	map_answer(GET "\r\n", OK SAME(TAG)
	    "Content-Type: application/json\r\n" NOSNIFF
	    "Content-Length: 0\r\n\r\n", "");
}

ATF_TC_WITHOUT_HEAD(not_found);
ATF_TC_BODY(not_found, tc)
{
	char	request[512], longest[257];

	setup(1);
	answer("GET " MAP " HTTP/1.1\r\nHost: relay.example.org\r\n\r\n",
	    NOT_FOUND);
	answer("GET " MAP " HTTP/1.1\r\nHost:\r\n\r\n", NOT_FOUND);
	answer("GET /derpmap/ HTTP/1.1\r\n" HOST "\r\n", NOT_FOUND);
	answer("GET /derpmap/defaul HTTP/1.1\r\n" HOST "\r\n", NOT_FOUND);
	answer("GET /derpmap/default/ HTTP/1.1\r\n" HOST "\r\n", NOT_FOUND);
	answer("POST /derpmap/x HTTP/1.1\r\n" HOST "\r\n", NOT_FOUND);

	/* Also where another host has a map. */
	set(2);
	put(0, MAP, "map.example.org", BODY, NULL);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[0] = '/';
	longest[IPC_MAP_MAX_PATH - 1] = '\0';
	put(1, longest, "b.example.org", BODY, NULL);
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n"
	    "Host: b.example.org\r\n\r\n", longest);
	map_answer(request, PLAIN, BODY);
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" HOST "\r\n",
	    longest);
	answer(request, NOT_FOUND);

	/* One byte more is another path; other paths get the home page. */
	longest[IPC_MAP_MAX_PATH - 1] = 'x';
	longest[IPC_MAP_MAX_PATH] = '\0';
	snprintf(request, sizeof(request), "HEAD %s HTTP/1.1\r\n"
	    "Host: b.example.org\r\n\r\n", longest);
	ATF_CHECK_EQ(WEB_REPLY, route(request));
	ATF_CHECK_EQ(0, memcmp(out.buf, OK, strlen(OK)));

	/* Without maps, as if there had never been one. */
	set(0);
	ATF_CHECK_EQ(WEB_REPLY, route(GET "\r\n"));
	ATF_CHECK_EQ(0, memcmp(out.buf, OK, strlen(OK)));
	env.relay = 0;
	answer(GET "\r\n", NOT_FOUND);
}

ATF_TC_WITHOUT_HEAD(methods);
ATF_TC_BODY(methods, tc)
{
	setup(1);
	answer("OPTIONS " MAP " HTTP/1.1\r\n" HOST "Origin: null\r\n"
	    "Access-Control-Request-Method: GET\r\n\r\n",
	    "HTTP/1.1 204 No Content\r\n" DATE "Allow: GET, HEAD\r\n" CORS
	    "Access-Control-Allow-Methods: GET, HEAD\r\n"
	    "Access-Control-Allow-Headers: "
	    "If-Modified-Since, If-None-Match\r\n"
	    "Access-Control-Max-Age: 86400\r\n\r\n");
	answer("PUT " MAP " HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n",
	    "HTTP/1.1 405 Method Not Allowed\r\n" DATE "Allow: GET, HEAD\r\n"
	    NOSNIFF TEXT "Content-Length: 31\r\n\r\n"
	    "a map is read with GET or HEAD\n");
	ATF_CHECK_EQ(3, out.discard);
}

ATF_TC_WITHOUT_HEAD(no_map_yet);
ATF_TC_BODY(no_map_yet, tc)
{
#define UNAVAILABLE	"HTTP/1.1 503 Service Unavailable\r\n" DATE
#define NO_MAP								\
	"Retry-After: 5\r\n" NOSNIFF TEXT "Content-Length: 30\r\n\r\n"	\
	"there is no good map here yet\n"
	static const char	*empty = UNAVAILABLE NO_MAP;
	static const char	*closing =
	    UNAVAILABLE "Connection: close\r\n" NO_MAP;

	setup(1);
	put(0, MAP, "map.example.org", NULL, NULL);
	answer(GET "\r\n", empty);
	answer(GET "If-None-Match: *\r\n\r\n", empty);
	/* So does a port with derp. */
	env.tls = 0;
	env.derp = 1;
	answer(GET "\r\n", empty);
	env.derp = 0;
	/* The plain port answers so to a host with a map, */
	env.tls = 0;
	answer(GET "\r\n", empty);
	/* and to a health check, whatever its Host is. */
	answer("GET " MAP " HTTP/1.1\r\nHost: localhost\r\n\r\n", empty);
	answer("GET " MAP " HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", empty);
	answer("GET " MAP " HTTP/1.0\r\n\r\n", closing);
}

ATF_TC_WITHOUT_HEAD(plain_port);
ATF_TC_BODY(plain_port, tc)
{
	static const char	*moved = "HTTP/1.1 302 Found\r\n" DATE
	    "Location: https://map.example.org" MAP "\r\n"
	    "Content-Length: 0\r\n\r\n";

	setup(0);
	answer(GET "\r\n", moved);
	answer(GET "If-None-Match: " TAG "\r\n\r\n", moved);
	answer("HEAD " MAP " HTTP/1.1\r\n" HOST "\r\n", moved);
	answer("GET " MAP " HTTP/1.1\r\nHost: b.example.org\r\n\r\n",
	    "HTTP/1.1 302 Found\r\n" DATE
	    "Location: https://b.example.org" MAP "\r\n"
	    "Content-Length: 0\r\n\r\n");
	answer("POST " MAP " HTTP/1.1\r\n" HOST "\r\n",
	    "HTTP/1.1 400 Bad Request\r\n" DATE NOSNIFF TEXT
	    "Content-Length: 10\r\n\r\nUse HTTPS\n");
	answer("GET " MAP " HTTP/1.1\r\nHost: localhost\r\n\r\n",
	    "HTTP/1.1 302 Found\r\n" DATE
	    "Location: https://localhost" MAP "\r\n"
	    "Content-Length: 0\r\n\r\n");
	/* Another host's map has no effect on a host that has one. */
	set(2);
	put(0, MAP, "map.example.org", BODY, GZIP);
	put(1, MAP, "b.example.org", NULL, NULL);
	answer(GET "\r\n", moved);
	/* Nor does a map at another path. */
	set(1);
	put(0, "/derpmap/b", "b.example.org", NULL, NULL);
	answer(GET "\r\n", moved);
}

ATF_TC_WITHOUT_HEAD(none_match);
ATF_TC_BODY(none_match, tc)
{
	setup(1);
	answer(GET "If-None-Match: " TAG "\r\n\r\n", NOTHING_NEW(TAG));
	answer("HEAD " MAP " HTTP/1.1\r\n" HOST "If-None-Match: W/" TAG
	    "\r\n\r\n", NOTHING_NEW(TAG));
	answer(GET "If-None-Match: " TAG_GZ "\r\n\r\n", NOTHING_NEW(TAG_GZ));
	answer(GET "Accept-Encoding: gzip\r\nIf-None-Match: " TAG "\r\n\r\n",
	    NOTHING_NEW(TAG));
	answer(GET "If-None-Match: *\r\n\r\n", NOTHING_NEW(TAG));
	answer(GET "Accept-Encoding: gzip\r\nIf-None-Match: *\r\n\r\n",
	    NOTHING_NEW(TAG_GZ));
	/* Both: the one that would be sent. */
	answer(GET "Accept-Encoding: gzip\r\nIf-None-Match: " TAG ", " TAG_GZ
	    "\r\n\r\n", NOTHING_NEW(TAG_GZ));
	answer(GET "If-None-Match: " TAG_GZ ", " TAG "\r\n\r\n",
	    NOTHING_NEW(TAG));
	answer(GET "If-None-Match: \"a,b\" , , W/\"\"," TAG "\r\n\r\n",
	    NOTHING_NEW(TAG));
	answer(GET "If-None-Match: \"x\"\r\nIf-None-Match: " TAG "\r\n\r\n",
	    NOTHING_NEW(TAG));
	answer(GET "Connection: close\r\nIf-None-Match: " TAG "\r\n\r\n",
	    "HTTP/1.1 304 Not Modified\r\n" DATE "Connection: close\r\n"
	    SAME(TAG) "\r\n");
}

ATF_TC_WITHOUT_HEAD(other_tags);
ATF_TC_BODY(other_tags, tc)
{
	static const char	*other[] = { "", "\"x\"",
	    "000102030405060708090a0b0c0d0e0f",
	    "\"000102030405060708090a0b0c0d0e0f", "x, " TAG, "w/" TAG,
	    "W/", "W/x", "\"", "\"x\" \"y", "**", "*, \"x\"", ",,,",
	    "\"000102030405060708090A0B0C0D0E0F\"" };
	char			 request[256];
	size_t			 i;

	setup(1);
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		/* If-Modified-Since is ignored beside it. */
		snprintf(request, sizeof(request), GET
		    "If-None-Match: %s\r\nIf-Modified-Since: "
		    "Sun, 06 Nov 1994 08:48:37 GMT\r\n\r\n", other[i]);
		map_answer(request, PLAIN, BODY);
	}
	put(0, MAP, "map.example.org", BODY, NULL);
	map_answer(GET "If-None-Match: " TAG_GZ "\r\n\r\n", PLAIN, BODY);
}

ATF_TC_WITHOUT_HEAD(modified_since);
ATF_TC_BODY(modified_since, tc)
{
	static const char	*same[] = { "Sun, 06 Nov 1994 08:48:37 GMT",
	    "Sun, 06 Nov 1994 08:48:38 GMT", "Sun Nov  6 08:48:37 1994",
	    "Sunday, 06-Nov-94 08:48:37 GMT",
	    "Fri, 31 Dec 9999 23:59:59 GMT" };
	static const char	*newer[] = { "Sun, 06 Nov 1994 08:48:36 GMT",
	    "Sun, 06 Nov 1994 08:48:37", "yesterday", "",
	    "Thu, 01 Jan 1970 00:00:00 GMT" };
	char			 request[256];
	size_t			 i;

	setup(1);
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		snprintf(request, sizeof(request), GET
		    "If-Modified-Since: %s\r\n\r\n", same[i]);
		answer(request, NOTHING_NEW(TAG));
	}
	for (i = 0; i < sizeof(newer) / sizeof(newer[0]); i++) {
		snprintf(request, sizeof(request), GET
		    "If-Modified-Since: %s\r\n\r\n", newer[i]);
		map_answer(request, PLAIN, BODY);
	}
	answer(GET "Accept-Encoding: gzip\r\nIf-Modified-Since: "
	    "Sun, 06 Nov 1994 08:48:37 GMT\r\n\r\n", NOTHING_NEW(TAG_GZ));
}

ATF_TC_WITHOUT_HEAD(encodings);
ATF_TC_BODY(encodings, tc)
{
	static const char	*gzip[] = { "gzip", "GZIP", "x-gzip", "*",
	    "br,gzip", "gzip;q=1", "gzip;q=1.000", "gzip ; q=0.001",
	    "gzip;Q=0.5", "gzip;\tq=0.5\t", "identity;q=0.5, gzip",
	    "identity;q=1, gzip;q=1", "br, *;q=0.1", "gzip;q=0, gzip;q=1",
	    ",,gzip,,", "*;q=0, gzip", "gzip;q=1." };
	static const char	*plain[] = { "", "br", "gzip;q=0",
	    "gzip;q=0.000", "*;q=0", "gzip;q=0, *", "identity",
	    "identity, gzip;q=0.5", "gzipped", "gzip;q=2", "gzip;q=1.001",
	    "gzip;q=0.0001", "gzip;q=x", "gzip;q=", "gzip;level=9",
	    "gzip q=1", "gzip;q=0 .5", "gzip;", ",", ";", "identity;q=0",
	    "gzip;q=-1", "gzip;q=1,5, gzip;q=0" };
	char			 request[256];
	size_t			 i;

	setup(1);
	for (i = 0; i < sizeof(gzip) / sizeof(gzip[0]); i++) {
		snprintf(request, sizeof(request), GET
		    "Accept-Encoding: %s\r\n\r\n", gzip[i]);
		map_answer(request, PACKED, GZIP);
	}
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		snprintf(request, sizeof(request), GET
		    "Accept-Encoding: %s\r\n\r\n", plain[i]);
		map_answer(request, PLAIN, BODY);
	}
	map_answer(GET "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n\r\n",
	    PACKED, GZIP);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, get);
	ATF_TP_ADD_TC(tp, not_found);
	ATF_TP_ADD_TC(tp, methods);
	ATF_TP_ADD_TC(tp, no_map_yet);
	ATF_TP_ADD_TC(tp, plain_port);
	ATF_TP_ADD_TC(tp, none_match);
	ATF_TP_ADD_TC(tp, other_tags);
	ATF_TP_ADD_TC(tp, modified_since);
	ATF_TP_ADD_TC(tp, encodings);
	return (atf_no_error());
}
