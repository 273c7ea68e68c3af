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
	int		 reopened;
	uint8_t		 number[IPC_TICKET_NUMBERLEN];	/* while opened */
	size_t		 len;
	uint8_t		 info[];	/* key, nonce, box */
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

struct derp_box *
derp_boxes_add(struct derp_boxes *bs, uint64_t id, void *owner,
    const uint8_t *info, size_t n)
{
	struct derp_box *b;

	if ((b = malloc(sizeof(*b) + n)) == NULL)
		return (NULL);
	b->id = id;
	b->owner = owner;
	b->state = BOXES_UNSENT;
	b->reopened = 0;
	b->len = n;
	memcpy(b->info, info, n);
	TAILQ_INSERT_TAIL(&bs->in[BOXES_UNSENT], b, entry);
	derp_boxes_more(bs);
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
derp_boxes_opened(struct derp_boxes *bs, struct derp_box *b,
    const uint8_t number[IPC_TICKET_NUMBERLEN])
{
	move(bs, b, BOXES_OPENED);
	memcpy(b->number, number, sizeof(b->number));
	bs->ops->seal(bs->arg, b->id, b->number);
}

int
derp_boxes_reopen(struct derp_boxes *bs, struct derp_box *b)
{
	if (b->reopened)
		return (-1);
	b->reopened = 1;
	move(bs, b, BOXES_UNSENT);
	derp_boxes_more(bs);
	return (0);
}

void
derp_boxes_again(struct derp_boxes *bs)
{
	struct derp_box *b;

	TAILQ_FOREACH(b, &bs->in[BOXES_OPENED], entry)
		bs->ops->seal(bs->arg, b->id, b->number);
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
