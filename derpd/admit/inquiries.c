/*
 * inquiries: see inquiries.h.  Called by admitd.c, ends.c, inforce.c and
 * logins.c.
 */
#include <stdlib.h>
#include <string.h>

#include "bykey.h"
#include "inquiries.h"

/* One that waits, on the lists of its inquiry and its origin. */
struct admit_waiting {
	TAILQ_ENTRY(admit_waiting) entry;
	TAILQ_ENTRY(admit_waiting) of_origin;
	struct admit_inquiry *inquiry;
	struct admit_waiter w;
};

TAILQ_HEAD(admit_waitings, admit_waiting);

struct admit_inquiry {
	struct admit_entry entry;	/* in the order of their ends */
	uint8_t		 addr[IPC_ADDRLEN];	/* of the first that asked */
	uint64_t	 end_us;
	int		 crowded;	/* it ends, and was not asked in time */
	struct admit_waitings waitings;
	struct admit_item item[];	/* of each source */
};

struct admit_inquiries {
	const struct admit_inquiries_ops *ops;
	void		*arg;
	struct admit_bykey *table;	/* NULL without sources */
	struct admit_source *sources;
	size_t		 n;
	struct admit_waitings origins[ADMIT_ORIGINS];
	size_t		 nwaitings[ADMIT_ORIGINS];
};

struct admit_inquiries *
admit_inquiries_new(const struct admit_inquiries_ops *ops, void *arg)
{
	struct admit_inquiries *qs;
	size_t i;

	if ((qs = calloc(1, sizeof(*qs))) == NULL)
		return (NULL);
	qs->ops = ops;
	qs->arg = arg;
	for (i = 0; i < ADMIT_ORIGINS; i++)
		TAILQ_INIT(&qs->origins[i]);
	return (qs);
}

/* Those that wait */

static struct admit_waiting *
waiting_add(struct admit_inquiries *qs, struct admit_inquiry *q,
    const struct admit_waiter *w)
{
	struct admit_waiting *t;

	if ((t = malloc(sizeof(*t))) == NULL)
		return (NULL);
	t->inquiry = q;
	t->w = *w;
	TAILQ_INSERT_TAIL(&q->waitings, t, entry);
	TAILQ_INSERT_TAIL(&qs->origins[w->origin], t, of_origin);
	qs->nwaitings[w->origin]++;
	return (t);
}

static void
waiting_free(struct admit_inquiries *qs, struct admit_waiting *t)
{
	TAILQ_REMOVE(&t->inquiry->waitings, t, entry);
	TAILQ_REMOVE(&qs->origins[t->w.origin], t, of_origin);
	qs->nwaitings[t->w.origin]--;
	free(t);
}

/* Inquiries */

static void
inquiry_free(struct admit_inquiries *qs, struct admit_inquiry *q)
{
	struct admit_waiting *t;
	size_t i;

	while ((t = TAILQ_FIRST(&q->waitings)) != NULL)
		waiting_free(qs, t);
	for (i = 0; i < qs->n; i++)
		admit_source_take(&qs->sources[i], &q->item[i]);
	admit_bykey_remove(qs->table, q);
}

/*
 * Free an inquiry that nobody waits for, unless a question was sent: then it
 * keeps what was.
 */
static void
reap(struct admit_inquiries *qs, struct admit_inquiry *q)
{
	size_t i, sent = 0;

	if (!TAILQ_EMPTY(&q->waitings))
		return;
	for (i = 0; i < qs->n; i++) {
		if (q->item[i].state == ADMIT_ITEM_WAITS) {
			admit_source_take(&qs->sources[i], &q->item[i]);
			q->item[i].answer = ADMIT_PENDING;
		}
		sent += q->item[i].state == ADMIT_ITEM_SENT;
	}
	if (sent == 0)
		inquiry_free(qs, q);
}

/*
 * Decide for those that wait: *login for logins, *check for checks.  A crowd of
 * questions makes nobody welcome.
 */
static void
decide(const struct admit_inquiries *qs, const struct admit_inquiry *q,
    struct admit_decision *login, struct admit_decision *check)
{
	struct admit_facts f;
	size_t i;

