/*
 * stunstats_test: every counter comes through, and nothing but whole messages.
 */
#include <atf-c.h>
#include <stdint.h>
#include <string.h>

#include "stunstats.h"

#define COUNTERS	(sizeof(struct stun_stats) / sizeof(uint64_t))

static void
put(struct wr *w, struct stun_stats *s)
{
	uint8_t *p = (uint8_t *)s;
	size_t i;

	for (i = 0; i < sizeof(*s); i++)
		p[i] = (uint8_t)(0xff - i);
	wr_init(w);
	stun_stats_put(w, s);
	ATF_REQUIRE(wr_ok(w));
}

ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	struct stun_stats a, b;
	struct wr w;
	struct rd r;

	put(&w, &a);
	ATF_CHECK_EQ(8 * COUNTERS, w.len);
	rd_init(&r, w.p, w.len);
	ATF_REQUIRE_EQ(0, stun_stats_get(&r, &b));
	ATF_CHECK_EQ(0, memcmp(&a, &b, sizeof(a)));
	wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(cut);
ATF_TC_BODY(cut, tc)
{
	struct stun_stats s;
	struct wr w;
	struct rd r;
	size_t i;

	put(&w, &s);
	for (i = 0; i < w.len; i++) {
		rd_init(&r, w.p, i);
		ATF_CHECK_EQ(-1, stun_stats_get(&r, &s));
	}
	wr_u8(&w, 0);
	rd_init(&r, w.p, w.len);
	ATF_CHECK_EQ(-1, stun_stats_get(&r, &s));
	wr_free(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, cut);

	return atf_no_error();
}
