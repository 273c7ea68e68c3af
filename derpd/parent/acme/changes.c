/*
 * changes: the changes that transitions make to the machine, with their log
 * lines and answers; see changes.h.  Pure.  Called by machine.c.
 */
#include <stdio.h>
#include <string.h>

#include "changes.h"

#define RETRY_SECS	3600	/* seconds after a failure */
#define AGAIN_SECS	10	/* after a first refusal of a new account key */
#define REST_SECS	86400	/* after a refusal of the contacts */
#define DAY		86400

static void
report(const struct renew_move *s, enum renew_level level, const char *what,
    const char *why)
{
	char line[3 * IPC_ACME_LINESIZE];

	snprintf(line, sizeof(line), "%s%s", what, why);
	s->ops->log(s->ops->arg, level, line);
}

/* Set the answer for derpctl, sent when all is on the disk. */
static void
set_answer(const struct renew_move *s, int good, const char *line)
{
	s->m->answered = 1;
	s->m->good = good;
	snprintf(s->m->answer, sizeof(s->m->answer), "%s", line);
}

void
renew_do_send_answer(const struct renew_move *s)
{
	struct renew_machine *m = s->m;
	unsigned int job = m->job;

	m->job = 0;
	if (m->answered)
		s->ops->answer(s->ops->arg, job, m->good, m->answer);
	m->answered = 0;
}

void
renew_do_read_record(const struct renew_move *s)
{
	struct renew_plan *p = &s->m->plan;

	if (s->ev->text == NULL)
		renew_plan_init(p, s->ev->rnd);
	else if (renew_plan_read(p, s->ev->text, s->ev->len, s->ev->now,
	    s->ev->rnd) == -1)
		report(s, RENEW_WARN, "acme.plan is damaged: the back-off "
		    "after failures is applied", "");
}

void
renew_do_switch_off(const struct renew_move *s)
{
	s->m->requests = 0;
}

/* A new certificate may be requested; revocations are not delayed by that. */
static void
end_hold(const struct renew_move *s)
{
	if (s->m->job != ACMEJOB_REVOKE && !s->f->marked)
		s->ops->unmark(s->ops->arg);
}

void
renew_do_note_request(const struct renew_move *s)
{
	struct renew_machine *m = s->m;

	if (s->ev->job == ACMEJOB_ISSUE)
		end_hold(s);
	/* A job under way fulfils the request. */
	if (s->ev->job == m->job)
		return;
	m->requests |= RENEW_BIT(s->ev->job);
	if (s->ev->job == ACMEJOB_REVOKE)
		m->reason = s->ev->reason;
}

/* The cause of a refusal may have been removed. */
void
renew_do_note_reload(const struct renew_move *s)
{
	struct renew_machine *m = s->m;

	m->next_contact = 0;
	m->pair = RENEW_PAIR_SERVED;
	if (!s->f->enabled) {
		m->requests = 0;
		return;
	}
	renew_plan_forgive(&m->plan);
	end_hold(s);
}

void
renew_do_begin(const struct renew_move *s)
{
	struct renew_machine *m = s->m;
	int64_t when;

	m->job = renew_due(m, s->f, s->ev->now, &when);
	if (m->job == ACMEJOB_REVOKE &&
	    !(m->requests & RENEW_BIT(ACMEJOB_REVOKE))) {
		m->reason = s->f->reason;
		report(s, RENEW_INFO,
		    "resuming the interrupted revocation", "");
	}
	m->requests &= ~RENEW_BIT(m->job);
	m->end = ACMEEND_INTERNAL;
	m->error[0] = m->lacks[0] = '\0';
	m->answered = 0;
	m->not_before = 0;
	m->until_ms = s->ev->ms + RENEW_JOB_SECS * 1000ULL;
	if (m->job != ACMEJOB_ISSUE)
		return;
	snprintf(m->earlier, sizeof(m->earlier), "%s", m->plan.error);
	renew_plan_begin(&m->plan, &s->f->cert, s->ev->now, s->ev->rnd);
}

/* A try that can't be recorded is not made: it would repeat for ever. */
void
renew_do_not_remembered(const struct renew_move *s)
{
	set_answer(s, 0, "acme.plan can't be written: see the log");
	renew_do_send_answer(s);
}

static void
end_with(const struct renew_move *s, enum ipc_acme_outcome end,
    const char *error)
{
	s->m->end = end;
	snprintf(s->m->error, sizeof(s->m->error), "%s", error);
}

