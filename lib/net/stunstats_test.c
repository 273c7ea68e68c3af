/*
 * stunstats_test: Tests that every counter is decoded as encoded, and that a
 * message with more or fewer is refused.
 */
#include <atf-c.h>
#include <stdint.h>
#include <string.h>

#include "stunstats.h"

#define COUNTERS	(sizeof(struct net_stun_stats) / sizeof(uint64_t))

ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	struct ipc_msg_stun_stats v;
	struct net_stun_stats a, b;
	uint8_t *p = (uint8_t *)&a;
	size_t i;

	memset(&a, 0, sizeof(a));
	for (i = 0; i < sizeof(a); i++)
		p[i] = (uint8_t)(0xff - i);
	net_stun_stats_put(&v, &a);
	ATF_CHECK_EQ(COUNTERS, v.n);
	ATF_REQUIRE_EQ(0, net_stun_stats_get(&v, &b));
	ATF_CHECK_EQ(0, memcmp(&a, &b, sizeof(a)));
	v.n--;
	ATF_CHECK_EQ(-1, net_stun_stats_get(&v, &b));
	v.n += 2;
	ATF_CHECK_EQ(-1, net_stun_stats_get(&v, &b));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, round_trip);

	return atf_no_error();
}
