/*
 * groupslease_test: how relay workers share the rate of a group, with models of
 * workers and a simulated clock.
 */
#include <stdlib.h>

#include "groupsfixture.h"

#define N	4
#define TURN	100000		/* us */

/* A worker: what it may use, and what its clients would send each turn. */
static struct {
	int64_t	 tokens;
	uint64_t demand, sent;	/* of a turn; of all turns */
	uint64_t lies;		/* reports that many bytes instead */
	int	 idle;		/* turns without traffic */
} workers[N];

static uint32_t	id;

static void
begin(uint64_t rate, uint64_t burst)
{
	unsigned int i;

	set_up();
	id = one_group("a", rate, burst, 0, 0);
	memset(workers, 0, sizeof(workers));
	for (i = 0; i < N; i++) {
		admit_groups_began(g, id, i, 1);
		workers[i].tokens = (int64_t)burst / N;
	}
}

static void
forget_sent(void)
{
	unsigned int i;

	for (i = 0; i < N; i++)
		workers[i].sent = 0;
}

/* What worker `i' sends in a turn; it reports, if there is something. */
static void
send(unsigned int i, uint64_t burst)
{
	uint64_t n = workers[i].demand, could;
	int wants;

	could = workers[i].tokens > 0 ? (uint64_t)workers[i].tokens : 0;
	wants = n > could;
	if (wants)
		n = could;
	workers[i].tokens -= (int64_t)n;
	workers[i].sent += n;
	if (workers[i].lies > 0)
		admit_groups_used(g, id, i, workers[i].lies, 1);
	else if (n > 0 || wants)
		admit_groups_used(g, id, i, n, wants);
	workers[i].idle = n > 0 || wants ? 0 : workers[i].idle + 1;
	if (workers[i].idle == 10)
		workers[i].tokens = (int64_t)burst / N;
}

static void
run(unsigned int turns, uint64_t burst)
{
	unsigned int i;

	while (turns-- > 0) {
		for (i = 0; i < N; i++)
			send(i, burst);
		turn(TURN);
		for (i = 0; i < N; i++)
			workers[i].tokens += (int64_t)leased[i];
	}
}

static uint64_t
all_sent(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < N; i++)
		sum += workers[i].sent;
	return (sum);
}

/* `n' is `want', give or take 2 % and a turn's part. */
static void
about(const char *what, uint64_t want, uint64_t n)
{
	ATF_CHECK_MSG(n >= want - want / 50 && n <= want + want / 50,
	    "%s: %llu, not %llu", what, (unsigned long long)n,
	    (unsigned long long)want);
}

/* All that want get equal parts, and together the rate. */
ATF_TC_WITHOUT_HEAD(equal);
ATF_TC_BODY(equal, tc)
{
	static const uint64_t rates[] = { 7000, 100000, 12500000,
	    (uint64_t)1 << 40 };
	unsigned int i, k;
	uint64_t rate;

	for (k = 0; k < sizeof(rates) / sizeof(rates[0]); k++) {
		rate = rates[k];
		begin(rate, rate);
		for (i = 0; i < N; i++)
			workers[i].demand = rate;
		run(30, rate);
		forget_sent();
		run(100, rate);
		about("all", rate * 10, all_sent());
		for (i = 0; i < N; i++)
			about("one", rate * 10 / N, workers[i].sent);
	}
}

/* Who wants little gets it; the others share the rest. */
ATF_TC_WITHOUT_HEAD(by_demand);
ATF_TC_BODY(by_demand, tc)
{
	const uint64_t rate = 1000000;

	begin(rate, rate);
	workers[0].demand = 10000;	/* a tenth of the rate */
	workers[1].demand = workers[2].demand = rate;
	run(30, rate);
	forget_sent();
	run(100, rate);
	about("small", rate, workers[0].sent);
	about("large", rate * 9 / 2, workers[1].sent);
	about("large", rate * 9 / 2, workers[2].sent);
	ATF_CHECK_EQ(0, workers[3].sent);

	/* The only one gets all. */
	workers[0].demand = workers[1].demand = 0;
	run(30, rate);
	forget_sent();
	run(100, rate);
	about("only", rate * 10, workers[2].sent);
}

