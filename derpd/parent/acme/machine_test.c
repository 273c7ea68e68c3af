/*
 * machine_test: the machine of certificates: every state with every event.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"

#define NOW	1760000000LL
#define DAY	86400LL

static struct renew_machine m;
static struct renew_facts f;
static struct acme_ari	 ari;
static char		 logged[8192];	/* log lines, each behind a letter
					   for its level */
static int		 answers, answer_good, unmarks, kills;
static char		 answer_line[2 * IPC_ACME_LINESIZE];

static void
log_line(void *arg, enum renew_level level, const char *line)
{
	(void)arg;
	snprintf(logged + strlen(logged), sizeof(logged) - strlen(logged),
	    "%c %s\n",
	    "diw"[level], line);
}

static void
answer(void *arg, unsigned int job, int good, const char *line)
{
	(void)arg;
	(void)job;
	answers++;
	answer_good = good;
	snprintf(answer_line, sizeof(answer_line), "%s", line);
}

static void
unmark(void *arg)
{
	(void)arg;
	unmarks++;
}

static void
kill_helper(void *arg)
{
	(void)arg;
	kills++;
}

static const struct renew_ops ops = {
	log_line, answer, unmark, kill_helper, NULL
};

/* A service at rest, with a certificate. */
static void
at(enum renew_state s, unsigned int job)
{
	renew_machine_init(&m);
	memset(&f, 0, sizeof(f));
	logged[0] = '\0';
	answers = unmarks = kills = 0;
	m.state = s;
	m.job = job;
	m.until_ms = UINT64_MAX;
	f.enabled = f.ready = f.served = 1;
	f.name = "relay.test";
	f.until = f.cert.not_after = NOW + 80 * DAY;
	f.cert.not_before = NOW - 10 * DAY;
	f.cert.id = "";
}

static int
step(enum renew_event_type type, enum ipc_acme_outcome end, const char *text)
{
	struct renew_event	 ev = { .type = type, .now = NOW, .ms = 1000,
				    .rnd = 0, .facts = &f, .text = text,
				    .end = end, .ari = &ari,
				    .job = ACMEJOB_ISSUE };

	return (renew_step(&m, &ev, &ops));
}

