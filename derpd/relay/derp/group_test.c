/*
 * group_test: how the clients of a group share its rate, with models of clients
 * and of admit, and a simulated clock.
 */
#include <atf-c.h>
#include <string.h>

#include "group.h"
#include "session.h"

#define SECOND	((uint64_t)1000000)
#define FRAME	1400
#define MAX	100

static struct derp_groups *gs;
static uint64_t	now, due;		/* us; due 0: not */
static uint64_t	rate;			/* that admit leases; 0: it is silent */
static uint64_t	lease_at, reported_at;	/* us */

/* Clients: each sends `per_ms' bytes a millisecond, in frames. */
static struct sender {
	struct derp_session s;
	uint64_t	 per_ms, waiting;	/* bytes to send */
	size_t		 frame;
	int		 held;
	uint64_t	 sent, held_us, longest_us;
} clients[MAX];
static unsigned int nclients;

/* Reports. */
static uint32_t	report_id;
static uint64_t	report_bytes;		/* all */
static int	report_wants;
static unsigned int nreports;

static void
on_hold(struct derp_session *s)
{
	struct sender *c = (struct sender *)(void *)s;

	ATF_CHECK(!c->held);
	c->held = 1;
	c->held_us = now;
}

static void
on_resume(struct derp_session *s)
{
	struct sender *c = (struct sender *)(void *)s;

	if (c->held && now - c->held_us > c->longest_us)
		c->longest_us = now - c->held_us;
	c->held = 0;
}

static void
on_used(void *arg, uint32_t id, uint64_t bytes, int wants)
{
	ATF_CHECK(arg == &now);
	ATF_CHECK_MSG(reported_at == 0 || now - reported_at >= 100000 ||
	    id != report_id, "reported too early");
	report_id = id;
	report_bytes += bytes;
	report_wants = wants;
	nreports++;
	reported_at = now;
	if (rate > 0)
		lease_at = now + 20000;
}

static void
on_wake(void *arg, uint64_t us)
{
	ATF_CHECK(arg == &now);
	if (due == 0 || now + us < due)
		due = now + us;
}

static const struct derp_group_ops ops = { on_hold, on_resume, on_used,
    on_wake };

/*
 * Begin with `n' clients of group 1, which has this rate and burst, at one of
 * `workers'.
 */
static void
set_up_of(unsigned int workers, unsigned int n, uint64_t r, uint64_t burst)
{
	unsigned int i;

	for (i = 0; i < nclients; i++) {
		reported_at = 0;
		derp_groups_leave(gs, &clients[i].s);
	}
	derp_groups_free(gs);
	memset(clients, 0, sizeof(clients));
	now = 1000 * SECOND;
	due = lease_at = reported_at = rate = 0;
	report_id = 0;
	report_bytes = nreports = 0;
	ATF_REQUIRE((gs = derp_groups_new(&ops, &now, &now)) != NULL);
	derp_groups_workers(gs, workers);
	derp_groups_channel(gs, 1);
	nclients = n;
	for (i = 0; i < n; i++) {
		clients[i].frame = FRAME;
		ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[i].s, 1, r,
		    burst, "one"));
	}
}

static void
set_up(unsigned int n, uint64_t r, uint64_t burst)
{
	set_up_of(1, n, r, burst);
}

/* Client `c' sends what it can. */
static void
send(struct sender *c)
{
	while (c->waiting >= c->frame && !c->held) {
		c->waiting -= c->frame;
		c->sent += c->frame;
		if (c->s.member == NULL ||
		    !derp_group_charge(c->s.member, c->frame))
			continue;
		c->held = 1;
		c->held_us = now;
	}
}

static void
run_ms(unsigned int ms)
{
	unsigned int i;
	uint64_t next;

	for (; ms > 0; ms--) {
		now += 1000;
		for (i = 0; i < nclients; i++) {
			clients[i].waiting += clients[i].per_ms;
			send(&clients[i]);
		}
		if (lease_at != 0 && now >= lease_at) {
			lease_at = 0;
			derp_groups_lease(gs, 1, rate / 10);
		}
		if (due != 0 && now >= due) {
			due = 0;
			if ((next = derp_groups_run(gs)) > 0)
				on_wake(&now, next);
		}
	}
}

static uint64_t
sent(unsigned int from, unsigned int to)
{
	uint64_t sum = 0;

	for (; from < to; from++)
		sum += clients[from].sent;
	return (sum);
}

static void
forget(void)
{
	unsigned int i;

	for (i = 0; i < nclients; i++)
		clients[i].sent = clients[i].longest_us = 0;
}

/* `n' is `want', give or take `percent'. */
static void
about(const char *what, uint64_t want, uint64_t n, unsigned int percent)
{
	const uint64_t off = want * percent / 100;

	ATF_CHECK_MSG(n + off >= want && n <= want + off, "%s: %llu, not %llu",
	    what, (unsigned long long)n, (unsigned long long)want);
}

