/*
 * web_test: every answer of web.c, compared byte by byte; web_plain_test has
 * those of the plain port.
 */
#include "webfixture.h"

#define WS	"Upgrade: websocket\r\nConnection: Upgrade\r\n"		\
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define OFF	"HTTP/1.1 404 Not Found\r\n" DATE NOSNIFF TEXT		\
		"Content-Length: 21\r\n\r\nderp server disabled\n"
#define DERP101	"HTTP/1.1 101 Switching Protocols\r\n"			\
		"Upgrade: DERP\r\nConnection: Upgrade\r\n"		\
		"Derp-Version: 2\r\nDerp-Public-Key: "			\
		"000102030405060708090a0b0c0d0e0f"			\
		"101112131415161718191a1b1c1d1ef0\r\n\r\n"

/* A client on this machine. */
static const uint8_t	local[16] = { [15] = 1 };

ATF_TC_WITHOUT_HEAD(probe);
ATF_TC_BODY(probe, tc)
{
	const char	*ok = "HTTP/1.1 200 OK\r\n" DATE
			    "Access-Control-Allow-Origin: *\r\n"
			    "Content-Length: 0\r\n\r\n";

	setup(1);
	answer("GET /derp/probe HTTP/1.1\r\n" HOST "\r\n", ok);
	answer("HEAD /derp/probe?x HTTP/1.1\r\n" HOST "\r\n", ok);
	answer("GET /derp/latency-check HTTP/1.1\r\n" HOST "\r\n", ok);
	answer("GET /%64erp/prob%65 HTTP/1.1\r\n" HOST "\r\n", ok);
	answer("POST /derp/probe HTTP/1.1\r\n" HOST "\r\n",
	    "HTTP/1.1 405 Method Not Allowed\r\n" DATE "Allow: GET, HEAD\r\n"
	    NOSNIFF TEXT "Content-Length: 19\r\n\r\nbogus probe method\n");
	env.relay = 0;
	answer("GET /derp/probe HTTP/1.1\r\n" HOST "\r\n", OFF);
	answer("GET /derp/latency-check HTTP/1.1\r\n" HOST "\r\n", OFF);
}

ATF_TC_WITHOUT_HEAD(generate_204);
ATF_TC_BODY(generate_204, tc)
{
	static const char	*bad[] = { "a/b", "a b", "\x80", "",
	    "0123456789012345678901234567890123456789012345678901234567890123x",
	    NULL };
	static const char	*good[] = { "a", "Az09.-_:",
	    "0123456789012345678901234567890123456789012345678901234567890123",
	    NULL };
	const char		*plain = "HTTP/1.1 204 No Content\r\n" DATE
				    NOCACHE "\r\n";
	char			 request[256], want[512];
	int			 tls, i;

	for (tls = 0; tls < 2; tls++) {
		setup(tls);
		answer("GET /generate_204 HTTP/1.1\r\n" HOST "\r\n", plain);
		answer("HEAD /generate_204 HTTP/1.1\r\n" HOST "\r\n", plain);
		answer("POST /generate_204 HTTP/1.1\r\n" HOST "\r\n", plain);
		for (i = 0; bad[i] != NULL; i++) {
			snprintf(request, sizeof(request),
			    "GET /generate_204 HTTP/1.1\r\n" HOST
			    "X-Tailscale-Challenge: %s\r\n"
			    "X-Tailscale-Challenge: b\r\n\r\n", bad[i]);
			answer(request, plain);
		}
		for (i = 0; good[i] != NULL; i++) {
			snprintf(request, sizeof(request),
			    "GET /generate_204 HTTP/1.1\r\n" HOST
			    "X-Tailscale-Challenge: %s\r\n\r\n", good[i]);
			snprintf(want, sizeof(want),
			    "HTTP/1.1 204 No Content\r\n" DATE NOCACHE
			    "X-Tailscale-Response: response %s\r\n\r\n",
			    good[i]);
			answer(request, want);
		}
	}
}

