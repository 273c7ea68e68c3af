/*
 * hostname_test: Tests which strings are host names and which are addresses.
 */
#include <atf-c.h>
#include <string.h>

#include "hostname.h"

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	static const char *const	 good[] = { "a", "localhost", "A.Ex",
					    "relay-1.example.org", "1.a", "x1",
					    "_acme.example", "3com", "a--b.c" };
	static const char *const	 bad[] = { "", ".", "a.", ".a", "a..b",
					    "-a", "a-", "a.-b", "a b", "a\n",
					    "192.0.2.1", "a.1", "127", "1.2.3",
					    "::1", "a/b", "a:1", "*.a",
					    "\xc3\xa4.example" };
	size_t				 i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ATF_CHECK_MSG(net_hostname_is_name(good[i]), "%s", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_MSG(!net_hostname_is_name(bad[i]), "%s", bad[i]);
}

ATF_TC_WITHOUT_HEAD(lengths);
ATF_TC_BODY(lengths, tc)
{
	char	 s[256];
	size_t	 i;

	memset(s, 'a', 64);
	s[63] = '\0';
	ATF_CHECK(net_hostname_is_name(s));
	s[63] = 'a';
	s[64] = '\0';
	ATF_CHECK(!net_hostname_is_name(s));
	for (i = 0; i < 254; i++)
		s[i] = i % 2 == 0 ? 'a' : '.';
	s[253] = '\0';
	ATF_CHECK(net_hostname_is_name(s));
	s[253] = 'a';
	s[252] = 'a';
	s[254] = '\0';
	ATF_CHECK(!net_hostname_is_name(s));
}

ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	static const char *const	 neither[] = { "", "a", "1.2.3",
					    "1.2.3.256", "1.2.3.4.5",
					    "[::1]", "fe80::1%lo",
					    "1::2::3", "192.0.2.1:443",
					    " 192.0.2.1", "192.0.2.1 " };
	size_t				 i;

	ATF_CHECK(net_hostname_is_ipv4("192.0.2.1"));
	ATF_CHECK(!net_hostname_is_ipv6("192.0.2.1"));
	ATF_CHECK(net_hostname_is_ipv6("2001:db8::1"));
	ATF_CHECK(net_hostname_is_ipv6("::ffff:192.0.2.1"));
	ATF_CHECK(!net_hostname_is_ipv4("::ffff:192.0.2.1"));
	for (i = 0; i < sizeof(neither) / sizeof(neither[0]); i++)
		ATF_CHECK_MSG(!net_hostname_is_ipv4(neither[i]) &&
		    !net_hostname_is_ipv6(neither[i]), "%s", neither[i]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, lengths);
	ATF_TP_ADD_TC(tp, addresses);
	return (atf_no_error());
}