/* Without leases a worker spends its part of burst and rate. */
ATF_TC_WITHOUT_HEAD(alone);
ATF_TC_BODY(alone, tc)
{
	set_up_of(4, 1, 1000000, 400000);
	clients[0].per_ms = 10000;
	run_ms(1);
	ATF_CHECK(!clients[0].held);
	run_ms(99);
	about("burst, and a tenth", 100000 + 25000, sent(0, 1), 3);
	forget();
	run_ms(10000);
	about("rate", 10 * 250000, sent(0, 1), 2);

	/* Without a channel it is the same, without reports. */
	derp_groups_channel(gs, 0);
	nreports = 0;
	forget();
	run_ms(10000);
	about("rate", 10 * 250000, sent(0, 1), 2);
	ATF_CHECK_EQ(0, nreports);
}

/* Leases are all that is spent, evenly over their time. */
ATF_TC_WITHOUT_HEAD(leases);
ATF_TC_BODY(leases, tc)
{
	unsigned int i;

	set_up_of(10, 1, 5000000, 5000000);
	rate = 2000000;
	clients[0].per_ms = 10000;
	run_ms(1000);
	forget();
	for (i = 0; i < 10; i++) {
		run_ms(1000);
		about("a second", 2000000, sent(0, 1), 5);
		forget();
	}
	ATF_CHECK_MSG(clients[0].longest_us < 40000, "a wait of %llu us",
	    (unsigned long long)clients[0].longest_us);
	ATF_CHECK(report_wants);
	/* Admit gives nothing. */
	rate = 1;
	run_ms(300);
	forget();
	run_ms(1000);
	ATF_CHECK_MSG(sent(0, 1) <= FRAME, "%llu",
	    (unsigned long long)sent(0, 1));
}

/* All that send much get the same, whatever their frames are. */
ATF_TC_WITHOUT_HEAD(equal);
ATF_TC_BODY(equal, tc)
{
	static const size_t frames[] = { 100, 1400, 9000, 65536 };
	static const unsigned int numbers[] = { 2, 7, MAX };
	unsigned int i, k;

	for (k = 0; k < 3; k++) {
		set_up(numbers[k], 4000000, 100000);
		rate = 4000000;
		for (i = 0; i < nclients; i++) {
			clients[i].per_ms = 10000;
			clients[i].frame = frames[i % 4];
		}
		run_ms(2000);
		forget();
		run_ms(20000);
		about("all", 80000000, sent(0, nclients), 2);
		for (i = 0; i < nclients; i++)
			about("one", 80000000 / nclients, clients[i].sent, 20);
	}
}

/* Who sends little is not slowed by those who send much. */
ATF_TC_WITHOUT_HEAD(small);
ATF_TC_BODY(small, tc)
{
	unsigned int i;

	set_up(11, 1250000, 1250000);	/* 10 Mbit/s */
	rate = 1250000;
	for (i = 1; i < nclients; i++)
		clients[i].per_ms = 10000;
	clients[0].frame = 200;
	clients[0].per_ms = 20;		/* a packet each 10 ms */
	run_ms(3000);
	forget();
	run_ms(10000);
	about("small", 200000, clients[0].sent, 5);
	ATF_CHECK_MSG(clients[0].longest_us <= 60000, "a wait of %llu us",
	    (unsigned long long)clients[0].longest_us);
	about("others", 12500000 - 200000, sent(1, nclients), 5);
}

/* A group below its rate waits for nothing. */
ATF_TC_WITHOUT_HEAD(below);
ATF_TC_BODY(below, tc)
{
	set_up(2, 4000000, 400000);
	rate = 4000000;
	clients[0].per_ms = 1000;
	clients[1].per_ms = 2000;
	run_ms(10000);
	ATF_CHECK_EQ(0, clients[0].longest_us);
	ATF_CHECK_EQ(0, clients[1].longest_us);
	ATF_CHECK(!report_wants);
	about("all", 30000000, sent(0, 2), 1);
	about("reported", 30000000, report_bytes, 2);
	about("reports", 100, nreports, 10);

	/* An idle group costs no timer. */
	clients[0].per_ms = clients[1].per_ms = 0;
	run_ms(2000);
	nreports = 0;
	ATF_CHECK_EQ(0, due);
	ATF_CHECK_EQ(sent(0, 2), report_bytes);
	run_ms(2000);
	ATF_CHECK_EQ(0, nreports);
}