ATF_TC_WITHOUT_HEAD(pages);
ATF_TC_BODY(pages, tc)
{
	setup(1);
	answer("GET /robots.txt HTTP/1.1\r\n" HOST "\r\n",
	    "HTTP/1.1 200 OK\r\n" DATE STS BROWSER TEXT
	    "Content-Length: 26\r\n\r\nUser-agent: *\nDisallow: /\n");
	answer("HEAD /robots.txt HTTP/1.1\r\n" HOST "\r\n",
	    "HTTP/1.1 200 OK\r\n" DATE STS BROWSER TEXT
	    "Content-Length: 26\r\n\r\n");
	answer("GET http://x/robots.txt HTTP/1.1\r\n" HOST "\r\n",
	    "HTTP/1.1 200 OK\r\n" DATE STS BROWSER TEXT
	    "Content-Length: 26\r\n\r\nUser-agent: *\nDisallow: /\n");
	ATF_CHECK_EQ(route("GET /bootstrap-dns?q=a HTTP/1.1\r\n" HOST "\r\n"),
	    WEB_REPLY);
	check("HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\n" STS BROWSER
	    "Content-Type: application/json\r\nContent-Length: 0\r\n\r\n");
	ATF_CHECK_EQ(out.close, 1);
	answer("OPTIONS * HTTP/1.1\r\n" HOST "\r\n",
	    "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 0\r\n\r\n");
	answer("CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n",
	    "HTTP/1.1 403 Forbidden\r\n" DATE NOSNIFF TEXT
	    "Content-Length: 20\r\n\r\nCONNECT not enabled\n");
}

ATF_TC_WITHOUT_HEAD(home);
ATF_TC_BODY(home, tc)
{
	static const char	*unknown[] = { "/", "/foo?x", "//derp",
	    "/derp/", "/robots.txt/", "/debugx", "/%zz", "/derp%00",
	    "/x/../derp",
	    "/derp/probe/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    NULL };
	char			 request[256];
	int			 i;

	setup(1);
	for (i = 0; unknown[i] != NULL; i++) {
		snprintf(request, sizeof(request),
		    "POST %s HTTP/1.1\r\n" HOST "\r\n", unknown[i]);
		partly(request, 200, "OK\r\n" DATE STS BROWSER HTML);
		partly(request, 200, "<h1>DERP relay</h1>");
	}
	env.home = HOME_BLANK;
	answer("GET / HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 OK\r\n" DATE
	    STS BROWSER HTML "Content-Length: 0\r\n\r\n");
	env.home = HOME_REDIRECT;
	env.redirect = "https://example.org/a?b\r\nSet-Cookie: \x01 x";
	answer("GET /any HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 302 Found\r\n"
	    DATE STS BROWSER "Location: https://example.org/a?bSet-Cookie:x"
	    "\r\nContent-Length: 0\r\n\r\n");
}

ATF_TC_WITHOUT_HEAD(debug);
ATF_TC_BODY(debug, tc)
{
	static const char	*paths[] = { "/debug", "/debug/", "/debug/varz",
	    "/debug/nope", "/%64ebug/varz", NULL };
	const char		*no = "HTTP/1.1 403 Forbidden\r\n" DATE NOSNIFF
				    TEXT "Content-Length: 20\r\n\r\n"
				    "debug access denied\n";
	char			 request[256];
	int			 tls, i;

	for (tls = 0; tls < 2; tls++) {
		setup(tls);
		for (i = 0; paths[i] != NULL; i++) {
			memcpy(env.peer, stranger, 16);
			snprintf(request, sizeof(request),
			    "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
			answer(request, no);
			memcpy(env.peer, local, 16);
			snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n"
			    HOST "X-Forwarded-For: 127.0.0.1\r\n\r\n",
			    paths[i]);
			answer(request, no);
			snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n"
			    HOST "x-forwarded-for:\r\n\r\n", paths[i]);
			answer(request, no);
			snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n"
			    HOST "X-Real-IP: 127.0.0.1\r\n\r\n", paths[i]);
			answer(request, no);
		}
		partly("GET /debug/ HTTP/1.1\r\n" HOST "\r\n", 200,
		    "href=\"/debug/varz\"");
		answer("GET /debug HTTP/1.1\r\n" HOST "\r\n",
		    "HTTP/1.1 307 Temporary Redirect\r\n" DATE
		    "Location: /debug/\r\nContent-Length: 0\r\n\r\n");
		answer("GET /debug/x HTTP/1.1\r\n" HOST "\r\n",
		    "HTTP/1.1 404 Not Found\r\n" DATE NOSNIFF TEXT
		    "Content-Length: 19\r\n\r\n404 page not found\n");
	}
}

