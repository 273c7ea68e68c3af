/* Tests of serverinfo.c: the server's text of a login. */
#include <atf-c.h>
#include <string.h>

#include "serverinfo.h"

/* The text for this limit must be `want'. */
static void
text(uint64_t rate, uint64_t burst, const char *want)
{
	char buf[SERVERINFO_SIZE];

	ATF_CHECK_EQ(derp_serverinfo(buf, rate, burst), strlen(want));
	ATF_CHECK_STREQ(buf, want);
}

ATF_TC_WITHOUT_HEAD(serverinfo);
ATF_TC_BODY(serverinfo, tc)
{
	(void)tc;
	text(0, 70000, "{\"version\":2}");
	text(1000, 70000, "{\"version\":2,"
	    "\"TokenBucketBytesPerSecond\":1000,"
	    "\"TokenBucketBytesBurst\":70000}");
	text(UINT64_MAX, UINT64_MAX, "{\"version\":2,"
	    "\"TokenBucketBytesPerSecond\":18446744073709551615,"
	    "\"TokenBucketBytesBurst\":18446744073709551615}");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, serverinfo);
	return (atf_no_error());
}
