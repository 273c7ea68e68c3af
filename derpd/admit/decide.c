/*
 * decide: see decide.h.  Called by inquiries.c, logins.c and admitd.c.
 */
#include "decide.h"

/* How many sources gave each answer. */
struct tally {
	size_t	 n[ADMIT_FAILS + 1];
	size_t	 lately;	/* of those that fail */
	int	 asked_no;	/* one that was asked said no */
};

static void
count(const struct admit_facts *f, struct tally *t)
{
	size_t i;

	for (i = 0; i <= ADMIT_FAILS; i++)
		t->n[i] = 0;
	t->lately = 0;
	for (i = 0; i < f->nsources; i++) {
		t->n[f->answer[i]]++;
		t->lately += f->answer[i] == ADMIT_FAILS && f->lately[i];
	}
	t->asked_no = t->n[ADMIT_NO] > 0;
	if (f->keys)
		t->n[f->listed == ADMIT_LISTED ? ADMIT_YES : ADMIT_NO]++;
}

static struct admit_decision
yes(enum admit_because because)
{
	return ((struct admit_decision){ 1, IPC_ADMIT_YES, because });
}

static struct admit_decision
no(enum ipc_admit_verdict v)
{
	return ((struct admit_decision){ .made = 1, .verdict = v });
}

static struct admit_decision
refused(const struct tally *t)
{
	return (no(t->asked_no ? IPC_ADMIT_REFUSED : IPC_ADMIT_UNKNOWN));
}

static struct admit_decision
later(void)
{
	return ((struct admit_decision){ .made = 0 });
}

static struct admit_decision
decide_any(const struct admit_facts *f, const struct tally *t)
{
	if (t->n[ADMIT_YES] > 0)
		return (yes(ADMIT_BY_ANSWER));
	if (t->lately > 0)
		return (yes(ADMIT_BY_LATELY));
	if (t->n[ADMIT_FAILS] > 0 && f->fail_open)
		return (yes(ADMIT_BY_OPEN));
	if (t->n[ADMIT_PENDING] > 0)
		return (later());
	if (t->n[ADMIT_FAILS] > 0)
		return (no(IPC_ADMIT_FAILED));
	return (refused(t));
}

static struct admit_decision
decide_all(const struct admit_facts *f, const struct tally *t)
{
	const int by_lately = t->lately == t->n[ADMIT_FAILS];

	if (t->n[ADMIT_NO] > 0)
		return (refused(t));
	if (!by_lately && !f->fail_open)
		return (no(IPC_ADMIT_FAILED));
	if (t->n[ADMIT_PENDING] > 0)
		return (later());
	if (t->n[ADMIT_YES] + t->n[ADMIT_FAILS] == 0)
		return (refused(t));		/* there is no source */
	if (t->n[ADMIT_FAILS] == 0)
		return (yes(ADMIT_BY_ANSWER));
	return (yes(by_lately ? ADMIT_BY_LATELY : ADMIT_BY_OPEN));
}

struct admit_decision
admit_decide(const struct admit_facts *f)
{
	struct tally t;

	if (!f->on)
		return (yes(ADMIT_BY_ANSWER));
	if (f->listed == ADMIT_DENIES)
		return (no(IPC_ADMIT_DENIED));
	if (f->health)
		return (yes(ADMIT_BY_ANSWER));
	count(f, &t);
	return (f->all ? decide_all(f, &t) : decide_any(f, &t));
}

const char *
admit_decide_why(enum ipc_admit_verdict v)
{
	switch (v) {
	case IPC_ADMIT_YES:
		return ("");
	case IPC_ADMIT_UNKNOWN:
		return ("not admitted: this key is not in the relay's list");
	case IPC_ADMIT_DENIED:
		return ("not admitted: the relay's list denies this key");
	case IPC_ADMIT_REFUSED:
		return ("not admitted: the control server that this relay "
		    "asks does not know this key");
	case IPC_ADMIT_FAILED:
		return ("not admitted: the relay can't ask its control "
		    "server; try again later");
	case IPC_ADMIT_QUOTA:
		return ("not admitted: the quota of this client's group is "
		    "used up for this month");
	case IPC_ADMIT_CROWDED:
		return ("not admitted: this client's group has all the "
		    "connections that it may have");
	case IPC_ADMIT_BUSY:
		return ("not admitted: too many clients wait to be admitted; "
		    "try again later");
	case IPC_ADMIT_NO_SECRET:
		return ("not admitted: a part of the relay is starting; try "
		    "again");
	}
	return ("not admitted");
}
