/*
 * link: the streams between the workers of one service, which make them act
 * as one server.  Frames as on the wire (type, length, payload), of types of
 * their own; see link.c.
 */
#ifndef LINK_H
#define LINK_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "msg.h"

struct cluster_link;
struct relay;
struct relay_conn;

#define LINK_ROUND	(256 * 1024)	/* bytes read at once */

/* The links of a worker. */
struct cluster_links {
	struct cluster_link	*to[IPC_MAXWORKERS];	/* NULL: none */
	uint64_t		 unlinked;	/* wanted anew, a bit each */
	uint8_t			 in_buf[LINK_ROUND];
};

/*
 * Take over the stream `fd' to `worker', in place of an older one, and tell it
 * of all our connections.  0, or -1 without memory.
 */
int	cluster_link_open(struct relay *r, int fd, unsigned int worker);

/*
 * Tell all other workers of a connection of ours: it came, it went, it spoke
 * last among duplicates.  After cluster_link_add() and cluster_link_active()
 * c->session.acks has a bit for each worker that has not taken it in yet;
 * derp_login_agreed() follows when the last one has, or has not answered
 * anything for 2 seconds. Not called when there is none to wait for.
 */
void	cluster_link_add(struct relay_conn *c);
void	cluster_link_remove(struct relay_conn *c);
void	cluster_link_active(struct relay_conn *c);

/* ClosePeer: the other workers close theirs with that key. */
void	cluster_link_close_peer(struct relay *r,
	    const uint8_t key[FRAME_KEY_LEN]);

/*
 * All that waits for a worker is bounded: packets by 4 MiB, beyond which none
 * are taken; everything by 32 MiB, beyond which the worker counts as lost.
 */

/*
 * Send the packet of `n' bytes at `p' (copied) to the worker that has the key
 * `dst'; it came from the key `src'.  0 taken, -1 no link, too much is waiting,
 * or no memory.
 */
int	cluster_link_packet(struct relay *r, unsigned int worker,
	    const uint8_t *src, const uint8_t *dst, const uint8_t *p, size_t n);

/*
 * Ask the other workers for their counters, as request `id'; the workers that
 * will answer, a bit each.  They answer the latest request alone.
 */
uint64_t cluster_link_request_stats(struct relay *r, uint64_t id);

/* Write what is waiting; at the end of each round. */
void	cluster_link_flush(struct relay *r);

/*
 * The second has passed: no longer wait for workers that do not answer, and ask
 * the parent for new links in place of those that were given up here, while the
 * other worker may live on.
 */
void	cluster_link_tick(struct relay *r);

#endif
