/* closest_test: Which region is chosen, by the round trips of some rounds. */
#include <atf-c.h>
#include <string.h>

#include "closest.h"

#define MS	1000U

static struct worker_closest c;
static const uint64_t ids[] = { 900, 901, 902 };

static void
begin(void)
{
	memset(&c, 0, sizeof(c));
	worker_closest_regions(&c, ids, 3);
}

/* A round with these round trips in us, 0: no answer; what is chosen. */
static uint64_t
round_of(uint32_t a, uint32_t b, uint32_t d)
{
	const uint32_t us[] = { a, b, d };
	size_t i;

	worker_closest_round(&c);
	for (i = 0; i < 3; i++)
		if (us[i] != 0)
			worker_closest_answer(&c, i, us[i]);
	return (worker_closest_choose(&c));
}

ATF_TC_WITHOUT_HEAD(nearest);
ATF_TC_BODY(nearest, tc)
{
	begin();
	ATF_CHECK_EQ(901, round_of(80 * MS, 30 * MS, 50 * MS));

	/* Neither a little nor a few ms are worth a change. */
	ATF_CHECK_EQ(901, round_of(25 * MS, 30 * MS, 21 * MS));
	ATF_CHECK_EQ(902, round_of(25 * MS, 30 * MS, 19 * MS));
	ATF_CHECK_EQ(902, round_of(10 * MS, 30 * MS, 30 * MS));
	ATF_CHECK_EQ(900, round_of(8 * MS, 30 * MS, 30 * MS));
}

/* One slow round counts less than the best of the last three. */
ATF_TC_WITHOUT_HEAD(rounds);
ATF_TC_BODY(rounds, tc)
{
	begin();
	ATF_CHECK_EQ(901, round_of(80 * MS, 30 * MS, 0));
	ATF_CHECK_EQ(901, round_of(80 * MS, 300 * MS, 0));
	ATF_CHECK_EQ(901, round_of(80 * MS, 300 * MS, 0));
	ATF_CHECK_EQ(900, round_of(80 * MS, 300 * MS, 0));
}

ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	begin();
	ATF_CHECK_EQ(900, round_of(0, 0, 0));
	ATF_CHECK_EQ(902, round_of(0, 0, 500 * MS));
	ATF_CHECK_EQ(902, round_of(0, 495 * MS, 0));
	ATF_CHECK_EQ(901, round_of(0, 495 * MS, 0));
	ATF_CHECK_EQ(901, round_of(0, 0, 0));
	ATF_CHECK_EQ(901, round_of(0, 0, 0));
	ATF_CHECK_EQ(901, round_of(0, 0, 0));
}

ATF_TC_WITHOUT_HEAD(changed);
ATF_TC_BODY(changed, tc)
{
	static const uint64_t other[] = { 5, 901 };
	uint64_t many[WORKER_CLOSEST_REGIONS + 5];
	size_t i;

	begin();
	ATF_CHECK_EQ(901, round_of(80 * MS, 30 * MS, 50 * MS));
	worker_closest_regions(&c, other, 2);
	ATF_CHECK_EQ(901, worker_closest_choose(&c));
	worker_closest_regions(&c, other, 1);
	ATF_CHECK_EQ(5, worker_closest_choose(&c));
	worker_closest_regions(&c, NULL, 0);
	ATF_CHECK_EQ(0, worker_closest_choose(&c));

	for (i = 0; i < WORKER_CLOSEST_REGIONS + 5; i++)
		many[i] = i + 1;
	worker_closest_regions(&c, many, WORKER_CLOSEST_REGIONS + 5);
	ATF_CHECK_EQ(WORKER_CLOSEST_REGIONS, c.n);
	worker_closest_answer(&c, WORKER_CLOSEST_REGIONS, 1);
	ATF_CHECK_EQ(1, worker_closest_choose(&c));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, nearest);
	ATF_TP_ADD_TC(tp, rounds);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, changed);
	return (atf_no_error());
}
