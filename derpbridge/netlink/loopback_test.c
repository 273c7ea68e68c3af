/*
 * loopback_test: addresses of the local network.
 */
#include <atf-c.h>
#include <string.h>

#include "loopback.h"

static const uint8_t local[4] = { 127, 128, 0, 0 };

ATF_TC_WITHOUT_HEAD(network);
ATF_TC_BODY(network, tc)
{
	struct wg_loopback l;

	wg_loopback_init(&l, local, 9);
	ATF_CHECK(!wg_loopback_has(&l, 0x7f800000));
	ATF_CHECK(wg_loopback_has(&l, 0x7f800001));
	ATF_CHECK(wg_loopback_has(&l, 0x7ffffffe));
	ATF_CHECK(!wg_loopback_has(&l, 0x7fffffff));
	ATF_CHECK(!wg_loopback_has(&l, 0x7f7fffff));
	ATF_CHECK(!wg_loopback_has(&l, 0xc0000201));
	ATF_CHECK(!wg_loopback_has(&l, 0));
	ATF_CHECK_EQ(0x7f800001, wg_loopback_next(&l, 0));
	ATF_CHECK_EQ(0x7f800001, wg_loopback_next(&l, 0x7ffffffe));
	ATF_CHECK_EQ(0x7f800008, wg_loopback_next(&l, 0x7f800007));
}

/* The address of WireGuard itself is never a peer's. */
ATF_TC_WITHOUT_HEAD(home);
ATF_TC_BODY(home, tc)
{
	static const uint8_t all[4] = { 127, 0, 0, 9 };
	struct wg_loopback l;

	wg_loopback_init(&l, all, 8);
	ATF_CHECK(!wg_loopback_has(&l, 0x7f000001));
	ATF_CHECK_EQ(0x7f000002, wg_loopback_next(&l, 0x7f000000));
	ATF_CHECK_EQ(0x7f000002, wg_loopback_next(&l, 0x7f000001));
	ATF_CHECK_EQ(0x7f000002, wg_loopback_next(&l, 0x7ffffffe));
	wg_loopback_init(&l, all, 30);
	ATF_CHECK_EQ(0x7f000009, wg_loopback_next(&l, 0));
	ATF_CHECK_EQ(0x7f00000a, wg_loopback_next(&l, 0x7f000009));
	ATF_CHECK_EQ(0x7f000009, wg_loopback_next(&l, 0x7f00000a));
}

ATF_TC_WITHOUT_HEAD(keys);
ATF_TC_BODY(keys, tc)
{
	struct wg_loopback l;
	uint8_t key[32];
	uint32_t a, before = 0;
	unsigned int i, equal = 0;

	wg_loopback_init(&l, local, 9);
	for (i = 0; i < 1000; i++) {
		memset(key, 0, sizeof(key));
		memcpy(key, &i, sizeof(i));
		a = wg_loopback_for(&l, key, sizeof(key));
		ATF_REQUIRE(wg_loopback_has(&l, a));
		ATF_REQUIRE_EQ(a, wg_loopback_for(&l, key, sizeof(key)));
		equal += a == before;
		before = a;
	}
	ATF_CHECK_EQ(0, equal);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, network);
	ATF_TP_ADD_TC(tp, home);
	ATF_TP_ADD_TC(tp, keys);
	return (atf_no_error());
}