/*
 * The clients are for this machine and the viewers; what load balancers say
 * counts, and what others say does not.
 */
ATF_TC_WITHOUT_HEAD(clients);
ATF_TC_BODY(clients, tc)
{
	static const struct web_viewers some = { { { .addr = { [10] = 0xff,
	    0xff, 192, 0, 2 }, .bits = 120 } }, 1 };
	static const char get[] = "GET /debug/clients/?all HTTP/1.1\r\n" HOST
	    "\r\n";
	static const char with[] = "GET /debug/clients/?all HTTP/1.1\r\n" HOST
	    "X-Real-IP: 127.0.0.1\r\n\r\n";
	static const uint8_t overlay[16] = { [10] = 0xff, 0xff, 100, 64, 0, 1 };
	int tls;

	for (tls = 0; tls < 2; tls++) {
		setup(tls);
		partly(get, 403, "debug access denied");
		memcpy(env.peer, overlay, 16);
		partly(get, 403, "debug access denied");
		memcpy(env.peer, local, 16);
		ATF_CHECK_EQ(route(get), WEB_CLIENTS);
		partly(with, 403, "debug access denied");
		answer("GET /debug/clients HTTP/1.1\r\n" HOST "\r\n",
		    "HTTP/1.1 301 Moved Permanently\r\n" DATE
		    "Location: /debug/clients/\r\nContent-Length: 0\r\n\r\n");
		partly("GET /debug/clients/x HTTP/1.1\r\n" HOST "\r\n", 404,
		    "not found");
		env.named = 1;
		partly(get, 403, "debug access denied");
		env.named = 0;
		env.balancer = 1;
		partly(get, 403, "debug access denied");
		env.forwarded = 1;
		memcpy(env.client, local, 16);
		partly(with, 403, "debug access denied");
		memcpy(env.client, stranger, 16);
		env.viewers = &some;
		ATF_CHECK_EQ(route(with), WEB_CLIENTS);
		env.balancer = env.forwarded = 0;
		memcpy(env.peer, stranger, 16);
		ATF_CHECK_EQ(route(get), WEB_CLIENTS);
		partly(with, 403, "debug access denied");
		/* No other page is for viewers. */
		partly("GET /debug/ HTTP/1.1\r\n" HOST "\r\n", 403,
		    "debug access denied");
		env.relay = 0;
		partly(get, 404, "derp server disabled");
	}
}

ATF_TC_WITHOUT_HEAD(stats);
ATF_TC_BODY(stats, tc)
{
	setup(0);
	memcpy(env.peer, local, 16);
	ATF_CHECK_EQ(route("GET /debug/varz HTTP/1.1\r\n" HOST "\r\n"),
	    WEB_STATS);
	web_reply_body(&env, &head, WEB_VARZ, 123456, &out);
	check("HTTP/1.1 200 OK\r\n" DATE BROWSER "Content-Type: text/plain; "
	    "version=0.0.4; charset=utf-8\r\nContent-Length: 123456\r\n\r\n");
	ATF_CHECK_EQ(out.head_only, 0);
	ATF_CHECK_EQ(out.close, 0);
	setup(1);
	memcpy(env.peer, local, 16);
	ATF_CHECK_EQ(route("HEAD /debug/varz HTTP/1.0\r\n\r\n"), WEB_STATS);
	web_reply_body(&env, &head, WEB_VARZ, 1, &out);
	check("HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\n" STS BROWSER
	    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	    "Content-Length: 1\r\n\r\n");
	ATF_CHECK_EQ(out.head_only, 1);
	ATF_CHECK_EQ(out.close, 1);
	ATF_CHECK_EQ(route("GET /debug/varz HTTP/1.1\r\n" HOST
	    "Content-Length: 5\r\n\r\n"), WEB_STATS);
	/* The reply may have been used for another request meanwhile. */
	memset(&out, 0xff, sizeof(out));
	web_reply_body(&env, &head, WEB_VARZ, 1, &out);
	ATF_CHECK_EQ(out.head_only, 0);
	ATF_CHECK_EQ(out.close, 1);
	ATF_CHECK_EQ(out.discard, 0);
}

