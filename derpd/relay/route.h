/*
 * route: what the frames of a client lead to: packets to connections and to
 * other workers, news to watchers, the end of other connections; and what their
 * requests do.  It joins session.c and httpconn.c, which know none of these,
 * with the rest of the worker.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct relay;

/* Set up what sessions and requests of the worker share: r->derp, r->web. */
void	relay_route_init(struct relay *r);

/*
 * A packet of `n' bytes over a link, from `src' for `dst', which is connected
 * here; dropped and counted if it is not.
 */
void	relay_route_deliver(struct relay *r, const uint8_t *src,
	    const uint8_t *dst, const uint8_t *p, size_t n);

/* ClosePeer: close every connection that this worker has of `key'. */
void	relay_route_close_peer(struct relay *r,
	    const uint8_t key[FRAME_KEY_LEN]);

#endif
