/*
 * predecessor_test: each state of the old side of an upgrade with each event,
 * and what is done then, in order.
 */
#include <atf-c.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "predecessor.h"

static char		 did[1024];	/* calls of the ops since news() */
static const char	*busy;		/* what is under way */
static const char	*no_spawn;	/* why no process can be started */
static const char	*harm;		/* why sessions must not go */
static unsigned int	 timer_ms;	/* 0: none */

static void
note(const char *fmt, ...)
{
	size_t	 n = strlen(did);
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(did + n, sizeof(did) - n, fmt, ap);
	va_end(ap);
}

static const char *
under_way(void *arg)
{
	(void)arg;
	return (busy);
}

static const char *
spawn(void *arg)
{
	(void)arg;
	note("spawn ");
	return (no_spawn);
}

static const char *
broken(void *arg)
{
	(void)arg;
	return (harm);
}

#define OP(name)							\
static void								\
name##_op(void *arg)							\
{									\
	(void)arg;							\
	note(#name " ");						\
}
OP(accept)
OP(hold)
OP(move)
OP(commit)
OP(kill)
OP(thaw)
OP(renew)
OP(serve)
OP(keep)
OP(stop)

static void
abort_op(void *arg, const char *why)
{
	(void)arg;
	note("abort(%s) ", why);
}

static void
done(void *arg, const char *why)
{
	(void)arg;
	note("done(%s) ", why == NULL ? "good" : why);
}

static void
deadline(void *arg, unsigned int ms)
{
	(void)arg;
	timer_ms = ms;
}

static const struct upgrade_old_ops ops = {
	.under_way = under_way, .spawn = spawn, .accept = accept_op,
	.hold = hold_op, .move = move_op, .broken = broken,
	.commit = commit_op,
	.abort = abort_op, .kill = kill_op, .thaw = thaw_op,
	.renew = renew_op, .serve = serve_op, .keep = keep_op,
	.done = done, .stop = stop_op, .deadline = deadline
};

static struct upgrade_old m;

/* What was done since. */
static const char *
news(void)
{
	static char	 text[sizeof(did)];

	strlcpy(text, did, sizeof(text));
	did[0] = '\0';
	return (text);
}

/* Bring a new machine to this state, one of success or LOST, ENDING. */
static void
go_to(enum upgrade_old_state state)
{
	memset(&m, 0, sizeof(m));
	m.ops = &ops;
	no_spawn = harm = NULL;
	timer_ms = 0;
	busy = state == UPGRADE_WAITING ? "a reload" : NULL;
	if (state != UPGRADE_IDLE)
		ATF_REQUIRE(upgrade_old_begin(&m) == NULL);
	if (state == UPGRADE_ENDING)
		upgrade_old_failed(&m, "x");
	else if (state >= UPGRADE_ACCEPTING)
		upgrade_old_ready(&m, 1);
	if (state != UPGRADE_ENDING && state >= UPGRADE_HOLDING)
		upgrade_old_left(&m);
	if (state != UPGRADE_ENDING && state >= UPGRADE_MOVING)
		upgrade_old_held(&m, NULL);
	if (state != UPGRADE_ENDING && state >= UPGRADE_COMMITTED) {
		upgrade_old_moved(&m, 7, NULL);
		upgrade_old_took(&m, 7);
	}
	if (state == UPGRADE_LOST)
		upgrade_old_closed(&m);
	if (state == UPGRADE_KEEPING)
		upgrade_old_taken(&m);
	ATF_REQUIRE_STREQ(upgrade_old_name(state), upgrade_old_name(m.state));
	(void)news();
}

/* All goes well. */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	go_to(UPGRADE_IDLE);
	ATF_CHECK_EQ(0, upgrade_old_excludes(&m));
	ATF_CHECK(upgrade_old_begin(&m) == NULL);
	ATF_CHECK_STREQ("spawn ", news());
	ATF_CHECK_EQ(UPGRADE_OLD_START_MS, timer_ms);
	ATF_CHECK_EQ(1, upgrade_old_excludes(&m));
	upgrade_old_ready(&m, 1);
	ATF_CHECK_STREQ("accept ", news());
	ATF_CHECK_EQ(UPGRADE_OLD_ACCEPT_MS, timer_ms);
	upgrade_old_left(&m);
	ATF_CHECK_STREQ("hold ", news());
	ATF_CHECK_EQ(UPGRADE_OLD_HOLD_MS, timer_ms);
	upgrade_old_left(&m);		/* again: no effect */
	upgrade_old_held(&m, NULL);
	ATF_CHECK_STREQ("move ", news());
	ATF_CHECK_EQ(UPGRADE_OLD_MOVE_MS, timer_ms);
	upgrade_old_took(&m, 3);	/* either may be first */
	ATF_CHECK_STREQ("", news());
	upgrade_old_moved(&m, 3, NULL);
	ATF_CHECK_STREQ("commit ", news());
	ATF_CHECK_EQ(UPGRADE_OLD_COMMIT_MS, timer_ms);
	upgrade_old_taken(&m);
	ATF_CHECK_STREQ("done(good) keep ", news());
	ATF_CHECK_EQ(0, timer_ms);
	ATF_CHECK_EQ(1, upgrade_old_excludes(&m));
	upgrade_old_exited(&m, "ended with status 0");
	upgrade_old_closed(&m);
	ATF_CHECK_STREQ("", news());
}