ATF_TC_WITHOUT_HEAD(debug_peers);
ATF_TC_BODY(debug_peers, tc)
{
	static const struct {
		uint8_t	addr[16];
		int	want;
	} t[] = {
		{ { [10] = 0xff, 0xff, 127, 0, 0, 1 }, 1 },
		{ { [10] = 0xff, 0xff, 127, 255, 0, 1 }, 1 },
		{ { [10] = 0xff, 0xff, 126, 255, 0, 1 }, 0 },
		{ { [15] = 1 }, 1 },
		{ { [15] = 2 }, 0 },
		{ { [12] = 127, 0, 0, 1 }, 0 },
		{ { [10] = 0xff, 0xff, 100, 64, 0, 0 }, 1 },
		{ { [10] = 0xff, 0xff, 100, 127, 255, 255 }, 1 },
		{ { [10] = 0xff, 0xff, 100, 63, 255, 255 }, 0 },
		{ { [10] = 0xff, 0xff, 100, 128, 0, 0 }, 0 },
		{ { [10] = 0xff, 0xff, 100, 115, 92, 1 }, 0 },
		{ { [10] = 0xff, 0xff, 100, 115, 93, 255 }, 0 },
		{ { [10] = 0xff, 0xff, 100, 115, 94, 1 }, 1 },
		{ { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0, 1 }, 1 },
		{ { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe1 }, 0 },
		{ { [10] = 0xff, 0xff, 10, 0, 0, 1 }, 0 },
	};
	size_t	i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ATF_CHECK_EQ_MSG(web_debug_peer(t[i].addr), t[i].want, "%zu",
		    i);
}

ATF_TC_WITHOUT_HEAD(derp);
ATF_TC_BODY(derp, tc)
{
	const char	*required = "HTTP/1.1 426 Upgrade Required\r\n" DATE
			    "Connection: Upgrade\r\nUpgrade: DERP\r\n" NOSNIFF
			    TEXT "Content-Length: 33\r\n\r\n"
			    "DERP requires connection upgrade\n";

	setup(1);
	ATF_CHECK_EQ(route("GET /derp HTTP/1.1\r\n" HOST "Upgrade: DERP\r\n"
	    "Connection: Upgrade\r\nIdeal-Node: 9b\r\n\r\nrest"),
	    WEB_UPGRADE_DERP);
	check(DERP101);
	ATF_CHECK_EQ(out.fast_start, 0);
	ATF_CHECK(net_http_eq(out.ideal_node, "9b"));
	ATF_CHECK_EQ(out.close, 0);
	ATF_CHECK_EQ(route("POST /derp HTTP/1.0\r\nupgrade: derp\r\n\r\n"),
	    WEB_UPGRADE_DERP);
	check(DERP101);
	ATF_CHECK(out.ideal_node.p == NULL);
	ATF_CHECK_EQ(out.close, 0);
	ATF_CHECK_EQ(route("GET /derp HTTP/1.1\r\n" HOST
	    "Upgrade: WebSocket\r\n\r\n"), WEB_UPGRADE_DERP);
	check(DERP101);
	ATF_CHECK_EQ(route("GET /derp HTTP/1.1\r\n" HOST "Upgrade: DERP\r\n"
	    "Derp-Fast-Start: 1\r\n\r\n"), WEB_UPGRADE_DERP);
	check("");
	ATF_CHECK_EQ(out.fast_start, 1);
	ATF_CHECK_EQ(route("GET /derp HTTP/1.1\r\n" HOST "Upgrade: DERP\r\n"
	    "Derp-Fast-Start: true\r\n\r\n"), WEB_UPGRADE_DERP);
	check(DERP101);
	ATF_CHECK_EQ(out.fast_start, 0);

	answer("GET /derp HTTP/1.1\r\n" HOST "\r\n", required);
	answer("GET /derp HTTP/1.1\r\n" HOST "Upgrade: h2c\r\n\r\n", required);
	answer("GET /derp HTTP/1.1\r\n" HOST "Upgrade: derp, x\r\n\r\n",
	    required);
	ATF_CHECK_EQ(route("HEAD /derp HTTP/1.0\r\n\r\n"), WEB_REPLY);
	check("HTTP/1.1 426 Upgrade Required\r\n" DATE
	    "Connection: Upgrade, close\r\nUpgrade: DERP\r\n" NOSNIFF TEXT
	    "Content-Length: 33\r\n\r\n");
	env.relay = 0;
	answer("GET /derp HTTP/1.1\r\n" HOST "Upgrade: DERP\r\n\r\n", OFF);
}

