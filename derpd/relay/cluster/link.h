/*
 * link: the links between the workers of one service, which make them act as
 * one server.  Frames are entries of the rings of lib/ipc; see linkmsg.c for
 * their types.
 */
#ifndef LINK_H
#define LINK_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "msg.h"
#include "ring.h"

struct cluster_link;
struct relay;
struct relay_conn;

/* The links of a worker. */
struct cluster_links {
	struct cluster_link	*to[IPC_MAXWORKERS];	/* NULL: no link */
	/* links to request, a bit for each worker */
	uint64_t		 unlinked;
	/* descriptors of the next link, until all are there */
	int			 fds[IPC_RING_MAXFDS];
	unsigned int		 nfds, worker;
};

/*
 * Use the descriptors `fds' of ipc_ring_make() (taken, also on error) as the
 * link to `worker', below IPC_MAXWORKERS, in place of an older one, and send
 * that worker all our connections.  Return 0, or -1 with errno as
 * ipc_ring_open().
 */
int	cluster_link_open(struct relay *r, const int fds[IPC_RING_MAXFDS],
	    unsigned int worker);

/*
 * Take descriptor number `part' of the next link, to `worker', and open the
 * link with the last one.  Return 0, or -1 with errno: EINVAL if it is not the
 * next one, else as cluster_link_open().
 */
int	cluster_link_part(struct relay *r, unsigned int worker,
	    unsigned int part, int fd);

/*
 * That worker has ended.  Its link is lost when what it has sent before is
 * read.
 */
void	cluster_link_ended(struct relay *r, unsigned int worker);

/*
 * Called before a turn that has nothing to do: it will sleep until an event.
 * Return 1, or 0 if a link has something to read.
 */
int	cluster_link_sleep(struct relay *r);

/*
 * Handle the frames of all links, bounded for each; called in each turn, after
 * its events.  They come from clients that were read already, and are handled
 * before other clients' input, or they would pile up.
 */
void	cluster_link_read(struct relay *r);

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
 * Send the packet of `n' bytes at `p' (copied) from the key `src' to the worker
 * that has the key `dst'.  Return 0, or -1: there is no link, or too little
 * room (ring.h).
 */
int	cluster_link_packet(struct relay *r, unsigned int worker,
	    const uint8_t *src, const uint8_t *dst, const uint8_t *p, size_t n);

/*
 * Request the counters of the other workers, as request `id'.  Return the
 * workers that will answer, a bit for each.  They answer only the latest
 * request.
 */
uint64_t cluster_link_request_stats(struct relay *r, uint64_t id);

/* Show the other workers the queued frames; called at the end of a turn. */
void	cluster_link_flush(struct relay *r);

/*
 * Called every second: stop waiting for workers that do not answer, and request
 * new links from the parent for those that this side closed, since the other
 * worker may still run.
 */
void	cluster_link_tick(struct relay *r);

#endif