/* A group without a rate is counted alone. */
ATF_TC_WITHOUT_HEAD(no_rate);
ATF_TC_BODY(no_rate, tc)
{
	set_up(1, 0, 0);
	clients[0].per_ms = 1000000;
	run_ms(1000);
	ATF_CHECK_EQ(0, clients[0].longest_us);
	ATF_CHECK(!report_wants);
	clients[0].per_ms = 0;
	run_ms(200);
	ATF_CHECK_EQ(clients[0].sent, report_bytes);
	ATF_CHECK_MSG(report_bytes > 999000000, "%llu",
	    (unsigned long long)report_bytes);
}

/* What the last client of a group used is reported when it has left. */
ATF_TC_WITHOUT_HEAD(leave);
ATF_TC_BODY(leave, tc)
{
	set_up(2, 0, 0);
	clients[0].per_ms = clients[1].per_ms = 14000;
	run_ms(1);
	ATF_CHECK_EQ(0, nreports);
	derp_groups_leave(gs, &clients[1].s);
	ATF_CHECK_EQ(0, nreports);
	derp_groups_leave(gs, &clients[0].s);
	run_ms(200);
	ATF_CHECK_EQ(1, nreports);
	ATF_CHECK_EQ(28000, report_bytes);
	derp_groups_leave(gs, &clients[0].s);
	/* And nothing is left. */
	run_ms(2000);
	ATF_CHECK_EQ(0, due);
	ATF_CHECK_EQ(1, nreports);
}

/* Who leaves and comes back at once has no more to spend. */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	unsigned int i;

	set_up(1, 10000, 100000);
	for (i = 0; i < 100; i++) {
		clients[0].per_ms = 10000;
		run_ms(10);
		derp_groups_leave(gs, &clients[0].s);
		ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[0].s, 1,
		    10000, 100000, "one"));
	}
	ATF_CHECK_MSG(sent(0, 1) <= 100000 + 10000 + 2 * FRAME, "%llu",
	    (unsigned long long)sent(0, 1));
}

/* Who pauses, or is away meanwhile, has no more to spend either. */
ATF_TC_WITHOUT_HEAD(pauses);
ATF_TC_BODY(pauses, tc)
{
	unsigned int i, away;

	for (away = 0; away < 2; away++) {
		set_up(1, 10000, 100000);
		for (i = 0; i < 50; i++) {
			clients[0].per_ms = 10000;
			run_ms(20);
			clients[0].per_ms = clients[0].waiting = 0;
			if (away)
				derp_groups_leave(gs, &clients[0].s);
			run_ms(1500);
			if (away)
				ATF_REQUIRE_EQ(0, derp_groups_grant(gs,
				    &clients[0].s, 1, 10000, 100000, ""));
		}
		about("burst, and the rate", 100000 + 50 * 15200, sent(0, 1),
		    5);
		/* In time there is a whole burst again, and no more. */
		run_ms(30000);
		forget();
		clients[0].per_ms = 10000;
		run_ms(20);
		about("a burst", 100000, sent(0, 1), 3);
	}
}

/* Who waits, and leaves its group or gets another one, is read again. */
ATF_TC_WITHOUT_HEAD(moves);
ATF_TC_BODY(moves, tc)
{
	unsigned int i;

	set_up(4, 1000, 1000);
	for (i = 0; i < 4; i++)
		clients[i].per_ms = 10000;
	run_ms(10);
	for (i = 0; i < 4; i++)
		ATF_CHECK(clients[i].held);
	ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[0].s, 0, 0, 0, ""));
	ATF_CHECK(!clients[0].held && clients[0].s.member == NULL);
	ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[1].s, 2, 0, 0,
	    "two"));
	ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[2].s, 3, 1000000,
	    1000000, "three"));
	clients[0].per_ms = clients[1].per_ms = clients[2].per_ms = 0;
	run_ms(5);
	ATF_CHECK(!clients[1].held);
	ATF_CHECK(!clients[2].held);
	ATF_CHECK(clients[3].held);
	ATF_CHECK_STREQ("three", derp_group_name(&clients[2].s));
	/* Its own group loses its limit. */
	ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[3].s, 1, 0, 0,
	    "one"));
	run_ms(100);
	ATF_CHECK(!clients[3].held);
	/* A mesh peer is in no group. */
	clients[0].s.mesh = 1;
	ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[0].s, 1, 1, 1,
	    "one"));
	ATF_CHECK(clients[0].s.member == NULL);
}

/* The next admit counts ids anew: it gets what was not reported, once. */
ATF_TC_WITHOUT_HEAD(other_channel);
ATF_TC_BODY(other_channel, tc)
{
	uint64_t r, burst;

	set_up(2, 1000000, 1000000);
	clients[0].per_ms = clients[1].per_ms = 100;
	run_ms(1000);
	derp_groups_channel(gs, 0);
	run_ms(3000);
	derp_groups_channel(gs, 1);
	/* A name that another group had, and its own. */
	run_ms(1000);
	nreports = 0;
	ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[0].s, 77, 2000000,
	    3000000, "one"));
	run_ms(150);
	ATF_CHECK_EQ(77, report_id);
	clients[0].per_ms = clients[1].per_ms = 0;
	run_ms(2000);
	ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[1].s, 77, 2000000,
	    3000000, "one"));
	run_ms(200);
	ATF_CHECK_EQ(sent(0, 2), report_bytes);
	derp_group_limits(&clients[1].s, &r, &burst);
	ATF_CHECK(r == 2000000 && burst == 3000000);
}

