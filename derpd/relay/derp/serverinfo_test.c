/* Tests of serverinfo.c: the server's text of a login. */
#include <atf-c.h>
#include <string.h>

#include "serverinfo.h"

/* The text for these limits must be `want'. */
static void
texts(struct derp_limit client, struct derp_limit group, const char *want)
{
	char buf[SERVERINFO_SIZE];

	ATF_CHECK_EQ(derp_serverinfo(buf, &client, &group), strlen(want));
	ATF_CHECK_STREQ(buf, want);
}

/* The same for one limit: of the client, or of its group. */
static void
text(uint64_t rate, uint64_t burst, const char *want)
{
	const struct derp_limit one = { rate, burst }, none = { 0, 0 };

	texts(one, none, want);
	texts(none, one, want);
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

/* A client that is below both limits waits for neither. */
ATF_TC_WITHOUT_HEAD(lower);
ATF_TC_BODY(lower, tc)
{
	const struct derp_limit a = { 1000, 90000 }, b = { 2000, 70000 };
	static const char want[] = "{\"version\":2,"
	    "\"TokenBucketBytesPerSecond\":1000,"
	    "\"TokenBucketBytesBurst\":70000}";

	texts(a, b, want);
	texts(b, a, want);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lower);
	ATF_TP_ADD_TC(tp, serverinfo);
	return (atf_no_error());
}
