/*
 * endpoint_test: endpoints as text.
 */
#include <atf-c.h>
#include <string.h>

#include "endpoint.h"

ATF_TC_WITHOUT_HEAD(texts);
ATF_TC_BODY(texts, tc)
{
	static const char *const good[] = { "192.0.2.1:51820", "0.0.0.0:1",
	    "[2001:db8::1]:65535", "[fe80::1%eth0]:9", "[fe80::1%12]:9" };
	static const char *const bad[] = { "", "none", "192.0.2.1",
	    "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1: 1",
	    "192.0.2.1:+1", "192.0.2.1:1x", "192.0.2.1:-1", "192.0.2:1",
	    "[192.0.2.1]:1", "2001:db8::1:1x", "[2001:db8::1:1", "[]:1", "[:1",
	    "[fe80::1%]:1", "[fe80::1%a b]:1", "[fe80::1%a%b]:1",
	    "[fe80::1%abcdefghijklmnop]:1", "host:1", ":1", "]:1",
	    "[fe80::1%\x1b[2J]:1" };
	struct wg_endpoint e;
	char text[WG_ENDPOINT_TEXT], longer[2 * WG_ENDPOINT_TEXT];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ATF_REQUIRE_EQ_MSG(0, wg_endpoint_parse(&e, good[i]), "%s",
		    good[i]);
		wg_endpoint_text(&e, text);
		ATF_CHECK_STREQ(good[i], text);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(-1, wg_endpoint_parse(&e, bad[i]), "%s",
		    bad[i]);
	memset(longer, '0', sizeof(longer));
	memcpy(longer, "192.0.2.1:", 10);
	strlcpy(longer + sizeof(longer) - 2, "1", 2);
	ATF_CHECK_EQ(-1, wg_endpoint_parse(&e, longer));
	memset(&e, 0, sizeof(e));
	wg_endpoint_text(&e, text);
	ATF_CHECK_STREQ("none", text);
}

ATF_TC_WITHOUT_HEAD(same);
ATF_TC_BODY(same, tc)
{
	struct wg_endpoint a, b;

	ATF_REQUIRE_EQ(0, wg_endpoint_parse(&a, "127.128.0.1:41641"));
	wg_endpoint_ipv4(&b, 0x7f800001, 41641);
	ATF_CHECK(wg_endpoint_same(&a, &b));
	ATF_CHECK_EQ(0x7f800001, wg_endpoint_get_ipv4(&b));
	b.port++;
	ATF_CHECK(!wg_endpoint_same(&a, &b));
	ATF_REQUIRE_EQ(0, wg_endpoint_parse(&a, "[fe80::1%2]:1"));
	ATF_REQUIRE_EQ(0, wg_endpoint_parse(&b, "[fe80::1%3]:1"));
	ATF_CHECK(!wg_endpoint_same(&a, &b));
	ATF_CHECK_EQ(0, wg_endpoint_get_ipv4(&a));
	wg_endpoint_scope(&b, 2);
	ATF_CHECK(wg_endpoint_same(&a, &b));
	wg_endpoint_scope(&b, 0);
	ATF_CHECK_STREQ("", b.zone);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, texts);
	ATF_TP_ADD_TC(tp, same);
	return (atf_no_error());
}
