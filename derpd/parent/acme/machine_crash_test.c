/*
 * machine_crash_test: the machine of certificates, killed or interrupted in
 * every state: in the end a valid certificate is served.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "machinefixture.h"

/* The scenario, for messages. */
static char	 scene[128];

/* Check the final state: all is well. */
static void
world_is_good(void)
{
	int	 i, n = 0;

	ATF_CHECK_EQ_MSG(RENEW_AT_REST, m.state, "%s", scene);
	ATF_CHECK_MSG(w.crt != 0 && w.in_force == w.crt,
	    "%s", scene);
	ATF_CHECK_MSG(w.crt_from[w.crt] + LIFE > w.now,
	    "%s", scene);
	ATF_CHECK_MSG(!w.revoked[w.crt],
	    "%s", scene);
	ATF_CHECK_EQ_MSG(0, w.next, "%s", scene);
	ATF_CHECK_EQ_MSG(0, w.mark, "%s", scene);
	ATF_CHECK_EQ_MSG(w.has_account, w.account, "%s", scene);
	ATF_CHECK_MSG(w.account != w.deactivated,
	    "%s", scene);
	ATF_CHECK_EQ_MSG(w.wants_contacts, w.contacts, "%s", scene);
	ATF_CHECK_EQ_MSG(w.wants_contacts, w.has_contacts, "%s", scene);
	for (i = 0; i < MAXIDS; i++)
		n += w.keys[i];
	ATF_CHECK_EQ_MSG(1, n, "%s: %d keys", scene, n);
}

enum scenario {
	FIRST, RENEWAL, ROLLOVER, REVOCATION, CONTACTS, ROLL_REFUSED,
	DEACTIVATED, NOT_IN_FORCE, ORDER_REFUSED, ROLL_FOUND, NOT_REVOKED,
	NSCENARIOS
};

/* A service that has a certificate (FIRST: none). */
static void
world_begin(enum scenario what)
{
	memset(&w, 0, sizeof(w));
	w.now = NOW;
	w.last_order = NOW - DAY;
	w.wants_contacts = 1;
	w.deactivated = -1;
	w.binding = what % 2;
	crash_in = interrupt_in = RENEW_NSTATES;
	crashed = gone = 0;
	renew_machine_init(&m);
	if (what == FIRST)
		return;
	days(1);
	world_is_good();
}

static void
play(enum scenario what)
{
	switch (what) {
	case RENEWAL:
		request(ACMEJOB_ISSUE);
		break;
	case ROLLOVER:
	case ROLL_REFUSED:
		w.refuses_roll = what == ROLL_REFUSED ? 2 : 0;
		request(ACMEJOB_ROLL);
		break;
	case REVOCATION:
	case NOT_REVOKED:
		w.refuses_revoke = what == NOT_REVOKED;
		request(ACMEJOB_REVOKE);
		break;
	case CONTACTS:
		w.wants_contacts = 2;
		break;
	case DEACTIVATED:
		w.deactivated = w.account;
		request(ACMEJOB_ISSUE);
		break;
	case NOT_IN_FORCE:
		w.fails_force = 1;
		request(ACMEJOB_ISSUE);
		break;
	case ORDER_REFUSED:
		w.refuses_order = 1;
		request(ACMEJOB_ISSUE);
		break;
	case ROLL_FOUND:
		/* The file of a rollover that the directory has completed. */
		w.next = w.has_account = new_id();
		m.next_roll = w.now + DAY;
		request(ACMEJOB_ISSUE);
		break;
	default:
		break;
	}
	days(2);
}

/* Check the outcome of a scenario, interrupted or not; then all is well. */
static void
outcome(enum scenario what)
{
	crash_in = interrupt_in = RENEW_NSTATES;
	w.refuses_roll = w.refuses_order = w.refuses_revoke = 0;
	w.fails_force = 0;
	if (what == REVOCATION && w.crt == 0) {
		ATF_CHECK_EQ_MSG(0, w.in_force, "%s", scene);
		ATF_CHECK_MSG(w.mark != 0 && w.revoked[w.mark],
	    "%s", scene);
		world_facts();
		ATF_CHECK_MSG(renew_on_hold(&f),
	    "%s", scene);
	}
	/* The revocation's result was lost: request it again. */
	if (gone && what == REVOCATION && w.revoked[w.in_force])
		request(ACMEJOB_REVOKE);
	/* A revoked certificate is never served. */
	ATF_CHECK_MSG(w.in_force == 0 || !w.revoked[w.in_force], "%s", scene);
	ATF_CHECK_MSG(w.account == 0 || w.has_account == w.account ||
	    w.has_account == w.deactivated, "%s", scene);
	ATF_CHECK_EQ_MSG(0, w.next, "%s", scene);
	/*
	 * The next order cleans up; if it finds the account deactivated, the
	 * order after it.
	 */
	request(ACMEJOB_ISSUE);
	days(2);
	if (w.account == 0)
		request(ACMEJOB_ISSUE);
	days(2);
	world_is_good();
}

