/*
 * sent: the connections that had packets from a key; PeerGone(disconnected) is
 * sent to them (derp(7), section 3).  Touches memory alone.
 */
#ifndef SENT_H
#define SENT_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct relay_conn;

struct derp_sent;

/*
 * The connections that are recorded for one source.  The owner of the source
 * keeps a pointer to it, at first NULL, and calls derp_sent_gone() before it
 * frees the source.
 */
struct derp_sent_set;

/*
 * Create an empty state.  `gone' sends `c' the `n' bytes at `frame', a
 * PeerGone.  NULL without memory.
 */
struct derp_sent *derp_sent_new(void (*gone)(struct relay_conn *c,
	    const void *frame, size_t n));

/* Free the state, before the peers that it refers to; NULL is permitted. */
void	derp_sent_free(struct derp_sent *s);

/*
 * Record that a packet from the source with the set `*src' was written to
 * `c'.  Return 0, or -1 if it was not recorded: `src' is NULL because its key
 * has left, or there is no memory.  At most 12288 connections are recorded for
 * a key, and 32 MiB in all; above that older ones are forgotten.
 */
int	derp_sent_note(struct derp_sent *s, struct derp_sent_set **src,
	    struct relay_conn *c);

/*
 * The source with the set `*src' and the key `key' is gone: send PeerGone once
 * to each recorded connection, and free the set.
 */
void	derp_sent_gone(struct derp_sent *s, struct derp_sent_set **src,
	    const uint8_t key[FRAME_KEY_LEN]);

/* `c' is closed: forget it. */
void	derp_sent_forget(struct derp_sent *s, struct relay_conn *c);

#endif
