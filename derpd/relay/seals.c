/*
 * seals: see seals.h.  Called by welcome.c and relayconn.c.  Touches
 * memory alone.
 */
#include <stdlib.h>
#include <string.h>

#include "seals.h"

void
relay_seals_init(struct relay_seals *s)
{
	TAILQ_INIT(&s->list);
	TAILQ_INIT(&s->later);
	s->nchanges = 0;
}

static struct relay_seal *
new(uint64_t id, void *owner)
{
	struct relay_seal *k;

	if ((k = calloc(1, sizeof(*k))) == NULL)
		return (NULL);
	k->id = id;
	k->owner = owner;
	return (k);
}

struct relay_seal *
relay_seals_add(struct relay_seals *s, uint64_t id, void *owner,
    const uint8_t number[IPC_TICKET_NUMBERLEN])
{
	struct relay_seal *k;

	if ((k = new(id, owner)) == NULL)
		return (NULL);
	memcpy(k->number, number, sizeof(k->number));
	TAILQ_INSERT_TAIL(&s->list, k, entry);
	return (k);
}

struct relay_seal *
relay_seals_change(struct relay_seals *s, uint64_t id, void *owner)
{
	struct relay_seal *k;

	if ((k = new(id, owner)) == NULL)
		return (NULL);
	k->change = k->is_later = 1;
	TAILQ_INSERT_TAIL(&s->later, k, entry);
	return (k);
}

struct relay_seal *
relay_seals_next(struct relay_seals *s)
{
	struct relay_seal *k = TAILQ_FIRST(&s->later);

	if (k == NULL || s->nchanges == RELAY_SEALS_AHEAD)
		return (NULL);
	TAILQ_REMOVE(&s->later, k, entry);
	k->is_later = 0;
	TAILQ_INSERT_TAIL(&s->list, k, entry);
	s->nchanges++;
	return (k);
}

void
relay_seals_remove(struct relay_seals *s, struct relay_seal *k)
{
	if (k == NULL)
		return;
	TAILQ_REMOVE(k->is_later ? &s->later : &s->list, k, entry);
	if (k->change && !k->is_later)
		s->nchanges--;
	free(k);
}

struct relay_seal *
relay_seals_find(const struct relay_seals *s, uint64_t id)
{
	struct relay_seal *k;

	/* Keys answers in order: it is the first one, or near it. */
	TAILQ_FOREACH(k, &s->list, entry)
		if (k->id == id)
			break;
	return (k);
}
