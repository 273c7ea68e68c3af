/*
 * sandbox_load_test: Tests that a filter which libseccomp can't make is no
 * success.  The function below takes the place of the library's.
 */
#include <atf-c.h>
#include <errno.h>
#include <string.h>

#include "sandbox.h"

#ifdef __linux__
int	seccomp_load(const void *);

int
seccomp_load(const void *filter)
{
	(void)filter;
	return -EFAULT;
}
#endif

ATF_TC_WITHOUT_HEAD(no_errno);
ATF_TC_BODY(no_errno, tc)
{
	if (strcmp(sandbox_backend(), "seccomp") != 0)
		atf_tc_skip("the sandbox is not seccomp");
	errno = 0;
	ATF_REQUIRE_EQ(-1, sandbox_enter(ROLE_RELAY, SANDBOX_SECCOMP, NULL));
	ATF_CHECK_EQ(EFAULT, errno);
	ATF_CHECK_STREQ("none", sandbox_level());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, no_errno);
	return atf_no_error();
}
