/*
 * rate_test: how long a client must wait, with a simulated clock.
 */
#include <atf-c.h>

#include "rate.h"

#define SECOND	1000000ULL

/* Full initially: `burst' bytes at once need no wait. */
ATF_TC_WITHOUT_HEAD(burst);
ATF_TC_BODY(burst, tc)
{
	struct derp_rate b = { 0, 0, 0 };

	ATF_CHECK_EQ(derp_rate_charge(&b, 1000, 5000, SECOND, 5000), 0);
	ATF_CHECK_EQ(derp_rate_charge(&b, 1000, 5000, SECOND, 1), 2000);
	/* After a long time the bucket is full, and not fuller. */
	ATF_CHECK_EQ(derp_rate_charge(&b, 1000, 5000, 60 * SECOND, 5000), 0);
	ATF_CHECK(derp_rate_charge(&b, 1000, 5000, 60 * SECOND, 1) > 0);
	ATF_CHECK_EQ(derp_rate_charge(&b, 1000, 5000, 5000 * SECOND, 5000),
	    0);
	ATF_CHECK(derp_rate_charge(&b, 1000, 5000, 5000 * SECOND, 1) > 0);
}

/* A client that waits as long as required gets its rate, at any rate. */
static void
steady(uint64_t rate, uint64_t burst, uint64_t n)
{
	struct derp_rate b = { 0, 0, 0 };
	uint64_t now = SECOND, start = now, sent = 0, most;

	while (now < start + 100 * SECOND) {
		now += derp_rate_charge(&b, rate, burst, now, n);
		now += 37;		/* time between two frames */
		sent += n;
	}
	most = burst + n + (now - start) / 1000 * rate / 1000;
	ATF_CHECK_MSG(sent <= most, "rate %llu: %llu of %llu",
	    (unsigned long long)rate, (unsigned long long)sent,
	    (unsigned long long)most);
	ATF_CHECK_MSG(sent >= (now - start) / 1000 * rate / 1000 / 10 * 9 ||
	    n * 1000000 / (rate + 1) < 10000, "rate %llu: only %llu of %llu",
	    (unsigned long long)rate, (unsigned long long)sent,
	    (unsigned long long)most);
}

ATF_TC_WITHOUT_HEAD(rates);
ATF_TC_BODY(rates, tc)
{
	steady(1000, 1, 100);
	steady(1000, 100000, 1400);
	steady(12345, 1400, 1400);
	steady(1000000, 65536, 1400);
	steady(7, 7, 3);		/* less than a byte between frames */
}

/* Time that made no whole byte is not lost. */
ATF_TC_WITHOUT_HEAD(rounding);
ATF_TC_BODY(rounding, tc)
{
	struct derp_rate b = { 0, 0, 0 };
	uint64_t now = SECOND;
	unsigned int i;

	derp_rate_charge(&b, 10, 1000, now, 1000);	/* empty */
	for (i = 0; i < 1000; i++)
		derp_rate_charge(&b, 10, 1000, now += 99 * 1000, 0);
	/* 99 s: 990 bytes */
	ATF_CHECK_MSG(b.tokens == 990, "%lld", (long long)b.tokens);
}

/* Frames that come often make no more of the rate than it is. */
ATF_TC_WITHOUT_HEAD(often);
ATF_TC_BODY(often, tc)
{
	struct derp_rate b = { 0, 0, 0 };
	uint64_t now = SECOND;
	unsigned int i;

	derp_rate_charge(&b, 32768, 100000, now, 100000);	/* empty */
	for (i = 0; i < 10000; i++)
		derp_rate_charge(&b, 32768, 100000, now += 100, 0);
	ATF_CHECK_MSG(b.tokens == 32768, "%lld", (long long)b.tokens);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, burst);
	ATF_TP_ADD_TC(tp, rates);
	ATF_TP_ADD_TC(tp, rounding);
	ATF_TP_ADD_TC(tp, often);
	return (atf_no_error());
}
