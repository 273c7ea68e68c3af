/*
 * echo_test: packets, pings and throughput at relays with one fault each.
 */
#include "loginfixture.h"

ATF_TC_WITHOUT_HEAD(lost);
ATF_TC_BODY(lost, tc)
{
	flawed(FAKE_DEAF, 0, STEP_MS, 1, CHECK_PACKETS_LOST,
	    "the first client reaches the second client, and none comes back");
	flawed(FAKE_ONE_WAY, 0, STEP_MS, 1, CHECK_PACKETS_LOST,
	    "the first client reaches the second client");
	ATF_CHECK(strstr(seen.found[0].what, "none comes back") == NULL);
	flawed(FAKE_DROP_SOME, 0, STEP_MS, 1, CHECK_PACKETS_LOST,
	    "at once only some");
}

ATF_TC_WITHOUT_HEAD(large_lost);
ATF_TC_BODY(large_lost, tc)
{
	flawed(FAKE_DROP_LARGER, 32768, STEP_MS, 1, CHECK_LARGE_PACKETS_LOST,
	    "packets of 32768 bytes arrive, packets of 65536 bytes do not");
	ATF_CHECK_EQ(run_measure(&seen, CHECK_FACT_LARGEST_PACKET)->n, 32768);
	flawed(FAKE_DROP_LARGER, 700, STEP_MS, 1, CHECK_LARGE_PACKETS_LOST,
	    "packets of 62 bytes arrive, packets of 1400 bytes do not");
	flawed(FAKE_STICK_AT_LARGER, 700, STEP_MS, 1, CHECK_LARGE_PACKETS_LOST,
	    "packets of 1400 bytes do not");
	flawed(FAKE_END_LARGER, 20000, STEP_MS, 1, CHECK_LARGE_PACKETS_LOST,
	    "packets of 16384 bytes arrive, a packet of 32768 bytes ends");
}

/* A relay may drop a packet now and then. */
ATF_TC_WITHOUT_HEAD(one_lost);
ATF_TC_BODY(one_lost, tc)
{
	struct fake_relay f = { .flaw = FAKE_DROP_FIRST, .arg = 2 };

	run_begin(&seen);
	ATF_CHECK_EQ(log_in(&f, STEP_MS), 1);
	ATF_CHECK_EQ(seen.nfound, 0);
}

/* The largest packets take longer than a step. */
ATF_TC_WITHOUT_HEAD(narrow);
ATF_TC_BODY(narrow, tc)
{
	struct fake_relay f = { .flaw = FAKE_NARROW, .arg = 60000 };

	run_begin(&seen);
	ATF_CHECK_EQ(log_in(&f, STEP_MS), 1);
	ATF_CHECK_EQ(seen.nfound, 0);
}

ATF_TC_WITHOUT_HEAD(changed);
ATF_TC_BODY(changed, tc)
{
	flawed(FAKE_CHANGE, 0, 0, 1, CHECK_PACKETS_CHANGED,
	    "a packet of 62 bytes from the first client to the second client");
	flawed(FAKE_CUT, 0, 0, 1, CHECK_PACKETS_CHANGED, "62 bytes");
	flawed(FAKE_SWAP, 0, 0, 1, CHECK_PACKETS_REORDERED, "another order");
	flawed(FAKE_DOUBLE, 0, 0, 1, CHECK_PACKETS_TWICE, "twice");
	flawed(FAKE_OTHER_SENDER, 0, 0, 1, CHECK_PACKETS_OTHER_KEY,
	    "another sender");
}

ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	flawed(FAKE_END_LARGER, 60, STEP_MS, 1, CHECK_SESSION_ENDS,
	    "the first client ends after a packet of 62 bytes");
	flawed(FAKE_RESTART, 0, STEP_MS, 1, CHECK_SERVER_RESTARTING,
	    "restarts");
}

ATF_TC_WITHOUT_HEAD(service);
ATF_TC_BODY(service, tc)
{
	flawed(FAKE_NO_PONG, 0, STEP_MS, 1, CHECK_PING_UNANSWERED, "Pong");
	flawed(FAKE_NO_GONE, 0, STEP_MS, 1, CHECK_PEER_GONE_MISSING,
	    "the second client has left");
	flawed(FAKE_HEALTH, 0, 0, 1, CHECK_SERVER_HEALTH, "disk full");
}

/* Frames without end do not hold a check up. */
ATF_TC_WITHOUT_HEAD(flood);
ATF_TC_BODY(flood, tc)
{
	struct fake_relay f = { .flaw = FAKE_FLOOD };

	run_begin(&seen);
	ATF_CHECK_EQ(log_in(&f, STEP_MS), 1);
	ATF_CHECK_EQ(run_count(&seen, CHECK_PING_UNANSWERED), 1);
}

/* No more bytes than asked for, and no faster than the relay allows. */
ATF_TC_WITHOUT_HEAD(throughput);
ATF_TC_BODY(throughput, tc)
{
	struct fake_relay f = { .flaw = FAKE_WELL };

	run_begin(&seen);
	seen.opts.throughput = 4 * 1024 * 1024;
	ATF_CHECK_EQ(log_in(&f, 0), 1);
	ATF_CHECK_EQ(seen.nfound, 0);
	ATF_CHECK(run_measure(&seen, CHECK_FACT_THROUGHPUT)->n > 0);
	f.rate = 300000;
	run_begin(&seen);
	seen.opts.throughput = 300000;
	ATF_CHECK_EQ(log_in(&f, 0), 1);
	ATF_CHECK_EQ(seen.nfound, 0);
	ATF_CHECK(run_measure(&seen, CHECK_FACT_THROUGHPUT)->n <= 300000);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lost);
	ATF_TP_ADD_TC(tp, large_lost);
	ATF_TP_ADD_TC(tp, one_lost);
	ATF_TP_ADD_TC(tp, narrow);
	ATF_TP_ADD_TC(tp, changed);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, service);
	ATF_TP_ADD_TC(tp, flood);
	ATF_TP_ADD_TC(tp, throughput);
	return (atf_no_error());
}
