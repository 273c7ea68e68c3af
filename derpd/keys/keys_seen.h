/*
 * keys_seen: the login boxes that were opened before.  Pure; touches memory
 * alone.
 *
 * A login box is the same text whenever it is sent: nothing in it is the
 * server's.  So whoever has one could log in with it for ever.  A client makes
 * a new nonce for each login, and of the last `max' boxes none is opened again.
 *
 * A restart of keys forgets them, and so do `max' later logins: whoever has a
 * box from before can then use it once more.  keys_ticket.h says what follows.
 *
 * A box costs 16 bytes, which are touched as boxes come, and O(1).  It is known
 * by 64 bits of a hash under a secret key, so that nobody can choose boxes that
 * collide.
 */
#ifndef KEYS_SEEN_H
#define KEYS_SEEN_H

#include <stdint.h>

#include "bounds.h"

struct keys_seen;

/* Create an empty set of `max' boxes, a power of 2.  NULL without memory. */
struct keys_seen *keys_seen_new(uint32_t max);

/* Free the set; NULL is permitted. */
void	keys_seen_free(struct keys_seen *s);

/*
 * Return 1 if the set has the box of this client with this nonce, with the
 * place that it got in *place, else 0.
 */
int	keys_seen_find(struct keys_seen *s, const uint8_t client[IPC_KEYLEN],
	    const uint8_t nonce[IPC_NONCELEN], uint32_t *place);

/*
 * A box of this client was opened, with this nonce: remember it, in place of
 * the oldest one when there are `max'.  Returns 0 with its place in *place,
 * which counts from 0 to `max' - 1 and starts again; or -1 when the set has the
 * box, with the place that it got then.
 */
int	keys_seen_add(struct keys_seen *s, const uint8_t client[IPC_KEYLEN],
	    const uint8_t nonce[IPC_NONCELEN], uint32_t *place);

#endif
