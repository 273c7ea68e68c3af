/*
 * plan: when to do what about certificates; see plan.h.  Pure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

#define MINUTE		60
#define HOUR		3600
#define DAY		86400

#define QUERY_MIN	MINUTE	/* RFC 9773 4.3.2 */
#define QUERY_MAX	DAY
#define QUERY_USUAL	(6 * HOUR)	/* RFC 9773 4.3.3 */
#define REST_MAX	(7 * DAY)	/* longest rest that a directory gets */
#define FAR		(30 * DAY)	/* bound on times in a record */
#define OTHER_REST	5		/* seconds before the other challenge */
#define CAREFUL		3		/* failures assumed when unknown */
#define MAGIC		"derpd-acme 2\n"
#define OLD_MAGIC	"derpd-acme 1\n"	/* without `challenge' */

/* Seconds to wait after 1, 2 ... failures in a row. */
static const int64_t rests[] = {
	2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR,
	12 * HOUR, DAY
};

#define NRESTS	(sizeof(rests) / sizeof(rests[0]))

void
renew_plan_init(struct renew_plan *p, uint32_t rnd)
{
	memset(p, 0, sizeof(*p));
	p->jitter = rnd;
}

/* The part of `span' that `rnd' picks, from 0 to just below `span'. */
static int64_t
part(int64_t span, uint32_t rnd)
{
	/* In two steps, so that no product overflows. */
	return ((span >> 32) * rnd +
	    (int64_t)(((uint64_t)(span & 0xffffffff) * rnd) >> 32));
}

/* A time from the record, or `now' if it is implausible. */
static int64_t
sound(int64_t t, int64_t now)
{
	/* It was written while the clock was wrong. */
	return (t > now + FAR ? now : t);
}

static int
is_about(const struct renew_plan *p, const struct renew_plan_cert *c)
{
	return (c->id[0] != '\0' && strcmp(p->ari_id, c->id) == 0);
}

int64_t
renew_plan_renewal(const struct renew_plan *p, const struct renew_plan_cert *c)
{
	int64_t	 life = c->not_after - c->not_before, due, from, to;

	if (c->not_after == 0 || life <= 0)
		return (0);
	if (!is_about(p, c) || p->ari_pick == 0)
		return (c->not_after - life / 3 - part(life / 30, p->jitter));
	from = c->not_before;
	if (p->issued > from && p->issued < c->not_after)
		from = p->issued;
	from += life / 90;
	to = c->not_after - life / 10;
	due = p->ari_pick;
	if (due < from)
		due = from;
	return (due > to ? to : due);
}

enum renew_plan_do
renew_plan_next(const struct renew_plan *p, const struct renew_plan_cert *c,
    int64_t now, int64_t *when)
{
	int64_t	 issue, query, rest = sound(p->next_try, now);

	issue = renew_plan_renewal(p, c);
	if (issue < rest)
		issue = rest;
	*when = issue;
	if (c->not_after == 0 || c->id[0] == '\0' || issue <= now)
		return (PLAN_ISSUE);
	query = is_about(p, c) ? sound(p->ari_next, now) : now;
	if (query >= issue)
		return (PLAN_ISSUE);
	*when = query;
	return (PLAN_QUERY);
}

/* How long to wait after the failures so far. */
static int64_t
rest_for(const struct renew_plan *p, const struct renew_plan_cert *c,
    unsigned int least, uint32_t rnd)
{
	unsigned int	 n = p->failures;
	int64_t		 s, cap;

	if (n < least)
		n = least;
	s = rests[n == 0 ? 0 : n > NRESTS ? NRESTS - 1 : n - 1];
	/* A shorter lifetime leaves less time for repairs. */
	cap = c->not_after == 0 ? HOUR * 6 :
	    (c->not_after - c->not_before) / 24;
	if (cap < HOUR)
		cap = HOUR;
	if (s > cap)
		s = cap;
	return (s + part(s / 4, rnd));
}

void
renew_plan_begin(struct renew_plan *p, const struct renew_plan_cert *c,
    int64_t now, uint32_t rnd)
{
	if (p->failures < UINT32_MAX)
		p->failures++;
	p->tried = now;
	p->end = ACMEEND_STOPPED;
	snprintf(p->error, sizeof(p->error), "the last try was cut short");
	p->next_try = now + rest_for(p, c, 0, rnd);
}

