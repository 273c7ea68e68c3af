/*
 * duration_test: Tests of durations in the form of Go.
 */
#include <atf-c.h>

#include "duration.h"

/* Durations as Go writes them, to the nanosecond. */
ATF_TC_WITHOUT_HEAD(durations);
ATF_TC_BODY(durations, tc)
{
	static const struct {
		const char	*text;
		int64_t		 ns;
	} good[] = {
		{ "0", 0 }, { "+5s", 5000000000 }, { "-5s", -5000000000 },
		{ "1h15m30.918s", 4530918000000 }, { ".5s", 500000000 },
		{ "1.s", 1000000000 }, { "3ns", 3 }, { "2us", 2000 },
		{ "2\xc2\xb5s", 2000 }, { "1ms", 1000000 },
		{ "0.0000000001s", 0 }, { "2562047h", 9223369200000000000 },
		{ "9223372036854775807ns", INT64_MAX }
	};
	static const char *const bad[] = { "", "-", "1", "s", ".s", "1x", "1 s",
	    "1s ", "--1s", "2562048h", "9223372036854775808ns",
	    "99999999999999999999s", "2562047h1h", "1e3s", "0x1s" };
	int64_t ns;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ATF_CHECK_EQ_MSG(0, base_duration(good[i].text, &ns), "%s",
		    good[i].text);
		ATF_CHECK_EQ_MSG(good[i].ns, ns, "%s: %lld", good[i].text,
		    (long long)ns);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(-1, base_duration(bad[i], &ns), "%s",
		    bad[i]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, durations);
	return (atf_no_error());
}
