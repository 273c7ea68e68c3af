/*
 * sent: who has had a packet from whom, so that PeerGone(disconnected) goes to
 * them (derp(7), section 3).
 */
#ifndef SENT_H
#define SENT_H

#include "relay.h"

/*
 * `c' was written a packet from the key `src'.  0 noted, -1 not: nobody has
 * that key, or no memory.  At most 12288 connections are noted for a key, and
 * 32 MiB of notes for all; beyond that older ones are forgotten.
 */
int	sent_note(struct conn *c, const uint8_t src[FRAME_KEY_LEN]);

/* `p' is gone: PeerGone to all that are noted, once each, and forget. */
void	sent_gone(struct peer *p);

/* `c' goes away: it is told nothing more. */
void	sent_forget(struct conn *c);

#endif
