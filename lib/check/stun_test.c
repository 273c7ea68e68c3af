/*
 * stun_test: Tests of what is said about the STUN server of a node, against
 * servers that answer in many ways.
 */
#include "fakestun.h"
#include "runfixture.h"

static struct run_fixture	x;
static struct net_fakestun	fake;

/* Check a server of this way; a step takes at most `ms' milliseconds. */
static void
run(enum net_fakestun_way way, int ms)
{
	net_fakestun_start(&fake, AF_INET, way);
	x.node.stun = (int)fake.port;
	x.opts.ms = ms;
	(void)run_address(&x, "127.0.0.1");
	check_stun(&x.run);
	net_fakestun_stop(&fake);
}

/* The same with a new run; the only finding is this one. */
static void
only(enum net_fakestun_way way, int ms, enum check_fault id, const char *what)
{
	char where[64];

	run_begin(&x);
	run(way, ms);
	ATF_REQUIRE_EQ(1, x.nfound);
	ATF_CHECK_EQ(id, x.found[0].id);
	ATF_CHECK_MATCH(what, x.found[0].what);
	(void)snprintf(where, sizeof(where), "127.0.0.1 port %u", fake.port);
	ATF_CHECK_STREQ(where, x.found[0].where);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	run_begin(&x);
	run(NET_FAKE_GOOD, 5000);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK(run_measure(&x, CHECK_FACT_STUN)->n > 0);
	ATF_CHECK_STREQ("127.0.0.1",
	    run_measure(&x, CHECK_FACT_STUN_ADDRESS)->text);
	ATF_CHECK_EQ(1, run_measure(&x, CHECK_FACT_STUN_BARE)->n);
	/* As derper does, which is fine. */
	run_begin(&x);
	run(NET_FAKE_DERPER, 5000);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK_EQ(0, run_measure(&x, CHECK_FACT_STUN_BARE)->n);
	/* Between private addresses, another address proves nothing. */
	run_begin(&x);
	run(NET_FAKE_NAT, 5000);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK_STREQ("10.9.8.7",
	    run_measure(&x, CHECK_FACT_STUN_ADDRESS)->text);
}

/* One address of the relay sees another address of this machine. */
ATF_TC_WITHOUT_HEAD(differs);
ATF_TC_BODY(differs, tc)
{
	struct net_fakestun nat;

	run_begin(&x);
	x.opts.source = "127.0.0.1";
	net_fakestun_start(&fake, AF_INET, NET_FAKE_GOOD);
	net_fakestun_start_at(&nat, "127.0.0.2", fake.port, NET_FAKE_NAT);
	x.node.stun = (int)fake.port;
	(void)run_address(&x, "127.0.0.1");
	(void)run_address(&x, "127.0.0.2");
	check_stun(&x.run);
	ATF_REQUIRE_EQ(1, x.nfound);
	ATF_CHECK_EQ(CHECK_STUN_DIFFERS, x.found[0].id);
	ATF_CHECK_STREQ("127.0.0.1 sees this machine as 127.0.0.1, 127.0.0.2 "
	    "as 10.9.8.7", x.found[0].what);
	net_fakestun_stop(&nat);
	net_fakestun_stop(&fake);
}

ATF_TC_WITHOUT_HEAD(bad);
ATF_TC_BODY(bad, tc)
{
	only(NET_FAKE_SILENT, 250, CHECK_STUN_SILENT,
	    "^no answer to 2 requests$");
	only(NET_FAKE_BARE, 250, CHECK_STUN_SILENT, "but to one without");
	/* It was silent for a while alone. */
	run_begin(&x);
	run(NET_FAKE_LOSSY, 250);
	ATF_CHECK_EQ(0, x.nfound);
	only(NET_FAKE_OTHER_PORT, 250, CHECK_STUN_ELSEWHERE,
	    "^the answer comes from 127.0.0.1 port ");
	only(NET_FAKE_TEXT, 250, CHECK_STUN_BROKEN, "it is no STUN message");
	only(NET_FAKE_ERROR, 250, CHECK_STUN_BROKEN, "the error 400$");
}

/* Silence that faults of the relay explain is no fault of its own. */
ATF_TC_WITHOUT_HEAD(too);
ATF_TC_BODY(too, tc)
{
	run_begin(&x);
	check_found(&x.run, NULL, 443, CHECK_NOT_RELAY, "nginx");
	(void)run_address(&x, "127.0.0.1");
	run(NET_FAKE_SILENT, 250);
	ATF_CHECK_EQ(1, x.run.faults);
	ATF_CHECK_EQ(2, run_count(&x, CHECK_STUN_SILENT_TOO));
	/* Two silent addresses do not explain each other. */
	run_begin(&x);
	(void)run_address(&x, "127.0.0.1");
	run(NET_FAKE_SILENT, 250);
	ATF_CHECK_EQ(2, run_count(&x, CHECK_STUN_SILENT));
	/* An address that can't be connected to, unlike others, is known. */
	run_begin(&x);
	run_address(&x, "127.0.0.2")->connects = 1;
	run(NET_FAKE_SILENT, 250);
	ATF_CHECK_EQ(1, x.nfound);
}

ATF_TC_WITHOUT_HEAD(closed);
ATF_TC_BODY(closed, tc)
{
	run_begin(&x);
	net_fakestun_start(&fake, AF_INET, NET_FAKE_GOOD);
	net_fakestun_stop(&fake);
	x.node.stun = (int)fake.port;
	x.opts.ms = 500;
	(void)run_address(&x, "127.0.0.1");
	run_address(&x, "127.0.0.2")->skipped = 1;
	run_address(&x, "127.0.0.3")->dns_only = 1;
	check_stun(&x.run);
	ATF_REQUIRE_EQ(1, x.nfound);
	ATF_CHECK_EQ(CHECK_STUN_CLOSED, x.found[0].id);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, differs);
	ATF_TP_ADD_TC(tp, bad);
	ATF_TP_ADD_TC(tp, too);
	ATF_TP_ADD_TC(tp, closed);
	return (atf_no_error());
}
