/*
 * judge: what is known of a key; see admitd.h.  Called by logins.c and the
 * call-backs of admitd.c.
 */
#include <string.h>

#include "admitd.h"

#define US		1000000
/*
 * A client that has just been admitted is connected a moment later: its answers
 * are as good then, whatever the settings say of logins.
 */
#define BEGAN_US	(12 * UINT64_C(1000000))

void
admit_judge_facts(const struct admit_proc *a, const uint8_t *key,
    struct admit_facts *f)
{
	memset(f, 0, sizeof(*f));
	f->on = a->conf->conf.on;
	f->health = a->have_health &&
	    memcmp(a->health, key, IPC_KEYLEN) == 0;
	f->keys = a->conf->conf.keys;
	f->listed = admit_settings_listed(a->conf, key);
	f->all = a->conf->conf.all;
	f->fail_open = a->conf->conf.fail_open;
	f->nsources = a->conf->nsources;
	admit_lately_get(a->lately, key, f->lately);
}

void
admit_judge_answers(const struct admit_proc *a, const uint8_t *key, int check,
    struct admit_facts *f)
{
	struct admit_lives l = {
		.yes_us = (uint64_t)a->conf->conf.yes_secs * US,
		.no_us = (uint64_t)a->conf->conf.no_secs * US
	};

	if (check && l.yes_us < BEGAN_US)
		l.yes_us = BEGAN_US;
	admit_cache_get(a->cache, key, &l, admit_now(), f->answer,
	    f->nsources);
}

void
admit_judge_grant(const struct admit_proc *a, const uint8_t *key,
    struct admit_grant *g)
{
	uint32_t n;

	g->name = admit_settings_name(a->conf, key, &n);
	g->group = admit_groups_id(a->groups, n);
	admit_groups_limits(a->groups, g->group, &g->rate, &g->burst,
	    &g->group_name);
}
