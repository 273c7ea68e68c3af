/*
 * succession_test: a relay worker is replaced, or not: whatever fails, ends,
 * hangs or stops at each step, one process has the sessions.  `did' has the
 * calls of the ops.
 */
#include <atf-c.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "succession.h"

#define WORKER	3

static struct parent_succession	 s;
static char			 did[512];
static unsigned int		 timer_ms;
static int			 is_busy, cant_start;
static const char		*broke;

static void
note(const char *fmt, ...)
{
	size_t	 n = strlen(did);
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(did + n, sizeof(did) - n, fmt, ap);
	va_end(ap);
}

static int
busy(void *arg)
{
	(void)arg;
	return (is_busy);
}

static int
start(void *arg, unsigned int worker)
{
	(void)arg;
	note("start%u ", worker);
	return (cant_start ? -1 : 0);
}

static void
hold(void *arg)
{
	(void)arg;
	note("hold ");
}

static void
move(void *arg, unsigned int worker)
{
	(void)arg;
	note("move%u ", worker);
}

static const char *
broken(void *arg)
{
	(void)arg;
	return (broke);
}

static void
commit(void *arg, unsigned int worker, uint32_t sessions)
{
	(void)arg;
	note("commit%u(%u) ", worker, sessions);
}

static void
thaw(void *arg)
{
	(void)arg;
	note("thaw ");
}

static void
end_other(void *arg)
{
	(void)arg;
	note("kill ");
}

static void
deadline(void *arg, unsigned int ms)
{
	(void)arg;
	timer_ms = ms;
}

static void
done(void *arg, const char *why)
{
	note("%s(%s) ", (const char *)arg, why == NULL ? "" : why);
}

/* What was done since the last call. */
static void
expect(const char *want)
{
	ATF_CHECK_STREQ(want, did);
	did[0] = '\0';
}

static char	asked[] = "answer", again[] = "again";

static void
begin(void)
{
	static const struct parent_succession_ops ops = {
		busy, start, hold, move, broken, commit, thaw, end_other,
		deadline
	};

	memset(&s, 0, sizeof(s));
	s.ops = &ops;
	is_busy = cant_start = 0;
	broke = NULL;
	did[0] = '\0';
	parent_succession_begin(&s, WORKER, done, asked);
}

/* Begin, and take the steps up to this state. */
static void
at(enum parent_succession_state state)
{
	begin();
	if (state >= PARENT_SUCCESSION_HOLDING)
		parent_succession_ready(&s);
	if (state >= PARENT_SUCCESSION_MOVING)
		parent_succession_held(&s, NULL);
	if (state == PARENT_SUCCESSION_ENDING) {
		parent_succession_sent(&s, NULL, 7);
		parent_succession_took(&s, NULL, 7);
	}
	ATF_REQUIRE_EQ(state, s.state);
	did[0] = '\0';
}

/* It is over, with nothing left of it: the next one can begin. */
static void
over(void)
{
	ATF_CHECK(!parent_succession_on(&s));
	ATF_CHECK_EQ(0, timer_ms);
	parent_succession_late(&s);
	parent_succession_gone(&s);
	parent_succession_broke(&s, "relay 1");
	parent_succession_held(&s, NULL);
	parent_succession_sent(&s, NULL, 1);
	parent_succession_took(&s, NULL, 1);
	parent_succession_stop(&s);
	expect("");
}

ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	begin();
	expect("start3 ");
	ATF_CHECK_EQ(PARENT_SUCCESSION_START_MS, timer_ms);
	parent_succession_ready(&s);
	expect("hold ");
	/* Of another one in service, which moves.h knows, too. */
	parent_succession_broke(&s, "relay 1");
	parent_succession_ready(&s);
	expect("");
	parent_succession_held(&s, NULL);
	expect("move3 ");
	parent_succession_took(&s, NULL, 9);
	expect("");
	parent_succession_sent(&s, NULL, 9);
	expect("commit3(9) ");
	ATF_CHECK_EQ(PARENT_SUCCESSION_END_MS, timer_ms);
	parent_succession_gone(&s);
	expect("answer() ");
	over();
	parent_succession_begin(&s, 1, done, asked);
	expect("start1 ");
}

/* One at a time; the second one is refused, the first one goes on. */
ATF_TC_WITHOUT_HEAD(twice);
ATF_TC_BODY(twice, tc)
{
	at(PARENT_SUCCESSION_MOVING);
	parent_succession_begin(&s, 1, done, again);
	expect("again(one thing at a time: a relay worker is being replaced) ");
	parent_succession_forget(&s, again);
	parent_succession_sent(&s, NULL, 0);
	parent_succession_took(&s, NULL, 0);
	parent_succession_gone(&s);
	expect("commit3(0) answer() ");
}

/* A reload comes first, for a while. */
ATF_TC_WITHOUT_HEAD(reload);
ATF_TC_BODY(reload, tc)
{
	unsigned int	 ms;

	begin();
	expect("start3 ");
	begin();
	memset(&s.state, 0, sizeof(s.state));
	did[0] = '\0';
	is_busy = 1;
	parent_succession_begin(&s, WORKER, done, asked);
	parent_succession_late(&s);
	expect("");
	is_busy = 0;
	parent_succession_late(&s);
	expect("start3 ");
	s.state = PARENT_SUCCESSION_IDLE;
	is_busy = 1;
	parent_succession_begin(&s, WORKER, done, asked);
	for (ms = 0; parent_succession_on(&s); ms += timer_ms)
		parent_succession_late(&s);
	ATF_CHECK(ms >= PARENT_SUCCESSION_WAIT_MS -
	    PARENT_SUCCESSION_LOOK_MS);
	expect("answer(a reload is under way: try again later) ");
	over();
}

