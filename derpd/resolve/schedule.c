/*
 * schedule: see schedule.h.  Called by resolve.c.
 */
#include <string.h>

#include "schedule.h"

struct resolve_name *
resolve_names_find(struct resolve_names *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->v[i].name, name) == 0)
			return (&s->v[i]);
	return (NULL);
}

void
resolve_names_set(struct resolve_names *s, const char *const *names, size_t n,
    uint32_t every, uint64_t now)
{
	struct resolve_names old = *s;
	const struct resolve_name *o;
	struct resolve_name *p;

	s->every_ms = (uint64_t)every * 1000;
	for (s->n = 0; s->n < n && s->n < IPC_DNS_MAXNAMES; s->n++) {
		p = &s->v[s->n];
		if ((o = resolve_names_find(&old, names[s->n])) != NULL) {
			*p = *o;
			if (p->due > now + s->every_ms)
				p->due = now + s->every_ms;
			continue;
		}
		memset(p, 0, sizeof(*p));
		strlcpy(p->name, names[s->n], sizeof(p->name));
		p->due = now;
	}
}

struct resolve_name *
resolve_names_first(struct resolve_names *s)
{
	struct resolve_name *p = NULL;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (p == NULL || s->v[i].due < p->due)
			p = &s->v[i];
	return (p);
}

/* Milliseconds after `failures' in a row. */
static uint64_t
wait_ms(const struct resolve_names *s, unsigned int failures)
{
	uint64_t ms = RESOLVE_RETRY_MS;

	if (failures == 0)
		return (s->every_ms);
	while (--failures > 0 && ms < s->every_ms)
		ms *= 2;
	return (ms < s->every_ms ? ms : s->every_ms);
}

void
resolve_names_done(const struct resolve_names *s, struct resolve_name *n,
    int ok, uint64_t now, uint32_t rnd)
{
	uint64_t ms;

	n->failures = ok ? 0 : n->failures + 1;
	ms = wait_ms(s, n->failures);
	n->due = now + ms - ms / 10 + rnd % (ms / 5 + 1);
}
