/*
 * boxes: what a worker requests of keys for logins: that it opens a box, at the
 * worker that accepted the client, and that it seals ServerInfo, at the worker
 * that owns the key.  This module handles no connection and no channel.
 *
 * A request is kept until it is removed, and is sent again on a new channel to
 * keys.  At most BOXES_AHEAD bytes are sent ahead: other boxes wait here, in
 * their order of arrival.
 */
#ifndef BOXES_H
#define BOXES_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define BOXES_AHEAD	(4 * 1024 * 1024)	/* bytes sent ahead to keys */

/* Call-backs; all must be set.  `arg' is that of derp_boxes_init(). */
struct derp_boxes_ops {
	/* Return the bytes that keys has yet to read; SIZE_MAX without keys. */
	size_t	(*queued)(void *arg);

	/* Send the `n' bytes at `info' to keys as request `id'. */
	void	(*send)(void *arg, uint64_t id, const uint8_t *info, size_t n);

	/* Request a seal for the ticket with this number as request `id'. */
	void	(*seal)(void *arg, uint64_t id,
		    const uint8_t number[IPC_TICKET_NUMBERLEN]);
};

/* What a box waits for. */
enum derp_box_state {
	BOXES_UNSENT,
	BOXES_SENT,		/* to be opened */
	BOXES_SEAL,		/* no box: for the seal */
	BOXES_STATES
};

struct derp_box;
TAILQ_HEAD(derp_box_list, derp_box);

/* Only boxes.c uses the fields. */
struct derp_boxes {
	struct derp_box_list in[BOXES_STATES];
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

/* Remove the request in whatever state; NULL is permitted. */
void	derp_boxes_remove(struct derp_boxes *bs, struct derp_box *b);

/* Send more boxes if keys has read enough. */
void	derp_boxes_more(struct derp_boxes *bs);

/*
 * Request a seal for the ticket with this number, for `owner', as request `id',
 * which must be unique; without keys, on its next channel.  NULL without
 * memory.
 */
struct derp_box *derp_boxes_seal(struct derp_boxes *bs, uint64_t id,
	    void *owner, const uint8_t number[IPC_TICKET_NUMBERLEN]);

/* There is a new channel to keys: request again what is not answered. */
void	derp_boxes_again(struct derp_boxes *bs);

/*
 * Return the owner of the box with request `id' that is in this state; NULL
 * when there is none.
 */
void	*derp_boxes_owner(const struct derp_boxes *bs, uint64_t id,
	    enum derp_box_state state);

/* Return the bytes of memory of the box; 0 for NULL. */
size_t	derp_box_size(const struct derp_box *b);

#endif
