/*
 * bykey: see bykey.h.  Used by the modules of admit that keep something of each
 * client.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bykey.h"

#define HEADS_FIRST	64	/* a power of two */

TAILQ_HEAD(admit_order, admit_entry);

struct admit_bykey {
	struct admit_entry **heads;	/* of the chains */
	size_t		 nheads;	/* a power of two */
	struct admit_order order;
	size_t		 n, max, size;
	unsigned char	 secret[crypto_shorthash_KEYBYTES];
};

struct admit_bykey *
admit_bykey_new(size_t size, size_t max)
{
	struct admit_bykey *t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return (NULL);
	t->heads = calloc(HEADS_FIRST, sizeof(*t->heads));
	if (t->heads == NULL) {
		free(t);
		return (NULL);
	}
	t->nheads = HEADS_FIRST;
	t->size = size;
	t->max = max;
	TAILQ_INIT(&t->order);
	randombytes_buf(t->secret, sizeof(t->secret));
	return (t);
}

void
admit_bykey_free(struct admit_bykey *t)
{
	struct admit_entry *e;

	if (t == NULL)
		return;
	while ((e = TAILQ_FIRST(&t->order)) != NULL) {
		TAILQ_REMOVE(&t->order, e, order);
		free(e);
	}
	free(t->heads);
	free(t);
}

size_t
admit_bykey_count(const struct admit_bykey *t)
{
	return (t->n);
}

static uint32_t
hash_of(const struct admit_bykey *t, const uint8_t *key)
{
	unsigned char h[crypto_shorthash_BYTES];
	uint32_t v;

	crypto_shorthash(h, key, IPC_KEYLEN, t->secret);
	memcpy(&v, h, sizeof(v));
	return (v);
}

static struct admit_entry **
head(const struct admit_bykey *t, uint32_t hash)
{
	return (&t->heads[hash & (t->nheads - 1)]);
}

static void
chain_in(struct admit_bykey *t, struct admit_entry *e)
{
	struct admit_entry **h = head(t, e->hash);

	e->chain = *h;
	*h = e;
}

/* Make as many chains as there are entries.  Without memory they get longer. */
static void
grow(struct admit_bykey *t)
{
	struct admit_entry **heads, *e;

	if (t->n < t->nheads)
		return;
	heads = calloc(2 * t->nheads, sizeof(struct admit_entry *));
	if (heads == NULL)
		return;
	free(t->heads);
	t->heads = heads;
	t->nheads *= 2;
	TAILQ_FOREACH(e, &t->order, order)
		chain_in(t, e);
}

void *
admit_bykey_find(const struct admit_bykey *t, const uint8_t key[IPC_KEYLEN])
{
	const uint32_t hash = hash_of(t, key);
	struct admit_entry *e;

	for (e = *head(t, hash); e != NULL; e = e->chain)
		if (e->hash == hash && memcmp(e->key, key, IPC_KEYLEN) == 0)
			return (e);
	return (NULL);
}

void *
admit_bykey_add(struct admit_bykey *t, const uint8_t key[IPC_KEYLEN])
{
	struct admit_entry *e;

	if (t->n == t->max || (e = calloc(1, t->size)) == NULL)
		return (NULL);
	grow(t);
	memcpy(e->key, key, IPC_KEYLEN);
	e->hash = hash_of(t, key);
	chain_in(t, e);
	TAILQ_INSERT_TAIL(&t->order, e, order);
	t->n++;
	return (e);
}

void *
admit_bykey_push(struct admit_bykey *t, const uint8_t key[IPC_KEYLEN])
{
	if (t->n == t->max)
		admit_bykey_remove(t, TAILQ_FIRST(&t->order));
	return (admit_bykey_add(t, key));
}

void
admit_bykey_remove(struct admit_bykey *t, void *entry)
{
	struct admit_entry *e = entry, **link;

	for (link = head(t, e->hash); *link != e; link = &(*link)->chain)
		;
	*link = e->chain;
	TAILQ_REMOVE(&t->order, e, order);
	t->n--;
	free(e);
}

void
admit_bykey_last(struct admit_bykey *t, void *entry)
{
	struct admit_entry *e = entry;

	TAILQ_REMOVE(&t->order, e, order);
	TAILQ_INSERT_TAIL(&t->order, e, order);
}

void
admit_bykey_first(struct admit_bykey *t, void *entry)
{
	struct admit_entry *e = entry;

	TAILQ_REMOVE(&t->order, e, order);
	TAILQ_INSERT_HEAD(&t->order, e, order);
}

void *
admit_bykey_head(const struct admit_bykey *t)
{
	return (TAILQ_FIRST(&t->order));
}

void *
admit_bykey_next(const void *entry)
{
	const struct admit_entry *e = entry;

	return (TAILQ_NEXT(e, order));
}
