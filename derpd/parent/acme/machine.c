/*
 * machine: the states and transitions of certificate management; see machine.h.
 * Pure.  Called by renew.c and tests.
 */
#include <stdio.h>
#include <string.h>

#include "changes.h"

#define WAKE_MAX	3600	/* seconds: the clock may be set meanwhile */

/* Jobs, as bits. */
#define BIT(job)	RENEW_BIT(job)
#define ISSUE		BIT(ACMEJOB_ISSUE)
#define ARI		BIT(ACMEJOB_ARI)
#define REVOKE		BIT(ACMEJOB_REVOKE)
#define ROLL		BIT(ACMEJOB_ROLL)
#define CONTACT		BIT(ACMEJOB_CONTACT)
#define ANY		(~0U)

static const char *names[RENEW_NSTATES] = {
	"off", "load", "rest", "try", "account", "first contacts", "next",
	"cert key", "mark", "allow", "binding", "unbind", "settings", "stale",
	"job", "ended", "aside", "take next", "drop next", "forget next",
	"disallow", "unmark", "retire", "install", "force", "tidy", "drop key",
	"contacts", "save"
};

const char *
renew_state_name(enum renew_state s)
{
	return (s < RENEW_NSTATES ? names[s] : "?");
}

void
renew_machine_init(struct renew_machine *m)
{
	memset(m, 0, sizeof(*m));
}

int
renew_on_hold(const struct renew_facts *f)
{
	return (f->enabled && !f->served && f->mark);
}

/* What is due, and when */

/* The job that goes before orders; 0: none. */
static unsigned int
first_due(const struct renew_machine *m, const struct renew_facts *f,
    int64_t *when)
{
	*when = 0;
	if (m->requests & ROLL)
		return (ACMEJOB_ROLL);
	if (f->next) {
		*when = m->next_roll;
		return (ACMEJOB_ROLL);
	}
	if (m->requests & REVOKE)
		return (ACMEJOB_REVOKE);
	/* Finish a revocation that a crash interrupted. */
	if (f->marked) {
		*when = m->next_revoke;
		return (ACMEJOB_REVOKE);
	}
	*when = INT64_MAX;
	return (0);
}

/* When the contacts are due; INT64_MAX: the directory has them. */
static int64_t
contact_due(const struct renew_machine *m, const struct renew_facts *f)
{
	return (f->contacts ? m->next_contact : INT64_MAX);
}

unsigned int
renew_due(const struct renew_machine *m, const struct renew_facts *f,
    int64_t now, int64_t *when)
{
	unsigned int job, other = first_due(m, f, when);
	int64_t contact, plan = INT64_MAX;

	if (*when <= now)
		return (other);
	if (m->requests & ISSUE) {
		*when = now;
		return (ACMEJOB_ISSUE);
	}
	contact = contact_due(m, f);
	if (renew_on_hold(f))
		job = ACMEJOB_CONTACT;
	else
		job = renew_plan_next(&m->plan, &f->cert, now,
		    &plan) == PLAN_ISSUE ? ACMEJOB_ISSUE : ACMEJOB_ARI;
	/* Updated contacts do not delay an order that is due. */
	if ((plan > now || job != ACMEJOB_ISSUE) && contact < plan) {
		plan = contact;
		job = ACMEJOB_CONTACT;
	}
	if (*when < plan)
		return (other);
	*when = plan;
	return (job);
}

int64_t
renew_wake(const struct renew_machine *m, const struct renew_facts *f,
    int64_t now)
{
	int64_t when;

	if (f->stopping || (m->state == RENEW_AT_OFF && !f->enabled))
		return (0);
	if (m->state == RENEW_AT_OFF)
		return (1);
	/* During work, wake up only to bound its time. */
	if (m->state != RENEW_AT_REST)
		return (RENEW_JOB_SECS);
	(void)renew_due(m, f, now, &when);
	if (when >= now + WAKE_MAX)
		return (WAKE_MAX);
	return (when > now ? when - now : 1);
}

/* Guards */

static int
is_enabled(const struct renew_move *s)
{
	return (s->f->enabled);
}

static int
is_disabled(const struct renew_move *s)
{
	return (!s->f->enabled);
}