	memset(&f, 0, sizeof(f));
	qs->ops->facts(qs->arg, q->entry.key, &f);
	f.nsources = qs->n;
	for (i = 0; i < qs->n; i++)
		f.answer[i] = q->item[i].answer;
	if (q->crowded)
		f.fail_open = 0;
	*login = admit_decide(&f);
	if (q->crowded && login->verdict == IPC_ADMIT_FAILED)
		login->verdict = IPC_ADMIT_BUSY;
	f.fail_open = 1;
	*check = admit_decide(&f);
}

static int
is_login(const struct admit_waiter *w)
{
	return (w->origin < ADMIT_ORIGIN_RELAY);
}

/* Tell those for whom the answers so far decide; `q' may be freed. */
static void
settle(struct admit_inquiries *qs, struct admit_inquiry *q)
{
	struct admit_decision login, check;
	const struct admit_decision *d;
	struct admit_waiting *t, *next;

	decide(qs, q, &login, &check);
	TAILQ_FOREACH_SAFE(t, &q->waitings, entry, next) {
		d = is_login(&t->w) ? &login : &check;
		if (!d->made)
			continue;
		qs->ops->decided(qs->arg, q->entry.key, &t->w, d);
		waiting_free(qs, t);
	}
	reap(qs, q);
}

/* Send what may be sent to source `n'. */
static void
pump(struct admit_inquiries *qs, size_t n, uint64_t now_us)
{
	struct admit_source *s = &qs->sources[n];
	struct admit_item *i;
	uint64_t cookie;

	while ((i = admit_source_next(s, now_us, &cookie)) != NULL)
		if (qs->ops->ask(qs->arg, (unsigned int)n, cookie,
		    i->inquiry->entry.key, i->inquiry->addr) == -1)
			return;		/* the end of its channel follows */
}

static void
pump_all(struct admit_inquiries *qs, uint64_t now_us)
{
	size_t i;

	for (i = 0; i < qs->n; i++)
		pump(qs, i, now_us);
}

static struct admit_inquiry *
inquiry_new(struct admit_inquiries *qs, const uint8_t *key,
    const uint8_t *addr)
{
	struct admit_inquiry *q;
	size_t i;

	if ((q = admit_bykey_add(qs->table, key)) == NULL)
		return (NULL);
	TAILQ_INIT(&q->waitings);
	memcpy(q->addr, addr, sizeof(q->addr));
	for (i = 0; i < qs->n; i++)
		q->item[i].inquiry = q;
	return (q);
}

/*
 * Nobody waits for this inquiry, it may be new: ask what has no answer, and was
 * not asked.  The answers that it had may be too old by now.
 */
static void
begin(struct admit_inquiries *qs, struct admit_inquiry *q,
    const enum admit_answer *answers, unsigned int origin, uint64_t now_us)
{
	struct admit_item *i;
	size_t n;

	q->end_us = now_us + ADMIT_INQUIRY_US;
	admit_bykey_last(qs->table, q);
	for (n = 0; n < qs->n; n++) {
		i = &q->item[n];
		if (i->state != ADMIT_ITEM_IDLE)
			continue;
		i->answer = answers[n];
		if (i->answer == ADMIT_PENDING &&
		    !admit_source_wait(&qs->sources[n], i, origin, now_us))
			i->answer = ADMIT_FAILS;
	}
}

/* Use an inquiry for which others wait for one of this origin, too. */
static void
share(struct admit_inquiries *qs, struct admit_inquiry *q,
    unsigned int origin)
{
	size_t i;

	for (i = 0; i < qs->n; i++)
		admit_source_share(&qs->sources[i], &q->item[i], origin);
}

/* Return the inquiry about a key, made if there is none; NULL: busy. */
static struct admit_inquiry *
inquiry_get(struct admit_inquiries *qs, const uint8_t *key,
    const enum admit_answer *answers, const struct admit_waiter *w,
    uint64_t now_us)
{
	struct admit_inquiry *q;

	if (qs->table == NULL || qs->nwaitings[w->origin] == ADMIT_WAITERS_MAX)
		return (NULL);
	if ((q = admit_bykey_find(qs->table, key)) == NULL &&
	    (q = inquiry_new(qs, key, w->addr)) == NULL)
		return (NULL);
	if (TAILQ_EMPTY(&q->waitings))
		begin(qs, q, answers, w->origin, now_us);
	else
		share(qs, q, w->origin);
	return (q);
}

