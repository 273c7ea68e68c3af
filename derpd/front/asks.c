/*
 * asks: questions that wait for admit; see asks.h.  Called by admission.c.
 * Touches memory alone.
 */
#include <string.h>

#include "asks.h"

void
front_asks_init(struct front_asks *as, const struct front_asks_ops *ops,
    void *arg, uint64_t id)
{
	int i;

	TAILQ_INIT(&as->unsent);
	TAILQ_INIT(&as->sent);
	for (i = 0; i < ASKS_BUCKETS; i++)
		LIST_INIT(&as->by_id[i]);
	as->first = as->next = id;
	as->unanswered = 0;
	as->ops = ops;
	as->arg = arg;
}

void
front_asks_more(struct front_asks *as)
{
	struct front_ask *a;

	while ((a = TAILQ_FIRST(&as->unsent)) != NULL &&
	    as->ops->queued(as->arg) <= ASKS_AHEAD) {
		TAILQ_REMOVE(&as->unsent, a, entry);
		TAILQ_INSERT_TAIL(&as->sent, a, entry);
		a->sent = 1;
		a->id = as->next++;
		LIST_INSERT_HEAD(&as->by_id[a->id % ASKS_BUCKETS], a, bucket);
		as->unanswered++;
		as->ops->send(as->arg, a->id, a->owner);
	}
}

void
front_asks_add(struct front_asks *as, struct front_ask *a, void *owner)
{
	front_asks_remove(as, a);
	a->owner = owner;
	TAILQ_INSERT_TAIL(&as->unsent, a, entry);
	front_asks_more(as);
}

void
front_asks_remove(struct front_asks *as, struct front_ask *a)
{
	if (a->owner == NULL)
		return;
	TAILQ_REMOVE(a->sent ? &as->sent : &as->unsent, a, entry);
	if (a->sent)
		LIST_REMOVE(a, bucket);
	memset(a, 0, sizeof(*a));
}

int
front_asks_answered(struct front_asks *as, uint64_t id, void **owner)
{
	struct front_ask *a;

	if (as->unanswered == 0 || id - as->first >= as->next - as->first)
		return (-1);
	as->unanswered--;
	LIST_FOREACH(a, &as->by_id[id % ASKS_BUCKETS], bucket)
		if (a->id == id)
			break;
	if (a == NULL)
		return (0);
	*owner = a->owner;
	front_asks_remove(as, a);
	return (1);
}

void
front_asks_again(struct front_asks *as)
{
	struct front_ask *a;

	while ((a = TAILQ_LAST(&as->sent, front_ask_list)) != NULL) {
		TAILQ_REMOVE(&as->sent, a, entry);
		LIST_REMOVE(a, bucket);
		a->sent = 0;
		TAILQ_INSERT_HEAD(&as->unsent, a, entry);
	}
	as->first = as->next;
	as->unanswered = 0;
	front_asks_more(as);
}
