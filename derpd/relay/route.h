/*
 * route: carries out the call-backs of sessions and requests: routes packets to
 * connections and to other workers, notifies watchers, closes connections.  It
 * connects session.c and httpconn.c, which are independent of these modules,
 * with the rest of the worker.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct relay;
struct relay_conn;

/* Initialize the shared state of sessions and requests: r->derp, r->web. */
void	relay_route_init(struct relay *r);

/*
 * Add a client that is logged in: packets to its key go to it, and the other
 * workers are told.  0, or -1 without memory.
 */
int	relay_route_add(struct relay_conn *c);

/*
 * Deliver a packet of `n' bytes that arrived over a link, from `src' to `dst',
 * which is connected here; if it is not, drop and count the packet.
 */
void	relay_route_deliver(struct relay *r, const uint8_t *src,
	    const uint8_t *dst, const uint8_t *p, size_t n);

/* ClosePeer: close every local connection with the key `key'. */
void	relay_route_close_peer(struct relay *r,
	    const uint8_t key[FRAME_KEY_LEN]);

#endif
