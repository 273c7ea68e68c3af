/*
 * web_plain_test: web.c on the plain port: redirects to HTTPS, tokens of a
 * certificate authority, and requests whose Host has no name.
 */
#include "tokens.h"
#include "webfixture.h"

/* Clients of a node with an address and without a name send no name. */
ATF_TC_WITHOUT_HEAD(nameless_host);
ATF_TC_BODY(nameless_host, tc)
{
	static const char *const	hosts[] = { "", " :33445", " :" };
	char				req[256];
	size_t				i;
	int				tls;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		setup(1);
		snprintf(req, sizeof(req), "GET /derp HTTP/1.1\r\nHost:%s\r\n"
		    "Upgrade: DERP\r\n\r\n", hosts[i]);
		ATF_CHECK_EQ_MSG(route(req), WEB_UPGRADE_DERP, "%s", hosts[i]);
		snprintf(req, sizeof(req), "GET /derp/probe HTTP/1.1\r\n"
		    "Host:%s\r\n\r\n", hosts[i]);
		partly(req, 200, "");
		for (tls = 0; tls < 2; tls++) {
			setup(tls);
			snprintf(req, sizeof(req), "GET /generate_204 "
			    "HTTP/1.1\r\nHost:%s\r\n\r\n", hosts[i]);
			partly(req, 204, "");
		}
	}
}

ATF_TC_WITHOUT_HEAD(plain_port);
ATF_TC_BODY(plain_port, tc)
{
	const char	*use = "HTTP/1.1 400 Bad Request\r\n" DATE NOSNIFF TEXT
			    "Content-Length: 10\r\n\r\nUse HTTPS\n";

	setup(0);
	answer("GET /a?b=c&d HTTP/1.1\r\nHost: h.x:80\r\n\r\n",
	    "HTTP/1.1 302 Found\r\n" DATE
	    "Location: https://h.x:80/a?b=c&d\r\nContent-Length: 0\r\n\r\n");
	answer("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 302 Found\r\n"
	    DATE "Location: https://h/\r\nContent-Length: 0\r\n\r\n");
	answer("GET //evil? HTTP/1.1\r\nHost: [::1]:8\r\n\r\n",
	    "HTTP/1.1 302 Found\r\n" DATE
	    "Location: https://[::1]:8//evil?\r\nContent-Length: 0\r\n\r\n");
	answer("GET http://zz?x HTTP/1.1\r\nHost: h\r\n\r\n",
	    "HTTP/1.1 302 Found\r\n" DATE
	    "Location: https://zz/?x\r\nContent-Length: 0\r\n\r\n");
	partly("GET /derp HTTP/1.1\r\nHost: h\r\nUpgrade: DERP\r\n\r\n", 302,
	    "Location: https://h/derp\r\n");
	partly("GET /debugx HTTP/1.1\r\nHost: h\r\n\r\n", 302,
	    "Location: https://h/debugx\r\n");
	partly("GET /robots.txt HTTP/1.1\r\nHost: h\r\n\r\n", 302, "/robots");
	answer("POST /a HTTP/1.1\r\nHost: h\r\n\r\n", use);
	answer("CONNECT a:1 HTTP/1.1\r\nHost: h\r\n\r\n", use);
	partly("GET /a HTTP/1.0\r\n\r\n", 400,
	    "there is no name in Host");
	partly("GET /a HTTP/1.1\r\nHost:\r\n\r\n", 400,
	    "there is no name in Host");
	partly("GET /a HTTP/1.1\r\nHost: :33445\r\n\r\n", 400,
	    "there is no name in Host");
}

/* The largest possible head still gets a whole reply. */
ATF_TC_WITHOUT_HEAD(longest_redirect);
ATF_TC_BODY(longest_redirect, tc)
{
	static char	request[HTTP_MAX_HEAD + 1];
	size_t		n;

	setup(0);
	memset(request, 'a', HTTP_MAX_HEAD);
	memcpy(request, "GET /", 5);
	n = HTTP_MAX_LINE;
	memcpy(request + n - 9, " HTTP/1.1\r\nHost: ", 17);
	memcpy(request + HTTP_MAX_HEAD - 4, "\r\n\r\n", 4);
	ATF_CHECK_EQ(route(request), WEB_REPLY);
	ATF_CHECK(out.len > HTTP_MAX_HEAD - 64);
	ATF_CHECK(memcmp(out.buf + out.len - 23,
	    "\r\nContent-Length: 0\r\n\r\n", 23) == 0);
}

