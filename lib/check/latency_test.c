/*
 * latency_test: Tests of what is said about the times of pings and logins.  No
 * network.
 */
#include <atf-c.h>

#include "pair.h"
#include "runfixture.h"

#define MS	1000

static struct run_fixture	x;
static struct check_pair	p;

static void
begin(void)
{
	run_begin(&x);
	p = (struct check_pair){ .r = &x.run, .ways = 2,
	    .a = run_address(&x, "192.0.2.1") };
}

/* Judge 12 pings.  Returns what check_latency_judge() returns. */
static int64_t
judge(int64_t first, int64_t second, int64_t usual, int64_t slow, int64_t last)
{
	int64_t us[12] = { last, second, usual, usual, usual, slow, usual,
	    usual, usual, usual, usual, first };

	begin();
	return (check_latency_judge(&p, us, 12));
}

ATF_TC_WITHOUT_HEAD(pings);
ATF_TC_BODY(pings, tc)
{
	int64_t one = 7 * MS;

	ATF_CHECK_EQ(20 * MS, judge(9 * MS, 10 * MS, 20 * MS, 50 * MS,
	    900 * MS));
	ATF_CHECK_EQ(20 * MS, run_measure(&x, CHECK_FACT_RTT)->n);
	/* The outermost two are chance. */
	ATF_CHECK_EQ(40 * MS, run_measure(&x, CHECK_FACT_RTT_SPREAD)->n);
	ATF_CHECK_EQ(0, x.nfound);
	/* Health asks once. */
	begin();
	ATF_CHECK_EQ(one, check_latency_judge(&p, &one, 1));
	ATF_CHECK_EQ(one, run_measure(&x, CHECK_FACT_RTT)->n);
	ATF_CHECK(run_measure(&x, CHECK_FACT_RTT_SPREAD) == NULL);
}

ATF_TC_WITHOUT_HEAD(uneven);
ATF_TC_BODY(uneven, tc)
{
	(void)judge(9 * MS, 10 * MS, 20 * MS, 270 * MS, 900 * MS);
	run_only(&x, CHECK_RTT_UNEVEN, "of 12 answers the second fastest takes "
	    "10 ms and the second slowest 270 ms");
	(void)judge(9 * MS, 10 * MS, 20 * MS, 260 * MS, 900 * MS);
	ATF_CHECK_EQ(0, x.nfound);
	/* A long line may vary more. */
	(void)judge(9 * MS, 10 * MS, 200 * MS, 400 * MS, 900 * MS);
	ATF_CHECK_EQ(0, x.nfound);
}

/* Report logins that took so long. */
static void
logins(int64_t first, int64_t second, int64_t rtt)
{
	begin();
	p.c[0].login = first * MS;
	p.c[1].login = second * MS;
	check_login_time(&p, rtt * MS);
}

ATF_TC_WITHOUT_HEAD(slow_logins);
ATF_TC_BODY(slow_logins, tc)
{
	logins(3600, 2700, 10);
	run_only(&x, CHECK_LOGIN_SLOW, "takes 3 s to let a client in");
	/* One may be slow by chance. */
	logins(9000, 1900, 10);
	ATF_CHECK_EQ(0, x.nfound);
	logins(1900, 9000, 10);
	ATF_CHECK_EQ(0, x.nfound);
	/* The network takes a part. */
	logins(3600, 3600, 600);
	ATF_CHECK_EQ(0, x.nfound);
	/* Health has one client, and its own limit. */
	begin();
	p.ways = 1;
	p.c[0].login = p.c[1].login = 9000 * MS;
	check_login_time(&p, 0);
	ATF_CHECK_EQ(0, x.nfound);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pings);
	ATF_TP_ADD_TC(tp, uneven);
	ATF_TP_ADD_TC(tp, slow_logins);
	return (atf_no_error());
}
