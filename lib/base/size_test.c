/*
 * size_test: Tests of numbers of bytes with and without a unit.
 */
#include <atf-c.h>

#include "size.h"

ATF_TC_WITHOUT_HEAD(units);
ATF_TC_BODY(units, tc)
{
	ATF_CHECK_EQ(base_size("0"), 0);
	ATF_CHECK_EQ(base_size("12"), 12);
	ATF_CHECK_EQ(base_size("2k"), 2048);
	ATF_CHECK_EQ(base_size("3M"), 3145728);
	ATF_CHECK_EQ(base_size("1t"), INT64_C(1) << 40);
	ATF_CHECK_EQ(base_size("5T"), INT64_C(5) << 40);
}

ATF_TC_WITHOUT_HEAD(too_large);
ATF_TC_BODY(too_large, tc)
{
	ATF_CHECK_EQ(base_size("9223372036854775807"), INT64_MAX);
	ATF_CHECK_EQ(base_size("9223372036854775808"), -1);
	ATF_CHECK_EQ(base_size("8589934591G"), INT64_C(8589934591) << 30);
	ATF_CHECK_EQ(base_size("8589934592G"), -1);
	ATF_CHECK_EQ(base_size("8388607T"), INT64_C(8388607) << 40);
	ATF_CHECK_EQ(base_size("8388608T"), -1);
	ATF_CHECK_EQ(base_size("100000000000000000000000000"), -1);
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	static const char *const bad[] = { "", "K", "1KK", "-1", "1 K", "1.5K",
	    "+1", "1P", "0x1", " 1" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(base_size(bad[i]), -1, "%s", bad[i]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, units);
	ATF_TP_ADD_TC(tp, too_large);
	ATF_TP_ADD_TC(tp, malformed);
	return (atf_no_error());
}