/* Transitions by event, for any job (0) or one; other events are ignored. */
static const struct {
	enum renew_state	 from;
	enum renew_event_type	 on;
	unsigned int		 job;
	enum renew_state	 to;
} expected[] = {
	{ RENEW_AT_OFF, RENEW_ON_WAKE, 0, RENEW_AT_LOAD },
	{ RENEW_AT_LOAD, RENEW_ON_RECORD, 0, RENEW_AT_REST },
	{ RENEW_AT_TRY, RENEW_ON_WRITTEN, 0, RENEW_AT_ACCOUNT },
	{ RENEW_AT_TRY, RENEW_ON_UNWRITTEN, 0, RENEW_AT_REST },
	{ RENEW_AT_ACCOUNT, RENEW_ON_KEY_TAKEN, 0, RENEW_AT_NEXT },
	{ RENEW_AT_ACCOUNT, RENEW_ON_KEY_MADE, 0, RENEW_AT_FIRST_CONTACTS },
	{ RENEW_AT_ACCOUNT, RENEW_ON_KEY_REFUSED, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_ACCOUNT, RENEW_ON_KEY_REFUSED, 2, RENEW_AT_SAVE },
	{ RENEW_AT_ACCOUNT, RENEW_ON_KEY_REFUSED, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_ACCOUNT, RENEW_ON_KEY_REFUSED, 0, RENEW_AT_SAVE },
	{ RENEW_AT_FIRST_CONTACTS, RENEW_ON_WRITTEN, 0, RENEW_AT_NEXT },
	{ RENEW_AT_FIRST_CONTACTS, RENEW_ON_UNWRITTEN, 0, RENEW_AT_NEXT },
	{ RENEW_AT_NEXT, RENEW_ON_KEY_TAKEN, 1, RENEW_AT_CERT_KEY },
	{ RENEW_AT_NEXT, RENEW_ON_KEY_TAKEN, 3, RENEW_AT_MARK },
	{ RENEW_AT_NEXT, RENEW_ON_KEY_TAKEN, 0, RENEW_AT_BINDING },
	{ RENEW_AT_NEXT, RENEW_ON_KEY_MADE, 4, RENEW_AT_BINDING },
	{ RENEW_AT_NEXT, RENEW_ON_KEY_NONE, 1, RENEW_AT_CERT_KEY },
	{ RENEW_AT_NEXT, RENEW_ON_KEY_NONE, 3, RENEW_AT_MARK },
	{ RENEW_AT_NEXT, RENEW_ON_KEY_NONE, 5, RENEW_AT_BINDING },
	{ RENEW_AT_NEXT, RENEW_ON_KEY_REFUSED, 1, RENEW_AT_CERT_KEY },
	{ RENEW_AT_NEXT, RENEW_ON_KEY_REFUSED, 3, RENEW_AT_MARK },
	{ RENEW_AT_NEXT, RENEW_ON_KEY_REFUSED, 4, RENEW_AT_SAVE },
	{ RENEW_AT_NEXT, RENEW_ON_KEY_REFUSED, 0, RENEW_AT_BINDING },
	{ RENEW_AT_CERT_KEY, RENEW_ON_KEY_MADE, 0, RENEW_AT_BINDING },
	{ RENEW_AT_CERT_KEY, RENEW_ON_KEY_REFUSED, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_CERT_KEY, RENEW_ON_KEY_REFUSED, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_CERT_KEY, RENEW_ON_KEY_REFUSED, 0, RENEW_AT_SAVE },
	{ RENEW_AT_MARK, RENEW_ON_WRITTEN, 0, RENEW_AT_ALLOW },
	{ RENEW_AT_MARK, RENEW_ON_UNWRITTEN, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_MARK, RENEW_ON_UNWRITTEN, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_MARK, RENEW_ON_UNWRITTEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_ALLOW, RENEW_ON_KEY_TAKEN, 0, RENEW_AT_BINDING },
	{ RENEW_AT_ALLOW, RENEW_ON_KEY_REFUSED, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_ALLOW, RENEW_ON_KEY_REFUSED, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_ALLOW, RENEW_ON_KEY_REFUSED, 0, RENEW_AT_SAVE },
	{ RENEW_AT_BINDING, RENEW_ON_KEY_TAKEN, 0, RENEW_AT_SETTINGS },
	{ RENEW_AT_BINDING, RENEW_ON_KEY_NONE, 0, RENEW_AT_UNBIND },
	{ RENEW_AT_BINDING, RENEW_ON_KEY_REFUSED, 0, RENEW_AT_UNBIND },
	{ RENEW_AT_BINDING, RENEW_ON_RELOAD, 0, RENEW_AT_STALE },
	{ RENEW_AT_UNBIND, RENEW_ON_KEY_TAKEN, 0, RENEW_AT_SETTINGS },
	{ RENEW_AT_UNBIND, RENEW_ON_KEY_REFUSED, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_UNBIND, RENEW_ON_KEY_REFUSED, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_UNBIND, RENEW_ON_KEY_REFUSED, 0, RENEW_AT_SAVE },
	{ RENEW_AT_UNBIND, RENEW_ON_RELOAD, 0, RENEW_AT_STALE },
	{ RENEW_AT_SETTINGS, RENEW_ON_KEY_TAKEN, 0, RENEW_AT_JOB },
	{ RENEW_AT_SETTINGS, RENEW_ON_KEY_REFUSED, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_SETTINGS, RENEW_ON_KEY_REFUSED, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_SETTINGS, RENEW_ON_KEY_REFUSED, 0, RENEW_AT_SAVE },
	{ RENEW_AT_SETTINGS, RENEW_ON_RELOAD, 0, RENEW_AT_STALE },
	{ RENEW_AT_STALE, RENEW_ON_KEY_TAKEN, 0, RENEW_AT_BINDING },
	{ RENEW_AT_STALE, RENEW_ON_KEY_REFUSED, 0, RENEW_AT_BINDING },
	{ RENEW_AT_JOB, RENEW_ON_GONE, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_JOB, RENEW_ON_GONE, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_JOB, RENEW_ON_GONE, 0, RENEW_AT_SAVE },
	{ RENEW_AT_JOB, RENEW_ON_RESULT, 1, RENEW_AT_INSTALL },
	{ RENEW_AT_JOB, RENEW_ON_RESULT, 2, RENEW_AT_SAVE },
	{ RENEW_AT_JOB, RENEW_ON_RESULT, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_JOB, RENEW_ON_RESULT, 4, RENEW_AT_MOVE_NEXT },
	{ RENEW_AT_JOB, RENEW_ON_RESULT, 5, RENEW_AT_CONTACTS },
	{ RENEW_AT_ASIDE, RENEW_ON_WRITTEN, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_ASIDE, RENEW_ON_WRITTEN, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_ASIDE, RENEW_ON_WRITTEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_ASIDE, RENEW_ON_UNWRITTEN, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_ASIDE, RENEW_ON_UNWRITTEN, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_ASIDE, RENEW_ON_UNWRITTEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_INSTALL, RENEW_ON_WRITTEN, 0, RENEW_AT_FORCE },
	{ RENEW_AT_INSTALL, RENEW_ON_UNWRITTEN, 0, RENEW_AT_DROP_KEY },
	{ RENEW_AT_FORCE, RENEW_ON_IN_FORCE, 1, RENEW_AT_TIDY },
	{ RENEW_AT_FORCE, RENEW_ON_IN_FORCE, 3, RENEW_AT_SAVE },
	{ RENEW_AT_FORCE, RENEW_ON_NOT_IN_FORCE, 1, RENEW_AT_SAVE },
	{ RENEW_AT_FORCE, RENEW_ON_NOT_IN_FORCE, 3, RENEW_AT_SAVE },
	{ RENEW_AT_TIDY, RENEW_ON_WRITTEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_DROP_KEY, RENEW_ON_WRITTEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_MOVE_NEXT, RENEW_ON_WRITTEN, 0, RENEW_AT_FORGET_NEXT },
	{ RENEW_AT_MOVE_NEXT, RENEW_ON_UNWRITTEN, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_MOVE_NEXT, RENEW_ON_UNWRITTEN, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_MOVE_NEXT, RENEW_ON_UNWRITTEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_DROP_NEXT, RENEW_ON_WRITTEN, 0, RENEW_AT_FORGET_NEXT },
	{ RENEW_AT_DROP_NEXT, RENEW_ON_UNWRITTEN, 0, RENEW_AT_FORGET_NEXT },
	{ RENEW_AT_FORGET_NEXT, RENEW_ON_KEY_TAKEN, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_FORGET_NEXT, RENEW_ON_KEY_TAKEN, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_FORGET_NEXT, RENEW_ON_KEY_TAKEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_FORGET_NEXT, RENEW_ON_KEY_REFUSED, 1, RENEW_AT_DROP_KEY },
	{ RENEW_AT_FORGET_NEXT, RENEW_ON_KEY_REFUSED, 3, RENEW_AT_DISALLOW },
	{ RENEW_AT_FORGET_NEXT, RENEW_ON_KEY_REFUSED, 0, RENEW_AT_SAVE },
	{ RENEW_AT_DISALLOW, RENEW_ON_KEY_TAKEN, 0, RENEW_AT_UNMARK },
	{ RENEW_AT_DISALLOW, RENEW_ON_KEY_REFUSED, 0, RENEW_AT_UNMARK },
	{ RENEW_AT_UNMARK, RENEW_ON_WRITTEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_UNMARK, RENEW_ON_UNWRITTEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_RETIRE, RENEW_ON_WRITTEN, 0, RENEW_AT_FORCE },
	{ RENEW_AT_RETIRE, RENEW_ON_UNWRITTEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_CONTACTS, RENEW_ON_WRITTEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_CONTACTS, RENEW_ON_UNWRITTEN, 0, RENEW_AT_SAVE },
	{ RENEW_AT_SAVE, RENEW_ON_WRITTEN, 0, RENEW_AT_REST },
	{ RENEW_AT_SAVE, RENEW_ON_UNWRITTEN, 0, RENEW_AT_REST }
};

