/*
 * html_test: escapes, numbers with their units, and times.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"

static char	 num[METRICS_HTML_NUMSIZE];

/* What `put' makes of a text; valid until the next call. */
static const char *
made(void (*put)(struct ipc_wr *, const char *), const char *s)
{
	static struct ipc_wr w;

	ipc_wr_free(&w);
	ipc_wr_init(&w);
	put(&w, s);
	ipc_wr_u8(&w, 0);
	ATF_REQUIRE(ipc_wr_ok(&w));
	return ((const char *)w.p);
}

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	ATF_CHECK_STREQ("", made(metrics_html_text, NULL));
	ATF_CHECK_STREQ("", made(metrics_html_text, ""));
	ATF_CHECK_STREQ("plain \xc3\xa9", made(metrics_html_text,
	    "plain \xc3\xa9"));
	ATF_CHECK_STREQ("&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;",
	    made(metrics_html_text, "<a b=\"c\" d='e'>&amp;"));
}

ATF_TC_WITHOUT_HEAD(times);
ATF_TC_BODY(times, tc)
{
	ATF_CHECK_STREQ("<time datetime=\"2026-01-31T12:00:59Z\">2026-01-31 "
	    "12:00 UTC</time>", made(metrics_html_time,
	    "2026-01-31T12:00:59Z"));
	ATF_CHECK_STREQ("", made(metrics_html_time, ""));
	ATF_CHECK_STREQ("", made(metrics_html_time, NULL));
	ATF_CHECK_STREQ("2026-01-31T12:00:59&quot;", made(metrics_html_time,
	    "2026-01-31T12:00:59\""));
	ATF_CHECK_STREQ("2026-01-31T12:00:59ZZ", made(metrics_html_time,
	    "2026-01-31T12:00:59ZZ"));
}

ATF_TC_WITHOUT_HEAD(numbers);
ATF_TC_BODY(numbers, tc)
{
	ATF_CHECK_STREQ("0", metrics_html_count(num, 0));
	ATF_CHECK_STREQ("999", metrics_html_count(num, 999));
	ATF_CHECK_STREQ("1,000", metrics_html_count(num, 1000));
	ATF_CHECK_STREQ("12,345,678", metrics_html_count(num, 12345678));
	ATF_CHECK_STREQ("18,446,744,073,709,551,615",
	    metrics_html_count(num, UINT64_MAX));
	ATF_CHECK_STREQ("0 bit/s", metrics_html_bits(num, 0));
	ATF_CHECK_STREQ("999 bit/s", metrics_html_bits(num, 999));
	ATF_CHECK_STREQ("1.00 kbit/s", metrics_html_bits(num, 1000));
	ATF_CHECK_STREQ("9.99 kbit/s", metrics_html_bits(num, 9994));
	ATF_CHECK_STREQ("10.0 kbit/s", metrics_html_bits(num, 9995));
	ATF_CHECK_STREQ("99.9 kbit/s", metrics_html_bits(num, 99949));
	ATF_CHECK_STREQ("100 kbit/s", metrics_html_bits(num, 99951));
	ATF_CHECK_STREQ("1.00 Mbit/s", metrics_html_bits(num, 999500));
	ATF_CHECK_STREQ("2.05 kB", metrics_html_bytes(num, 2048));
	ATF_CHECK_STREQ("18.4 EB", metrics_html_bytes(num, UINT64_MAX));
}

ATF_TC_WITHOUT_HEAD(ages);
ATF_TC_BODY(ages, tc)
{
	ATF_CHECK_STREQ("0 s", metrics_html_age(num, 0));
	ATF_CHECK_STREQ("59 s", metrics_html_age(num, 59));
	ATF_CHECK_STREQ("1 min", metrics_html_age(num, 60));
	ATF_CHECK_STREQ("5 min 3 s", metrics_html_age(num, 303));
	ATF_CHECK_STREQ("1 h", metrics_html_age(num, 3659));
	ATF_CHECK_STREQ("3 d 4 h", metrics_html_age(num, 273600));
	ATF_CHECK_STREQ("213503982334601 d 7 h",
	    metrics_html_age(num, UINT64_MAX));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, text);
	ATF_TP_ADD_TC(tp, times);
	ATF_TP_ADD_TC(tp, numbers);
	ATF_TP_ADD_TC(tp, ages);
	return (atf_no_error());
}