/* One of the two has no relay: there is nothing to move. */
ATF_TC_WITHOUT_HEAD(without_relay);
ATF_TC_BODY(without_relay, tc)
{
	go_to(UPGRADE_STARTING);
	upgrade_old_ready(&m, 0);
	ATF_CHECK_STREQ("accept ", news());
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("commit ", news());
	upgrade_old_closed(&m);
	ATF_CHECK_STREQ("kill ", news());
	upgrade_old_exited(&m, "ended with status 1");
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("serve done(the new derpd ended with status 1) ",
	    news());
}

/* Clients that do not log in do not hold up the upgrade. */
ATF_TC_WITHOUT_HEAD(slow_logins);
ATF_TC_BODY(slow_logins, tc)
{
	go_to(UPGRADE_ACCEPTING);
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("hold ", news());
}

enum event { READY, LEFT, HELD, NOT_HELD, MOVED, NOT_MOVED, TOOK, TAKEN,
	FAILED, CLOSED, EXITED, GONE, LATE, STOP, NEVENTS };

static void
happen(enum event e)
{
	switch (e) {
	case READY:
		upgrade_old_ready(&m, 1);
		break;
	case LEFT:
		upgrade_old_left(&m);
		break;
	case HELD:
		upgrade_old_held(&m, NULL);
		break;
	case NOT_HELD:
		upgrade_old_held(&m, "relay 1 hangs");
		break;
	case MOVED:
		upgrade_old_moved(&m, 7, NULL);
		break;
	case NOT_MOVED:
		upgrade_old_moved(&m, 0, "relay 1 can't");
		break;
	case TOOK:
		upgrade_old_took(&m, 7);
		break;
	case TAKEN:
		upgrade_old_taken(&m);
		break;
	case FAILED:
		upgrade_old_failed(&m, "no port");
		break;
	case CLOSED:
		upgrade_old_closed(&m);
		break;
	case EXITED:
		upgrade_old_exited(&m, "ended with status 1");
		break;
	case GONE:
		upgrade_old_worker_gone(&m, "relay 0");
		break;
	case LATE:
		upgrade_old_late(&m);
		break;
	case STOP:
		note(upgrade_old_stop(&m) ? "stops " : "waits ");
		break;
	case NEVENTS:
		break;
	}
}

#define TWICE	"abort(the new derpd says twice that it is ready) kill "
#define EARLY	"abort(the new derpd took over before it was asked to) kill "
#define JUNK	"abort(the new derpd reports sessions that were not sent) kill "
#define NO_PORT	"abort(no port) kill "
#define CLOSES	"abort() kill "
#define OWN	"abort(relay 0 ended meanwhile) kill "
#define STOPS	"abort(derpd stops) kill "
#define UNDONE	"thaw serve "

