/*
 * machinefixture: a simulated world for the machine of certificates: the disk,
 * keys, acme-helper and a directory.  Drives the machine, and kills or
 * interrupts it in a chosen state.  For machine_crash_test.c.
 */
#ifndef MACHINEFIXTURE_H
#define MACHINEFIXTURE_H

#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"

#define NOW	1760000000LL
#define DAY	86400LL
#define LIFE	(90 * DAY)
#define MAXIDS	64

static struct renew_machine m;
static struct renew_facts f;
static struct acme_ari	 ari;

static struct {
	/* The state directory; numbers are keys or certificates; 0: none. */
	int	 account, next, crt, mark, reason;
	int	 keys[MAXIDS];		/* does the key's file exist? */
	int	 contacts;		/* as sent to the directory */
	char	 plan[PLAN_TEXTSIZE];
	size_t	 plan_len;		/* 0: none */
	/* The directory. */
	int	 has_account;		/* number of its key */
	int	 deactivated;		/* a key that is refused */
	int	 has_contacts;
	int	 refuses_roll, refuses_order, refuses_revoke; /* how often */
	int	 revoked[MAXIDS];
	int64_t	 last_order;
	/* keys */
	int	 k_account, k_next, k_cert, k_allowed;
	/* The parent. */
	int	 order_key, in_force, new_crt, wants_contacts;
	int	 binding;		/* an account binding is configured */
	int	 fails_force;		/* how often */
	int	 requested;			/* an order was requested */
	int64_t	 now;
	uint64_t ms;
	/* Made so far. */
	int	 ids, crts, crt_key[MAXIDS];
	int64_t	 crt_from[MAXIDS];
} w;

static enum renew_state	 crash_in;	/* RENEW_NSTATES: never */
static int		 crash_after;	/* after the state's work */
static int		 crashed;
static int		 reached[RENEW_NSTATES];

static void
log_line(void *arg, enum renew_level level, const char *line)
{
	(void)arg;
	(void)level;
	(void)line;
}

static void
answer(void *arg, unsigned int job, int good, const char *line)
{
	(void)arg;
	(void)job;
	(void)good;
	(void)line;
}

static void
unmark(void *arg)
{
	(void)arg;
	w.mark = 0;
}

static void
kill_helper(void *arg)
{
	(void)arg;
}

static const struct renew_ops ops = {
	log_line, answer, unmark, kill_helper, NULL
};

static int
new_id(void)
{
	ATF_REQUIRE(w.ids < MAXIDS - 1);
	return (++w.ids);
}

static void
world_facts(void)
{
	memset(&f, 0, sizeof(f));
	f.enabled = f.ready = 1;
	f.next = w.next != 0;
	f.mark = w.mark != 0;
	f.contacts = w.account != 0 && w.contacts != w.wants_contacts;
	f.cert.id = "";
	if (w.in_force == 0)
		return;
	f.served = 1;
	f.marked = w.mark == w.in_force;
	f.reason = (uint8_t)w.reason;
	f.name = "relay.test";
	f.cert.id = "a.b";
	f.cert.not_before = w.crt_from[w.in_force];
	f.until = f.cert.not_after = f.cert.not_before + LIFE;
}

/* Invariants, checked at every step. */
static void
world_check(void)
{
	if (w.crt != 0)
		ATF_REQUIRE_MSG(w.keys[w.crt_key[w.crt]],
		    "%s: the key of acme.crt is gone",
		    renew_state_name(m.state));
	if (w.has_account != 0 && w.has_account != w.deactivated)
		ATF_REQUIRE_MSG(w.has_account == w.account ||
		    w.has_account == w.next, "%s: the account's key is lost",
		    renew_state_name(m.state));
}

/* Find or make the account, like acme-helper.  ACMEEND_OK or its outcome. */
static enum ipc_acme_outcome
need_account(void)
{
	ATF_REQUIRE(w.k_account != 0);
	if (w.k_account == w.deactivated)
		return (ACMEEND_ACCOUNT);
	if (w.has_account == w.k_account)
		return (ACMEEND_OK);
	if (w.k_next != 0 && w.has_account == w.k_next)
		return (ACMEEND_NEXT_KEY);
	w.has_account = w.k_account;
	w.has_contacts = w.wants_contacts;
	return (ACMEEND_OK);
}

