/*
 * path_test: One peer's path, poll by poll: when it is relayed, what passes,
 * and what is ordered.  pathsim_test.c has whole stories.
 */
#include <atf-c.h>
#include <string.h>

#include "path.h"

#define START		1000000

static struct worker_path path;
static struct worker_path_policy policy;
static struct worker_path_step step;
static struct ipc_wg_stats stats;
static unsigned int keepalive;
static uint64_t now;
static const uint8_t data[200] = { 4 };
static const uint8_t initiation[148] = { 1 };

/* The next poll, `ms' later. */
static void
poll_after(unsigned int ms)
{
	now += ms;
	step = worker_path_poll(&path, &policy, &stats, keepalive, now);
}

/* The same with so much more sent and received. */
static void
poll_moved(unsigned int tx, unsigned int rx)
{
	stats.tx += tx;
	stats.rx += rx;
	poll_after(1000);
}

static void
begin(enum ipc_endpoint endpoint)
{
	memset(&stats, 0, sizeof(stats));
	stats.endpoint = endpoint;
	stats.remembered = 1;
	stats.tx = 5000;
	stats.rx = 7000;
	stats.handshake = 1;
	memset(&policy, 0, sizeof(policy));
	policy.direct = IPC_DIRECT_AUTO;
	policy.endpoints = IPC_ENDPOINTS_RESPECT;
	keepalive = 0;
	now = START;
	worker_path_init(&path, 1);
	poll_after(0);
}

/* What the last poll led to. */
static void
check_step(enum worker_path_state state, enum worker_path_order order)
{
	ATF_CHECK_EQ_MSG(state, path.state, "%s: %s",
	    worker_path_state_name(path.state),
	    worker_path_reason_text(path.reason));
	ATF_CHECK_EQ(order, step.order);
}

/* So many polls with so much sent each, without a step. */
static void
polls_quiet(int n, unsigned int tx)
{
	while (n-- > 0) {
		poll_moved(tx, 0);
		ATF_CHECK_EQ(WORKER_PATH_KEEP, step.order);
		ATF_CHECK_EQ(0, step.switched);
	}
}