/* What fails before the commit ends the new process, then thaws. */
ATF_TC_WITHOUT_HEAD(fails);
ATF_TC_BODY(fails, tc)
{
	at(PARENT_SUCCESSION_HOLDING);
	parent_succession_held(&s, "relay 1 hangs");
	expect("kill thaw ");
	parent_succession_gone(&s);
	expect("answer(relay 1 hangs) ");
	over();
	at(PARENT_SUCCESSION_MOVING);
	parent_succession_sent(&s, "no memory", 0);
	parent_succession_took(&s, "it ended", 0);
	expect("kill thaw ");
	parent_succession_gone(&s);
	expect("answer(no memory) ");
	over();
	at(PARENT_SUCCESSION_MOVING);
	parent_succession_sent(&s, NULL, 5);
	parent_succession_took(&s, NULL, 4);
	expect("kill thaw ");
	parent_succession_gone(&s);
	expect("answer(5 sessions were sent, 4 have come) ");
	over();
	/* It has failed behind the last answer. */
	at(PARENT_SUCCESSION_MOVING);
	broke = "relay 2 ended meanwhile";
	parent_succession_sent(&s, NULL, 5);
	parent_succession_took(&s, NULL, 5);
	parent_succession_gone(&s);
	expect("kill thaw answer(relay 2 ended meanwhile) ");
	over();
}

ATF_TC_WITHOUT_HEAD(no_start);
ATF_TC_BODY(no_start, tc)
{
	begin();
	s.state = PARENT_SUCCESSION_IDLE;
	did[0] = '\0';
	cant_start = 1;
	parent_succession_begin(&s, WORKER, done, asked);
	expect("start3 answer(the new process can't be started: the log says "
	    "why) ");
	over();
	at(PARENT_SUCCESSION_STARTING);
	parent_succession_late(&s);
	expect("kill ");
	parent_succession_gone(&s);
	expect("answer(the new process did not become ready in time) ");
	over();
	/* Another worker's end, before anything is held. */
	at(PARENT_SUCCESSION_STARTING);
	parent_succession_broke(&s, "relay 1");
	parent_succession_gone(&s);
	expect("kill answer(relay 1 ended meanwhile) ");
	over();
}

/* The new process ends at each step. */
ATF_TC_WITHOUT_HEAD(new_ends);
ATF_TC_BODY(new_ends, tc)
{
	at(PARENT_SUCCESSION_STARTING);
	parent_succession_gone(&s);
	expect("answer(the new process ended: the log says why) ");
	over();
	at(PARENT_SUCCESSION_HOLDING);
	parent_succession_gone(&s);
	expect("thaw answer(the new process ended: the log says why) ");
	over();
	at(PARENT_SUCCESSION_MOVING);
	parent_succession_sent(&s, NULL, 5);
	parent_succession_gone(&s);
	expect("thaw answer(the new process ended: the log says why) ");
	over();
}

/* The process that must end does not: it is killed, nobody waits for it. */
ATF_TC_WITHOUT_HEAD(hangs);
ATF_TC_BODY(hangs, tc)
{
	at(PARENT_SUCCESSION_ENDING);
	parent_succession_late(&s);
	expect("kill answer() ");
	parent_succession_begin(&s, 1, done, again);
	expect("again(one thing at a time: a relay worker is being replaced) ");
	parent_succession_late(&s);
	expect("kill ");
	parent_succession_gone(&s);
	expect("");
	over();
}

/* Who asked has gone. */
ATF_TC_WITHOUT_HEAD(forgotten);
ATF_TC_BODY(forgotten, tc)
{
	at(PARENT_SUCCESSION_MOVING);
	parent_succession_forget(&s, asked);
	parent_succession_sent(&s, NULL, 1);
	parent_succession_took(&s, NULL, 1);
	parent_succession_gone(&s);
	expect("commit3(1) ");
	over();
}

/* derpd stops at each step: what is held goes on, to be stopped. */
ATF_TC_WITHOUT_HEAD(stops);
ATF_TC_BODY(stops, tc)
{
	at(PARENT_SUCCESSION_STARTING);
	parent_succession_stop(&s);
	expect("kill answer(derpd stops) ");
	over();
	at(PARENT_SUCCESSION_HOLDING);
	parent_succession_stop(&s);
	expect("kill thaw answer(derpd stops) ");
	over();
	at(PARENT_SUCCESSION_MOVING);
	parent_succession_stop(&s);
	expect("kill thaw answer(derpd stops) ");
	over();
	at(PARENT_SUCCESSION_ENDING);
	parent_succession_stop(&s);
	expect("answer(derpd stops) ");
	over();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, twice);
	ATF_TP_ADD_TC(tp, reload);
	ATF_TP_ADD_TC(tp, fails);
	ATF_TP_ADD_TC(tp, no_start);
	ATF_TP_ADD_TC(tp, new_ends);
	ATF_TP_ADD_TC(tp, hangs);
	ATF_TP_ADD_TC(tp, forgotten);
	ATF_TP_ADD_TC(tp, stops);
	return (atf_no_error());
}