void
renew_plan_failed(struct renew_plan *p, const struct renew_plan_cert *c,
    enum ipc_acme_outcome end, const char *error, int64_t not_before,
    int64_t now, uint32_t rnd)
{
	char	*s;

	p->end = end;
	snprintf(p->error, sizeof(p->error), "%s", error);
	for (s = p->error; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
	if (end == ACMEEND_STOPPED) {
		/* Not a failure. */
		if (p->failures > 0)
			p->failures--;
		p->next_try = now + MINUTE;
		return;
	}
	/* An error that time does not cure is not retried within minutes. */
	p->next_try = now + rest_for(p, c, end == ACMEEND_REFUSED ? 3 :
	    end == ACMEEND_RATE ? 4 : 0, rnd);
	if (not_before > now + REST_MAX)
		not_before = now + REST_MAX;
	if (p->next_try < not_before)
		p->next_try = not_before;
}

void
renew_plan_other(struct renew_plan *p, int64_t not_before, int64_t now)
{
	const int64_t soon = now + OTHER_REST;

	p->challenge = p->challenge == ACMECHALLENGE_HTTP ?
	    ACMECHALLENGE_TLS_ALPN : ACMECHALLENGE_HTTP;
	if (p->failures == 1 && not_before <= soon)
		p->next_try = soon;
}

void
renew_plan_issued(struct renew_plan *p, int64_t now, uint32_t rnd)
{
	enum ipc_acme_challenge kept = p->challenge;

	renew_plan_init(p, rnd);
	p->challenge = kept;
	p->tried = p->issued = now;
}

/* When to query the directory again. */
static int64_t
next_query(int64_t not_before, int64_t now, int64_t usual)
{
	if (not_before == 0)
		return (now + usual);
	if (not_before < now + QUERY_MIN)
		return (now + QUERY_MIN);
	return (not_before > now + QUERY_MAX ? now + QUERY_MAX : not_before);
}

/* From now on the record is about this certificate. */
static void
be_about(struct renew_plan *p, const struct renew_plan_cert *c)
{
	if (is_about(p, c))
		return;
	snprintf(p->ari_id, sizeof(p->ari_id), "%s", c->id);
	p->ari_start = p->ari_end = p->ari_pick = 0;
	p->ari_why[0] = '\0';
}

void
renew_plan_ari(struct renew_plan *p, const struct renew_plan_cert *c,
    const struct acme_ari *ari, int64_t not_before, int64_t now, uint32_t rnd)
{
	be_about(p, c);
	p->ari_next = next_query(not_before, now,
	    ari->start == 0 ? QUERY_MAX : QUERY_USUAL);
	if (ari->start == 0 || ari->end <= ari->start) {
		p->ari_start = p->ari_end = p->ari_pick = 0;
		p->ari_why[0] = '\0';
		return;
	}
	/* Picking again from the same window would favour its beginning. */
	if (ari->start != p->ari_start || ari->end != p->ari_end) {
		p->ari_start = ari->start;
		p->ari_end = ari->end;
		p->ari_pick = ari->start + part(ari->end - ari->start, rnd);
	}
	snprintf(p->ari_why, sizeof(p->ari_why), "%s", ari->why);
}

void
renew_plan_ari_failed(struct renew_plan *p, const struct renew_plan_cert *c,
    int64_t not_before, int64_t now)
{
	be_about(p, c);
	p->ari_next = next_query(not_before, now, QUERY_USUAL);
}

void
renew_plan_forgive(struct renew_plan *p)
{
	p->failures = 0;
	p->next_try = 0;
}

/* The record as text */

size_t
renew_plan_write(const struct renew_plan *p, char dst[PLAN_TEXTSIZE])
{
	int	 n;

	n = snprintf(dst, PLAN_TEXTSIZE, MAGIC
	    "failures %u\ntried %lld\nnext-try %lld\nissued %lld\nend %d\n"
	    "error %s\njitter %lu\nari-id %s\nari-start %lld\nari-end %lld\n"
	    "ari-pick %lld\nari-next %lld\nari-why %s\nchallenge %d\n",
	    p->failures, (long long)p->tried, (long long)p->next_try,
	    (long long)p->issued, (int)p->end, p->error,
	    (unsigned long)p->jitter, p->ari_id, (long long)p->ari_start,
	    (long long)p->ari_end, (long long)p->ari_pick,
	    (long long)p->ari_next, p->ari_why, (int)p->challenge);
	return ((size_t)n);
}

/* Copy the rest of the line `name ' to `dst'; *text moves on.  0, or -1. */
static int
line(const char **text, const char *end, const char *name, char *dst,
    size_t size)
{
	size_t		 n = strlen(name), len;
	const char	*p = *text, *nl;

	nl = memchr(p, '\n', (size_t)(end - p));
	if (nl == NULL || (size_t)(nl - p) < n + 1 || memcmp(p, name, n) != 0 ||
	    p[n] != ' ')
		return (-1);
	len = (size_t)(nl - p) - n - 1;
	if (len >= size || memchr(p, '\0', (size_t)(nl - p)) != NULL)
		return (-1);
	memcpy(dst, p + n + 1, len);
	dst[len] = '\0';
	*text = nl + 1;
	return (0);
}

/* The same for a number from 0 to `max'. */
static int
number(const char **text, const char *end, const char *name, int64_t max,
    int64_t *v)
{
	char	 s[32], *rest;

	if (line(text, end, name, s, sizeof(s)) == -1 || s[0] < '0' ||
	    s[0] > '9')
		return (-1);
	*v = strtoll(s, &rest, 10);
	return (*rest != '\0' || *v > max ? -1 : 0);
}

static int
parse(struct renew_plan *p, const char *s, const char *end)
{
	int64_t	 failures, outcome, jitter, challenge = ACMECHALLENGE_HTTP;
	size_t	 n = sizeof(MAGIC) - 1;
	int	 old;

	if ((size_t)(end - s) < n)
		return (-1);
	old = memcmp(s, OLD_MAGIC, n) == 0;
	if (!old && memcmp(s, MAGIC, n) != 0)
		return (-1);
	s += n;
	if (number(&s, end, "failures", UINT32_MAX, &failures) == -1 ||
	    number(&s, end, "tried", INT64_MAX / 4, &p->tried) == -1 ||
	    number(&s, end, "next-try", INT64_MAX / 4, &p->next_try) == -1 ||
	    number(&s, end, "issued", INT64_MAX / 4, &p->issued) == -1 ||
	    number(&s, end, "end", ACMEEND_MAX - 1, &outcome) == -1 ||
	    line(&s, end, "error", p->error, sizeof(p->error)) == -1 ||
	    number(&s, end, "jitter", UINT32_MAX, &jitter) == -1 ||
	    line(&s, end, "ari-id", p->ari_id, sizeof(p->ari_id)) == -1 ||
	    number(&s, end, "ari-start", INT64_MAX / 4, &p->ari_start) == -1 ||
	    number(&s, end, "ari-end", INT64_MAX / 4, &p->ari_end) == -1 ||
	    number(&s, end, "ari-pick", INT64_MAX / 4, &p->ari_pick) == -1 ||
	    number(&s, end, "ari-next", INT64_MAX / 4, &p->ari_next) == -1 ||
	    line(&s, end, "ari-why", p->ari_why, sizeof(p->ari_why)) == -1 ||
	    (!old && number(&s, end, "challenge", ACMECHALLENGE_TLS_ALPN,
	    &challenge) == -1) || s != end)
		return (-1);
	p->failures = (unsigned int)failures;
	p->end = (enum ipc_acme_outcome)outcome;
	p->challenge = (enum ipc_acme_challenge)challenge;
	p->jitter = (uint32_t)jitter;
	return (0);
}

int
renew_plan_read(struct renew_plan *p, const char *text, size_t len, int64_t now,
    uint32_t rnd)
{
	renew_plan_init(p, rnd);
	if (parse(p, text, text + len) == 0)
		return (0);
	renew_plan_init(p, rnd);
	p->failures = CAREFUL;
	p->next_try = now + rests[CAREFUL - 1];
	p->end = ACMEEND_INTERNAL;
	snprintf(p->error, sizeof(p->error),
	    "the record of earlier tries was damaged");
	return (-1);
}