/* The next state by the table; RENEW_NSTATES: no transition. */
static enum renew_state
leads_to(enum renew_state from, enum renew_event_type on, unsigned int job)
{
	size_t	 i;

	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (expected[i].from == from && expected[i].on == on &&
		    (expected[i].job == 0 || expected[i].job == job))
			return (expected[i].to);
	return (RENEW_NSTATES);
}

static void
check(enum renew_state s, enum renew_event_type e, unsigned int job)
{
	struct renew_machine	 was;
	enum renew_state	 to = leads_to(s, e, job);
	int			 rv;

	at(s, job);
	/* Nothing is due. */
	m.plan.next_try = NOW + DAY;
	m.end = s == RENEW_AT_DISALLOW || s == RENEW_AT_FORGET_NEXT ||
	    s == RENEW_AT_MOVE_NEXT || s == RENEW_AT_ASIDE ?
	    ACMEEND_UNREACHABLE : ACMEEND_OK;
	was = m;
	rv = step(e, ACMEEND_OK, e == RENEW_ON_RESULT ? "" : NULL);
	if (to == RENEW_NSTATES) {
		ATF_CHECK_EQ_MSG(0, rv, "%s, event %d, job %u: to %s",
		    renew_state_name(s), (int)e, job,
		    renew_state_name(m.state));
		ATF_CHECK_EQ(s, m.state);
		if (e != RENEW_ON_REQUEST && e != RENEW_ON_RELOAD)
			ATF_CHECK_EQ_MSG(0, memcmp(&was, &m, sizeof(m)),
			    "%s, event %d, job %u", renew_state_name(s),
			    (int)e, job);
		return;
	}
	ATF_CHECK_EQ(1, rv);
	ATF_CHECK_EQ_MSG(to, m.state, "%s, event %d, job %u: to %s, not %s",
	    renew_state_name(s), (int)e, job, renew_state_name(m.state),
	    renew_state_name(to));
}