/* After a rest the burst is sent at once, and not more. */
ATF_TC_WITHOUT_HEAD(burst);
ATF_TC_BODY(burst, tc)
{
	const uint64_t rate = 100000, most = 1000000;

	begin(rate, most);
	workers[1].demand = most;
	run(3, most);
	ATF_CHECK_MSG(workers[1].sent >= most * 9 / 10 &&
	    workers[1].sent <= most + rate, "%llu",
	    (unsigned long long)workers[1].sent);
	run(97, most);
	about("all", most + rate * 10, workers[1].sent);
	/* A burst that is less than a turn's part slows nobody. */
	begin(10 * rate, 1000);
	workers[1].demand = rate;
	run(100, 1000);
	about("all", rate * 100, workers[1].sent);
}

/* Workers that send in turn, with rests, get no more than the rate. */
ATF_TC_WITHOUT_HEAD(rests);
ATF_TC_BODY(rests, tc)
{
	const uint64_t rate = 100000, most = 200000;
	unsigned int i, k;

	begin(rate, most);
	for (i = 0; i < 200; i++) {
		for (k = 0; k < N; k++)
			workers[k].demand = k == i % N ? 10 * rate : 0;
		run(5, most);
	}
	ATF_CHECK_MSG(all_sent() <= rate * 100 + 2 * most, "%llu",
	    (unsigned long long)all_sent());
	ATF_CHECK_MSG(all_sent() >= rate * 100 / 10 * 9, "%llu",
	    (unsigned long long)all_sent());
}

/* A worker that lies gets no more than its part, and breaks nothing. */
ATF_TC_WITHOUT_HEAD(liar);
ATF_TC_BODY(liar, tc)
{
	static const uint64_t lies[] = { 1, 100000, 1000000, UINT64_MAX };
	const uint64_t rate = 1000000;
	unsigned int i;
	uint64_t taken, k;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		begin(rate, rate);
		workers[0].demand = 100 * rate;
		workers[0].lies = lies[i];
		workers[1].demand = rate;
		run(30, rate);
		forget_sent();
		taken = 0;
		for (k = 0; k < 100; k++) {
			run(1, rate);
			taken += leased[0];
		}
		ATF_CHECK_MSG(taken <= rate * 10 / 2 + rate, "%llu",
		    (unsigned long long)taken);
		ATF_CHECK_MSG(workers[1].sent >= rate * 10 / 2 / 10 * 9,
		    "%llu left", (unsigned long long)workers[1].sent);
	}
}

/* What it reports counts for the quota as far as the rate permits it. */
ATF_TC_WITHOUT_HEAD(liar_quota);
ATF_TC_BODY(liar_quota, tc)
{
	const struct admit_limits l = { "a", 1000, 1000, 1000000, 0 };
	unsigned int i;

	begin(1000, 1000);
	ATF_REQUIRE_EQ(0, admit_groups_replace(g, &l, 1));
	for (i = 0; i < 9000; i++) {	/* 15 minutes */
		admit_groups_used(g, id, 0, UINT64_MAX, 1);
		turn(TURN);
	}
	ATF_CHECK_EQ(0, admit_groups_over(g, id));
	/* Also when it begins anew each time. */
	for (i = 0; i < 10; i++) {
		admit_groups_worker_gone(g, 0);
		admit_groups_began(g, id, 0, 1);
		admit_groups_used(g, id, 0, UINT64_MAX, 1);
		turn(TURN);
	}
	ATF_CHECK_EQ(0, admit_groups_over(g, id));
}

