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
	/* on the list of sent boxes, else on the other */
	int		 is_sent;
	size_t		 len;
	uint8_t		 info[];	/* key, nonce, box */
};

void
derp_boxes_init(struct derp_boxes *bs, const struct derp_boxes_ops *ops,
    void *arg)
{
	TAILQ_INIT(&bs->sent);
	TAILQ_INIT(&bs->unsent);
	bs->ops = ops;
	bs->arg = arg;
}

void
derp_boxes_more(struct derp_boxes *bs)
{
	struct derp_box *b;

	while ((b = TAILQ_FIRST(&bs->unsent)) != NULL &&
	    bs->ops->queued(bs->arg) <= BOXES_AHEAD) {
		TAILQ_REMOVE(&bs->unsent, b, entry);
		TAILQ_INSERT_TAIL(&bs->sent, b, entry);
		b->is_sent = 1;
		bs->ops->send(bs->arg, b->id, b->info, b->len);
	}
}

struct derp_box *
derp_boxes_add(struct derp_boxes *bs, uint64_t id, void *owner,
    const uint8_t *info, size_t n)
{
	struct derp_box *b;

	if ((b = malloc(sizeof(*b) + n)) == NULL)
		return (NULL);
	b->id = id;
	b->owner = owner;
	b->is_sent = 0;
	b->len = n;
	memcpy(b->info, info, n);
	TAILQ_INSERT_TAIL(&bs->unsent, b, entry);
	derp_boxes_more(bs);
	return (b);
}

void
derp_boxes_remove(struct derp_boxes *bs, struct derp_box *b)
{
	if (b == NULL)
		return;
	if (b->is_sent)
		TAILQ_REMOVE(&bs->sent, b, entry);
	else
		TAILQ_REMOVE(&bs->unsent, b, entry);
	free(b);
}

void
derp_boxes_again(struct derp_boxes *bs)
{
	struct derp_box *b;

	while ((b = TAILQ_LAST(&bs->sent, derp_box_list)) != NULL) {
		TAILQ_REMOVE(&bs->sent, b, entry);
		TAILQ_INSERT_HEAD(&bs->unsent, b, entry);
		b->is_sent = 0;
	}
	derp_boxes_more(bs);
}

void *
derp_boxes_owner(const struct derp_boxes *bs, uint64_t id)
{
	struct derp_box *b;

	TAILQ_FOREACH(b, &bs->sent, entry)
		if (b->id == id)
			return (b->owner);
	return (NULL);
}

size_t
derp_box_size(const struct derp_box *b)
{
	return (b == NULL ? 0 : sizeof(*b) + b->len);
}