ATF_TC_WITHOUT_HEAD(every);
ATF_TC_BODY(every, tc)
{
	unsigned int	 s, e, job;

	for (s = 0; s < RENEW_NSTATES; s++)
		for (e = RENEW_ON_WAKE; e < RENEW_NEVENTS; e++)
			for (job = ACMEJOB_ISSUE; job <= ACMEJOB_CONTACT;
			    job++)
				if (s != RENEW_AT_ENDED)
					check((enum renew_state)s,
					    (enum renew_event_type)e, job);
}

/* Which job is due first, and which ones are not begun. */
ATF_TC_WITHOUT_HEAD(due);
ATF_TC_BODY(due, tc)
{
	int64_t	 when;

	at(RENEW_AT_REST, 0);
	f.ready = 0;
	m.requests = 1U << ACMEJOB_ROLL;
	ATF_CHECK_EQ(0, step(RENEW_ON_WAKE, 0, NULL));
	f.ready = 1;
	f.next = f.marked = f.contacts = 1;
	m.requests |= 1U << ACMEJOB_REVOKE | 1U << ACMEJOB_ISSUE;
	ATF_CHECK_EQ(ACMEJOB_ROLL, renew_due(&m, &f, NOW, &when));
	m.requests &= ~(1U << ACMEJOB_ROLL);
	ATF_CHECK_EQ(ACMEJOB_ROLL, renew_due(&m, &f, NOW, &when));
	f.next = 0;
	ATF_CHECK_EQ(ACMEJOB_REVOKE, renew_due(&m, &f, NOW, &when));
	m.requests &= ~(1U << ACMEJOB_REVOKE);
	ATF_CHECK_EQ(ACMEJOB_REVOKE, renew_due(&m, &f, NOW, &when));
	f.marked = 0;
	ATF_CHECK_EQ(ACMEJOB_ISSUE, renew_due(&m, &f, NOW, &when));
	m.requests = 0;
	ATF_CHECK_EQ(ACMEJOB_CONTACT, renew_due(&m, &f, NOW, &when));
	/* An order that is due is not delayed. */
	f.cert.not_after = NOW + DAY;
	ATF_CHECK_EQ(ACMEJOB_ISSUE, renew_due(&m, &f, NOW, &when));
	/* After a revocation no order is due. */
	f.served = 0;
	f.mark = 1;
	f.contacts = 0;
	(void)renew_due(&m, &f, NOW, &when);
	ATF_CHECK_EQ(INT64_MAX, when);
	ATF_CHECK_EQ(3600, renew_wake(&m, &f, NOW));
	m.requests = 1U << ACMEJOB_ISSUE;
	ATF_CHECK_EQ(1, renew_wake(&m, &f, NOW));
	ATF_CHECK_EQ(1, step(RENEW_ON_WAKE, 0, NULL));
	ATF_CHECK_EQ(RENEW_AT_TRY, m.state);
	ATF_CHECK_EQ(0, m.requests);
	f.stopping = 1;
	ATF_CHECK_EQ(0, renew_wake(&m, &f, NOW));
}