/* The last bytes of a connection may come after its end, for a while. */
ATF_TC_WITHOUT_HEAD(last_bytes);
ATF_TC_BODY(last_bytes, tc)
{
	const struct admit_limits l = { "a", 0, 0, 1000, 0 };

	begin(0, 0);
	ATF_REQUIRE_EQ(0, admit_groups_replace(g, &l, 1));
	admit_groups_ended(g, id, 0, 1);
	turn(11 * SECOND);
	admit_groups_used(g, id, 0, 1000, 1);
	turn(TURN);
	ATF_CHECK_EQ(0, admit_groups_over(g, id));
	admit_groups_ended(g, id, 1, 1);
	turn(TURN);
	admit_groups_used(g, id, 1, 1000, 1);
	turn(TURN);
	ATF_CHECK_EQ(1, admit_groups_over(g, id));
}

/* A group without a rate has no leases; others have one for each report. */
ATF_TC_WITHOUT_HEAD(answers);
ATF_TC_BODY(answers, tc)
{
	unsigned int i;

	begin(0, 0);
	admit_groups_used(g, id, 0, 1000, 1);
	turn(TURN);
	ATF_CHECK_EQ(0, nleases);
	begin(1000, 1000);
	for (i = 0; i < 50; i++) {
		ATF_CHECK_EQ(i > 0, admit_groups_busy(g));
		admit_groups_used(g, id, 0, 1000, 1);
		admit_groups_used(g, id, 0, 1000, 1);
		admit_groups_used(g, id, 1, 1000, 0);
		turn(TURN);
		ATF_CHECK_EQ(2, nleases);
	}
	turn(TURN);
	ATF_CHECK_EQ(0, nleases);
	turn(2 * SECOND);
	ATF_CHECK_EQ(0, admit_groups_busy(g));
}

/* A worker that ended leaves what it held to the others. */
ATF_TC_WITHOUT_HEAD(worker_gone);
ATF_TC_BODY(worker_gone, tc)
{
	begin(1000, 100000);
	admit_groups_used(g, id, 0, 1, 1);
	turn(TURN);
	ATF_CHECK_EQ(100000, leased[0]);
	admit_groups_used(g, id, 1, 1, 1);
	turn(TURN);
	ATF_CHECK(leased[1] < 1000);
	admit_groups_worker_gone(g, 0);
	admit_groups_used(g, id, 1, 1, 1);
	turn(TURN);
	ATF_CHECK_MSG(leased[1] > 99000, "%llu",
	    (unsigned long long)leased[1]);
}

/* After a long time there is what the rate made in it, and no whole burst. */
ATF_TC_WITHOUT_HEAD(long_pause);
ATF_TC_BODY(long_pause, tc)
{
	uint64_t sum = 0;
	unsigned int i;

	begin(1000, 10000000);
	for (i = 0; i < N; i++)
		workers[i].demand = 100000000;
	run(100, 10000000);
	for (i = 0; i < N; i++)
		workers[i].demand = 0;
	turn(2 * SECOND);
	turn(1001 * SECOND);
	for (i = 0; i < N; i++)
		admit_groups_used(g, id, i, 0, 1);
	turn(TURN);
	for (i = 0; i < N; i++)
		sum += leased[i];
	ATF_CHECK_MSG(sum <= 1004 * 1000, "%llu", (unsigned long long)sum);
	ATF_CHECK_MSG(sum >= 900 * 1000, "%llu", (unsigned long long)sum);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, equal);
	ATF_TP_ADD_TC(tp, by_demand);
	ATF_TP_ADD_TC(tp, burst);
	ATF_TP_ADD_TC(tp, rests);
	ATF_TP_ADD_TC(tp, liar);
	ATF_TP_ADD_TC(tp, liar_quota);
	ATF_TP_ADD_TC(tp, last_bytes);
	ATF_TP_ADD_TC(tp, answers);
	ATF_TP_ADD_TC(tp, long_pause);
	ATF_TP_ADD_TC(tp, worker_gone);
	return (atf_no_error());
}