/* A machine that serves only the map. */
ATF_TC_WITHOUT_HEAD(no_relay);
ATF_TC_BODY(no_relay, tc)
{
	static const char	*unknown[] = { "/", "/x", "/derp/", "/derp/x",
	    "/bootstrap-dns", "/derpmap/default" };
	char			 request[128];
	size_t			 i;

	setup(1);
	env.relay = 0;
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		snprintf(request, sizeof(request),
		    "GET %s HTTP/1.1\r\n" HOST "\r\n", unknown[i]);
		answer(request, "HTTP/1.1 404 Not Found\r\n" DATE NOSNIFF TEXT
		    "Content-Length: 19\r\n\r\n404 page not found\n");
	}
	partly("GET /generate_204 HTTP/1.1\r\n" HOST "\r\n", 204, NOCACHE);
	partly("GET /robots.txt HTTP/1.1\r\n" HOST "\r\n", 200, "User-agent");
	partly("GET /debug/ HTTP/1.1\r\n" HOST "\r\n", 403, "denied");
	env.tls = 0;
	partly("GET /generate_204 HTTP/1.1\r\n" HOST "\r\n", 204, NOCACHE);
	partly("GET /derp/probe HTTP/1.1\r\n" HOST "\r\n", 302,
	    "Location: https://relay.example.org/derp/probe\r\n");
}