static enum ipc_acme_outcome
order(void)
{
	enum ipc_acme_outcome	 end;

	ATF_REQUIRE_MSG(w.requested || w.now >= w.last_order + 60,
	    "two orders within a minute");
	w.requested = 0;
	w.last_order = w.now;
	if ((end = need_account()) != ACMEEND_OK)
		return (end);
	if (w.refuses_order > 0 && w.refuses_order--)
		return (ACMEEND_REFUSED);
	ATF_REQUIRE(w.k_cert != 0 && w.crts < MAXIDS - 1);
	w.new_crt = ++w.crts;
	w.crt_key[w.new_crt] = w.k_cert;
	w.crt_from[w.new_crt] = w.now;
	return (ACMEEND_OK);
}

static enum ipc_acme_outcome
roll(void)
{
	ATF_REQUIRE(w.k_account != 0 && w.k_next != 0);
	if (w.has_account == w.k_next)
		return (ACMEEND_OK);
	if (w.has_account != w.k_account ||
	    (w.refuses_roll > 0 && w.refuses_roll--))
		return (ACMEEND_REFUSED);
	w.has_account = w.k_next;
	return (ACMEEND_OK);
}

static enum ipc_acme_outcome
do_job(void)
{
	enum ipc_acme_outcome	 end;

	switch (m.job) {
	case ACMEJOB_ISSUE:
		return (order());
	case ACMEJOB_ROLL:
		return (roll());
	case ACMEJOB_REVOKE:
		ATF_REQUIRE_EQ(w.in_force, w.k_allowed);
		if (w.refuses_revoke > 0 && w.refuses_revoke--)
			return (ACMEEND_REFUSED);
		if ((end = need_account()) == ACMEEND_OK)
			w.revoked[w.in_force] = 1;
		return (end);
	case ACMEJOB_CONTACT:
		if ((end = need_account()) == ACMEEND_OK)
			w.has_contacts = w.wants_contacts;
		return (end);
	default:
		return (ACMEEND_OK);
	}
}

static enum renew_event_type
key(int *file, int *in_keys, int make)
{
	if (*file == 0 && !make)
		return (RENEW_ON_KEY_NONE);
	if (*file != 0) {
		*in_keys = *file;
		return (RENEW_ON_KEY_TAKEN);
	}
	*in_keys = *file = new_id();
	return (RENEW_ON_KEY_MADE);
}

static void
remove_keys_but(int keep)
{
	int	 i;

	for (i = 0; i < MAXIDS; i++)
		if (i != keep)
			w.keys[i] = 0;
}

/* Do the work of the state; returns the event that it ends with. */
static enum renew_event_type
work(enum ipc_acme_outcome *end)
{
	switch (m.state) {
	case RENEW_AT_LOAD:
		return (RENEW_ON_RECORD);
	case RENEW_AT_TRY:
	case RENEW_AT_SAVE:
		w.plan_len = renew_plan_write(&m.plan, w.plan);
		return (RENEW_ON_WRITTEN);
	case RENEW_AT_ACCOUNT:
		return (key(&w.account, &w.k_account, 1));
	case RENEW_AT_NEXT:
		return (key(&w.next, &w.k_next, m.job == ACMEJOB_ROLL));
	case RENEW_AT_CERT_KEY:
		w.k_cert = w.order_key = new_id();
		w.keys[w.order_key] = 1;
		return (RENEW_ON_KEY_MADE);
	case RENEW_AT_FIRST_CONTACTS:
	case RENEW_AT_CONTACTS:
		w.contacts = w.wants_contacts;
		return (RENEW_ON_WRITTEN);
	case RENEW_AT_MARK:
		w.mark = w.in_force;
		w.reason = m.reason;
		return (RENEW_ON_WRITTEN);
	case RENEW_AT_UNMARK:
		w.mark = 0;
		return (RENEW_ON_WRITTEN);
	case RENEW_AT_ALLOW:
		w.k_allowed = w.in_force;
		return (RENEW_ON_KEY_TAKEN);
	case RENEW_AT_DISALLOW:
		w.k_allowed = 0;
		return (RENEW_ON_KEY_TAKEN);
	case RENEW_AT_BINDING:
		return (w.binding ? RENEW_ON_KEY_TAKEN : RENEW_ON_KEY_NONE);
	case RENEW_AT_FORGET_NEXT:
		w.k_next = 0;
		return (RENEW_ON_KEY_TAKEN);
	case RENEW_AT_JOB:
		*end = do_job();
		return (RENEW_ON_RESULT);
	case RENEW_AT_ASIDE:
		w.account = 0;
		return (RENEW_ON_WRITTEN);
	case RENEW_AT_MOVE_NEXT:
		w.account = w.next;
		w.next = 0;
		return (RENEW_ON_WRITTEN);
	case RENEW_AT_DROP_NEXT:
		w.next = 0;
		return (RENEW_ON_WRITTEN);
	case RENEW_AT_RETIRE:
		w.mark = w.crt;
		w.crt = 0;
		return (RENEW_ON_WRITTEN);
	case RENEW_AT_INSTALL:
		w.crt = w.new_crt;
		return (RENEW_ON_WRITTEN);
	case RENEW_AT_FORCE:
		if (w.fails_force > 0 && w.fails_force--)
			return (RENEW_ON_NOT_IN_FORCE);
		w.in_force = w.crt;
		return (RENEW_ON_IN_FORCE);
	case RENEW_AT_TIDY:
		remove_keys_but(w.crt_key[w.in_force]);
		w.mark = 0;
		return (RENEW_ON_WRITTEN);
	case RENEW_AT_DROP_KEY:
		if (w.crt == 0 || w.crt_key[w.crt] != w.order_key)
			w.keys[w.order_key] = 0;
		w.order_key = 0;
		return (RENEW_ON_WRITTEN);
	default:
		return (RENEW_ON_KEY_TAKEN);
	}
}

