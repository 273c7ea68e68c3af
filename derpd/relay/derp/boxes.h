/*
 * boxes: login boxes that wait for the answer of keys, and what keys has yet to
 * be sent.  Knows no connection and no channel.
 *
 * A box is kept until it is answered or its client has gone, and is sent again
 * when keys was started anew.  No more is sent ahead than BOXES_AHEAD: what is
 * too much for the channel waits here, in the order in which it came.
 */
#ifndef BOXES_H
#define BOXES_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#define BOXES_AHEAD	(4 * 1024 * 1024)	/* bytes keys has yet to read */

/* What is called; both set.  `arg' is that of derp_boxes_init(). */
struct derp_boxes_ops {
	/* Bytes that wait for keys to read; SIZE_MAX: there is no keys. */
	size_t	(*queued)(void *arg);

	/* Send keys the `n' bytes at `info' as request `id'. */
	void	(*send)(void *arg, uint64_t id, const uint8_t *info, size_t n);
};

struct derp_box;
TAILQ_HEAD(derp_box_list, derp_box);

/* The fields are boxes.c's alone. */
struct derp_boxes {
	struct derp_box_list sent, unsent;
	const struct derp_boxes_ops *ops;
	void		*arg;
};

/* No box yet; `ops' stays the caller's. */
void	derp_boxes_init(struct derp_boxes *bs, const struct derp_boxes_ops *ops,
	    void *arg);

/*
 * Request `id', which no other box has, of `owner': a ClientInfo's payload, the
 * `n' bytes at `info' (copied).  Sent at once if keys reads fast enough.  NULL
 * without memory.
 */
struct derp_box *derp_boxes_add(struct derp_boxes *bs, uint64_t id, void *owner,
	    const uint8_t *info, size_t n);

/* Forget the box, sent or not; NULL is fine. */
void	derp_boxes_remove(struct derp_boxes *bs, struct derp_box *b);

/* Keys may have read: send what may be sent now. */
void	derp_boxes_more(struct derp_boxes *bs);

/* There is a new keys: send all again, in the same order. */
void	derp_boxes_again(struct derp_boxes *bs);

/*
 * The owner of the box that was sent as request `id'; NULL when it was removed
 * or never sent.
 */
void	*derp_boxes_owner(const struct derp_boxes *bs, uint64_t id);

/* Bytes that the box takes; 0 when it is NULL. */
size_t	derp_box_size(const struct derp_box *b);

#endif
