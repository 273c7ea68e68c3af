/*
 * link: the streams between the workers of one service, which make them act as
 * one server.  Frames have the format of DERP (type, length, payload) and types
 * of their own; see linkmsg.c.
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

#define LINK_ROUND	(256 * 1024)	/* bytes of one read */

/* The links of a worker. */
struct cluster_links {
	struct cluster_link	*to[IPC_MAXWORKERS];	/* NULL: no link */
	/* links to request, a bit for each worker */
	uint64_t		 unlinked;
	uint8_t			 in_buf[LINK_ROUND];
};

/*
 * Use the stream `fd' as the link to `worker', in place of an older one, and
 * send that worker all our connections.  Return 0, or -1 without memory.
 */
int	cluster_link_open(struct relay *r, int fd, unsigned int worker);

/*
 * Notify all other workers of a connection of this worker: it was added, was
 * removed, or is the active one among duplicates.  After cluster_link_add() and
 * cluster_link_active() c->session.pending_acks has a bit for each worker that
 * has not acknowledged.  derp_login_agreed() is called when the last of these
 * has acknowledged, has not answered for 2 seconds or has lost its link.  It is
 * not called when no acknowledgement was awaited.
 */
void	cluster_link_add(struct relay_conn *c);
void	cluster_link_remove(struct relay_conn *c);
void	cluster_link_active(struct relay_conn *c);

/* ClosePeer: make the other workers close their connections with that key. */
void	cluster_link_close_peer(struct relay *r,
	    const uint8_t key[FRAME_KEY_LEN]);

/*
 * Output to a worker is bounded: above 4 MiB no more packets are queued; above
 * 32 MiB the worker counts as lost.
 */

/*
 * Send the packet of `n' bytes at `p' (copied) from the key `src' to the worker
 * that has the key `dst'.  Return 0, or -1: there is no link, too much is
 * queued, or there is no memory.
 */
int	cluster_link_packet(struct relay *r, unsigned int worker,
	    const uint8_t *src, const uint8_t *dst, const uint8_t *p, size_t n);

/*
 * Request the counters of the other workers, as request `id'.  Return the
 * workers that will answer, a bit for each.  They answer only the latest
 * request.
 */
uint64_t cluster_link_request_stats(struct relay *r, uint64_t id);

/* Write the queued frames; called at the end of each turn. */
void	cluster_link_flush(struct relay *r);

/*
 * Called every second: stop waiting for workers that do not answer, and request
 * new links from the parent for those that this side closed, since the other
 * worker may still run.
 */
void	cluster_link_tick(struct relay *r);

#endif
