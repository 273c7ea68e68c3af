/*
 * sent: who has had a packet from whom, so that PeerGone(disconnected) goes to
 * them (derp(7), section 3).  Touches memory alone.
 */
#ifndef SENT_H
#define SENT_H

#include <stddef.h>

struct conn;
struct peer;

struct derp_sent;

/*
 * Notes of nobody yet.  `gone' sends `c' the `n' bytes at `frame', a PeerGone.
 * NULL without memory.
 */
struct derp_sent *derp_sent_new(void (*gone)(struct conn *c,
	    const void *frame, size_t n));

/* Free the notes; NULL is fine. */
void	derp_sent_free(struct derp_sent *s);

/*
 * `c' was written a packet from `src'.  0 noted, -1 not: `src' is NULL, for
 * nobody has that key any more, or no memory.  At most 12288 connections are
 * noted for a key, and 32 MiB of notes for all; beyond that older ones are
 * forgotten.
 */
int	sent_note(struct derp_sent *s, struct peer *src, struct conn *c);

/* `p' is gone: PeerGone to all that are noted, once each, and forget. */
void	sent_gone(struct derp_sent *s, struct peer *p);

/* `c' goes away: it is told nothing more. */
void	sent_forget(struct derp_sent *s, struct conn *c);

#endif
