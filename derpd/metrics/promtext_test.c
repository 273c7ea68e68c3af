/*
 * promtext_test: which lines of another process are shown.
 */
#include <atf-c.h>
#include <string.h>

#include "promtext.h"

/* What is left of a text. */
static const char *
shown(const char *text)
{
	static struct ipc_wr w;

	ipc_wr_free(&w);
	metrics_promtext(text, &w);
	ipc_wr_u8(&w, 0);
	ATF_REQUIRE(ipc_wr_ok(&w));
	return ((const char *)w.p);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	static const char text[] =
	    "# HELP derp_admit_x What \\\\ it\\nis.\n"
	    "# TYPE derp_admit_x counter\n"
	    "derp_admit_x 1\n"
	    "derp_admit_x -1.5e+3\n"
	    "# TYPE derpmap_good gauge\n"
	    "derpmap_good{path=\"/a\",url=\"\\\"\\\\\\n\"} 0\n";

	ATF_CHECK_STREQ(text, shown(text));
	ATF_CHECK_STREQ("", shown(""));
	/* The last line may lack its end. */
	ATF_CHECK_STREQ("derp_admit_x 1\n", shown("derp_admit_x 1"));
}

/* One of these would make all metrics unreadable to Prometheus. */
ATF_TC_WITHOUT_HEAD(bad);
ATF_TC_BODY(bad, tc)
{
	static const char *const texts[] = {
		"derp_accepts 1", "derp_admit_x", "derp_admit_x ",
		"derp_admit_x -", "derp_admit_x 1e", "derp_admit_x 1 2",
		"derp_admit_x 0x1", "derp_admit_x  1", "derp_admit_x{} 1",
		"derp_admit_x{a=1} 1", "derp_admit_x{a=\"1} 1",
		"derp_admit_x{a=\"\\q\"} 1", "derp_admit_x{a=\"\\",
		"derp_admit_x{9=\"1\"} 1", "derp_admit_x{a=\"1\",} 1",
		"derp_admit_x{a=\"1\",a=\"2\"} 1", "derp_admit_x{a=\"1\"}1",
		("derp_admit_x{a=\"\",b=\"\",c=\"\",d=\"\",e=\"\",f=\"\","
		    "g=\"\",h=\"\",i=\"\"} 1"),
		"# TYPE derp_admit_x foo", "# TYPE derp_admit_x counter x",
		"# TYPE derp_admit_x", "# HELP derp_admit_x", "# HELP derp_x y",
		"# HELP derp_admit_x \\q", "# HELP derp_admit_x \\", "# EOF"
	};
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		strlcpy(text, texts[i], sizeof(text));
		ATF_CHECK_STREQ("", shown(text));
		strlcat(text, "\nderp_admit_y 2\n", sizeof(text));
		ATF_CHECK_STREQ("derp_admit_y 2\n", shown(text));
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, bad);
	return (atf_no_error());
}