/* The job can't begin. */
void
renew_do_not_begun(const struct renew_move *s)
{
	s->m->lacks[0] = '\0';		/* this error is the reason */
	end_with(s, ACMEEND_INTERNAL, s->ev->text != NULL &&
	    s->ev->text[0] != '\0' ? s->ev->text :
	    "the job can't begin: see the log");
}

/* The job can begin without the file; a failure names it. */
void
renew_do_goes_without(const struct renew_move *s)
{
	if (s->m->lacks[0] == '\0' && s->ev->text != NULL)
		snprintf(s->m->lacks, sizeof(s->m->lacks), "%s", s->ev->text);
}

void
renew_do_next_held(const struct renew_move *s)
{
	if (s->m->roll == RENEW_ROLL_NONE)
		s->m->roll = RENEW_ROLL_HELD;
}

void
renew_do_next_not_held(const struct renew_move *s)
{
	s->m->roll = RENEW_ROLL_NONE;
	if (s->ev->type == RENEW_ON_KEY_REFUSED)
		renew_do_goes_without(s);
}

void
renew_do_hand_over(const struct renew_move *s)
{
	s->m->until_ms = s->ev->ms + RENEW_JOB_SECS * 1000ULL;
}

void
renew_do_kill_helper(const struct renew_move *s)
{
	s->ops->kill(s->ops->arg);
}

void
renew_do_helper_gone(const struct renew_move *s)
{
	end_with(s, ACMEEND_INTERNAL, "acme-helper ended");
}

