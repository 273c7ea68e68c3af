/*
 * forwarded_test: the client in X-Forwarded-For and X-Real-IP.
 */
#include <atf-c.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "forwarded.h"

/* The load balancers are 10.0.0.0/8 and 2001:db8:b::/48. */
static int
is_balancer(const uint8_t addr[16], void *arg)
{
	static const uint8_t v4[] = { [10] = 0xff, 0xff, 10 };
	static const uint8_t v6[] = { 0x20, 1, 0x0d, 0xb8, 0, 0x0b };

	(void)arg;
	return (memcmp(addr, v4, 13) == 0 || memcmp(addr, v6, 6) == 0);
}

/* The fields name this client, as "ADDRESS PORT"; "": none. */
static void
check(const char *fields, const char *want)
{
	static struct net_http_head h;
	char head[2048], addr[INET6_ADDRSTRLEN], got[128] = "";
	uint8_t a[16];
	uint16_t port;
	int n;

	n = snprintf(head, sizeof(head), "GET /derp HTTP/1.1\r\nHost: x\r\n"
	    "%s\r\n", fields);
	ATF_REQUIRE(n > 0 && (size_t)n < sizeof(head));
	ATF_REQUIRE_EQ_MSG(n, net_http_parse_request(&h, head, (size_t)n),
	    "%s", fields);
	if (web_forwarded(&h, is_balancer, NULL, a, &port)) {
		ATF_REQUIRE(inet_ntop(AF_INET6, a, addr, sizeof(addr)) !=
		    NULL);
		snprintf(got, sizeof(got), "%s %u", addr, port);
	}
	ATF_CHECK_MSG(strcmp(got, want) == 0, "%sgave %s, not %s", fields,
	    got, want);
}

ATF_TC_WITHOUT_HEAD(hops);
ATF_TC_BODY(hops, tc)
{
	check("", "");
	check("X-Forwarded-For: 192.0.2.1\r\n", "::ffff:192.0.2.1 0");
	check("x-forwarded-for:2001:db8::1\r\n", "2001:db8::1 0");
	/* What the client itself has written stands before. */
	check("X-Forwarded-For: 127.0.0.1, 192.0.2.1\r\n",
	    "::ffff:192.0.2.1 0");
	check("X-Forwarded-For: 127.0.0.1,192.0.2.1 ,\t10.0.0.1, "
	    "2001:db8:b::1\r\n", "::ffff:192.0.2.1 0");
	check("X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 192.0.2.1\r\n",
	    "::ffff:192.0.2.1 0");
	check("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 10.0.0.1\r\n",
	    "::ffff:192.0.2.1 0");
	/* Balancers alone: the first one is a client, too. */
	check("X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n", "::ffff:10.0.0.1 0");
	/* An unknown hop: the last one before it. */
	check("X-Forwarded-For: 192.0.2.1, unknown\r\n", "");
	check("X-Forwarded-For: 192.0.2.1, unknown, 10.0.0.1\r\n",
	    "::ffff:10.0.0.1 0");
	check("X-Forwarded-For: unknown, 192.0.2.1\r\n", "::ffff:192.0.2.1 0");
	check("X-Forwarded-For: 192.0.2.1, ,\r\n", "::ffff:192.0.2.1 0");
	check("X-Forwarded-For: ,, ,\r\n", "");
	check("X-Forwarded-For:\r\n", "");
}

ATF_TC_WITHOUT_HEAD(forms);
ATF_TC_BODY(forms, tc)
{
	static const char *const bad[] = { "192.0.2.1:", "192.0.2.1:65536",
	    "192.0.2.1:x", "192.0.2.1:-1", "192.0.2.1:000001", "[::1",
	    "[::1]x", "[::1]:", "[]", "[", "192.0.2.1 x", "192.0.2", "host",
	    "::1%lo", "\"192.0.2.1\"",
	    "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"
	};
	char field[200];
	size_t i;

	check("X-Forwarded-For: 192.0.2.1:443\r\n", "::ffff:192.0.2.1 443");
	check("X-Forwarded-For: [2001:db8::1]:65535\r\n", "2001:db8::1 65535");
	check("X-Forwarded-For: [2001:db8::1]\r\n", "2001:db8::1 0");
	check("X-Forwarded-For: [192.0.2.1]:5\r\n", "::ffff:192.0.2.1 5");
	check("X-Forwarded-For: ::ffff:192.0.2.1\r\n", "::ffff:192.0.2.1 0");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(field, sizeof(field), "X-Forwarded-For: %s\r\n",
		    bad[i]);
		check(field, "");
	}
}

ATF_TC_WITHOUT_HEAD(real_ip);
ATF_TC_BODY(real_ip, tc)
{
	check("X-Real-IP: 192.0.2.1\r\n", "::ffff:192.0.2.1 0");
	check("x-real-ip: 2001:db8::1 \r\n", "2001:db8::1 0");
	check("X-Real-IP: 127.0.0.1\r\nX-Real-IP: 192.0.2.1\r\n",
	    "::ffff:192.0.2.1 0");
	check("X-Real-IP: 192.0.2.1, 192.0.2.2\r\n", "");
	check("X-Real-IP: junk\r\n", "");
	/* X-Forwarded-For is the better one, also when it names nobody. */
	check("X-Real-IP: 127.0.0.1\r\nX-Forwarded-For: 192.0.2.1\r\n",
	    "::ffff:192.0.2.1 0");
	check("X-Real-IP: 127.0.0.1\r\nX-Forwarded-For: unknown\r\n", "");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, hops);
	ATF_TP_ADD_TC(tp, forms);
	ATF_TP_ADD_TC(tp, real_ip);
	return (atf_no_error());
}
