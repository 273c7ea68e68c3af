/*
 * drainplan_test: when clients of a drain are closed.
 */
#include <atf-c.h>

#include "drainplan.h"

#define NOW	1000000000ULL	/* ms */
#define MIN	60000ULL
#define HALF	(RELAY_DRAIN_ALL / 2)

/* About the same place. */
static int
is_near(uint64_t a, uint64_t b)
{
	return ((a > b ? a - b : b - a) < RELAY_DRAIN_ALL / 1000);
}

ATF_TC_WITHOUT_HEAD(even);
ATF_TC_BODY(even, tc)
{
	struct relay_drain_plan p = { .on = 0 };
	uint64_t place, last = 0;
	unsigned int i;

	(void)tc;
	ATF_CHECK_EQ(relay_drain_plan_place(&p, NOW), 0);
	relay_drain_plan_set(&p, NOW, 5 * MIN);
	ATF_CHECK(p.on);
	/* None for half a minute. */
	ATF_CHECK_EQ(relay_drain_plan_place(&p, NOW), 0);
	ATF_CHECK_EQ(relay_drain_plan_place(&p, NOW + 30000), 0);
	ATF_CHECK(relay_drain_plan_place(&p, NOW + 30100) > 0);
	/* Then the same part in each second. */
	for (i = 1; i <= 270; i++) {
		place = relay_drain_plan_place(&p, NOW + 30000 + 1000 * i);
		ATF_CHECK(is_near(place - last, RELAY_DRAIN_ALL / 270));
		last = place;
	}
	ATF_CHECK_EQ(last, RELAY_DRAIN_ALL);
	ATF_CHECK(relay_drain_plan_place(&p, NOW + 5 * MIN - 1) <
	    RELAY_DRAIN_ALL);
	ATF_CHECK_EQ(relay_drain_plan_place(&p, NOW + 99 * MIN),
	    RELAY_DRAIN_ALL);
}

ATF_TC_WITHOUT_HEAD(extremes);
ATF_TC_BODY(extremes, tc)
{
	struct relay_drain_plan p = { .on = 0 };

	(void)tc;
	/* A short one waits for a part of it. */
	relay_drain_plan_set(&p, NOW, 10000);
	ATF_CHECK_EQ(relay_drain_plan_place(&p, NOW + 2000), 0);
	ATF_CHECK(is_near(relay_drain_plan_place(&p, NOW + 6000), HALF));
	p.on = 0;
	relay_drain_plan_set(&p, NOW, 1);
	ATF_CHECK_EQ(relay_drain_plan_place(&p, NOW + 1), RELAY_DRAIN_ALL);
	/* A day does not overflow. */
	p.on = 0;
	relay_drain_plan_set(&p, NOW, 86400000);
	ATF_CHECK(is_near(relay_drain_plan_place(&p, NOW + 30000 +
	    (86400000 - 30000) / 2), HALF));
	ATF_CHECK(relay_drain_plan_place(&p, NOW + 86400000 - 1) >=
	    RELAY_DRAIN_ALL - RELAY_DRAIN_ALL / 1000);
}

/* Another time: nobody's turn comes twice, and none is lost. */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	struct relay_drain_plan p = { .on = 0 };

	(void)tc;
	relay_drain_plan_set(&p, NOW, 5 * MIN);
	/* Half are closed: the other half goes on without a pause. */
	relay_drain_plan_set(&p, NOW + 165000, 10 * MIN);
	ATF_CHECK(is_near(relay_drain_plan_place(&p, NOW + 165000), HALF));
	ATF_CHECK(is_near(relay_drain_plan_place(&p, NOW + 165000 + 5 * MIN),
	    HALF + HALF / 2));
	ATF_CHECK_EQ(relay_drain_plan_place(&p, NOW + 165000 + 10 * MIN),
	    RELAY_DRAIN_ALL);
	/* Sooner. */
	relay_drain_plan_set(&p, NOW + 165000 + 5 * MIN, 1000);
	ATF_CHECK(is_near(relay_drain_plan_place(&p, NOW + 165500 + 5 * MIN),
	    HALF + HALF / 2 + HALF / 4));
	ATF_CHECK_EQ(relay_drain_plan_place(&p, NOW + 166000 + 5 * MIN),
	    RELAY_DRAIN_ALL);
	/* Before the first wave: its time is that of the new plan. */
	p.on = 0;
	relay_drain_plan_set(&p, NOW, 5 * MIN);
	relay_drain_plan_set(&p, NOW + 1000, 9000);
	ATF_CHECK_EQ(relay_drain_plan_place(&p, NOW + 2000), 0);
	ATF_CHECK(is_near(relay_drain_plan_place(&p, NOW + 6000), HALF));
	/* One that was ended has closed nobody of the next. */
	p.on = 0;
	relay_drain_plan_set(&p, NOW + 9000, 10000);
	ATF_CHECK_EQ(relay_drain_plan_place(&p, NOW + 11000), 0);
}

ATF_TC_WITHOUT_HEAD(pauses);
ATF_TC_BODY(pauses, tc)
{
	struct relay_drain_plan p = { .on = 0 };

	(void)tc;
	relay_drain_plan_set(&p, NOW, 5 * MIN);
	ATF_CHECK_EQ(relay_drain_plan_pause(&p, NOW), 1000);
	ATF_CHECK_EQ(relay_drain_plan_pause(&p, NOW + 5 * MIN - 10000), 200);
	ATF_CHECK_EQ(relay_drain_plan_pause(&p, NOW + 5 * MIN - 1), 50);
	ATF_CHECK_EQ(relay_drain_plan_pause(&p, NOW + 6 * MIN), 50);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, even);
	ATF_TP_ADD_TC(tp, extremes);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, pauses);
	return (atf_no_error());
}
