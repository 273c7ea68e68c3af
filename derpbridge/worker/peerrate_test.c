/* peerrate_test: Bytes a second of counters. */
#include <atf-c.h>

#include "peerrate.h"

ATF_TC_WITHOUT_HEAD(rate);
ATF_TC_BODY(rate, tc)
{
	struct worker_rate r = { 0 };
	uint64_t count = 1000000, now = 5000;
	int i;

	worker_rate_count(&r, count, now);
	ATF_CHECK_EQ(0, worker_rate_get(&r));
	for (i = 0; i < 60; i++) {
		now += i % 2 ? 250 : 1000;
		count += i % 2 ? 25000 : 100000;
		worker_rate_count(&r, count, now);
	}
	ATF_CHECK(worker_rate_get(&r) > 99000);
	ATF_CHECK(worker_rate_get(&r) <= 100000);

	for (i = 0; i < 60; i++)
		worker_rate_count(&r, count, now += 1000);
	ATF_CHECK(worker_rate_get(&r) < 10);

	/* A counter that was begun anew, and a time that stands. */
	worker_rate_count(&r, count + 5000000, now + 1000);
	worker_rate_count(&r, 5, now + 2000);
	ATF_CHECK_EQ(0, worker_rate_get(&r));
	worker_rate_count(&r, 5000, now + 2000);
	ATF_CHECK_EQ(0, worker_rate_get(&r));
	worker_rate_count(&r, UINT64_MAX, now + 3000);
	ATF_CHECK(worker_rate_get(&r) > 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rate);
	return (atf_no_error());
}
