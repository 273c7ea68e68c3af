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
}

struct relay_seal *
relay_seals_add(struct relay_seals *s, uint64_t id, void *owner,
    const uint8_t number[IPC_TICKET_NUMBERLEN])
{
	struct relay_seal *k;

	if ((k = malloc(sizeof(*k))) == NULL)
		return (NULL);
	k->id = id;
	k->owner = owner;
	memcpy(k->number, number, sizeof(k->number));
	TAILQ_INSERT_TAIL(&s->list, k, entry);
	return (k);
}

void
relay_seals_remove(struct relay_seals *s, struct relay_seal *k)
{
	if (k == NULL)
		return;
	TAILQ_REMOVE(&s->list, k, entry);
	free(k);
}

void *
relay_seals_owner(const struct relay_seals *s, uint64_t id)
{
	struct relay_seal *k;

	/* Keys answers in order: it is the first one, or near it. */
	TAILQ_FOREACH(k, &s->list, entry)
		if (k->id == id)
			return (k->owner);
	return (NULL);
}
