/*
 * wgkeys_asks_test: logins that wait for a key.
 */
#include <atf-c.h>
#include <string.h>

#include "wgkeys_asks.h"

static struct wgkeys_asks	asks;
static uint8_t			server[IPC_KEYLEN];

static int
add(uint64_t cookie, unsigned int iface, uint64_t now)
{
	memset(server, (int)cookie, sizeof(server));
	return (wgkeys_asks_add(&asks, cookie, iface, server, server, now));
}

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct wgkeys_ask k;

	ATF_CHECK_EQ(0, wgkeys_asks_take(&asks, 0, &k));
	ATF_CHECK_EQ(0, add(1, 0, 100));
	ATF_CHECK_EQ(0, add(2, 3, 101));
	ATF_CHECK_EQ(0, add(3, 0, 102));
	ATF_CHECK_EQ(2, wgkeys_asks_of(&asks, 0));
	ATF_CHECK_EQ(1, wgkeys_asks_of(&asks, 3));
	ATF_CHECK_EQ(0, wgkeys_asks_take(&asks, 1, &k));
	ATF_REQUIRE_EQ(1, wgkeys_asks_take(&asks, 3, &k));
	ATF_CHECK_EQ(2, k.cookie);
	ATF_CHECK_EQ(3, k.iface);
	ATF_CHECK_EQ(2, k.server[0]);
	ATF_REQUIRE_EQ(1, wgkeys_asks_take(&asks, 0, &k));
	ATF_CHECK_EQ(1, k.cookie);
	ATF_REQUIRE_EQ(1, wgkeys_asks_take(&asks, 0, &k));
	ATF_CHECK_EQ(3, k.cookie);
	ATF_CHECK_EQ(3, k.server[31]);
	ATF_CHECK_EQ(0, asks.n);
}

ATF_TC_WITHOUT_HEAD(late);
ATF_TC_BODY(late, tc)
{
	struct wgkeys_ask k;

	ATF_CHECK_EQ(0, wgkeys_asks_late(&asks, UINT64_MAX, &k));
	ATF_CHECK_EQ(0, add(1, 0, 100));
	ATF_CHECK_EQ(0, add(2, 1, 200));
	ATF_CHECK_EQ(0, wgkeys_asks_late(&asks, 99 + WGKEYS_ASKS_MS, &k));
	ATF_REQUIRE_EQ(1, wgkeys_asks_late(&asks, 100 + WGKEYS_ASKS_MS, &k));
	ATF_CHECK_EQ(1, k.cookie);
	ATF_CHECK_EQ(0, wgkeys_asks_late(&asks, 100 + WGKEYS_ASKS_MS, &k));
	ATF_REQUIRE_EQ(1, wgkeys_asks_late(&asks, 200 + WGKEYS_ASKS_MS, &k));
	ATF_CHECK_EQ(2, k.cookie);
}

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct wgkeys_ask k;
	int i;

	for (i = 0; i < WGKEYS_ASKS_MAX; i++)
		ATF_REQUIRE_EQ(0, add((uint64_t)i, 0, 0));
	ATF_CHECK_EQ(-1, add(1000, 0, 0));
	ATF_CHECK_EQ(1, wgkeys_asks_take(&asks, 0, &k));
	ATF_CHECK_EQ(0, k.cookie);
	ATF_CHECK_EQ(0, add(1000, 0, 0));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, late);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}