/* What each event does in each state; NULL: nothing. */
static const char *const table[UPGRADE_NSTATES][NEVENTS] = {
	[UPGRADE_IDLE] = { [STOP] = "stops " },
	[UPGRADE_WAITING] = {
		[STOP] = "done(derpd stops) stop waits "
	},
	[UPGRADE_STARTING] = {
		[READY] = "accept ", [TOOK] = JUNK, [TAKEN] = EARLY,
		[FAILED] = NO_PORT, [CLOSED] = CLOSES, [STOP] = STOPS "stops ",
		[LATE] = "abort(the new derpd was not ready within 60 s) kill "
	},
	[UPGRADE_ACCEPTING] = {
		[READY] = TWICE "serve ", [LEFT] = "hold ",
		[TOOK] = JUNK "serve ", [TAKEN] = EARLY "serve ",
		[FAILED] = NO_PORT "serve ", [CLOSED] = CLOSES "serve ",
		[GONE] = OWN "serve ", [LATE] = "hold ",
		[STOP] = STOPS "serve stops "
	},
	[UPGRADE_HOLDING] = {
		[READY] = TWICE UNDONE, [HELD] = "move ",
		[NOT_HELD] = "abort(relay 1 hangs) kill " UNDONE,
		[TOOK] = JUNK UNDONE, [TAKEN] = EARLY UNDONE,
		[FAILED] = NO_PORT UNDONE, [CLOSED] = CLOSES UNDONE,
		[GONE] = OWN UNDONE,
		[LATE] = "abort(the relay workers did not come to a halt) kill "
		    UNDONE,
		[STOP] = STOPS UNDONE "stops "
	},
	[UPGRADE_MOVING] = {
		[READY] = TWICE UNDONE,
		[NOT_MOVED] = "abort(relay 1 can't) kill " UNDONE,
		[TAKEN] = EARLY UNDONE,
		[FAILED] = NO_PORT UNDONE, [CLOSED] = CLOSES UNDONE,
		[GONE] = OWN UNDONE,
		[LATE] = "abort(the sessions were not moved within 10 s) kill "
		    UNDONE,
		[STOP] = STOPS UNDONE "stops "
	},
	/* Nothing goes on here while the new one may have the sessions. */
	[UPGRADE_COMMITTED] = {
		[READY] = "kill ", [TOOK] = "kill ",
		[TAKEN] = "done(good) keep ",
		[FAILED] = "kill ", [CLOSED] = "kill ",
		[STOP] = "waits "
	},
	[UPGRADE_ENDING] = {
		[EXITED] = "done(x) ", [LATE] = "done(x) ",
		[STOP] = "stops "
	},
	[UPGRADE_LOST] = { [LATE] = "kill ", [STOP] = "waits " },
	[UPGRADE_KEEPING] = { [STOP] = "stops " }
};

ATF_TC_WITHOUT_HEAD(all_events);
ATF_TC_BODY(all_events, tc)
{
	const char *want, *is;
	unsigned int s, e;

	for (s = 0; s < UPGRADE_NSTATES; s++)
		for (e = 0; e < NEVENTS; e++) {
			go_to((enum upgrade_old_state)s);
			happen((enum event)e);
			want = table[s][e] == NULL ? "" : table[s][e];
			is = news();
			if (strcmp(want, is) != 0)
				atf_tc_fail_nonfatal("%s, event %u: \"%s\", "
				    "not \"%s\"", upgrade_old_name(
				    (enum upgrade_old_state)s), e, is, want);
		}
}

/* The numbers must be the same. */
ATF_TC_WITHOUT_HEAD(lost_sessions);
ATF_TC_BODY(lost_sessions, tc)
{
	go_to(UPGRADE_MOVING);
	upgrade_old_moved(&m, 8, NULL);
	upgrade_old_took(&m, 7);
	ATF_CHECK_STREQ("abort(8 sessions were sent, but 7 have come) kill "
	    "thaw serve ", news());
}

