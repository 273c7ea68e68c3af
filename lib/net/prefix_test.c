/*
 * prefix_test: prefixes of addresses as text, and what is within them.
 */
#include <atf-c.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "prefix.h"

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	static const struct {
		const char	*in, *out;
		int		 rv;
	} t[] = {
		{ "192.0.2.0/24", "192.0.2.0/24", 0 },
		{ "192.0.2.1", "192.0.2.1", 0 },
		{ "192.0.2.1/32", "192.0.2.1", 0 },
		{ "192.0.2.254/31", "192.0.2.254/31", 0 },
		{ "0.0.0.0/0", "0.0.0.0/0", 0 },
		{ "2001:DB8::/32", "2001:db8::/32", 0 },
		{ "2001:db8::1/128", "2001:db8::1", 0 },
		{ "::/0", "::/0", 0 },
		{ "::ffff:192.0.2.0/120", "192.0.2.0/24", 0 },
		{ "::ffff:0:0/95", "::fffe:0:0/95", NET_PREFIX_HOST },
		{ "192.0.2.1/24", "192.0.2.0/24", NET_PREFIX_HOST },
		{ "255.255.255.255/1", "128.0.0.0/1", NET_PREFIX_HOST },
		{ "2001:db8::1/127", "2001:db8::/127", NET_PREFIX_HOST },
		{ "2001:db8:ffff::/33", "2001:db8:8000::/33", NET_PREFIX_HOST },
		{ "192.0.2.0/33", NULL, NET_PREFIX_BAD },
		{ "2001:db8::/129", NULL, NET_PREFIX_BAD },
		{ "192.0.2.0/", NULL, NET_PREFIX_BAD },
		{ "192.0.2.0/08", NULL, NET_PREFIX_BAD },
		{ "192.0.2.0/1x", NULL, NET_PREFIX_BAD },
		{ "192.0.2.0/0000", NULL, NET_PREFIX_BAD },
		{ "192.0.2/24", NULL, NET_PREFIX_BAD },
		{ "fe80::1%lo/64", NULL, NET_PREFIX_BAD },
		{ "host", NULL, NET_PREFIX_BAD },
		{ "", NULL, NET_PREFIX_BAD },
		{ "/0", NULL, NET_PREFIX_BAD },
		{ "0000:0000:0000:0000:0000:ffff:192.168.100.2000/1", NULL,
		    NET_PREFIX_BAD }
	};
	struct net_prefix p;
	char out[NET_PREFIX_TEXT];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ATF_CHECK_EQ_MSG(t[i].rv, net_prefix_parse(&p, t[i].in), "%s",
		    t[i].in);
		if (t[i].out == NULL)
			continue;
		net_prefix_text(&p, out);
		ATF_CHECK_STREQ(t[i].out, out);
	}
}

static int
has(const char *prefix, const char *addr)
{
	struct net_prefix p;
	uint8_t a[16];

	ATF_REQUIRE_EQ_MSG(0, net_prefix_parse(&p, prefix), "%s", prefix);
	ATF_REQUIRE_EQ(1, inet_pton(AF_INET6, addr, a));
	return (net_prefix_has(&p, a));
}

ATF_TC_WITHOUT_HEAD(address);
ATF_TC_BODY(address, tc)
{
	static const uint8_t v4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
	static const uint8_t v6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 1 };
	char out[NET_PREFIX_TEXT];

	net_prefix_address(v4, out);
	ATF_CHECK_STREQ("192.0.2.1", out);
	net_prefix_address(v6, out);
	ATF_CHECK_STREQ("2001:db8::1", out);
}

ATF_TC_WITHOUT_HEAD(within);
ATF_TC_BODY(within, tc)
{
	ATF_CHECK(has("192.0.2.0/24", "::ffff:192.0.2.0"));
	ATF_CHECK(has("192.0.2.0/24", "::ffff:192.0.2.255"));
	ATF_CHECK(!has("192.0.2.0/24", "::ffff:192.0.3.0"));
	ATF_CHECK(!has("192.0.2.0/24", "::ffff:192.0.1.255"));
	ATF_CHECK(has("192.0.2.4/31", "::ffff:192.0.2.5"));
	ATF_CHECK(!has("192.0.2.4/31", "::ffff:192.0.2.6"));
	ATF_CHECK(has("192.0.2.1", "::ffff:192.0.2.1"));
	ATF_CHECK(!has("192.0.2.1", "::ffff:192.0.2.2"));
	ATF_CHECK(!has("192.0.2.1", "::192.0.2.1"));
	ATF_CHECK(has("0.0.0.0/0", "::ffff:203.0.113.9"));
	ATF_CHECK(!has("0.0.0.0/0", "2001:db8::1"));
	ATF_CHECK(has("2001:db8::/32", "2001:db8:ffff::1"));
	ATF_CHECK(!has("2001:db8::/32", "2001:db9::1"));
	ATF_CHECK(has("2001:db8:8000::/33", "2001:db8:ffff::1"));
	ATF_CHECK(!has("2001:db8:8000::/33", "2001:db8:7fff::1"));
	ATF_CHECK(has("::1", "::1"));
	ATF_CHECK(!has("::1", "::2"));
	/* No prefix of IPv6 holds an IPv4 address. */
	ATF_CHECK(has("::/0", "2001:db8::1"));
	ATF_CHECK(!has("::/0", "::ffff:192.0.2.1"));
	ATF_CHECK(!has("::/80", "::ffff:192.0.2.1"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, text);
	ATF_TP_ADD_TC(tp, address);
	ATF_TP_ADD_TC(tp, within);
	return (atf_no_error());
}
