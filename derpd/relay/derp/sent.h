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
 * Create an empty state.  `gone' sends `c' the `n' bytes at `frame', a
 * PeerGone.  NULL without memory.
 */
struct derp_sent *derp_sent_new(void (*gone)(struct relay_conn *c,
	    const void *frame, size_t n));

/* Free the state; NULL is permitted. */
void	derp_sent_free(struct derp_sent *s);

/*
 * A packet from `key' was queued for a client: record its receivers until the
 * key is gone.  `far' is 1 if another node forwarded it, who may name any key:
 * the receivers of such keys are forgotten first when there is too much.
 */
void	derp_sent_source(struct derp_sent *s, const uint8_t key[FRAME_KEY_LEN],
	    int far);

/*
 * Record that a packet from `key' was written to `c'.  Return 0, or -1 if it
 * was not recorded: the key has left, is not that of a client of this service,
 * or there is no memory.  At most 12288 connections are recorded for a key, and
 * 32 MiB in all; above that older ones are forgotten.
 */
int	derp_sent_note(struct derp_sent *s, const uint8_t key[FRAME_KEY_LEN],
	    struct relay_conn *c);

/*
 * The generation grows when a key that has receivers is gone: what was recorded
 * in an earlier one may have to be recorded again.
 */
uint64_t derp_sent_generation(const struct derp_sent *s);

/*
 * The source `key', or all sources for which is_gone() returns 1, are gone:
 * derp_sent_reap() sends PeerGone once to each recorded connection, also to
 * those to which packets are written until then.
 */
void	derp_sent_gone(struct derp_sent *s, const uint8_t key[FRAME_KEY_LEN]);
void	derp_sent_gone_all(struct derp_sent *s,
	    int (*is_gone)(void *arg, const uint8_t *key), void *arg);
void	derp_sent_reap(struct derp_sent *s);

/*
 * A walk over the keys that are recorded and have not left.  Store the next one
 * in *key, and in *far what derp_sent_source() was told, and pass each of its
 * receivers to `cb'; *w is all zero at the begin.  Return 1, or 0 at the end.
 * Nothing may be recorded or forgotten during a walk.
 */
struct derp_sent_walk {
	const struct derp_sent_set *at;
	int			 begun;
};
int	derp_sent_next(const struct derp_sent *s, struct derp_sent_walk *w,
	    const uint8_t **key, int *far,
	    void (*cb)(void *arg, const struct relay_conn *c), void *arg);

/* `c' is closed: forget it. */
void	derp_sent_forget(struct derp_sent *s, struct relay_conn *c);

#endif
