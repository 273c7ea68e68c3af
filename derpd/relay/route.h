/*
 * route: carries out the call-backs of sessions: routes packets to connections
 * and to other workers, notifies watchers, closes connections.  It connects
 * session.c, which is independent of these modules, with the rest of the
 * worker.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct relay;
struct relay_conn;

/* Initialize the shared state of sessions, r->derp, but for its counters. */
void	relay_route_init(struct relay *r);

/*
 * Add a client whose key this worker owns: packets to the key go to it.  0, or
 * -1 without memory.
 */
int	relay_route_add(struct relay_conn *c);

/*
 * Deliver a packet of `n' bytes from `src' to `dst'.  One from a mesh peer,
 * with `forwarded' 1, is not forwarded again.  Return 0, or -1: `dst' has no
 * connection that this worker knows.
 */
int	relay_route_deliver(struct relay *r, const uint8_t *dst,
	    const uint8_t *src, int forwarded, const uint8_t *p, size_t n);

/* ClosePeer: close every connection here with the key `key'. */
void	relay_route_close_peer(struct relay *r,
	    const uint8_t key[FRAME_KEY_LEN]);

/*
 * Close every connection here with the key `key', with `mesh' 0 none of a mesh
 * peer: it gets a Health frame with the text `why', but no packet any more.
 * Return how many there were.
 */
unsigned int relay_route_end(struct relay *r, const uint8_t key[FRAME_KEY_LEN],
	    const char *why, int mesh);

/* The client rate has changed: who waits for the old one is read again. */
void	relay_route_new_rate(struct relay_conn *c);

#endif