/* A worker took back its answer before the last one came. */
ATF_TC_WITHOUT_HEAD(too_late);
ATF_TC_BODY(too_late, tc)
{
	go_to(UPGRADE_MOVING);
	harm = "relay 0 ended";
	upgrade_old_moved(&m, 7, NULL);
	upgrade_old_took(&m, 7);
	ATF_CHECK_STREQ("abort(relay 0 ended) kill thaw serve ", news());
}

/* The reason is what the new one said, or else how it ended. */
ATF_TC_WITHOUT_HEAD(reasons);
ATF_TC_BODY(reasons, tc)
{
	go_to(UPGRADE_STARTING);
	upgrade_old_exited(&m, "ended with status 1");
	ATF_CHECK_STREQ("", news());	/* it may have said why */
	ATF_CHECK_EQ(UPGRADE_OLD_LAST_MS, timer_ms);
	upgrade_old_failed(&m, "no port");
	ATF_CHECK_STREQ("abort(no port) kill done(no port) ", news());

	go_to(UPGRADE_STARTING);
	upgrade_old_exited(&m, "ended with status 1");
	upgrade_old_late(&m);		/* its channel stays open */
	ATF_CHECK_STREQ("abort() kill done(the new derpd ended with status 1) ",
	    news());

	go_to(UPGRADE_HOLDING);
	upgrade_old_closed(&m);
	ATF_CHECK_EQ(UPGRADE_OLD_END_MS, timer_ms);
	(void)news();
	upgrade_old_exited(&m, "ended by signal 9");
	ATF_CHECK_STREQ("done(the new derpd ended by signal 9) ", news());
	ATF_CHECK_EQ(UPGRADE_IDLE, m.state);

	/* It can't be killed. */
	go_to(UPGRADE_STARTING);
	upgrade_old_closed(&m);
	(void)news();
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("done(the new derpd closed its channel, and runs on) ",
	    news());
	ATF_CHECK(strstr(upgrade_old_begin(&m), "has not ended yet") != NULL);
	upgrade_old_exited(&m, "ended by signal 9");
	ATF_CHECK(upgrade_old_begin(&m) == NULL);

	/* There is none. */
	go_to(UPGRADE_IDLE);
	no_spawn = "no program";
	ATF_CHECK(upgrade_old_begin(&m) == NULL);
	ATF_CHECK_STREQ("spawn done(no program) ", news());
	ATF_CHECK_EQ(UPGRADE_IDLE, m.state);
	ATF_CHECK_EQ(0, timer_ms);
}

/* The bound of COMMITTED is over, and a second more. */
static void
too_late(void)
{
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("", news());
	ATF_CHECK_EQ(UPGRADE_COMMITTED, m.state);
	ATF_CHECK_EQ(UPGRADE_OLD_GRACE_MS, timer_ms);
	upgrade_old_late(&m);
}

/* This process was stopped: the new one serves, as is read then. */
ATF_TC_WITHOUT_HEAD(taken_late);
ATF_TC_BODY(taken_late, tc)
{
	go_to(UPGRADE_COMMITTED);
	upgrade_old_late(&m);
	upgrade_old_taken(&m);
	ATF_CHECK_STREQ("done(good) keep ", news());
}

