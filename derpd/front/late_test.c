/*
 * late_test: Tests of which handshakes do not begin.
 */
#include <atf-c.h>

#include "late.h"

static enum front_late
decide(int closed, unsigned int quiet_ms, unsigned int waiting)
{
	const struct net_tcpstate s = { closed, quiet_ms };

	return (front_late_decide(&s, waiting));
}

ATF_TC_WITHOUT_HEAD(left);
ATF_TC_BODY(left, tc)
{
	ATF_CHECK_EQ(LATE_LEFT, decide(1, 0, 0));
	ATF_CHECK_EQ(LATE_LEFT, decide(1, LATE_MS, LATE_CROWD));
	ATF_CHECK_EQ(LATE_NOT, decide(0, 0, 0));
}

/* A client that is not one of a crowd may wait, as for a signer. */
ATF_TC_WITHOUT_HEAD(waited);
ATF_TC_BODY(waited, tc)
{
	ATF_CHECK_EQ(LATE_NOT, decide(0, LATE_MS - 1, LATE_CROWD * 10));
	ATF_CHECK_EQ(LATE_WAITED, decide(0, LATE_MS, LATE_CROWD));
	ATF_CHECK_EQ(LATE_NOT, decide(0, LATE_MS * 10, LATE_CROWD - 1));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, left);
	ATF_TP_ADD_TC(tp, waited);
	return (atf_no_error());
}
