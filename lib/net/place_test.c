/* Unit tests of place.c: addresses that are known. */
#include <atf-c.h>
#include <string.h>

#include "place.h"

ATF_TC_WITHOUT_HEAD(literal);
ATF_TC_BODY(literal, tc)
{
	static const char *const names[] = {
		"", "relay.test", "none", "192.0.2.1.", "192.0.2.1:1", "[::1]",
		"fe80::1%lo", "192.0.2"
	};
	struct net_place v;
	char text[100];
	size_t i;

	ATF_REQUIRE_EQ(1, net_place_literal(&v, "192.0.2.1"));
	net_place_port(&v, 443);
	net_place_text(&v, text, sizeof(text));
	ATF_CHECK_STREQ("192.0.2.1 port 443", text);
	ATF_REQUIRE_EQ(1, net_place_literal(&v, "2001:db8::7"));
	net_place_port(&v, 8443);
	net_place_text(&v, text, sizeof(text));
	ATF_CHECK_STREQ("2001:db8::7 port 8443", text);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ATF_CHECK_EQ_MSG(0, net_place_literal(&v, names[i]), "%s",
		    names[i]);
}

/* The same as those of messages. */
ATF_TC_WITHOUT_HEAD(same);
ATF_TC_BODY(same, tc)
{
	static const uint8_t four[16] = {
		[10] = 0xff, 0xff, 192, 0, 2, 1
	}, six[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };
	struct net_place a, b;

	net_place_set(&a, four, 443);
	ATF_REQUIRE_EQ(1, net_place_literal(&b, "192.0.2.1"));
	ATF_CHECK_EQ(0, net_place_same(&a, &b));
	net_place_port(&b, 443);
	ATF_CHECK_EQ(1, net_place_same(&a, &b));
	net_place_set(&a, six, 0);
	ATF_REQUIRE_EQ(1, net_place_literal(&b, "2001:db8::7"));
	ATF_CHECK_EQ(1, net_place_same(&a, &b));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, literal);
	ATF_TP_ADD_TC(tp, same);
	return (atf_no_error());
}
