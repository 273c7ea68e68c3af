/*
 * movesteps_test: how the steps of a move end: by answers, deaths, lateness, a
 * stop of derpd, in any order.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "movesteps.h"

#define HOLD	PARENT_MOVES_HOLDING
#define SEND	PARENT_MOVES_SENDING
#define TAKE	PARENT_MOVES_RECEIVING
#define SPARE	IPC_MAXWORKERS

static struct parent_movesteps	 m;
static int			 turns;
static unsigned int		 timer[PARENT_MOVES_KINDS];
static unsigned int		 calls;
static char			 said[512];	/* by the last call-back */

static void
deadline(void *arg, enum parent_movesteps_kind kind, unsigned int ms)
{
	(void)arg;
	timer[kind] = ms;
}

static void
turn(void *arg)
{
	(void)arg;
	turns = 1;
}

static const char *
name(void *arg, unsigned int seat)
{
	static char text[32];

	(void)arg;
	snprintf(text, sizeof(text), seat == SPARE ? "the new one" :
	    "relay %u", seat);
	return (text);
}

static void
done(void *arg, const char *why, uint32_t sessions)
{
	calls++;
	snprintf(said, sizeof(said), "%s: %s, %u", (const char *)arg,
	    why == NULL ? "done" : why, sessions);
}

static void
begin(void)
{
	static const struct parent_movesteps_ops ops = {
		deadline, turn, name
	};

	memset(&m, 0, sizeof(m));
	m.ops = &ops;
}

/* Begin a step to which the seats below `n' owe an answer. */
static void
step(enum parent_movesteps_kind kind, char *arg, unsigned int n)
{
	unsigned int i;

	parent_movesteps_begin(&m, kind, 3000, done, arg);
	for (i = 0; i < n; i++)
		parent_movesteps_owe(&m, kind, i, 0);
	parent_movesteps_asked(&m, kind);
}

static void
answers(enum parent_movesteps_kind kind, unsigned int seat, uint32_t sessions)
{
	parent_movesteps_answer(&m, kind, seat, 0, 1, sessions, "");
}

/* Run the loop while turns are due: the call-backs must say `want'. */
static void
expect(const char *want)
{
	said[0] = '\0';
	while (turns) {
		turns = 0;
		parent_movesteps_turn(&m);
	}
	ATF_CHECK_STREQ(want, said);
}

/* A step calls back once, when all have answered, and from the loop. */
ATF_TC_WITHOUT_HEAD(all_answer);
ATF_TC_BODY(all_answer, tc)
{
	begin();
	step(HOLD, "hold", 3);
	ATF_CHECK_EQ(timer[HOLD], 3000);
	answers(HOLD, 2, 0);
	answers(HOLD, 0, 0);
	answers(HOLD, 0, 0);	/* again */
	expect("");
	answers(HOLD, 1, 0);
	ATF_CHECK_EQ(calls, 0);
	ATF_CHECK_EQ(timer[HOLD], 0);
	expect("hold: done, 0");
	answers(HOLD, 1, 0);
	parent_movesteps_late(&m, HOLD);
	parent_movesteps_gone(&m, "relay 1");
	expect("");
	ATF_CHECK_EQ(calls, 1);
	step(HOLD, "none", 0);
	expect("none: done, 0");
}

/* Two steps at a time, with several answers of one seat; sessions add up. */
ATF_TC_WITHOUT_HEAD(two_steps);
ATF_TC_BODY(two_steps, tc)
{
	begin();
	step(SEND, "send", 2);
	parent_movesteps_begin(&m, TAKE, 10000, done, "take");
	parent_movesteps_owe(&m, TAKE, SPARE, 0);
	parent_movesteps_owe(&m, TAKE, SPARE, 63);
	parent_movesteps_asked(&m, TAKE);
	answers(SEND, 0, 3);
	answers(TAKE, SPARE, 3);
	answers(SEND, 1, 4);
	expect("send: done, 7");
	ATF_CHECK_EQ(timer[TAKE], 10000);
	parent_movesteps_answer(&m, TAKE, SPARE, 62, 1, 100, "");
	parent_movesteps_answer(&m, TAKE, SPARE, 63, 1, 4, "");
	expect("take: done, 7");
	ATF_CHECK_EQ(calls, 2);
}

/* The first failure is the reason; later answers change nothing. */
ATF_TC_WITHOUT_HEAD(fails);
ATF_TC_BODY(fails, tc)
{
	begin();
	step(SEND, "send", 2);
	parent_movesteps_answer(&m, SEND, 1, 0, 0, 0, "no memory");
	parent_movesteps_answer(&m, SEND, 0, 0, 0, 0, "no room");
	answers(SEND, 1, 1);
	ATF_CHECK_EQ(timer[SEND], 0);
	expect("send: relay 1 can't send its sessions: no memory, 0");
	step(SEND, "send", 1);
	answers(SEND, 0, 1);
	/* All have answered, but the call-back has not come yet. */
	parent_movesteps_gone(&m, "relay 0");
	expect("send: relay 0 ended meanwhile, 0");
	ATF_CHECK_EQ(calls, 2);
}