enum admit_join
admit_inquiries_join(struct admit_inquiries *qs, const uint8_t key[IPC_KEYLEN],
    const enum admit_answer *answers, const struct admit_waiter *w,
    uint64_t now_us, struct admit_decision *d)
{
	struct admit_decision login, check;
	struct admit_inquiry *q;

	if ((q = inquiry_get(qs, key, answers, w, now_us)) == NULL)
		return (ADMIT_JOIN_BUSY);
	decide(qs, q, &login, &check);
	*d = is_login(w) ? login : check;
	if (!d->made && waiting_add(qs, q, w) == NULL) {
		reap(qs, q);
		return (ADMIT_JOIN_BUSY);
	}
	reap(qs, q);
	pump_all(qs, now_us);
	return (d->made ? ADMIT_JOIN_DECIDED : ADMIT_JOIN_WAITS);
}

/* A question to source `n' has its answer; the inquiry may be freed. */
static void
has_answer(struct admit_inquiries *qs, size_t n, struct admit_item *i,
    enum admit_answer a)
{
	admit_source_take(&qs->sources[n], i);
	i->answer = a;
	settle(qs, i->inquiry);
}

/*
 * What came of a question that was sent to source `n'.  When that backs the
 * source off, what waits for it fails.
 */
static void
result(struct admit_inquiries *qs, size_t n, struct admit_item *i,
    enum admit_answer a, const char *why, uint64_t now_us)
{
	struct admit_source *s = &qs->sources[n];

	admit_source_result(s, a, why, now_us);
	qs->ops->heard(qs->arg, i->inquiry->entry.key, (unsigned int)n, a);
	has_answer(qs, n, i, a);
	if (admit_source_backed_off(s))
		while ((i = admit_source_waiting(s)) != NULL)
			has_answer(qs, n, i, ADMIT_FAILS);
}

void
admit_inquiries_answer(struct admit_inquiries *qs, unsigned int n,
    uint64_t cookie, enum admit_answer a, const char *why, uint64_t now_us)
{
	struct admit_item *i;

	if (n >= qs->n ||
	    (i = admit_source_find(&qs->sources[n], cookie)) == NULL)
		return;
	result(qs, n, i, a, why, now_us);
	pump(qs, n, now_us);
}

void
admit_inquiries_channel(struct admit_inquiries *qs, unsigned int n, int up,
    uint64_t now_us)
{
	struct admit_source *s;
	struct admit_item *i;
	int again;

	if (n >= qs->n)
		return;
	s = &qs->sources[n];
	s->connected = 0;
	while ((i = admit_source_sent(s)) != NULL) {
		again = i->again;
		i->again = 1;
		admit_source_take(s, i);
		if (again || !admit_source_wait(s, i, i->origin, now_us))
			result(qs, n, i, ADMIT_FAILS,
			    "the process that asks it ended", now_us);
	}
	s->connected = up;
	if (up)
		s->retry_us = now_us;
	pump(qs, n, now_us);
}

/*
 * An inquiry is too old, and source `n' has not answered: that fails.  If it
 * was asked too late, or its turn did not come, it is not the source that does.
 */
static void
give_up(struct admit_inquiries *qs, struct admit_inquiry *q, size_t n,
    uint64_t now_us)
{
	struct admit_source *s = &qs->sources[n];
	struct admit_item *i = &q->item[n];

	if (i->state == ADMIT_ITEM_SENT && admit_source_is_late(s, i, now_us)) {
		admit_source_result(s, ADMIT_FAILS, "no answer within 5 "
		    "seconds", now_us);
		qs->ops->heard(qs->arg, q->entry.key, (unsigned int)n,
		    ADMIT_FAILS);
	} else if (i->state == ADMIT_ITEM_WAITS && !s->connected)
		admit_source_result(s, ADMIT_FAILS, "the process that asks it "
		    "is not there", now_us);
	else
		q->crowded = 1;
	i->answer = ADMIT_FAILS;
	admit_source_take(s, i);
}

