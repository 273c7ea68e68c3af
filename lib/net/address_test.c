/*
 * address_test: addresses as 16 bytes, the source that each belongs to, public
 * and private ones.
 */
#include <atf-c.h>
#include <string.h>

#include "address.h"
#include "prefix.h"
#include "testaddr.h"

ATF_TC_WITHOUT_HEAD(get);
ATF_TC_BODY(get, tc)
{
	static const uint8_t v4[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2,
	    1 };
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	struct sockaddr_storage ss;
	uint8_t a[16];

	ATF_CHECK_EQ(4711, net_address_get(net_test_address(&ss, "192.0.2.1",
	    4711), a));
	ATF_CHECK(memcmp(a, v4, sizeof(a)) == 0);
	ATF_CHECK(net_address_is_ipv4(a));
	ATF_CHECK_EQ(65535, net_address_get(net_test_address(&ss,
	    "2001:db8::1", 65535), a));
	ATF_CHECK(memcmp(a, v6, sizeof(a)) == 0);
	ATF_CHECK(!net_address_is_ipv4(a));
	(void)net_address_get(net_test_address(&ss, "::ffff:192.0.2.1", 1), a);
	ATF_CHECK(net_address_is_ipv4(a));
}

/* The source of an address, as text. */
static const char *
source(const char *addr, unsigned int v4, unsigned int v6)
{
	static char text[NET_PREFIX_TEXT];
	struct sockaddr_storage ss;
	uint8_t a[16], s[16];

	(void)net_address_get(net_test_address(&ss, addr, 1), a);
	net_address_source(a, v4, v6, s);
	net_prefix_address(s, text);
	return (text);
}

ATF_TC_WITHOUT_HEAD(sources);
ATF_TC_BODY(sources, tc)
{
	static const char all[] = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

	ATF_CHECK_STREQ("192.0.2.255", source("192.0.2.255", 32, 0));
	ATF_CHECK_STREQ("192.0.2.254", source("192.0.2.255", 31, 0));
	ATF_CHECK_STREQ("192.0.2.0", source("192.0.2.255", 24, 0));
	ATF_CHECK_STREQ("192.0.0.0", source("192.0.2.255", 17, 128));
	ATF_CHECK_STREQ("0.0.0.0", source("192.0.2.255", 0, 128));
	ATF_CHECK_STREQ("192.0.2.255", source("192.0.2.255", 33, 0));
	ATF_CHECK_STREQ(all, source(all, 0, 128));
	ATF_CHECK_STREQ(all, source(all, 0, 200));
	ATF_CHECK_STREQ("ffff:ffff:ffff:ffff::", source(all, 32, 64));
	ATF_CHECK_STREQ("ffff:ffff:e000::", source(all, 32, 35));
	ATF_CHECK_STREQ("8000::", source(all, 32, 1));
	ATF_CHECK_STREQ("::", source(all, 32, 0));
}

static int
is_public(const char *text)
{
	struct sockaddr_storage	ss;

	return (net_address_is_public(net_test_address(&ss, text, 0)));
}

ATF_TC_WITHOUT_HEAD(public);
ATF_TC_BODY(public, tc)
{
	static const char *const yes[] = { "1.1.1.1", "9.255.255.255",
	    "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1",
	    "192.0.3.1", "223.255.255.255", "2a01:4f8::1", "2001:db7::1",
	    "2003::1" };
	static const char *const no[] = { "0.1.2.3", "10.0.0.1", "100.64.0.1",
	    "127.0.0.1", "169.254.1.1", "172.16.0.1", "172.31.255.255",
	    "192.0.2.7", "192.168.1.1", "198.18.0.1", "203.0.113.9",
	    "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
	    "fd00::1", "ff02::1", "2001:db8::1", "2001::1", "2002::1",
	    "::ffff:1.1.1.1" };
	struct sockaddr	sa;
	size_t		i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ATF_CHECK_EQ_MSG(1, is_public(yes[i]), "%s", yes[i]);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ATF_CHECK_EQ_MSG(0, is_public(no[i]), "%s", no[i]);
	memset(&sa, 0, sizeof(sa));
	sa.sa_family = AF_UNIX;
	ATF_CHECK_EQ(0, net_address_is_public(&sa));
}

static int
is_private(const char *text)
{
	struct sockaddr_storage ss;
	uint8_t a[16];

	(void)net_address_get(net_test_address(&ss, text, 0), a);
	return (net_address_is_private(a));
}

ATF_TC_WITHOUT_HEAD(private);
ATF_TC_BODY(private, tc)
{
	static const char *const yes[] = { "10.0.0.1", "100.64.0.1",
	    "100.127.255.255", "127.0.1.1", "169.254.0.1", "172.16.0.1",
	    "172.31.255.255", "192.168.255.1", "fc00::1", "fdff::1", "fe80::1",
	    "febf::1", "::1", "::ffff:10.0.0.1" };
	static const char *const no[] = { "9.255.255.255", "11.0.0.0",
	    "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
	    "192.167.0.1", "192.0.2.1", "2001:db8::1", "2a01:4f8::1", "fe00::1",
	    "fec0::1", "::", "::2" };
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ATF_CHECK_MSG(is_private(yes[i]), "%s", yes[i]);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ATF_CHECK_MSG(!is_private(no[i]), "%s", no[i]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, get);
	ATF_TP_ADD_TC(tp, sources);
	ATF_TP_ADD_TC(tp, public);
	ATF_TP_ADD_TC(tp, private);
	return (atf_no_error());
}
