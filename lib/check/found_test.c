/*
 * found_test: Tests of how findings are kept, gathered and reported.
 */
#include "runfixture.h"

static struct run_fixture x;

/* Without a place to keep them, findings are reported at once. */
ATF_TC_WITHOUT_HEAD(at_once);
ATF_TC_BODY(at_once, tc)
{
	struct check_addr *a;

	run_begin(&x);
	a = run_address(&x, "192.0.2.1");
	check_found(&x.run, a, 443, CHECK_PORT_CLOSED, "it says %d", 7);
	ATF_REQUIRE_EQ(1, x.nfound);
	ATF_CHECK_STREQ("192.0.2.1 port 443", x.found[0].where);
	ATF_CHECK_STREQ("it says 7", x.found[0].what);
	ATF_CHECK_EQ(1, x.run.faults);
	ATF_CHECK_EQ(1, x.run.has[CHECK_PORT_CLOSED]);
	check_found(&x.run, NULL, 0, CHECK_NAME_UNKNOWN, "x");
	ATF_REQUIRE_EQ(2, x.nfound);
	ATF_CHECK_STREQ("", x.found[1].where);
	check_found(&x.run, NULL, 80, CHECK_PORT_CLOSED, "x");
	ATF_CHECK_STREQ("port 80", x.found[2].where);
}

/* The same finding at several addresses is one, with all of them. */
ATF_TC_WITHOUT_HEAD(gathered);
ATF_TC_BODY(gathered, tc)
{
	struct check_addr *a[4];

	run_begin(&x);
	x.run.kept = x.kept;
	a[0] = run_address(&x, "192.0.2.1");
	a[1] = run_address(&x, "192.0.2.2");
	a[2] = run_address(&x, "2001:db8::1");
	a[3] = run_address(&x, "2001:db8::2");
	check_found(&x.run, a[0], 443, CHECK_PORT_CLOSED, "refused");
	check_found(&x.run, NULL, 0, CHECK_NAME_UNKNOWN, "refused");
	check_found(&x.run, a[1], 443, CHECK_PORT_CLOSED, "refused");
	check_found(&x.run, a[1], 443, CHECK_PORT_CLOSED, "refused");
	check_found(&x.run, a[2], 443, CHECK_PORT_CLOSED, "refused");
	check_found(&x.run, a[2], 443, CHECK_PORT_SILENT, "refused");
	check_found(&x.run, a[3], 443, CHECK_PORT_CLOSED, "another text");
	check_found(&x.run, a[3], 80, CHECK_PORT_CLOSED, "refused");
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK_EQ(7, x.run.nkept);
	check_report_kept(&x.run);
	ATF_REQUIRE_EQ(5, x.nfound);
	ATF_CHECK_STREQ("192.0.2.1, 192.0.2.2 and 2001:db8::1 port 443",
	    x.found[0].where);
	ATF_CHECK_STREQ("", x.found[1].where);
	ATF_CHECK_EQ(CHECK_PORT_SILENT, x.found[2].id);
	ATF_CHECK_STREQ("2001:db8::1 port 443", x.found[2].where);
	ATF_CHECK_STREQ("2001:db8::2 port 443", x.found[3].where);
	ATF_CHECK_STREQ("2001:db8::2 port 80", x.found[4].where);
	ATF_CHECK_EQ(0, x.run.nkept);
}

/* What is of the whole node is not of its addresses. */
ATF_TC_WITHOUT_HEAD(of_node);
ATF_TC_BODY(of_node, tc)
{
	run_begin(&x);
	x.run.kept = x.kept;
	check_found(&x.run, run_address(&x, "192.0.2.1"), 443,
	    CHECK_PORT_CLOSED, "refused");
	check_found(&x.run, NULL, 443, CHECK_PORT_CLOSED, "refused");
	check_report_kept(&x.run);
	ATF_REQUIRE_EQ(2, x.nfound);
	ATF_CHECK_STREQ("192.0.2.1 port 443", x.found[0].where);
	ATF_CHECK_STREQ("port 443", x.found[1].where);
}

/* Nothing is said of an address that only DNS has, nor counted. */
ATF_TC_WITHOUT_HEAD(dns_only);
ATF_TC_BODY(dns_only, tc)
{
	struct check_addr *a;

	run_begin(&x);
	a = run_address(&x, "192.0.2.1");
	a->dns_only = 1;
	check_found(&x.run, a, 443, CHECK_PORT_CLOSED, "refused");
	check_number(&x.run, a, CHECK_FACT_CONNECT, 1);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK_EQ(0, x.nmeasured);
	ATF_CHECK_EQ(0, x.run.faults);
	ATF_CHECK_EQ(0, x.run.has[CHECK_PORT_CLOSED]);
	x.run.kept = x.kept;
	check_found(&x.run, a, 443, CHECK_PORT_CLOSED, "refused");
	check_found(&x.run, run_address(&x, "192.0.2.2"), 443,
	    CHECK_PORT_CLOSED, "refused");
	check_report_kept(&x.run);
	ATF_REQUIRE_EQ(1, x.nfound);
	ATF_CHECK_STREQ("192.0.2.2 port 443", x.found[0].where);
	a->dns_only = 0;
	check_number(&x.run, a, CHECK_FACT_CONNECT, 1);
	ATF_REQUIRE_EQ(1, x.nmeasured);
	ATF_CHECK_STREQ("192.0.2.1", x.measured[0].where);
}

/* A finding is never lost: one too many is reported at once. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	unsigned int i;

	run_begin(&x);
	x.run.kept = x.kept;
	for (i = 0; i < RUN_KEPT + 2; i++)
		check_found(&x.run, NULL, i + 1, CHECK_PORT_CLOSED, "%u", i);
	ATF_CHECK_EQ(2, x.nfound);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, at_once);
	ATF_TP_ADD_TC(tp, gathered);
	ATF_TP_ADD_TC(tp, of_node);
	ATF_TP_ADD_TC(tp, dns_only);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}