/* Who owes an answer too long is named; the others are not to blame. */
ATF_TC_WITHOUT_HEAD(late);
ATF_TC_BODY(late, tc)
{
	begin();
	step(HOLD, "hold", 4);
	answers(HOLD, 0, 0);
	answers(HOLD, 2, 0);
	parent_movesteps_late(&m, HOLD);
	parent_movesteps_late(&m, HOLD);
	expect("hold: relay 1 did not hold its sessions in time, 0");
	parent_movesteps_late(&m, HOLD);
	expect("");
	ATF_CHECK_EQ(calls, 1);
}

/* A death fails each step that is under way, and those that follow. */
ATF_TC_WITHOUT_HEAD(gone);
ATF_TC_BODY(gone, tc)
{
	begin();
	m.held = 1;
	step(HOLD, "hold", 1);
	answers(HOLD, 0, 0);
	expect("hold: done, 0");
	ATF_CHECK_STREQ(m.broken, "");
	/* Between two steps. */
	parent_movesteps_gone(&m, "relay 1");
	ATF_CHECK_STREQ(m.broken, "relay 1 ended meanwhile");
	step(SEND, "send", 1);
	answers(SEND, 0, 1);
	expect("send: relay 1 ended meanwhile, 0");
	parent_movesteps_gone(&m, "relay 2");
	ATF_CHECK_STREQ(m.broken, "relay 1 ended meanwhile");
}

/* An answer that is taken back when all was done is kept for the commit. */
ATF_TC_WITHOUT_HEAD(taken_back);
ATF_TC_BODY(taken_back, tc)
{
	begin();
	m.held = 1;
	step(SEND, "send", 1);
	answers(SEND, 0, 9);
	expect("send: done, 9");
	parent_movesteps_answer(&m, SEND, 0, 0, 0, 9, "a new worker ended");
	expect("");
	ATF_CHECK_STREQ(m.broken, "relay 0 can't send its sessions: a new "
	    "worker ended");
	/* Without a hold nothing is kept. */
	begin();
	parent_movesteps_answer(&m, TAKE, 0, 0, 0, 9, "the old worker ended");
	ATF_CHECK_STREQ(m.broken, "");
}

/* A call-back begins the next step, or forgets all. */
static void
hold_done(void *arg, const char *why, uint32_t sessions)
{
	done(arg, why, sessions);
	if (why == NULL)
		step(SEND, "send", 1);
	else
		parent_movesteps_cancel(&m);
}

ATF_TC_WITHOUT_HEAD(call_back);
ATF_TC_BODY(call_back, tc)
{
	begin();
	parent_movesteps_begin(&m, HOLD, 3000, hold_done, "hold");
	parent_movesteps_asked(&m, HOLD);
	turns = 0;
	parent_movesteps_turn(&m);
	ATF_CHECK_STREQ("hold: done, 0", said);
	answers(SEND, 0, 5);
	expect("send: done, 5");

	step(SEND, "send", 1);
	step(TAKE, "take", 1);
	parent_movesteps_begin(&m, HOLD, 3000, hold_done, "hold");
	parent_movesteps_owe(&m, HOLD, 0, 0);
	parent_movesteps_gone(&m, "relay 0");
	expect("hold: relay 0 ended meanwhile, 0");
	ATF_CHECK_EQ(timer[HOLD] + timer[SEND] + timer[TAKE], 0);
	answers(SEND, 0, 5);
	expect("");
}

ATF_TC_WITHOUT_HEAD(stop);
ATF_TC_BODY(stop, tc)
{
	begin();
	parent_movesteps_stop(&m);
	ATF_CHECK_EQ(calls, 0);
	step(SEND, "send", 1);
	step(TAKE, "take", 1);
	parent_movesteps_stop(&m);
	ATF_CHECK_EQ(calls, 2);
	ATF_CHECK_STREQ("take: derpd stops, 0", said);
	expect("");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all_answer);
	ATF_TP_ADD_TC(tp, two_steps);
	ATF_TP_ADD_TC(tp, fails);
	ATF_TP_ADD_TC(tp, late);
	ATF_TP_ADD_TC(tp, gone);
	ATF_TP_ADD_TC(tp, taken_back);
	ATF_TP_ADD_TC(tp, call_back);
	ATF_TP_ADD_TC(tp, stop);
	return (atf_no_error());
}