ATF_TC_WITHOUT_HEAD(websocket);
ATF_TC_BODY(websocket, tc)
{
	setup(1);
	ATF_CHECK_EQ(route("GET /derp HTTP/1.1\r\n" HOST WS
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: x, derp\r\n"
	    "Origin: https://elsewhere.example\r\n"
	    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
	    WEB_UPGRADE_WEBSOCKET);
	check("HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	    "Sec-WebSocket-Protocol: derp\r\n\r\n");
	ATF_CHECK_EQ(out.fast_start, 0);
	answer("GET /derp HTTP/1.1\r\n" HOST WS "Sec-WebSocket-Version: 12\r\n"
	    "Sec-WebSocket-Protocol: derp\r\n\r\n",
	    "HTTP/1.1 400 Bad Request\r\n" DATE "Sec-WebSocket-Version: 13\r\n"
	    NOSNIFF TEXT "Content-Length: 37\r\n\r\n"
	    "WebSocket version 13 alone is served\n");
	partly("POST /derp HTTP/1.1\r\n" HOST WS "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Protocol: derp\r\n\r\n", 405, "Allow: GET\r\n");
	partly("GET /derp HTTP/1.1\r\n" HOST WS "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Protocol: xderp\r\n\r\n", 400, "subprotocol");
	partly("GET /derp HTTP/1.1\r\n" HOST WS "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Protocol: derp\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 400,
	    "Sec-WebSocket-Key must");
	partly("GET /derp HTTP/1.1\r\n" HOST "Upgrade: websocket\r\n"
	    "Sec-WebSocket-Protocol: derp\r\n\r\n", 426,
	    "Connection: Upgrade\r\nUpgrade: websocket\r\n");
}

ATF_TC_WITHOUT_HEAD(bodies);
ATF_TC_BODY(bodies, tc)
{
	static const struct {
		const char	*fields;
		int		 close;
		size_t		 discard;
	} t[] = {
		{ "Content-Length: 0\r\n", 0, 0 },
		{ "Content-Length: 65536\r\n", 0, 65536 },
		{ "Content-Length: 65537\r\n", 1, 0 },
		{ "Content-Length: 9000000000000000000\r\n", 1, 0 },
		{ "Transfer-Encoding: chunked\r\n", 1, 0 },
		{ "Content-Length: 5\r\nConnection: close\r\n", 1, 0 },
		{ "Content-Length: 5\r\nExpect: 100-continue\r\n", 1, 0 },
		{ "Content-Length: 0\r\nExpect: 100-continue\r\n", 0, 0 },
	};
	char	request[256], want[256];
	size_t	i;

	setup(1);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(request, sizeof(request),
		    "POST /generate_204 HTTP/1.1\r\n" HOST "%s\r\n",
		    t[i].fields);
		ATF_CHECK_EQ(route(request), WEB_REPLY);
		ATF_CHECK_EQ_MSG(out.close, t[i].close, "%s", t[i].fields);
		ATF_CHECK_EQ_MSG(out.discard, t[i].discard, "%s", t[i].fields);
		snprintf(want, sizeof(want), "HTTP/1.1 204 No Content\r\n" DATE
		    "%s" NOCACHE "\r\n",
		    t[i].close ? "Connection: close\r\n" : "");
		check(want);
	}
	answer("GET /generate_204 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	    "HTTP/1.1 204 No Content\r\n" DATE "Connection: keep-alive\r\n"
	    NOCACHE "\r\n");
	partly("GET / HTTP/1.1\r\n" HOST "Expect: x\r\n\r\n", 417,
	    "Connection: close\r\n");
}

ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	static const struct {
		int		 error;
		const char	*text;
	} t[] = {
		{ HTTP_BAD, "400 Bad Request" },
		{ HTTP_TOOLONG, "414 URI Too Long" },
		{ HTTP_TOOLARGE, "431 Request Header Fields Too Large" },
		{ HTTP_VERSION, "505 HTTP Version Not Supported" },
		{ HTTP_NOTIMPL, "501 Not Implemented" },
		{ -408, "408 Request Timeout" },
		{ -503, "503 Service Unavailable" },
	};
	char	want[512];
	size_t	i;

	setup(1);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(&out, 0xff, sizeof(out));
		web_error(&env, t[i].error, &out);
		snprintf(want, sizeof(want), "HTTP/1.1 %s\r\n" DATE
		    "Connection: close\r\n" NOSNIFF TEXT
		    "Content-Length: %zu\r\n\r\n%s\n", t[i].text,
		    strlen(t[i].text) + 1, t[i].text);
		check(want);
		ATF_CHECK_EQ(out.close, 1);
	}
}

ATF_TC_WITHOUT_HEAD(dates);
ATF_TC_BODY(dates, tc)
{
	static const struct {
		time_t		 now;
		const char	*date;
	} t[] = {
		{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ -5, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ 951782399, "Mon, 28 Feb 2000 23:59:59 GMT" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ 1709251199, "Thu, 29 Feb 2024 23:59:59 GMT" },
		{ 1767225599, "Wed, 31 Dec 2025 23:59:59 GMT" },
		{ 4107542400, "Mon, 01 Mar 2100 00:00:00 GMT" },
	};
	char	want[64];
	size_t	i;

	setup(1);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		env.now = t[i].now;
		snprintf(want, sizeof(want), "Date: %s\r\n", t[i].date);
		partly("GET / HTTP/1.1\r\n" HOST "\r\n", 200, want);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, probe);
	ATF_TP_ADD_TC(tp, generate_204);
	ATF_TP_ADD_TC(tp, pages);
	ATF_TP_ADD_TC(tp, home);
	ATF_TP_ADD_TC(tp, debug);
	ATF_TP_ADD_TC(tp, clients);
	ATF_TP_ADD_TC(tp, stats);
	ATF_TP_ADD_TC(tp, debug_peers);
	ATF_TP_ADD_TC(tp, derp);
	ATF_TP_ADD_TC(tp, no_relay);
	ATF_TP_ADD_TC(tp, websocket);
	ATF_TP_ADD_TC(tp, bodies);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, dates);
	return (atf_no_error());
}