/* derpd is killed and starts again with what is on the disk. */
static void
restart(void)
{
	crashed = 1;
	renew_machine_init(&m);
	w.k_account = w.k_next = w.k_cert = w.k_allowed = w.order_key = 0;
	w.in_force = w.crt;
	w.requested = 0;
}

static int
world_step(struct renew_event *ev)
{
	world_facts();
	ev->now = w.now;
	ev->ms = w.ms;
	ev->facts = &f;
	ev->ari = &ari;
	return (renew_step(&m, ev, &ops));
}

static void
world_event(enum renew_event_type type, unsigned int job)
{
	struct renew_event	 ev = { .type = type, .job = job, .reason = 4 };

	(void)world_step(&ev);
}

/* An event that comes while the work's event is awaited; 0: none. */
static enum renew_event_type	 interrupt;
static enum renew_state		 interrupt_in;
static unsigned int		 interrupt_job;
static int			 gone;	/* acme-helper ended in its job */

/* Let the machine work until nothing is due now. */
static void
settle(void)
{
	struct renew_event	 ev = { .type = RENEW_ON_WAKE };
	enum ipc_acme_outcome	 end = ACMEEND_OK;
	enum renew_state	 s;
	int			 n;

	for (n = 0; world_step(&ev); n++) {
		ATF_REQUIRE_MSG(n < 1000, "no end in %s",
		    renew_state_name(m.state));
		memset(&ev, 0, sizeof(ev));
		ev.type = RENEW_ON_WAKE;
		s = m.state;
		if (s == RENEW_AT_REST)
			continue;
		ATF_REQUIRE(s != RENEW_AT_ENDED);
		reached[s] = 1;
		if (s == crash_in && !crash_after) {
			crash_in = RENEW_NSTATES;
			restart();
			continue;
		}
		ev.type = work(&end);
		ev.end = end;
		ev.text = s == RENEW_AT_JOB ? "" : NULL;
		if (s == RENEW_AT_LOAD && w.plan_len > 0) {
			ev.text = w.plan;
			ev.len = w.plan_len;
		}
		world_check();
		if (s == crash_in) {
			crash_in = RENEW_NSTATES;
			restart();
			ev.type = RENEW_ON_WAKE;
		} else if (s == interrupt_in && ev.type != RENEW_ON_KEY_NONE) {
			interrupt_in = RENEW_NSTATES;
			w.requested |= interrupt == RENEW_ON_RELOAD ||
			    interrupt_job == ACMEJOB_ISSUE;
			/* Without acme-helper there is no result. */
			gone = interrupt == RENEW_ON_GONE &&
			    s == RENEW_AT_JOB;
			if (gone)
				ev.type = RENEW_ON_GONE;
			else
				world_event(interrupt, interrupt_job);
		}
	}
}

/* Let days pass. */
static void
days(int n)
{
	int64_t	 until = w.now + n * DAY, wake;

	for (settle(); w.now < until; settle()) {
		world_facts();
		wake = renew_wake(&m, &f, w.now);
		ATF_REQUIRE(wake > 0);
		w.now += wake;
		w.ms += (uint64_t)wake * 1000;
	}
}

static void
request(unsigned int job)
{
	w.requested |= job == ACMEJOB_ISSUE;
	world_event(RENEW_ON_REQUEST, job);
	settle();
}

#endif
