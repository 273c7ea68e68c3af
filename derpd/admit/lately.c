/*
 * lately: see lately.h.  Called by admitd.c, inforce.c, judge.c and state.c;
 * latelystate.c saves and loads.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "latelypriv.h"

#define US		1000000
#define SET_BACK	60	/* seconds; less is a clock that is adjusted */

struct admit_lately *
admit_lately_new(size_t max)
{
	struct admit_lately *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return (NULL);
	l->table = admit_bykey_new(sizeof(struct admit_last), max);
	if (l->table == NULL) {
		free(l);
		return (NULL);
	}
	return (l);
}

void
admit_lately_free(struct admit_lately *l)
{
	if (l == NULL)
		return;
	admit_bykey_free(l->table);
	free(l);
}

void
admit_lately_id(uint8_t id[ADMIT_LATELY_IDLEN], unsigned int kind,
    const char *name)
{
	const unsigned char byte = (unsigned char)kind;
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, ADMIT_LATELY_IDLEN);
	crypto_generichash_update(&h, &byte, 1);
	crypto_generichash_update(&h, (const unsigned char *)name,
	    strlen(name));
	crypto_generichash_final(&h, id, ADMIT_LATELY_IDLEN);
}

int32_t
admit_last_limit(int64_t at)
{
	if (at < ADMIT_LAST_FIRST)
		return (ADMIT_LAST_FIRST);
	return (at > INT32_MAX ? INT32_MAX : (int32_t)at);
}

int32_t
admit_last_guess(const struct admit_lately *l)
{
	return (admit_last_limit((int64_t)l->now - l->remember / 2));
}

/* The time of day was set back: make what was loaded younger by `secs'. */
static void
set_back(struct admit_lately *l, int64_t secs)
{
	struct admit_last *e;
	size_t i;

	for (e = admit_bykey_head(l->table); e != NULL;
	    e = admit_bykey_next(e))
		for (i = 0; i < l->n; i++) {
			if (e->at[i] >= 0 || e->at[i] == ADMIT_LAST_NEVER)
				continue;
			e->at[i] = admit_last_limit(e->at[i] + secs);
			if (e->at[i] > l->now)
				e->at[i] = admit_last_guess(l);
		}
	l->changed = 1;
}

void
admit_lately_clock(struct admit_lately *l, uint64_t now_us, time_t wall)
{
	int64_t offset;

	if (!l->started) {
		l->started = 1;
		l->base_us = now_us;
		l->lowest = wall;
	}
	l->now = admit_last_limit((int64_t)((now_us - l->base_us) / US));
	l->wall = wall;
	offset = (int64_t)wall - l->now;
	if (offset < l->lowest - SET_BACK) {
		set_back(l, l->lowest - offset);
		l->lowest = offset;
	}
	if (offset > l->saved_offset + SET_BACK ||
	    offset < l->saved_offset - SET_BACK)
		l->changed |= admit_bykey_count(l->table) > 0;
}

/* Give the sources of an entry their new numbers; -1: it has had none. */
static void
renumber(struct admit_last *e, const int *old, size_t n)
{
	int32_t at[IPC_MAXVERIFY];
	size_t i;

	memcpy(at, e->at, sizeof(at));
	for (i = 0; i < IPC_MAXVERIFY; i++)
		e->at[i] = i < n && old[i] != -1 ? at[old[i]] :
		    ADMIT_LAST_NEVER;
}

void
admit_lately_sources(struct admit_lately *l,
    uint8_t (*ids)[ADMIT_LATELY_IDLEN], size_t n, uint32_t secs)
{
	int old[IPC_MAXVERIFY], same = n == l->n;
	struct admit_last *e;
	size_t i, j;

	l->remember = secs;
	for (i = 0; i < n; i++) {
		old[i] = -1;
		for (j = 0; j < l->n; j++)
			if (memcmp(l->ids[j], ids[i], sizeof(l->ids[j])) == 0)
				old[i] = (int)j;
		same &= old[i] == (int)i;
	}
	if (same)
		return;
	for (e = admit_bykey_head(l->table); e != NULL;
	    e = admit_bykey_next(e))
		renumber(e, old, n);
	memcpy(l->ids, ids, n * sizeof(l->ids[0]));
	l->n = n;
}

struct admit_last *
admit_last_of(struct admit_lately *l, const uint8_t key[IPC_KEYLEN])
{
	struct admit_last *e = admit_bykey_find(l->table, key);
	size_t i;

	if (e != NULL) {
		admit_bykey_last(l->table, e);
		return (e);
	}
	if ((e = admit_bykey_push(l->table, key)) == NULL)
		return (NULL);
	for (i = 0; i < IPC_MAXVERIFY; i++)
		e->at[i] = ADMIT_LAST_NEVER;
	return (e);
}

/*
 * Of those who are admitted again and again, the time is set anew after a 64th
 * of the time to remember, so that not each answer makes a new state.
 */
void
admit_lately_yes(struct admit_lately *l, const uint8_t key[IPC_KEYLEN],
    unsigned int source)
{
	struct admit_last *e;

	if (source >= l->n || (e = admit_last_of(l, key)) == NULL)
		return;
	if (e->at[source] != ADMIT_LAST_NEVER &&
	    (int64_t)l->now - e->at[source] < l->remember / 64)
		return;
	e->at[source] = l->now;
	l->changed = 1;
}

void
admit_lately_no(struct admit_lately *l, const uint8_t key[IPC_KEYLEN],
    unsigned int source)
{
	struct admit_last *e = admit_bykey_find(l->table, key);

	if (source >= l->n || e == NULL || e->at[source] == ADMIT_LAST_NEVER)
		return;
	e->at[source] = ADMIT_LAST_NEVER;
	l->changed = 1;
}

void
admit_lately_get(const struct admit_lately *l, const uint8_t key[IPC_KEYLEN],
    int *is)
{
	const struct admit_last *e = admit_bykey_find(l->table, key);
	size_t i;

	for (i = 0; i < l->n; i++)
		is[i] = e != NULL && e->at[i] != ADMIT_LAST_NEVER &&
		    (int64_t)l->now - e->at[i] < l->remember;
}

size_t
admit_lately_count(const struct admit_lately *l)
{
	return (admit_bykey_count(l->table));
}

int
admit_lately_changed(const struct admit_lately *l)
{
	return (l->changed);
}
