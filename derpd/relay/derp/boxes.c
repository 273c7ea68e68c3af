/*
 * boxes: login boxes that wait for keys; see boxes.h.  Called by login.c.
 * Touches memory alone.
 */
#include <stdlib.h>
#include <string.h>

#include "boxes.h"

struct derp_box {
	TAILQ_ENTRY(derp_box) entry;
	uint64_t	 id;
	void		*owner;
	enum derp_box_state state;
	size_t		 len;
	uint8_t		 info[];	/* key, nonce, box; or a number */
};

void
derp_boxes_init(struct derp_boxes *bs, const struct derp_boxes_ops *ops,
    void *arg)
{
	int i;

	for (i = 0; i < BOXES_STATES; i++)
		TAILQ_INIT(&bs->in[i]);
	bs->ops = ops;
	bs->arg = arg;
}

/* Move a box to the end of the list of another state. */
static void
move(struct derp_boxes *bs, struct derp_box *b, enum derp_box_state to)
{
	TAILQ_REMOVE(&bs->in[b->state], b, entry);
	TAILQ_INSERT_TAIL(&bs->in[to], b, entry);
	b->state = to;
}

void
derp_boxes_more(struct derp_boxes *bs)
{
	struct derp_box *b;

	while ((b = TAILQ_FIRST(&bs->in[BOXES_UNSENT])) != NULL &&
	    bs->ops->queued(bs->arg) <= BOXES_AHEAD) {
		move(bs, b, BOXES_SENT);
		bs->ops->send(bs->arg, b->id, b->info, b->len);
	}
}

static struct derp_box *
add(struct derp_boxes *bs, uint64_t id, void *owner, const void *info,
    size_t n, enum derp_box_state state)
{
	struct derp_box *b;

	if ((b = malloc(sizeof(*b) + n)) == NULL)
		return (NULL);
	b->id = id;
	b->owner = owner;
	b->state = state;
	b->len = n;
	memcpy(b->info, info, n);
	TAILQ_INSERT_TAIL(&bs->in[state], b, entry);
	return (b);
}

struct derp_box *
derp_boxes_add(struct derp_boxes *bs, uint64_t id, void *owner,
    const uint8_t *info, size_t n)
{
	struct derp_box *b = add(bs, id, owner, info, n, BOXES_UNSENT);

	if (b != NULL)
		derp_boxes_more(bs);
	return (b);
}

struct derp_box *
derp_boxes_seal(struct derp_boxes *bs, uint64_t id, void *owner,
    const uint8_t number[IPC_TICKET_NUMBERLEN])
{
	struct derp_box *b;

	b = add(bs, id, owner, number, IPC_TICKET_NUMBERLEN, BOXES_SEAL);
	if (b != NULL && bs->ops->queued(bs->arg) != SIZE_MAX)
		bs->ops->seal(bs->arg, id, number);
	return (b);
}

void
derp_boxes_remove(struct derp_boxes *bs, struct derp_box *b)
{
	if (b == NULL)
		return;
	TAILQ_REMOVE(&bs->in[b->state], b, entry);
	free(b);
}

void
derp_boxes_again(struct derp_boxes *bs)
{
	struct derp_box *b;

	TAILQ_FOREACH(b, &bs->in[BOXES_SEAL], entry)
		bs->ops->seal(bs->arg, b->id, b->info);
	while ((b = TAILQ_LAST(&bs->in[BOXES_SENT], derp_box_list)) != NULL) {
		TAILQ_REMOVE(&bs->in[BOXES_SENT], b, entry);
		TAILQ_INSERT_HEAD(&bs->in[BOXES_UNSENT], b, entry);
		b->state = BOXES_UNSENT;
	}
	derp_boxes_more(bs);
}

void *
derp_boxes_owner(const struct derp_boxes *bs, uint64_t id,
    enum derp_box_state state)
{
	struct derp_box *b;

	/* Keys answers in order: it is the first one, or near it. */
	TAILQ_FOREACH(b, &bs->in[state], entry)
		if (b->id == id)
			return (b->owner);
	return (NULL);
}

size_t
derp_box_size(const struct derp_box *b)
{
	return (b == NULL ? 0 : sizeof(*b) + b->len);
}