/* Outcomes that concern account keys. */
ATF_TC_WITHOUT_HEAD(accounts);
ATF_TC_BODY(accounts, tc)
{
	at(RENEW_AT_JOB, ACMEJOB_ISSUE);
	step(RENEW_ON_RESULT, ACMEEND_ACCOUNT, "no");
	ATF_CHECK_EQ(RENEW_AT_ASIDE, m.state);
	step(RENEW_ON_UNWRITTEN, 0, NULL);
	ATF_CHECK_EQ(ACMEEND_REFUSED, m.plan.end);
	at(RENEW_AT_JOB, ACMEJOB_ISSUE);
	f.next = 1;
	step(RENEW_ON_RESULT, ACMEEND_NEXT_KEY, "");
	ATF_CHECK_EQ(RENEW_AT_MOVE_NEXT, m.state);
	step(RENEW_ON_WRITTEN, 0, NULL);
	step(RENEW_ON_KEY_TAKEN, 0, NULL);
	ATF_CHECK_EQ(ACMEEND_STOPPED, m.plan.end);
	/* No other key is waiting. */
	at(RENEW_AT_JOB, ACMEJOB_ISSUE);
	step(RENEW_ON_RESULT, ACMEEND_NEXT_KEY, "");
	ATF_CHECK_EQ(RENEW_AT_DROP_KEY, m.state);
	ATF_CHECK_EQ(ACMEEND_INTERNAL, m.plan.end);
	/* A rollover does not put the old key aside. */
	at(RENEW_AT_JOB, ACMEJOB_ROLL);
	step(RENEW_ON_RESULT, ACMEEND_ACCOUNT, "no");
	ATF_CHECK_EQ(RENEW_AT_SAVE, m.state);
}

