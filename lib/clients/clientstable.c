/*
 * clientstable: see clientstable.h.  Called by clientsfile.c and names.c.
 */
#include <stdlib.h>
#include <string.h>

#include "clientstable.h"

#define LEAST	16		/* slots */

void
clients_table_init(struct clients_table *t, clients_table_cb string,
    const void *arg)
{
	memset(t, 0, sizeof(*t));
	randombytes_buf(t->secret, sizeof(t->secret));
	t->string = string;
	t->arg = arg;
}

void
clients_table_free(struct clients_table *t)
{
	free(t->slots);
	t->slots = NULL;
	t->nslots = t->n = 0;
}

/* The slot of these bytes, or the empty slot where they belong. */
static uint32_t *
slot_of(const struct clients_table *t, const void *p, size_t len)
{
	unsigned char h[crypto_shorthash_BYTES];
	const void *other;
	uint64_t at;
	size_t n;

	crypto_shorthash(h, p, len, t->secret);
	memcpy(&at, h, sizeof(at));
	for (;; at++) {
		at &= t->nslots - 1;
		if (t->slots[at] == 0)
			return (&t->slots[at]);
		other = t->string(t->arg, t->slots[at] - 1, &n);
		if (n == len && memcmp(other, p, n) == 0)
			return (&t->slots[at]);
	}
}

int
clients_table_find(const struct clients_table *t, const void *p, size_t len,
    uint32_t *index)
{
	uint32_t slot;

	if (t->nslots == 0 || (slot = *slot_of(t, p, len)) == 0)
		return (0);
	*index = slot - 1;
	return (1);
}

static void
insert(struct clients_table *t, uint32_t index)
{
	const void *p;
	size_t len;

	p = t->string(t->arg, index, &len);
	*slot_of(t, p, len) = index + 1;
}

/* Double the slots. */
static int
grow(struct clients_table *t)
{
	uint32_t *old = t->slots;
	size_t i, n = t->nslots;

	t->nslots = n == 0 ? LEAST : 2 * n;
	if ((t->slots = calloc(t->nslots, sizeof(*t->slots))) == NULL) {
		t->slots = old;
		t->nslots = n;
		return (-1);
	}
	for (i = 0; i < n; i++)
		if (old[i] != 0)
			insert(t, old[i] - 1);
	free(old);
	return (0);
}

int
clients_table_add(struct clients_table *t, uint32_t index)
{
	if (2 * (t->n + 1) > t->nslots && grow(t) == -1)
		return (-1);
	insert(t, index);
	t->n++;
	return (0);
}

size_t
clients_table_memory(const struct clients_table *t)
{
	return (t->nslots * sizeof(*t->slots));
}
