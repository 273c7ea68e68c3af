/*
 * inforce: settings are put in force, at the start and by a reload; see
 * admitd.h.  Called by parentmsg.c.
 */
#include <string.h>

#include "admitd.h"

#define US		UINT64_C(1000000)

static void
again(void *arg, const uint8_t *key, const struct admit_waiter *w)
{
	admit_logins_again(arg, key, w);
}

/* Which of the sources are where they were: a bit each. */
static unsigned int
same_bits(const struct admit_settings *old, const struct admit_settings *s)
{
	unsigned int bits = 0;
	size_t i;

	for (i = 0; old != NULL && i < s->nsources && i < old->nsources; i++)
		if (old->sources[i].kind == s->sources[i].kind &&
		    strcmp(old->sources[i].name, s->sources[i].name) == 0)
			bits |= 1U << i;
	return (bits);
}

static void
remember(struct admit_proc *a, const struct admit_settings *s)
{
	uint8_t ids[IPC_MAXVERIFY][ADMIT_LATELY_IDLEN];
	size_t i;

	for (i = 0; i < s->nsources; i++)
		admit_lately_id(ids[i], s->sources[i].kind,
		    s->sources[i].name);
	admit_lately_sources(a->lately, ids, s->nsources,
	    s->conf.remember_secs);
}

/* Other sources than those of `old': all that waits asks them. */
static void
change_sources(struct admit_proc *a, const struct admit_settings *old,
    const struct admit_settings *s)
{
	admit_cache_clear(a->cache);
	if (admit_inquiries_sources(a->inquiries, s->sources, s->nsources,
	    again) == -1)
		fatal("out of memory for the sources of admit");
	admit_ends_sources(a, same_bits(old, s));
}

void
admit_inforce(struct admit_proc *a, struct admit_settings *s)
{
	struct admit_settings *old = a->conf;
	const int ask = old == NULL || admit_settings_differ(old, s);

	if (admit_groups_set(a->groups, s->file) == -1)
		fatal("out of memory for the groups of clients");
	a->conf = s;
	remember(a, s);
	if (old == NULL || !admit_settings_same_sources(old, s))
		change_sources(a, old, s);
	else
		admit_inquiries_again(a->inquiries);
	admit_connected_every(a->connected, s->conf.on && s->nsources > 0 ?
	    s->conf.check_secs * US : 0);
	admit_connected_changed(a->connected, ask);
	admit_settings_free(old);
	admit_state_load(a);
	a->report_us = 0;
	admit_wake(a);
}
