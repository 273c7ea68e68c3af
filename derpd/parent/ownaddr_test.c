/*
 * ownaddr_test: which addresses are public.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <atf-c.h>
#include <string.h>

#include "ownaddr.h"

static int
is_public(const char *text)
{
	struct sockaddr_in6	in6;
	struct sockaddr_in	in;

	memset(&in, 0, sizeof(in));
	in.sin_family = AF_INET;
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return (parent_ownaddr_is_public((struct sockaddr *)&in));
	memset(&in6, 0, sizeof(in6));
	in6.sin6_family = AF_INET6;
	ATF_REQUIRE_EQ(1, inet_pton(AF_INET6, text, &in6.sin6_addr));
	return (parent_ownaddr_is_public((struct sockaddr *)&in6));
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
	ATF_CHECK_EQ(0, parent_ownaddr_is_public(&sa));
}

/* On any machine: an address that is found is public. */
ATF_TC_WITHOUT_HEAD(find);
ATF_TC_BODY(find, tc)
{
	char	text[64];

	if (parent_ownaddr_find(AF_INET, text, sizeof(text)) == 0)
		ATF_CHECK_EQ_MSG(1, is_public(text), "%s", text);
	if (parent_ownaddr_find(AF_INET6, text, sizeof(text)) == 0)
		ATF_CHECK_EQ_MSG(1, is_public(text), "%s", text);
	ATF_CHECK_EQ(-1, parent_ownaddr_find(AF_UNIX, text, sizeof(text)));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, public);
	ATF_TP_ADD_TC(tp, find);
	return (atf_no_error());
}
