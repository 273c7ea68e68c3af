/*
 * boxes: login boxes that wait to be sent to keys or to be answered.  This
 * module handles no connection and no channel.
 *
 * A box is kept until keys has answered or its client has gone, and is sent
 * again when keys is restarted.  At most BOXES_AHEAD bytes are sent ahead:
 * other boxes wait here, in their order of arrival.
 */
#ifndef BOXES_H
#define BOXES_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#define BOXES_AHEAD	(4 * 1024 * 1024)	/* bytes sent ahead to keys */

/* Call-backs; both must be set.  `arg' is that of derp_boxes_init(). */
struct derp_boxes_ops {
	/* Return the bytes that keys has yet to read; SIZE_MAX without keys. */
	size_t	(*queued)(void *arg);

	/* Send the `n' bytes at `info' to keys as request `id'. */
	void	(*send)(void *arg, uint64_t id, const uint8_t *info, size_t n);
};

struct derp_box;
TAILQ_HEAD(derp_box_list, derp_box);

/* Only boxes.c uses the fields. */
struct derp_boxes {
	struct derp_box_list sent, unsent;
	const struct derp_boxes_ops *ops;
	void		*arg;
};

/* Initialize without boxes; the caller keeps `ops'. */
void	derp_boxes_init(struct derp_boxes *bs, const struct derp_boxes_ops *ops,
	    void *arg);

/*
 * Add the box of `owner' as request `id', which must be unique: the payload of
 * a ClientInfo, the `n' bytes at `info' (copied).  It is sent at once if keys
 * reads fast enough.  NULL without memory.
 */
struct derp_box *derp_boxes_add(struct derp_boxes *bs, uint64_t id, void *owner,
	    const uint8_t *info, size_t n);

/* Remove the box, sent or not; NULL is permitted. */
void	derp_boxes_remove(struct derp_boxes *bs, struct derp_box *b);

/* Send more boxes if keys has read enough. */
void	derp_boxes_more(struct derp_boxes *bs);

/* Keys was restarted: send all boxes again, in the same order. */
void	derp_boxes_again(struct derp_boxes *bs);

/*
 * Return the owner of the box that was sent as request `id'; NULL when it was
 * removed or not sent.
 */
void	*derp_boxes_owner(const struct derp_boxes *bs, uint64_t id);

/* Return the bytes of memory of the box; 0 for NULL. */
size_t	derp_box_size(const struct derp_box *b);

#endif