/* Killed in every state, before its work and after it. */
ATF_TC_WITHOUT_HEAD(crash);
ATF_TC_BODY(crash, tc)
{
	unsigned int	 what, s;
	int		 after;

	memset(reached, 0, sizeof(reached));
	for (what = 0; what < NSCENARIOS; what++)
		for (s = 0; s < RENEW_NSTATES; s++)
			for (after = 0; after < 2; after++) {
				world_begin((enum scenario)what);
				crash_in = (enum renew_state)s;
				crash_after = after;
				snprintf(scene, sizeof(scene), "scenario %u, "
				    "killed %s %s", what, after ? "after" :
				    "before", renew_state_name(
				    (enum renew_state)s));
				play((enum scenario)what);
				outcome((enum scenario)what);
			}
	/* Every state was reached, except those without work. */
	for (s = 0; s < RENEW_NSTATES; s++)
		if (s != RENEW_AT_OFF && s != RENEW_AT_REST &&
		    s != RENEW_AT_ENDED && s != RENEW_AT_STALE)
			ATF_CHECK_MSG(reached[s], "never in %s",
			    renew_state_name((enum renew_state)s));
}

/* An interrupted revocation is completed, for the same reason. */
ATF_TC_WITHOUT_HEAD(revocation_goes_on);
ATF_TC_BODY(revocation_goes_on, tc)
{
	static const enum renew_state	 in[] = { RENEW_AT_ALLOW, RENEW_AT_JOB,
					    RENEW_AT_DISALLOW,
					    RENEW_AT_RETIRE };
	size_t				 i;

	for (i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		world_begin(REVOCATION);
		crash_in = in[i];
		crash_after = 0;
		play(REVOCATION);
		ATF_CHECK(crashed);
		ATF_CHECK_EQ(4, m.reason);
		ATF_CHECK_MSG(w.crt == 0 && w.revoked[w.mark],
		    "cut short in %s", renew_state_name(in[i]));
	}
}

/* Any event at any time, in every state. */
ATF_TC_WITHOUT_HEAD(between);
ATF_TC_BODY(between, tc)
{
	static const struct {
		enum renew_event_type	 type;
		unsigned int		 job;
	} events[] = {
		{ RENEW_ON_WAKE, 0 }, { RENEW_ON_RELOAD, 0 },
		{ RENEW_ON_GONE, 0 }, { RENEW_ON_REQUEST, ACMEJOB_ISSUE },
		{ RENEW_ON_REQUEST, ACMEJOB_ROLL },
		{ RENEW_ON_REQUEST, ACMEJOB_REVOKE }
	};
	unsigned int	 what, s;
	size_t		 i;

	for (what = 0; what < NSCENARIOS; what++)
		for (s = 0; s < RENEW_NSTATES; s++)
			for (i = 0; i < sizeof(events) / sizeof(events[0]);
			    i++) {
				world_begin((enum scenario)what);
				interrupt = events[i].type;
				interrupt_job = events[i].job;
				interrupt_in = (enum renew_state)s;
				snprintf(scene, sizeof(scene), "scenario %u, "
				    "event %d, job %u in %s", what,
				    (int)interrupt, interrupt_job,
				    renew_state_name((enum renew_state)s));
				play((enum scenario)what);
				outcome((enum scenario)what);
			}
}

/* A year passes. */
ATF_TC_WITHOUT_HEAD(year);
ATF_TC_BODY(year, tc)
{
	world_begin(FIRST);
	days(365);
	world_is_good();
	ATF_CHECK_EQ_MSG(7, w.crts, "%d", w.crts);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, crash);
	ATF_TP_ADD_TC(tp, revocation_goes_on);
	ATF_TP_ADD_TC(tp, between);
	ATF_TP_ADD_TC(tp, year);
	return (atf_no_error());
}
