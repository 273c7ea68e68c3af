/*
 * cache: see cache.h.  Called by admitd.c with answers, and by judge.c.
 */
#include <stdlib.h>

#include "bykey.h"
#include "cache.h"

struct admit_cache {
	struct admit_bykey *table;
};

struct admit_cached {
	struct admit_entry entry;
	uint64_t	 us[IPC_MAXVERIFY];	/* when it came */
	uint8_t		 answer[IPC_MAXVERIFY];	/* ADMIT_PENDING: none */
};

struct admit_cache *
admit_cache_new(size_t max)
{
	struct admit_cache *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->table = admit_bykey_new(sizeof(struct admit_cached), max);
	if (c->table == NULL) {
		free(c);
		return (NULL);
	}
	return (c);
}

void
admit_cache_free(struct admit_cache *c)
{
	if (c == NULL)
		return;
	admit_bykey_free(c->table);
	free(c);
}

void
admit_cache_clear(struct admit_cache *c)
{
	void *e;

	while ((e = admit_bykey_head(c->table)) != NULL)
		admit_bykey_remove(c->table, e);
}

size_t
admit_cache_count(const struct admit_cache *c)
{
	return (admit_bykey_count(c->table));
}

void
admit_cache_put(struct admit_cache *c, const uint8_t key[IPC_KEYLEN],
    unsigned int source, enum admit_answer answer, uint64_t now_us)
{
	struct admit_cached *e;

	if ((e = admit_bykey_find(c->table, key)) != NULL)
		admit_bykey_last(c->table, e);
	else if ((e = admit_bykey_push(c->table, key)) == NULL)
		return;
	e->us[source] = now_us;
	e->answer[source] = (uint8_t)answer;
}

/* How long an answer is used. */
static uint64_t
life(enum admit_answer answer, const struct admit_lives *lives)
{
	switch (answer) {
	case ADMIT_YES:
		return (lives->yes_us);
	case ADMIT_NO:
		return (lives->no_us);
	case ADMIT_FAILS:
		return (ADMIT_CACHE_FAILS_US);
	default:
		return (0);
	}
}

void
admit_cache_get(const struct admit_cache *c, const uint8_t key[IPC_KEYLEN],
    const struct admit_lives *lives, uint64_t now_us,
    enum admit_answer *answer, size_t n)
{
	const struct admit_cached *e = admit_bykey_find(c->table, key);
	enum admit_answer a;
	size_t i;

	for (i = 0; i < n; i++) {
		answer[i] = ADMIT_PENDING;
		if (e == NULL)
			continue;
		a = (enum admit_answer)e->answer[i];
		if (now_us - e->us[i] < life(a, lives))
			answer[i] = a;
	}
}
