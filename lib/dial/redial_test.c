/*
 * redial_test: Tests of redial.c: how long to wait before the next dial.
 */
#include <atf-c.h>

#include "redial.h"

#define LAST	UINT32_MAX	/* a random number */

/* Half to all of 1, 2, 4, 5, 5... seconds. */
ATF_TC_WITHOUT_HEAD(backs_off);
ATF_TC_BODY(backs_off, tc)
{
	static const unsigned int secs[] = { 1, 2, 4, 5, 5, 5 };
	struct dial_redial r = { 0, 0 }, low, high;
	unsigned int i, ms;

	for (i = 0; i < sizeof(secs) / sizeof(secs[0]); i++) {
		ms = secs[i] * 1000;
		low = high = r;
		ATF_CHECK_EQ(ms / 2, dial_redial_after(&low, 0, 0, 0));
		ATF_CHECK_EQ(ms, dial_redial_after(&high, 0, 0, ms / 2));
		ATF_CHECK(dial_redial_after(&r, 0, 0, LAST) <= ms);
	}
}

/* A link that was up for a while was as good as new. */
ATF_TC_WITHOUT_HEAD(begins_anew);
ATF_TC_BODY(begins_anew, tc)
{
	struct dial_redial r = { 0, 0 };
	unsigned int i;

	for (i = 0; i < 10; i++)
		(void)dial_redial_after(&r, 0, 0, 0);
	ATF_CHECK_EQ(2500, dial_redial_after(&r, 9999, 0, 0));
	ATF_CHECK_EQ(500, dial_redial_after(&r, 10000, 0, 0));
	ATF_CHECK_EQ(1000, dial_redial_after(&r, 0, 0, 0));
}

/* At once, but not again and again. */
ATF_TC_WITHOUT_HEAD(at_once);
ATF_TC_BODY(at_once, tc)
{
	struct dial_redial r = { 0, 0 };

	ATF_CHECK_EQ(0, dial_redial_after(&r, 0, 1, 0));
	ATF_CHECK_EQ(500, dial_redial_after(&r, 0, 1, 0));
	ATF_CHECK_EQ(1000, dial_redial_after(&r, 0, 1, 0));
	ATF_CHECK_EQ(DIAL_REDIAL_NOW_MS, dial_redial_after(&r, 10000, 1,
	    DIAL_REDIAL_NOW_MS));
	ATF_CHECK_EQ(500, dial_redial_after(&r, 0, 1, 0));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, backs_off);
	ATF_TP_ADD_TC(tp, begins_anew);
	ATF_TP_ADD_TC(tp, at_once);
	return (atf_no_error());
}