static void
expire(struct admit_inquiries *qs, struct admit_inquiry *q, uint64_t now_us)
{
	size_t i;

	for (i = 0; i < qs->n; i++)
		if (q->item[i].answer == ADMIT_PENDING)
			give_up(qs, q, i, now_us);
	settle(qs, q);
}

void
admit_inquiries_turn(struct admit_inquiries *qs, uint64_t now_us)
{
	struct admit_inquiry *q;

	if (qs->table == NULL)
		return;
	while ((q = admit_bykey_head(qs->table)) != NULL &&
	    q->end_us <= now_us)
		expire(qs, q, now_us);
	pump_all(qs, now_us);
}

void
admit_inquiries_again(struct admit_inquiries *qs)
{
	struct admit_inquiry *q, *next;

	if (qs->table == NULL)
		return;
	for (q = admit_bykey_head(qs->table); q != NULL; q = next) {
		next = admit_bykey_next(q);
		settle(qs, q);
	}
}

void
admit_inquiries_forget(struct admit_inquiries *qs, unsigned int origin)
{
	struct admit_waiting *t;
	struct admit_inquiry *q;

	while ((t = TAILQ_FIRST(&qs->origins[origin])) != NULL) {
		q = t->inquiry;
		waiting_free(qs, t);
		reap(qs, q);
	}
}

/* Sources */

static void
sources_free(struct admit_source *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		admit_source_clear(&s[i]);
	free(s);
}

/* Free all inquiries; give those that wait to `again', unless it is NULL. */
static void
drain(struct admit_inquiries *qs, struct admit_bykey *table,
    void (*again)(void *, const uint8_t *, const struct admit_waiter *))
{
	struct admit_waiting *t;
	struct admit_inquiry *q;
	struct admit_waiter w;

	while (table != NULL && (q = admit_bykey_head(table)) != NULL) {
		while ((t = TAILQ_FIRST(&q->waitings)) != NULL) {
			w = t->w;
			waiting_free(qs, t);
			if (again != NULL)
				again(qs->arg, q->entry.key, &w);
		}
		admit_bykey_remove(table, q);
	}
	admit_bykey_free(table);
}

int
admit_inquiries_sources(struct admit_inquiries *qs,
    const struct admit_source_name *names, size_t n,
    void (*again)(void *, const uint8_t *, const struct admit_waiter *))
{
	struct admit_source *new = calloc(n == 0 ? 1 : n, sizeof(*new)),
	    *old = qs->sources;
	struct admit_bykey *table, *old_table = qs->table;
	const size_t nold = qs->n;
	size_t i;

	table = admit_bykey_new(sizeof(struct admit_inquiry) +
	    n * sizeof(struct admit_item), ADMIT_INQUIRIES_MAX);
	for (i = 0; new != NULL && table != NULL && i < n; i++) {
		if (admit_source_init(&new[i], names[i].kind,
		    names[i].name) == -1)
			break;
		/* An answer to an old question has no cookie of a new one. */
		if (i < nold)
			new[i].serial = old[i].serial;
	}
	if (new == NULL || table == NULL || i < n) {
		if (new != NULL)
			sources_free(new, n);
		admit_bykey_free(table);
		return (-1);
	}
	qs->sources = new;
	qs->n = n;
	qs->table = table;
	drain(qs, old_table, again);
	sources_free(old, nold);
	return (0);
}

void
admit_inquiries_free(struct admit_inquiries *qs)
{
	if (qs == NULL)
		return;
	drain(qs, qs->table, NULL);
	sources_free(qs->sources, qs->n);
	free(qs);
}

size_t
admit_inquiries_nsources(const struct admit_inquiries *qs)
{
	return (qs->n);
}

const struct admit_source *
admit_inquiries_source(const struct admit_inquiries *qs, size_t n)
{
	return (&qs->sources[n]);
}

size_t
admit_inquiries_count(const struct admit_inquiries *qs)
{
	return (qs->table == NULL ? 0 : admit_bykey_count(qs->table));
}
