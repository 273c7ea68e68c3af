/*
 * sent: who has had a packet from whom, so that PeerGone(disconnected) goes to
 * them (derp(7), section 3).  Touches memory alone.
 */
#ifndef SENT_H
#define SENT_H

#include <stddef.h>

struct cluster_peer;
struct relay_conn;

struct derp_sent;

/*
 * Notes of nobody yet.  `gone' sends `c' the `n' bytes at `frame', a PeerGone.
 * NULL without memory.
 */
struct derp_sent *derp_sent_new(void (*gone)(struct relay_conn *c,
	    const void *frame, size_t n));

/* Free the notes; NULL is fine. */
void	derp_sent_free(struct derp_sent *s);

/*
 * `c' was written a packet from `src'.  0 noted, -1 not: `src' is NULL, for
 * nobody has that key any more, or no memory.  At most 12288 connections are
 * noted for a key, and 32 MiB of notes for all; beyond that older ones are
 * forgotten.
 */
int	derp_sent_note(struct derp_sent *s, struct cluster_peer *src,
	    struct relay_conn *c);

/* `p' is gone: PeerGone to all that are noted, once each, and forget. */
void	derp_sent_gone(struct derp_sent *s, struct cluster_peer *p);

/* `c' goes away: it is told nothing more. */
void	derp_sent_forget(struct derp_sent *s, struct relay_conn *c);

#endif
