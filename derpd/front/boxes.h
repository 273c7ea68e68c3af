/*
 * boxes: the login boxes that keys is to open.  This module handles no
 * connection and no channel.
 *
 * A box is kept until it is removed, and is sent again on a new channel to
 * keys.  At most BOXES_AHEAD bytes are sent ahead: other boxes wait here, in
 * their order of arrival.
 */
#ifndef BOXES_H
#define BOXES_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define BOXES_AHEAD	(256 * 1024)	/* bytes sent ahead to keys */

/* Call-backs; all must be set.  `arg' is that of front_boxes_init(). */
struct front_boxes_ops {
	/* Return the bytes that keys has yet to read; SIZE_MAX without keys. */
	size_t	(*queued)(void *arg);

	/* Send the `n' bytes at `info' to keys as request `id'. */
	void	(*send)(void *arg, uint64_t id, const uint8_t *info, size_t n);
};

enum front_box_state {
	BOXES_UNSENT,
	BOXES_SENT,		/* keys opens it */
	BOXES_OPEN,		/* keys has answered */
	BOXES_STATES
};

struct front_box;
TAILQ_HEAD(front_box_list, front_box);

/* Only boxes.c uses the fields. */
struct front_boxes {
	struct front_box_list in[BOXES_STATES];
	const struct front_boxes_ops *ops;
	void		*arg;
};

/* Initialize without boxes; the caller keeps `ops'. */
void	front_boxes_init(struct front_boxes *bs,
	    const struct front_boxes_ops *ops, void *arg);

/*
 * Add the box of `owner' as request `id', which must be unique: the payload of
 * a ClientInfo, the `n' bytes at `info' (copied).  It is sent at once if keys
 * reads fast enough.  NULL without memory.
 */
struct front_box *front_boxes_add(struct front_boxes *bs, uint64_t id,
	    void *owner, const uint8_t *info, size_t n);

/* Remove the request in whatever state, and zero it; NULL is permitted. */
void	front_boxes_remove(struct front_boxes *bs, struct front_box *b);

/* Send more boxes if keys has read enough. */
void	front_boxes_more(struct front_boxes *bs);

/*
 * Keys has answered the request `id': return the owner of the box, which is now
 * open, or NULL: there is none that waits.
 */
void	*front_boxes_opened(struct front_boxes *bs, uint64_t id);

/*
 * What keys has answered, or is about to, does not hold any more: have the box
 * opened once more.  An answer that is on its way is ignored.
 */
void	front_boxes_repeat(struct front_boxes *bs, struct front_box *b);

/* There is a new channel to keys: request again what is not answered. */
void	front_boxes_again(struct front_boxes *bs);

/* Return the bytes of memory of the box; 0 for NULL. */
size_t	front_box_size(const struct front_box *b);

#endif