/* The job that is due now, as a bit; 0: none. */
static unsigned int
due_now(const struct renew_move *s)
{
	unsigned int job;
	int64_t when;

	if (!s->f->ready)
		return (0);
	job = renew_due(s->m, s->f, s->ev->now, &when);
	return (when <= s->ev->now ? BIT(job) : 0);
}

static int
order_is_due(const struct renew_move *s)
{
	return (due_now(s) == ISSUE);
}

static int
window_is_due(const struct renew_move *s)
{
	return (due_now(s) == ARI);
}

static int
other_is_due(const struct renew_move *s)
{
	return (due_now(s) != 0);
}

static int
pair_waits(const struct renew_move *s)
{
	return (s->m->pair == RENEW_PAIR_WAITS);
}

static int
is_late(const struct renew_move *s)
{
	return (s->ev->ms >= s->m->until_ms);
}

static int
is_stopping(const struct renew_move *s)
{
	return (s->f->stopping);
}

/* Outcomes that acme-helper reported. */
static int
account_refused(const struct renew_move *s)
{
	return (s->ev->end == ACMEEND_ACCOUNT);
}

static int
has_next_key(const struct renew_move *s)
{
	return (s->ev->end == ACMEEND_NEXT_KEY && s->f->next);
}

/* Outcomes of the job. */
static int
is_good(const struct renew_move *s)
{
	return (s->m->end == ACMEEND_OK);
}

static int
refused_again(const struct renew_move *s)
{
	return (s->m->end == ACMEEND_REFUSED &&
	    s->m->roll == RENEW_ROLL_REFUSED);
}

static int
is_refused(const struct renew_move *s)
{
	return (s->m->end == ACMEEND_REFUSED);
}

/*
 * The transitions: the first row that matches the state, the event, the job
 * under way and the guard is taken.  An event without a row changes nothing.
 */
