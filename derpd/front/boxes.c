/*
 * boxes: login boxes that wait for keys; see boxes.h.  Called by frontlogin.c.
 * Touches memory alone.
 */
#include <stdlib.h>
#include <string.h>

#include "boxes.h"

struct front_box {
	TAILQ_ENTRY(front_box) entry;
	uint64_t	 id;
	void		*owner;
	enum front_box_state state;
	int		 repeat;	/* of BOXES_SENT: send it once more */
	size_t		 len;
	uint8_t		 info[];	/* key, nonce, box */
};

void
front_boxes_init(struct front_boxes *bs, const struct front_boxes_ops *ops,
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
move(struct front_boxes *bs, struct front_box *b, enum front_box_state to)
{
	TAILQ_REMOVE(&bs->in[b->state], b, entry);
	TAILQ_INSERT_TAIL(&bs->in[to], b, entry);
	b->state = to;
}

void
front_boxes_more(struct front_boxes *bs)
{
	struct front_box *b;

	while ((b = TAILQ_FIRST(&bs->in[BOXES_UNSENT])) != NULL &&
	    bs->ops->queued(bs->arg) <= BOXES_AHEAD) {
		move(bs, b, BOXES_SENT);
		bs->ops->send(bs->arg, b->id, b->info, b->len);
	}
}

struct front_box *
front_boxes_add(struct front_boxes *bs, uint64_t id, void *owner,
    const uint8_t *info, size_t n)
{
	struct front_box *b;

	if ((b = malloc(sizeof(*b) + n)) == NULL)
		return (NULL);
	b->id = id;
	b->owner = owner;
	b->state = BOXES_UNSENT;
	b->repeat = 0;
	b->len = n;
	memcpy(b->info, info, n);
	TAILQ_INSERT_TAIL(&bs->in[BOXES_UNSENT], b, entry);
	front_boxes_more(bs);
	return (b);
}

void
front_boxes_remove(struct front_boxes *bs, struct front_box *b)
{
	if (b == NULL)
		return;
	TAILQ_REMOVE(&bs->in[b->state], b, entry);
	/* A front that is taken over later must not find it. */
	explicit_bzero(b->info, b->len);
	free(b);
}

void
front_boxes_again(struct front_boxes *bs)
{
	struct front_box *b;

	while ((b = TAILQ_LAST(&bs->in[BOXES_SENT], front_box_list)) != NULL) {
		TAILQ_REMOVE(&bs->in[BOXES_SENT], b, entry);
		TAILQ_INSERT_HEAD(&bs->in[BOXES_UNSENT], b, entry);
		b->state = BOXES_UNSENT;
		b->repeat = 0;
	}
	front_boxes_more(bs);
}

void *
front_boxes_opened(struct front_boxes *bs, uint64_t id)
{
	struct front_box *b;

	/* Keys answers in order: it is the first one, or near it. */
	TAILQ_FOREACH(b, &bs->in[BOXES_SENT], entry)
		if (b->id == id)
			break;
	if (b == NULL)
		return (NULL);
	move(bs, b, b->repeat ? BOXES_UNSENT : BOXES_OPEN);
	if (!b->repeat)
		return (b->owner);
	b->repeat = 0;
	front_boxes_more(bs);
	return (NULL);
}

void
front_boxes_repeat(struct front_boxes *bs, struct front_box *b)
{
	if (b->state == BOXES_SENT)
		b->repeat = 1;
	if (b->state != BOXES_OPEN)
		return;
	move(bs, b, BOXES_UNSENT);
	front_boxes_more(bs);
}

size_t
front_box_size(const struct front_box *b)
{
	return (b == NULL ? 0 : sizeof(*b) + b->len);
}