/* The first refusal of a next key is retried. */
ATF_TC_WITHOUT_HEAD(refused_twice);
ATF_TC_BODY(refused_twice, tc)
{
	int64_t	 when;

	at(RENEW_AT_JOB, ACMEJOB_ROLL);
	f.next = 1;
	m.roll = RENEW_ROLL_HELD;
	step(RENEW_ON_RESULT, ACMEEND_REFUSED, "no");
	ATF_CHECK_EQ(RENEW_AT_SAVE, m.state);
	step(RENEW_ON_WRITTEN, 0, NULL);
	ATF_CHECK_EQ(0, answers);
	ATF_CHECK_EQ(ACMEJOB_ROLL, renew_due(&m, &f, NOW, &when));
	ATF_CHECK_EQ(NOW + 10, when);
	m.job = ACMEJOB_ROLL;
	m.state = RENEW_AT_JOB;
	step(RENEW_ON_RESULT, ACMEEND_REFUSED, "never");
	ATF_CHECK_EQ(RENEW_AT_DROP_NEXT, m.state);
	step(RENEW_ON_WRITTEN, 0, NULL);
	step(RENEW_ON_KEY_TAKEN, 0, NULL);
	step(RENEW_ON_WRITTEN, 0, NULL);
	ATF_CHECK_EQ(1, answers);
	ATF_CHECK_EQ(0, answer_good);
	ATF_CHECK_STREQ("never", answer_line);
	ATF_CHECK_EQ(RENEW_ROLL_NONE, m.roll);
}

/* acme-helper stopped on request, and an overdue one. */
ATF_TC_WITHOUT_HEAD(helper);
ATF_TC_BODY(helper, tc)
{
	at(RENEW_AT_JOB, ACMEJOB_ISSUE);
	step(RENEW_ON_RESULT, ACMEEND_STOPPED, "I\nwould\x7frather not");
	ATF_CHECK_EQ(ACMEEND_INTERNAL, m.plan.end);
	ATF_CHECK_STREQ("I?would?rather not", m.plan.error);
	at(RENEW_AT_JOB, ACMEJOB_ISSUE);
	f.stopping = 1;
	step(RENEW_ON_RESULT, ACMEEND_STOPPED, "");
	ATF_CHECK_EQ(ACMEEND_STOPPED, m.plan.end);
	at(RENEW_AT_JOB, ACMEJOB_ISSUE);
	f.stopping = 1;
	ATF_CHECK_EQ(1, step(RENEW_ON_GONE, 0, NULL));
	ATF_CHECK_EQ(RENEW_AT_OFF, m.state);
	at(RENEW_AT_JOB, ACMEJOB_ISSUE);
	m.until_ms = 1001;
	step(RENEW_ON_WAKE, 0, NULL);
	ATF_CHECK_EQ(0, kills);
	m.until_ms = 1000;
	step(RENEW_ON_WAKE, 0, NULL);
	ATF_CHECK_EQ(1, kills);
	ATF_CHECK_EQ(RENEW_AT_JOB, m.state);
	/* Without an acme section the machine is off. */
	at(RENEW_AT_REST, 0);
	f.enabled = f.ready = 0;
	m.requests = ~0U;
	step(RENEW_ON_WAKE, 0, NULL);
	ATF_CHECK_EQ(RENEW_AT_OFF, m.state);
	ATF_CHECK_EQ(0, m.requests);
}

/* The error of a failed order names the file that it lacked. */
ATF_TC_WITHOUT_HEAD(lacks);
ATF_TC_BODY(lacks, tc)
{
	at(RENEW_AT_BINDING, ACMEJOB_ISSUE);
	step(RENEW_ON_KEY_REFUSED, 0, "mac: No such file");
	step(RENEW_ON_KEY_TAKEN, 0, NULL);
	step(RENEW_ON_KEY_TAKEN, 0, NULL);
	step(RENEW_ON_RESULT, ACMEEND_REFUSED, "no account");
	ATF_CHECK_STREQ("no account; mac: No such file", m.plan.error);
	ATF_CHECK(strstr(logged, "w no certificate: no account; mac: No such "
	    "file (next try 20") != NULL);
	at(RENEW_AT_ACCOUNT, ACMEJOB_ISSUE);
	step(RENEW_ON_KEY_REFUSED, 0, "account: broken");
	ATF_CHECK_STREQ("account: broken", m.plan.error);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, every);
	ATF_TP_ADD_TC(tp, due);
	ATF_TP_ADD_TC(tp, accounts);
	ATF_TP_ADD_TC(tp, refused_twice);
	ATF_TP_ADD_TC(tp, helper);
	ATF_TP_ADD_TC(tp, lacks);
	return (atf_no_error());
}