static const struct machine_rule {
	enum renew_state	 from;
	enum renew_event_type	 on;
	unsigned int		 jobs;
	int			 (*when)(const struct renew_move *);
	void			 (*does)(const struct renew_move *);
	enum renew_state	 to;
} rules[] = {
#define RENEW_AT_EVERY	RENEW_NSTATES	/* as `from': any state */
#define RENEW_AT_STAY	RENEW_NSTATES	/* as `to': the same state */
#define renew_do_none	NULL
#define ROW(from, on, jobs, does, to) IF(from, on, jobs, NULL, does, to)
#define IF(from, on, jobs, when, does, to)				\
	{ RENEW_AT_##from, RENEW_ON_##on, jobs, when, renew_do_##does,	\
	    RENEW_AT_##to }
  IF(OFF,            WAKE,         ANY,     is_enabled, none, LOAD),
 ROW(LOAD,           RECORD,       ANY,     read_record,        REST),
  IF(REST,           WAKE,         ANY,     is_disabled, switch_off, OFF),
  IF(REST,           WAKE,         ANY,     order_is_due, begin, TRY),
  IF(REST,           WAKE,         ANY,     window_is_due, begin, JOB),
  IF(REST,           WAKE,         ANY,     other_is_due, begin, ACCOUNT),

 /* In any state. */
 ROW(EVERY,          REQUEST,      ANY,     note_request,       STAY),
 ROW(BINDING,        RELOAD,       ANY,     note_reload,        STALE),
 ROW(UNBIND,         RELOAD,       ANY,     note_reload,        STALE),
 ROW(SETTINGS,       RELOAD,       ANY,     note_reload,        STALE),
 ROW(EVERY,          RELOAD,       ANY,     note_reload,        STAY),

 /* Preparation. */
  IF(TRY,            WRITTEN,      ANY,     pair_waits, none, FORCE),
 ROW(TRY,            WRITTEN,      ANY,     none,               ACCOUNT),
 ROW(TRY,            UNWRITTEN,    ANY,     not_remembered,     REST),
 ROW(ACCOUNT,        KEY_TAKEN,    ANY,     none,               NEXT),
 ROW(ACCOUNT,        KEY_MADE,     ANY,     none,               FIRST_CONTACTS),
 ROW(ACCOUNT,        KEY_REFUSED,  ANY,     not_begun,          ENDED),
 ROW(FIRST_CONTACTS, WRITTEN,      ANY,     none,               NEXT),
 ROW(FIRST_CONTACTS, UNWRITTEN,    ANY,     none,               NEXT),
 ROW(NEXT,           KEY_REFUSED,  ROLL,    not_begun,          ENDED),
 ROW(NEXT,           KEY_MADE,     ROLL,    next_held,          BINDING),
 ROW(NEXT,           KEY_TAKEN,    ISSUE,   next_held,          CERT_KEY),
 ROW(NEXT,           KEY_TAKEN,    REVOKE,  next_held,          MARK),
 ROW(NEXT,           KEY_TAKEN,    ANY,     next_held,          BINDING),
 ROW(NEXT,           KEY_NONE,     ISSUE,   next_not_held,      CERT_KEY),
 ROW(NEXT,           KEY_NONE,     REVOKE,  next_not_held,      MARK),
 ROW(NEXT,           KEY_NONE,     CONTACT, next_not_held,      BINDING),
 ROW(NEXT,           KEY_REFUSED,  ISSUE,   next_not_held,      CERT_KEY),
 ROW(NEXT,           KEY_REFUSED,  REVOKE,  next_not_held,      MARK),
 ROW(NEXT,           KEY_REFUSED,  ANY,     next_not_held,      BINDING),
 ROW(CERT_KEY,       KEY_MADE,     ANY,     none,               BINDING),
 ROW(CERT_KEY,       KEY_REFUSED,  ANY,     not_begun,          ENDED),
 ROW(MARK,           WRITTEN,      ANY,     none,               ALLOW),
 ROW(MARK,           UNWRITTEN,    ANY,     not_begun,          ENDED),
 ROW(ALLOW,          KEY_TAKEN,    ANY,     none,               BINDING),
 ROW(ALLOW,          KEY_REFUSED,  ANY,     not_begun,          ENDED),
 /* An existing account needs no binding. */
 ROW(BINDING,        KEY_TAKEN,    ANY,     none,               SETTINGS),
 ROW(BINDING,        KEY_NONE,     ANY,     none,               UNBIND),
 ROW(BINDING,        KEY_REFUSED,  ANY,     goes_without,       UNBIND),
 ROW(UNBIND,         KEY_TAKEN,    ANY,     none,               SETTINGS),
 ROW(UNBIND,         KEY_REFUSED,  ANY,     not_begun,          ENDED),
 ROW(SETTINGS,       KEY_TAKEN,    ANY,     hand_over,          JOB),
 ROW(SETTINGS,       KEY_REFUSED,  ANY,     not_begun,          ENDED),
 ROW(STALE,          KEY_TAKEN,    ANY,     none,               BINDING),
 ROW(STALE,          KEY_REFUSED,  ANY,     none,               BINDING),

 /* The job of acme-helper. */
  IF(JOB,            WAKE,         ANY,     is_late, kill_helper, STAY),
  IF(JOB,            GONE,         ANY,     is_stopping, none, OFF),
 ROW(JOB,            GONE,         ANY,     helper_gone,        ENDED),
  IF(JOB,           RESULT,      ~ROLL,  account_refused, read_result, ASIDE),
  IF(JOB,           RESULT,      ~ROLL,  has_next_key, read_result, MOVE_NEXT),
 ROW(JOB,            RESULT,       ANY,     read_result,        ENDED),
 ROW(ASIDE,          WRITTEN,      ANY,     goes_on,            ENDED),
 ROW(ASIDE,          UNWRITTEN,    ANY,     no_other_key,       ENDED),

 /* The end of the job. */
  IF(ENDED,          NONE,         ISSUE,   is_good, none, INSTALL),
 ROW(ENDED,          NONE,         ISSUE,   order_failed,       DROP_KEY),
  IF(ENDED,          NONE,         ARI,     is_good, window_known, SAVE),
 ROW(ENDED,          NONE,         ARI,     window_unknown,     SAVE),
  IF(ENDED,          NONE,         ROLL,    is_good, none, MOVE_NEXT),
  IF(ENDED,         NONE,        ROLL,   refused_again, roll_failed, DROP_NEXT),
  IF(ENDED,          NONE,         ROLL,    is_refused, roll_refused, SAVE),
 ROW(ENDED,          NONE,         ROLL,    roll_failed,        SAVE),
 ROW(ENDED,          NONE,         REVOKE,  none,               DISALLOW),
  IF(ENDED,          NONE,         CONTACT, is_good, contacts_known, CONTACTS),
 ROW(ENDED,          NONE,         CONTACT, contacts_unknown,   SAVE),

 ROW(INSTALL,        WRITTEN,      ANY,     none,               FORCE),
 ROW(INSTALL,        UNWRITTEN,    ANY,     chain_refused,      DROP_KEY),
 ROW(FORCE,          IN_FORCE,     ISSUE,   order_in_force,     TIDY),
 ROW(FORCE,          NOT_IN_FORCE, ISSUE,   order_not_in_force, SAVE),
 ROW(FORCE,          IN_FORCE,     REVOKE,  revoked_aside,      SAVE),
 ROW(FORCE,          NOT_IN_FORCE, REVOKE,  revoked_served,     SAVE),
 ROW(TIDY,           WRITTEN,      ANY,     none,               SAVE),
 ROW(DROP_KEY,       WRITTEN,      ANY,     none,               SAVE),

 ROW(MOVE_NEXT,      WRITTEN,      ANY,     none,               FORGET_NEXT),
 ROW(MOVE_NEXT,      UNWRITTEN,    ROLL,    roll_stuck,         SAVE),
 ROW(MOVE_NEXT,      UNWRITTEN,    ANY,     none,               ENDED),
 ROW(DROP_NEXT,      WRITTEN,      ANY,     none,               FORGET_NEXT),
 ROW(DROP_NEXT,      UNWRITTEN,    ANY,     none,               FORGET_NEXT),
  IF(FORGET_NEXT,    KEY_TAKEN,    ROLL,    is_good, roll_taken, SAVE),
  IF(FORGET_NEXT,    KEY_REFUSED,  ROLL,    is_good, roll_taken, SAVE),
 ROW(FORGET_NEXT,    KEY_TAKEN,    ROLL,    next_forgotten,     SAVE),
 ROW(FORGET_NEXT,    KEY_REFUSED,  ROLL,    next_forgotten,     SAVE),
 ROW(FORGET_NEXT,    KEY_TAKEN,    ANY,     next_taken,         ENDED),
 ROW(FORGET_NEXT,    KEY_REFUSED,  ANY,     next_taken,         ENDED),

  IF(DISALLOW,       KEY_TAKEN,    ANY,     is_good, was_revoked, RETIRE),
  IF(DISALLOW,       KEY_REFUSED,  ANY,     is_good, was_revoked, RETIRE),
 ROW(DISALLOW,       KEY_TAKEN,    ANY,     not_revoked,        UNMARK),
 ROW(DISALLOW,       KEY_REFUSED,  ANY,     not_revoked,        UNMARK),
 ROW(RETIRE,         WRITTEN,      ANY,     none,               FORCE),
 ROW(RETIRE,         UNWRITTEN,    ANY,     revoked_served,     SAVE),
 ROW(UNMARK,         WRITTEN,      ANY,     none,               SAVE),
 ROW(UNMARK,         UNWRITTEN,    ANY,     none,               SAVE),

 ROW(CONTACTS,       WRITTEN,      ANY,     contacts_written,   SAVE),
 ROW(CONTACTS,       UNWRITTEN,    ANY,     none,               SAVE),

 ROW(SAVE,           WRITTEN,      ANY,     send_answer,        REST),
 ROW(SAVE,           UNWRITTEN,    ANY,     send_answer,        REST),
#undef ROW
#undef IF
};

/* Take the first row for the event `type'.  The row, or NULL. */
static const struct machine_rule *
follow(const struct renew_move *s, enum renew_event_type type)
{
	const struct machine_rule *r;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		r = &rules[i];
		if ((r->from != RENEW_AT_EVERY && r->from != s->m->state) ||
		    r->on != type || (r->jobs != ANY &&
		    !(r->jobs & BIT(s->m->job))) ||
		    (r->when != NULL && !r->when(s)))
			continue;
		if (r->does != NULL)
			r->does(s);
		if (r->to != RENEW_AT_STAY)
			s->m->state = r->to;
		return (r);
	}
	return (NULL);
}

int
renew_step(struct renew_machine *m, const struct renew_event *ev,
    const struct renew_ops *ops)
{
	struct renew_move s = { m, ev, ev->facts, ops };
	const struct machine_rule *r;

	if ((r = follow(&s, ev->type)) == NULL || r->to == RENEW_AT_STAY)
		return (0);
	while (m->state == RENEW_AT_ENDED)
		if (follow(&s, RENEW_ON_NONE) == NULL)
			return (0);
	return (1);
}