/* Committed, and the new one is gone: a second later this one serves. */
ATF_TC_WITHOUT_HEAD(taken_back);
ATF_TC_BODY(taken_back, tc)
{
	go_to(UPGRADE_COMMITTED);
	too_late();
	ATF_CHECK_STREQ("kill ", news());
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("kill ", news());	/* as long as it runs */
	upgrade_old_exited(&m, "ended by signal 9");
	ATF_CHECK_STREQ("", news());
	ATF_CHECK_EQ(UPGRADE_OLD_GONE_MS, timer_ms);
	upgrade_old_late(&m);
	/* Its workers may have gone on with the sessions. */
	ATF_CHECK_STREQ("renew serve done(the new derpd did not take over "
	    "within 5 s) ", news());
	ATF_CHECK_EQ(UPGRADE_IDLE, m.state);

	/* It ends first. */
	go_to(UPGRADE_COMMITTED);
	upgrade_old_exited(&m, "ended with status 1");
	upgrade_old_closed(&m);
	ATF_CHECK_STREQ("kill ", news());
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("renew serve done(the new derpd ended with status 1) ",
	    news());

	/* It did not know of the commit. */
	go_to(UPGRADE_COMMITTED);
	too_late();
	upgrade_old_unread(&m);
	upgrade_old_closed(&m);
	upgrade_old_exited(&m, "ended by signal 9");
	ATF_CHECK_STREQ("kill ", news());
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("thaw serve done(the new derpd did not take over "
	    "within 5 s) ", news());
	ATF_CHECK(upgrade_old_begin(&m) == NULL);
	ATF_CHECK_EQ(0, m.unread);
}

/* The new derpd has ended when it is read that it serves. */
ATF_TC_WITHOUT_HEAD(taken_and_gone);
ATF_TC_BODY(taken_and_gone, tc)
{
	go_to(UPGRADE_COMMITTED);
	upgrade_old_exited(&m, "ended by signal 9");
	upgrade_old_taken(&m);
	ATF_CHECK_STREQ("kill ", news());
	ATF_CHECK_EQ(UPGRADE_OLD_GONE_MS, timer_ms);
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("renew serve done(the new derpd ended by signal 9) ",
	    news());
}

/* A stop after the commit ends whichever derpd has the sessions. */
ATF_TC_WITHOUT_HEAD(stopped);
ATF_TC_BODY(stopped, tc)
{
	go_to(UPGRADE_COMMITTED);
	ATF_CHECK_EQ(0, upgrade_old_stop(&m));
	upgrade_old_taken(&m);
	ATF_CHECK_STREQ("done(good) keep stop ", news());

	go_to(UPGRADE_LOST);
	ATF_CHECK_EQ(0, upgrade_old_stop(&m));
	upgrade_old_exited(&m, "ended with status 1");
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("renew serve done(the new derpd ended with status 1) "
	    "stop ", news());
}

/* Other work ends first; no second upgrade begins. */
ATF_TC_WITHOUT_HEAD(waits);
ATF_TC_BODY(waits, tc)
{
	unsigned int i;

	go_to(UPGRADE_WAITING);
	ATF_CHECK_EQ(UPGRADE_OLD_LOOK_MS, timer_ms);
	ATF_CHECK_EQ(0, upgrade_old_excludes(&m));
	ATF_CHECK(strstr(upgrade_old_begin(&m), "one thing at a time") !=
	    NULL);
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("", news());
	busy = NULL;
	upgrade_old_late(&m);
	ATF_CHECK_STREQ("spawn ", news());

	go_to(UPGRADE_WAITING);
	for (i = 0; m.state == UPGRADE_WAITING && i < 10000; i++)
		upgrade_old_late(&m);
	ATF_CHECK_EQ(UPGRADE_OLD_WAIT_MS / UPGRADE_OLD_LOOK_MS, i);
	ATF_CHECK_STREQ("done(a reload is still under way after 300 s: try "
	    "again when it has ended) ", news());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, without_relay);
	ATF_TP_ADD_TC(tp, slow_logins);
	ATF_TP_ADD_TC(tp, all_events);
	ATF_TP_ADD_TC(tp, lost_sessions);
	ATF_TP_ADD_TC(tp, too_late);
	ATF_TP_ADD_TC(tp, reasons);
	ATF_TP_ADD_TC(tp, taken_late);
	ATF_TP_ADD_TC(tp, taken_back);
	ATF_TP_ADD_TC(tp, taken_and_gone);
	ATF_TP_ADD_TC(tp, stopped);
	ATF_TP_ADD_TC(tp, waits);
	return (atf_no_error());
}