/* Become relayed, and let a poll show it. */
static void
become_relayed(void)
{
	begin(IPC_ENDPOINT_DIRECT);
	polls_quiet(13, 160);
	poll_moved(160, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
	stats.endpoint = IPC_ENDPOINT_RELAY;
	poll_moved(0, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_KEEP);
}

static int
admit(void)
{
	return (worker_path_admit(&path, data, sizeof(data), now));
}

ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	become_relayed();
	ATF_CHECK_EQ(WORKER_PATH_SILENT, path.reason);

	/* Anything that is received counts as an answer. */
	begin(IPC_ENDPOINT_DIRECT);
	polls_quiet(13, 160);
	poll_moved(160, 32);
	polls_quiet(13, 160);
	stats.handshake = 1;
	poll_moved(160, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
	ATF_CHECK(step.switched && !step.quiet);

	/* So does a handshake, whatever the clock of the host was set to. */
	begin(IPC_ENDPOINT_DIRECT);
	stats.handshake = 1000;
	polls_quiet(13, 160);
	stats.handshake = 5;
	polls_quiet(14, 160);
	poll_moved(160, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
}

/* A path that was direct for a minute begins with the shortest back-off. */
ATF_TC_WITHOUT_HEAD(steady);
ATF_TC_BODY(steady, tc)
{
	int i;

	become_relayed();
	ATF_CHECK_EQ(20000, path.backoff);
	stats.endpoint = IPC_ENDPOINT_DIRECT;
	poll_moved(160, 160);
	check_step(WORKER_PATH_DIRECT, WORKER_PATH_KEEP);
	for (i = 0; i < 59; i++)
		poll_moved(160, 160);
	ATF_CHECK_EQ(20000, path.backoff);
	poll_moved(160, 160);
	ATF_CHECK_EQ(10000, path.backoff);
}

/* A keepalive has no answer, and one packet of data is enough. */
ATF_TC_WITHOUT_HEAD(keepalives);
ATF_TC_BODY(keepalives, tc)
{
	begin(IPC_ENDPOINT_DIRECT);
	polls_quiet(500, 32);
	keepalive = 1;
	polls_quiet(500, 64);
	poll_moved(48, 0);
	polls_quiet(12, 32);
	poll_moved(32, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
	ATF_CHECK_EQ(WORKER_PATH_SILENT, path.reason);

	/* Keepalives that are not sent: there is no route. */
	begin(IPC_ENDPOINT_DIRECT);
	polls_quiet(500, 0);
	keepalive = 20;
	poll_moved(32, 0);
	polls_quiet(29, 0);
	poll_moved(0, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
	ATF_CHECK_EQ(WORKER_PATH_NO_ROUTE, path.reason);
}

ATF_TC_WITHOUT_HEAD(handshakes);
ATF_TC_BODY(handshakes, tc)
{
	begin(IPC_ENDPOINT_DIRECT);
	poll_moved(148, 0);
	polls_quiet(4, 0);
	poll_moved(180, 0);
	poll_moved(0, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
	ATF_CHECK_EQ(WORKER_PATH_NO_HANDSHAKE, path.reason);

	/* The peer's initiations are answered, and come again. */
	begin(IPC_ENDPOINT_DIRECT);
	for (int i = 0; i < 2; i++) {
		poll_moved(92, 148);
		poll_after(4000);
		ATF_CHECK_EQ(WORKER_PATH_DIRECT, path.state);
	}
	poll_moved(92, 148);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
	ATF_CHECK_EQ(WORKER_PATH_UNHEARD, path.reason);
	/* Its packets, which still come directly, prove nothing for a while. */
	stats.endpoint = IPC_ENDPOINT_RELAY;
	poll_moved(0, 0);
	stats.endpoint = IPC_ENDPOINT_DIRECT;
	poll_moved(0, 160);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);

	/* What a relay brings can be forged. */
	begin(IPC_ENDPOINT_DIRECT);
	for (int i = 0; i < 10; i++) {
		poll_moved(160, 160);
		worker_path_admit(&path, initiation, sizeof(initiation), now);
		poll_after(4000);
		check_step(WORKER_PATH_DIRECT, WORKER_PATH_KEEP);
	}

	/* ... nor if handshakes are completed between them. */
	begin(IPC_ENDPOINT_DIRECT);
	for (int i = 0; i < 10; i++) {
		worker_path_admit(&path, initiation, sizeof(initiation), now);
		stats.handshake++;
		poll_moved(92, 180);
		poll_after(4000);
	}
	check_step(WORKER_PATH_DIRECT, WORKER_PATH_KEEP);
}

/* An order is given again when no poll shows it. */
ATF_TC_WITHOUT_HEAD(orders);
ATF_TC_BODY(orders, tc)
{
	become_relayed();
	begin(IPC_ENDPOINT_NONE);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
	poll_after(1000);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_KEEP);
	poll_after(1000);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);

	/* The direct path turns out to live before it is carried out. */
	begin(IPC_ENDPOINT_DIRECT);
	polls_quiet(13, 160);
	poll_moved(160, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
	poll_moved(160, 160);
	check_step(WORKER_PATH_DIRECT, WORKER_PATH_TO_DIRECT);
	stats.endpoint = IPC_ENDPOINT_RELAY;
	poll_moved(160, 0);
	check_step(WORKER_PATH_DIRECT, WORKER_PATH_KEEP);
}

/* No direct endpoint: there is nothing to try, or to return to. */
ATF_TC_WITHOUT_HEAD(unknown);
ATF_TC_BODY(unknown, tc)
{
	begin(IPC_ENDPOINT_NONE);
	ATF_CHECK_EQ(WORKER_PATH_NO_ENDPOINT, path.reason);
	stats.endpoint = IPC_ENDPOINT_RELAY;
	stats.remembered = 0;
	for (int i = 0; i < 400; i++) {
		poll_moved(148, i % 3 == 0 ? 160 : 0);
		check_step(WORKER_PATH_RELAYED, WORKER_PATH_KEEP);
	}
	stats.endpoint = IPC_ENDPOINT_DIRECT;
	poll_moved(160, 160);
	check_step(WORKER_PATH_DIRECT, WORKER_PATH_KEEP);
	ATF_CHECK_EQ(WORKER_PATH_PEER_DIRECT, path.reason);
	stats.endpoint = IPC_ENDPOINT_NONE;
	poll_moved(0, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
}

/* What passes from the relay while the direct path lives. */
ATF_TC_WITHOUT_HEAD(gate);
ATF_TC_BODY(gate, tc)
{
	begin(IPC_ENDPOINT_DIRECT);
	ATF_CHECK(admit());
	poll_moved(0, 160);
	ATF_CHECK(!admit());
	now += 2999;
	ATF_CHECK(!admit());
	now++;
	ATF_CHECK(admit());

	/* The relay brings what the direct path does not: after one second. */
	begin(IPC_ENDPOINT_DIRECT);
	poll_moved(0, 160);
	now += 900;
	ATF_CHECK(!admit());
	poll_after(200);
	ATF_CHECK(!admit());
	poll_after(300);
	ATF_CHECK(!admit());
	poll_after(300);
	ATF_CHECK(admit());

	/* Packets that were delivered are no sign of the direct path. */
	begin(IPC_ENDPOINT_RELAY);
	worker_path_delivered(&path, 500);
	poll_moved(0, 300);
	poll_moved(0, 200);
	stats.endpoint = IPC_ENDPOINT_DIRECT;
	path.state = WORKER_PATH_DIRECT;
	worker_path_delivered(&path, 500);
	poll_moved(0, 500);
	ATF_CHECK(admit());

	/* Of a peer that sends both ways: the endpoint would have moved. */
	worker_path_delivered(&path, 500);
	poll_moved(0, 500);
	ATF_CHECK(!admit());
}

/* All passes while relayed, nothing in a try, unless polls stop. */
ATF_TC_WITHOUT_HEAD(gate_states);
ATF_TC_BODY(gate_states, tc)
{
	become_relayed();
	ATF_CHECK(admit());
	worker_path_hurry(&path, now);
	worker_path_delivered(&path, 160);
	poll_moved(160, 160);
	check_step(WORKER_PATH_TRYING, WORKER_PATH_TO_DIRECT);
	ATF_CHECK(!admit());
	now += 6000;
	ATF_CHECK(!admit());
	now += 1000;
	ATF_CHECK(admit());
}

/* A try that is answered, and one that is not. */
ATF_TC_WITHOUT_HEAD(trying);
ATF_TC_BODY(trying, tc)
{
	uint64_t backoff;

	become_relayed();
	worker_path_hurry(&path, now);
	poll_moved(160, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_KEEP);
	worker_path_delivered(&path, 160);
	poll_moved(160, 160);
	check_step(WORKER_PATH_TRYING, WORKER_PATH_TO_DIRECT);

	/* A packet that was under way does not count, the next one does. */
	stats.endpoint = IPC_ENDPOINT_DIRECT;
	poll_moved(160, 160);
	check_step(WORKER_PATH_TRYING, WORKER_PATH_KEEP);
	poll_moved(160, 160);
	check_step(WORKER_PATH_DIRECT, WORKER_PATH_KEEP);
	ATF_CHECK_EQ(WORKER_PATH_ANSWERED, path.reason);

	become_relayed();
	worker_path_hurry(&path, now);
	backoff = path.backoff;
	worker_path_delivered(&path, 160);
	poll_moved(160, 160);
	stats.endpoint = IPC_ENDPOINT_DIRECT;
	poll_moved(160, 0);
	poll_moved(160, 0);
	check_step(WORKER_PATH_TRYING, WORKER_PATH_KEEP);
	poll_moved(160, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
	ATF_CHECK_EQ(WORKER_PATH_UNANSWERED, path.reason);
	ATF_CHECK_EQ(2 * backoff, path.backoff);
	ATF_CHECK(path.probe_at >= now + backoff * 8 / 5);
	ATF_CHECK(path.probe_at <= now + backoff * 12 / 5);

	/* The endpoint never becomes direct. */
	become_relayed();
	worker_path_hurry(&path, now);
	worker_path_delivered(&path, 160);
	poll_moved(160, 160);
	poll_moved(160, 0);
	check_step(WORKER_PATH_TRYING, WORKER_PATH_KEEP);
	poll_moved(160, 0);
	check_step(WORKER_PATH_TRYING, WORKER_PATH_TO_DIRECT);
	poll_after(3000);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
}

/* Another program points the endpoint elsewhere. */
ATF_TC_WITHOUT_HEAD(moved);
ATF_TC_BODY(moved, tc)
{
	become_relayed();
	stats.endpoint = IPC_ENDPOINT_DIRECT;
	poll_moved(0, 0);
	check_step(WORKER_PATH_TRYING, WORKER_PATH_KEEP);
	ATF_CHECK_EQ(WORKER_PATH_MOVED, path.reason);

	become_relayed();
	policy.endpoints = IPC_ENDPOINTS_ASSERT;
	stats.endpoint = IPC_ENDPOINT_DIRECT;
	poll_moved(0, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
	ATF_CHECK_EQ(0, step.switched);

	/* To the relay: so be it. */
	begin(IPC_ENDPOINT_DIRECT);
	stats.endpoint = IPC_ENDPOINT_RELAY;
	poll_moved(0, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_KEEP);
	ATF_CHECK_EQ(WORKER_PATH_MOVED, path.reason);
}

/* The peer is made anew by a program that replaces all peers. */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	become_relayed();
	stats.tx = stats.rx = stats.handshake = 0;
	stats.endpoint = IPC_ENDPOINT_NONE;
	poll_after(1000);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);

	begin(IPC_ENDPOINT_DIRECT);
	poll_moved(160, 0);
	stats.tx = stats.rx = stats.handshake = 0;
	polls_quiet(20, 0);
	check_step(WORKER_PATH_DIRECT, WORKER_PATH_KEEP);
}

/* After a gap all waits begin anew. */
ATF_TC_WITHOUT_HEAD(gap);
ATF_TC_BODY(gap, tc)
{
	begin(IPC_ENDPOINT_DIRECT);
	polls_quiet(12, 160);
	stats.tx += 160;
	poll_after(3600000);
	check_step(WORKER_PATH_DIRECT, WORKER_PATH_KEEP);
	polls_quiet(13, 160);
	poll_moved(160, 0);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
}

/* Switches without end are not logged without end. */
ATF_TC_WITHOUT_HEAD(lines);
ATF_TC_BODY(lines, tc)
{
	unsigned int i, lines = 0;

	begin(IPC_ENDPOINT_DIRECT);
	for (i = 0; i < 600; i++) {
		stats.endpoint = i % 2 ? IPC_ENDPOINT_DIRECT :
		    IPC_ENDPOINT_RELAY;
		worker_path_delivered(&path, i % 2 ? 0 : 160);
		poll_moved(160, i % 2 ? 1000 : 160);
		ATF_CHECK_EQ(1, step.switched);
		lines += !step.quiet;
	}
	ATF_CHECK_MSG(lines >= 6 && lines <= 17, "%u", lines);
}

/* A peer that is switched off for a day is a matter of a few lines. */
ATF_TC_WITHOUT_HEAD(dead_lines);
ATF_TC_BODY(dead_lines, tc)
{
	unsigned int i, lines = 0, switches = 0;

	begin(IPC_ENDPOINT_DIRECT);
	for (i = 0; i < 86400; i++) {
		poll_moved(i % 5 == 0 ? 148 : 0, 0);
		if (step.order == WORKER_PATH_TO_RELAY)
			stats.endpoint = IPC_ENDPOINT_RELAY;
		else if (step.order == WORKER_PATH_TO_DIRECT)
			stats.endpoint = IPC_ENDPOINT_DIRECT;
		switches += (unsigned int)step.switched;
		lines += step.switched && !step.quiet;
	}
	ATF_CHECK_MSG(switches > 1000, "%u", switches);
	ATF_CHECK_MSG(lines >= 4 && lines <= 20, "%u", lines);
	/* When it is heard, the next switch is logged. */
	poll_moved(148, 148);
	stats.endpoint = stats.endpoint == IPC_ENDPOINT_DIRECT ?
	    IPC_ENDPOINT_RELAY : IPC_ENDPOINT_DIRECT;
	for (i = 0; i < 5 && !step.switched; i++)
		poll_moved(148, 148);
	ATF_CHECK(step.switched && !step.quiet);
}

ATF_TC_WITHOUT_HEAD(policies);
ATF_TC_BODY(policies, tc)
{
	begin(IPC_ENDPOINT_DIRECT);
	policy.direct = IPC_DIRECT_NEVER;
	poll_moved(0, 160);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_TO_RELAY);
	ATF_CHECK(admit());
	poll_moved(0, 160);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_KEEP);
	ATF_CHECK(admit());
	ATF_CHECK_EQ(0, path.probe_at);

	begin(IPC_ENDPOINT_NONE);
	policy.dry = 1;
	worker_path_init(&path, 1);
	poll_after(1000);
	check_step(WORKER_PATH_RELAYED, WORKER_PATH_KEEP);
	stats.endpoint = IPC_ENDPOINT_DIRECT;
	poll_moved(160, 160);
	check_step(WORKER_PATH_DIRECT, WORKER_PATH_KEEP);
}

/* A hurry makes the next try due, but not all the time. */
ATF_TC_WITHOUT_HEAD(hurry);
ATF_TC_BODY(hurry, tc)
{
	become_relayed();
	path.backoff = 300000;
	worker_path_hurry(&path, now);
	ATF_CHECK_EQ(now, path.probe_at);
	ATF_CHECK(path.backoff < 300000);
	path.probe_at = now + 300000;
	now += 59000;
	worker_path_hurry(&path, now);
	ATF_CHECK(path.probe_at > now);
	now += 1000;
	worker_path_hurry(&path, now);
	ATF_CHECK_EQ(now, path.probe_at);
}

ATF_TC_WITHOUT_HEAD(texts);
ATF_TC_BODY(texts, tc)
{
	enum worker_path_reason r;

	for (r = WORKER_PATH_FOUND; r <= WORKER_PATH_RELAY_SILENT; r++)
		ATF_CHECK(strlen(worker_path_reason_text(r)) > 10);
	ATF_CHECK_STREQ("?", worker_path_reason_text(r));
	ATF_CHECK_STREQ("direct", worker_path_state_name(WORKER_PATH_DIRECT));
	ATF_CHECK_STREQ("relayed",
	    worker_path_state_name(WORKER_PATH_RELAYED));
	ATF_CHECK_STREQ("trying", worker_path_state_name(WORKER_PATH_TRYING));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, steady);
	ATF_TP_ADD_TC(tp, keepalives);
	ATF_TP_ADD_TC(tp, handshakes);
	ATF_TP_ADD_TC(tp, orders);
	ATF_TP_ADD_TC(tp, unknown);
	ATF_TP_ADD_TC(tp, gate);
	ATF_TP_ADD_TC(tp, gate_states);
	ATF_TP_ADD_TC(tp, trying);
	ATF_TP_ADD_TC(tp, moved);
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, gap);
	ATF_TP_ADD_TC(tp, lines);
	ATF_TP_ADD_TC(tp, dead_lines);
	ATF_TP_ADD_TC(tp, policies);
	ATF_TP_ADD_TC(tp, hurry);
	ATF_TP_ADD_TC(tp, texts);
	return (atf_no_error());
}
