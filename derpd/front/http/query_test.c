/*
 * query_test: the pairs of a query.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "query.h"

/* All pairs of a query, each in brackets. */
static const char *
pairs(const char *query)
{
	static char all[4096];
	char name[WEB_QUERY_SIZE], value[WEB_QUERY_SIZE];
	struct net_http_str rest = { query, query == NULL ? 0 :
	    strlen(query) };

	all[0] = '\0';
	while (web_query_next(&rest, name, value)) {
		strlcat(all, "[", sizeof(all));
		strlcat(all, name, sizeof(all));
		strlcat(all, "|", sizeof(all));
		strlcat(all, value, sizeof(all));
		strlcat(all, "]", sizeof(all));
	}
	ATF_CHECK_EQ(0, rest.len);
	return (all);
}

ATF_TC_WITHOUT_HEAD(all);
ATF_TC_BODY(all, tc)
{
	ATF_CHECK_STREQ("", pairs(NULL));
	ATF_CHECK_STREQ("", pairs(""));
	ATF_CHECK_STREQ("[a|b]", pairs("a=b"));
	ATF_CHECK_STREQ("[a|][b|][|c][d|=e]", pairs("a&b=&=c&d==e"));
	ATF_CHECK_STREQ("[a|]", pairs("&&a&&"));
	ATF_CHECK_STREQ("[a b|c d&e]", pairs("a+b=c%20d%26e"));
	ATF_CHECK_STREQ("[a|J/]", pairs("a=%4a%2F"));
}

ATF_TC_WITHOUT_HEAD(skipped);
ATF_TC_BODY(skipped, tc)
{
	static const char *const bad[] = { "a=%", "a=%4", "a=%4g", "%zz=1",
	    "a;b=1", "a=b;c", "a=%00", "%00=a" };
	char long_pair[WEB_QUERY_SIZE + 8], query[1024];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(query, sizeof(query), "x=1&%s&y=2", bad[i]);
		ATF_CHECK_STREQ_MSG("[x|1][y|2]", pairs(query), "%s", bad[i]);
		ATF_CHECK_STREQ_MSG("", pairs(bad[i]), "%s", bad[i]);
	}
	memset(long_pair, 'v', sizeof(long_pair));
	memcpy(long_pair, "a=", 2);
	long_pair[WEB_QUERY_SIZE + 2] = '\0';
	ATF_CHECK_STREQ("", pairs(long_pair));
	long_pair[WEB_QUERY_SIZE + 1] = '\0';
	ATF_CHECK_EQ(WEB_QUERY_SIZE - 1 + 4, strlen(pairs(long_pair)));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all);
	ATF_TP_ADD_TC(tp, skipped);
	return (atf_no_error());
}