/* A port with derp serves what the TLS port does. */
ATF_TC_WITHOUT_HEAD(derp_port);
ATF_TC_BODY(derp_port, tc)
{
	static const char	*hsts = "Strict-Transport-Security";
	struct acme_token	 one = { "abc", "abc.thumb" };
	struct acme_tokens	 set = { &one, 1 };

	setup(0);
	env.derp = 1;
	env.tokens = &set;
	partly("GET / HTTP/1.1\r\n" HOST "\r\n", 200, "<h1>DERP relay</h1>");
	ATF_CHECK(memmem(out.buf, out.len, hsts, strlen(hsts)) == NULL);
	partly("GET /x HTTP/1.1\r\n" HOST "\r\n", 200, "html");
	partly("GET " TOKEN_PATH "abc HTTP/1.1\r\n" HOST "\r\n", 200, "html");
	partly("GET /derp/probe HTTP/1.1\r\n" HOST "\r\n", 200, "");
	partly("GET /robots.txt HTTP/1.1\r\n" HOST "\r\n", 200, "Disallow");
	partly("GET /generate_204 HTTP/1.1\r\n" HOST "\r\n", 204, "");
	partly("GET /derp HTTP/1.1\r\n" HOST "\r\n", 426, "DERP");
	partly("CONNECT a:1 HTTP/1.1\r\nHost: h\r\n\r\n", 403, "CONNECT");
	ATF_CHECK_EQ(WEB_UPGRADE_DERP, route("GET /derp HTTP/1.1\r\n" HOST
	    "Upgrade: DERP\r\n\r\n"));
	ATF_CHECK(!out.fast_start);
	ATF_CHECK_EQ(WEB_UPGRADE_DERP, route("GET /derp HTTP/1.1\r\n" HOST
	    "Upgrade: DERP\r\nDerp-Fast-Start: 1\r\n\r\n"));
	ATF_CHECK(out.fast_start && out.len == 0);
	env.relay = 0;
	partly("GET / HTTP/1.1\r\n" HOST "\r\n", 404, "not found");
}

/* Behind a reverse proxy, the address of this machine is everybody's. */
ATF_TC_WITHOUT_HEAD(derp_debug);
ATF_TC_BODY(derp_debug, tc)
{
	static const uint8_t	 loopback[16] = { [10] = 0xff, 0xff, 127, 0, 0,
	    1 };
	/* 0.0.0.0/0 */
	static const struct web_viewers all = { { { .addr = { [10] = 0xff,
	    0xff }, .bits = 96 } }, 1 };
	static const char	*const paths[] = { "/debug", "/debug/",
	    "/debug/varz", "/debug/clients/" };
	static const char	 list[] = "GET /debug/clients/ HTTP/1.1\r\n"
	    HOST "\r\n";
	char			 req[128];
	size_t			 i;

	setup(0);
	env.derp = 1;
	memcpy(env.peer, loopback, sizeof(env.peer));
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(req, sizeof(req), "GET %s HTTP/1.1\r\n" HOST "\r\n",
		    paths[i]);
		partly(req, 403, "denied");
	}
	env.viewers = &all;
	partly(list, 403, "denied");
	/* The reverse proxy has named the client. */
	env.named = 1;
	ATF_CHECK_EQ(WEB_CLIENTS, route(list));
	env.named = 0;
	env.balancer = 1;
	partly(list, 403, "denied");
	env.forwarded = 1;
	memcpy(env.client, stranger, sizeof(env.client));
	ATF_CHECK_EQ(WEB_CLIENTS, route(list));
	partly("GET /debug/varz HTTP/1.1\r\n" HOST "\r\n", 403, "denied");
}

/*
 * A certificate authority requests a token on the plain port during an order.
 */
ATF_TC_WITHOUT_HEAD(tokens);
ATF_TC_BODY(tokens, tc)
{
	struct acme_token	 one = { "abc", "abc.thumb" };
	struct acme_tokens	 set = { &one, 1 };

	setup(0);
	partly("GET " TOKEN_PATH "abc HTTP/1.1\r\n" HOST "\r\n", 302,
	    "Location: https://relay.example.org" TOKEN_PATH "abc\r\n");
	env.tokens = &set;
	answer("GET " TOKEN_PATH "abc HTTP/1.1\r\n" HOST "\r\n",
	    "HTTP/1.1 200 OK\r\n" DATE "Cache-Control: no-store\r\n"
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: 9\r\n\r\nabc.thumb");
	partly("GET " TOKEN_PATH "abd HTTP/1.1\r\n" HOST "\r\n", 404,
	    "not found");
	partly("GET /x HTTP/1.1\r\n" HOST "\r\n", 302,
	    "Location: https://relay.example.org/x\r\n");
	setup(1);
	env.tokens = &set;
	partly("GET " TOKEN_PATH "abc HTTP/1.1\r\n" HOST "\r\n", 200, "html");
	env.relay = 0;
	partly("GET " TOKEN_PATH "abc HTTP/1.1\r\n" HOST "\r\n", 404,
	    "not found");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, nameless_host);
	ATF_TP_ADD_TC(tp, plain_port);
	ATF_TP_ADD_TC(tp, longest_redirect);
	ATF_TP_ADD_TC(tp, derp_port);
	ATF_TP_ADD_TC(tp, derp_debug);
	ATF_TP_ADD_TC(tp, tokens);
	return (atf_no_error());
}