/* At a login admit's ticket tells no name; reports begin with the grant. */
ATF_TC_WITHOUT_HEAD(ticket);
ATF_TC_BODY(ticket, tc)
{
	set_up(0, 0, 0);
	nclients = 1;
	clients[0].frame = FRAME;
	clients[0].per_ms = 10000;
	ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[0].s, 5, 100000,
	    70000, ""));
	run_ms(1000);
	ATF_CHECK_EQ(0, nreports);
	about("limited", 170000, sent(0, 1), 5);
	ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[0].s, 5, 100000,
	    70000, "five"));
	clients[0].per_ms = clients[0].waiting = 0;
	run_ms(200);
	ATF_CHECK_EQ(5, report_id);
	ATF_CHECK_EQ(sent(0, 1), report_bytes);
}

/* Who leaves before the grant comes has used the quota all the same. */
ATF_TC_WITHOUT_HEAD(short_stay);
ATF_TC_BODY(short_stay, tc)
{
	unsigned int i;

	set_up(0, 0, 0);
	nclients = 1;
	clients[0].frame = FRAME;
	clients[0].per_ms = 14000;
	for (i = 0; i < 20; i++) {
		ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[0].s, 5, 0, 0,
		    ""));
		run_ms(30);
		derp_groups_leave(gs, &clients[0].s);
		clients[0].waiting = clients[0].per_ms = 0;
		run_ms(120);
		clients[0].per_ms = 14000;
	}
	ATF_CHECK_EQ(20 * 30 * 14000, sent(0, 1));
	ATF_CHECK_EQ(sent(0, 1), report_bytes);
	ATF_CHECK_EQ(5, report_id);
	/* Without a channel there is nobody to tell. */
	derp_groups_channel(gs, 0);
	nreports = 0;
	ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &clients[0].s, 5, 0, 0, ""));
	run_ms(30);
	derp_groups_leave(gs, &clients[0].s);
	run_ms(3000);
	ATF_CHECK_EQ(0, nreports);
	nclients = 0;
}

/* While admit does not answer the worker goes on by itself. */
ATF_TC_WITHOUT_HEAD(no_answer);
ATF_TC_BODY(no_answer, tc)
{
	set_up_of(2, 1, 1000000, 1000000);
	rate = 1000000;
	clients[0].per_ms = 10000;
	run_ms(3000);
	rate = 0;
	run_ms(1000);
	forget();
	run_ms(2000);
	about("alone", 1000000, sent(0, 1), 5);
	rate = 1000000;
	run_ms(1000);
	forget();
	run_ms(2000);
	about("again", 2000000, sent(0, 1), 5);
}

/* Numbers that no admit sends. */
ATF_TC_WITHOUT_HEAD(large);
ATF_TC_BODY(large, tc)
{
	unsigned int i;

	set_up(1, UINT64_MAX, UINT64_MAX);
	clients[0].per_ms = 1000000;
	for (i = 0; i < 50; i++) {
		derp_groups_lease(gs, 1, UINT64_MAX);
		derp_groups_lease(gs, 1, UINT64_MAX);
		derp_groups_lease(gs, 2, UINT64_MAX);
		run_ms(150);
	}
	ATF_CHECK_EQ(0, clients[0].longest_us);
	set_up(1, UINT64_MAX, 0);
	clients[0].per_ms = 100;
	run_ms(100);
	set_up(1, 1, 0);
	clients[0].per_ms = 10000;
	run_ms(10000);
	ATF_CHECK(sent(0, 1) <= FRAME);
	derp_groups_lease(gs, 1, UINT64_MAX);
	run_ms(1000);
	ATF_CHECK(sent(0, 1) <= FRAME);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, alone);
	ATF_TP_ADD_TC(tp, leases);
	ATF_TP_ADD_TC(tp, equal);
	ATF_TP_ADD_TC(tp, small);
	ATF_TP_ADD_TC(tp, below);
	ATF_TP_ADD_TC(tp, no_rate);
	ATF_TP_ADD_TC(tp, leave);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, pauses);
	ATF_TP_ADD_TC(tp, moves);
	ATF_TP_ADD_TC(tp, other_channel);
	ATF_TP_ADD_TC(tp, ticket);
	ATF_TP_ADD_TC(tp, short_stay);
	ATF_TP_ADD_TC(tp, no_answer);
	ATF_TP_ADD_TC(tp, large);
	return (atf_no_error());
}