/* Turn the text into one line, for the log and the record. */
static void
make_plain(char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

void
renew_do_read_result(const struct renew_move *s)
{
	struct renew_machine *m = s->m;

	end_with(s, s->ev->end, s->ev->text);
	make_plain(m->error);
	m->not_before = s->ev->not_before;
	switch (m->end) {
	case ACMEEND_STOPPED:
		/* An end without a request counts as a failure. */
		if (!s->f->stopping && s->f->enabled)
			m->end = ACMEEND_INTERNAL;
		break;
	case ACMEEND_ACCOUNT:
	case ACMEEND_NEXT_KEY:
		m->end = ACMEEND_INTERNAL;
		break;
	default:
		break;
	}
}

/* Another account key is in place, or none: retry soon. */
void
renew_do_goes_on(const struct renew_move *s)
{
	s->m->end = ACMEEND_STOPPED;
}

void
renew_do_no_other_key(const struct renew_move *s)
{
	s->m->end = ACMEEND_REFUSED;
}

/* Ends: certificate */

void
renew_do_order_failed(const struct renew_move *s)
{
	struct renew_machine *m = s->m;
	char when[ACME_TIMESIZE], text[3 * IPC_ACME_LINESIZE];

	/* A file that the order lacked may be the reason. */
	snprintf(text, sizeof(text), "%s%s%s", m->error,
	    m->lacks[0] == '\0' ? "" : "; ", m->lacks);
	renew_plan_failed(&m->plan, &s->f->cert, m->end, text, m->not_before,
	    s->ev->now, s->ev->rnd);
	if (s->f->either && (m->end == ACMEEND_PORT || m->end == ACMEEND_DNS))
		renew_plan_other(&m->plan, m->not_before, s->ev->now);
	acme_time_text(m->plan.next_try, when);
	snprintf(text, sizeof(text), "no certificate: %s (next try %s%s)",
	    m->plan.error, when, !s->f->either ? "" : m->plan.challenge ==
	    ACMECHALLENGE_HTTP ? " over port 80" : " over port 443");
	report(s, RENEW_WARN, text, "");
	set_answer(s, 0, m->plan.error);
}

void
renew_do_chain_refused(const struct renew_move *s)
{
	end_with(s, ACMEEND_REFUSED, s->ev->text == NULL ?
	    "the new certificate can't be written" : s->ev->text);
	renew_do_order_failed(s);
}

void
renew_do_order_in_force(const struct renew_move *s)
{
	struct renew_machine *m = s->m;
	char until[ACME_TIMESIZE], text[IPC_ACME_LINESIZE];

	m->pair = RENEW_PAIR_SERVED;
	renew_plan_issued(&m->plan, s->ev->now, s->ev->rnd);
	acme_time_text(s->f->until, until);
	snprintf(text, sizeof(text), "certificate for %s and what else is "
	    "configured, valid until %s", s->f->name == NULL ? "?" :
	    s->f->name, until);
	report(s, RENEW_INFO, text, "");
	snprintf(text, sizeof(text), "a new certificate, valid until %s",
	    until);
	set_answer(s, 1, text);
}

/* Putting it in force is retried instead of another order. */
void
renew_do_order_not_in_force(const struct renew_move *s)
{
	static const char why[] = "the new certificate is on the disk, but "
	    "not in force: see the log";
	struct renew_machine *m = s->m;

	m->pair = RENEW_PAIR_WAITS;
	renew_plan_failed(&m->plan, &s->f->cert, ACMEEND_INTERNAL, why, 0,
	    s->ev->now, s->ev->rnd);
	report(s, RENEW_WARN, why, "");
	set_answer(s, 0, why);
}

/* The renewal window */

void
renew_do_window_known(const struct renew_move *s)
{
	struct renew_machine *m = s->m;
	struct renew_plan *p = &m->plan;
	const struct renew_plan_cert *c = &s->f->cert;
	int64_t was = renew_plan_renewal(p, c);
	struct acme_ari ari = *s->ev->ari;

	make_plain(ari.why);
	renew_plan_ari(p, c, &ari, m->not_before, s->ev->now, s->ev->rnd);
	if (renew_plan_renewal(p, c) < was - DAY)
		report(s, RENEW_INFO, p->ari_why[0] == '\0' ?
		    "the directory wants the certificate renewed early" :
		    "the directory wants the certificate renewed early: ",
		    p->ari_why);
}

void
renew_do_window_unknown(const struct renew_move *s)
{
	renew_plan_ari_failed(&s->m->plan, &s->f->cert, s->m->not_before,
	    s->ev->now);
	report(s, RENEW_DEBUG, "no renewal information: ", s->m->error);
}

/* Rollover of the account key */

void
renew_do_roll_taken(const struct renew_move *s)
{
	s->m->roll = RENEW_ROLL_NONE;
	set_answer(s, 1, "the account has a new key");
}

void
renew_do_roll_stuck(const struct renew_move *s)
{
	s->m->roll = RENEW_ROLL_HELD;
	s->m->next_roll = s->ev->now + RETRY_SECS;
	set_answer(s, 0, "the directory has the new key, but its file can't be "
	    "renamed: see the log");
}

/* The servers of the directory may not agree yet: retry once. */
void
renew_do_roll_refused(const struct renew_move *s)
{
	s->m->roll = RENEW_ROLL_REFUSED;
	s->m->next_roll = s->ev->now + AGAIN_SECS;
}

void
renew_do_roll_failed(const struct renew_move *s)
{
	if (s->m->roll == RENEW_ROLL_REFUSED)
		s->m->roll = RENEW_ROLL_HELD;
	s->m->next_roll = s->ev->now + RETRY_SECS;
	report(s, RENEW_WARN, "account key rollover failed: ", s->m->error);
	set_answer(s, 0, s->m->error);
}

void
renew_do_next_forgotten(const struct renew_move *s)
{
	s->m->roll = RENEW_ROLL_NONE;
}

/* Another job found that the directory has the next key already. */
void
renew_do_next_taken(const struct renew_move *s)
{
	s->m->roll = RENEW_ROLL_NONE;
	renew_do_goes_on(s);
}

/* Revocation */

void
renew_do_was_revoked(const struct renew_move *s)
{
	report(s, RENEW_WARN, "the certificate has been revoked", "");
}

void
renew_do_not_revoked(const struct renew_move *s)
{
	s->m->next_revoke = s->ev->now + RETRY_SECS;
	report(s, RENEW_WARN, "not revoked: ", s->m->error);
	set_answer(s, 0, s->m->error);
}

void
renew_do_revoked_aside(const struct renew_move *s)
{
	set_answer(s, 1, "revoked: the temporary certificate is served until "
	    "derpctl cert renew");
}

void
renew_do_revoked_served(const struct renew_move *s)
{
	s->m->next_revoke = s->ev->now + RETRY_SECS;
	set_answer(s, 0, "the certificate is revoked, but still served: see "
	    "the log");
}

/* Contacts */

void
renew_do_contacts_known(const struct renew_move *s)
{
	s->m->next_contact = s->ev->now + RETRY_SECS;
}

void
renew_do_contacts_written(const struct renew_move *s)
{
	report(s, RENEW_INFO, "the directory has the contacts", "");
}

void
renew_do_contacts_unknown(const struct renew_move *s)
{
	s->m->next_contact = s->ev->now + (s->m->end == ACMEEND_REFUSED ?
	    REST_SECS : RETRY_SECS);
	report(s, RENEW_WARN, "the contacts can't be updated: ",
	    s->m->error);
}
