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
#include "log.h"
#include "msg.h"
#include "ring.h"
#include "session.h"

struct cluster_link;
struct relay;
struct relay_conn;

#define LINK_TOLD	1024	/* clients remembered; a power of two */
#define LINK_KEYS	512	/* keys of a piece of a flood, about */

/* The links of a worker. */
struct cluster_links {
	struct cluster_link	*to[IPC_MAXWORKERS];	/* NULL: no link */
	uint64_t		 unlinked;	/* to request, a bit each */
	uint64_t		 watched; /* workers that may have watchers,
					     once linked, a bit each */
	uint64_t		 succeeded; /* and those whose successor is not
					       linked yet */
	uint32_t		 marked;	/* hold whose mark was sent; 0:
						   none */
	int			 quiet;		/* links raise no event */
	/* descriptors of the next link, until all are there */
	int			 fds[IPC_RING_MAXFDS];
	unsigned int		 nfds, worker;
	struct log_limit	 refused;
	/* how often other workers' clients were told "not here" */
	struct cluster_told {
		uint8_t			 key[FRAME_KEY_LEN];
		struct derp_notices	 notices;
	}			 told[LINK_TOLD];
};

/*
 * Use the descriptors `fds' of ipc_ring_make() (taken, also on error) as the
 * link to `worker', below IPC_MAXWORKERS, in place of an older one.  Return 0,
 * or -1 with errno as ipc_ring_open().
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
 * Notify all other workers of a key that this one owns: its last connection
 * here has ended (`local' 1), it is gone from the region (`region' 1), or both.
 */
void	cluster_link_gone(struct relay *r, const uint8_t key[FRAME_KEY_LEN],
	    int local, int region);

/* ClosePeer: make the owner `worker' close its connections with that key. */
void	cluster_link_close_peer(struct relay *r, unsigned int worker,
	    const uint8_t key[FRAME_KEY_LEN]);

/*
 * This worker has watchers (1) or no longer (0): request news of connections
 * from all workers.
 */
void	cluster_link_watch(struct relay *r, int on);

/* Notify the workers that have watchers of the new connection `c'. */
void	cluster_link_present(const struct relay_conn *c);

/*
 * Request keys of `worker' for the watcher with the number `id', from `slot'
 * on; cluster_watch_flooded() gets the end.  Return 0, or -1: there is no link,
 * or the last request to that worker is not answered yet.
 */
int	cluster_link_flood(struct relay *r, unsigned int worker, uint64_t id,
	    unsigned int slot);

/*
 * Send the packet of `n' bytes at `p' (copied) from the key `src' to the owner
 * `worker' of the key `dst'; `mesh' is the key of the mesh peer that forwarded
 * it, NULL for none.  It is dropped and counted when there is too little room
 * (ring.h).  Return 0, or -1: that worker is lost, and its clients with it.
 */
int	cluster_link_packet(struct relay *r, unsigned int worker,
	    const uint8_t *mesh, const uint8_t *src, const uint8_t *dst,
	    const uint8_t *p, size_t n);

/*
 * The node of the link `far' (far.h), which this worker has, says that `key' is
 * connected there (`here' 1), or no longer (0): tell the owner `worker'.
 * Return 0, or -1: that worker is lost.
 */
int	cluster_link_far(struct relay *r, unsigned int worker,
	    unsigned int far, const uint8_t key[FRAME_KEY_LEN], int here);

/* Tell all workers: the link `far', which this one had, has ended. */
void	cluster_link_far_lost(struct relay *r, unsigned int far);

/*
 * Send a packet as cluster_link_packet() to the worker that has the link `far',
 * for the node behind it.
 */
int	cluster_link_via(struct relay *r, unsigned int worker,
	    unsigned int far, const uint8_t *src, const uint8_t *dst,
	    const uint8_t *p, size_t n);

/* Make the node of the link `far', at `worker', close `key', which is ours. */
void	cluster_link_far_close(struct relay *r, unsigned int worker,
	    unsigned int far, const uint8_t key[FRAME_KEY_LEN]);

/*
 * Sessions are about to move (hold.h): LINK_MARK of this hold, not 0, is the
 * last entry for each worker, until cluster_link_go_on().  Packets for other
 * nodes are dropped meanwhile, requests to close a key there and LINK_NOT_HERE
 * are not sent, and requests of floods are answered afterwards.
 */
void	cluster_link_mark(struct relay *r, uint32_t hold);

/*
 * Return 1 when each link has brought the mark of this hold, and all that is
 * for others is in their rings; else 0.
 */
int	cluster_link_marked(const struct relay *r, uint32_t hold);

/* No link raises an event any more; none may be read meanwhile. */
void	cluster_link_quiet(struct relay *r);

/* End both. */
void	cluster_link_go_on(struct relay *r);

/*
 * A worker that this one was held with has a successor, which has all its
 * sessions: its link ends, and is not lost.  The next link is to the successor,
 * which has its links to nodes, but for those to the nodes `lost', a bit each.
 */
void	cluster_link_succeeded(struct relay *r, unsigned int worker,
	    uint32_t lost);

/*
 * This worker succeeds another one, or its sessions come from some: the other
 * workers count as having watchers until they say that they have none.
 */
void	cluster_link_heir(struct relay *r);

/* Return 1 while news for some worker waits for room in its ring, else 0. */
int	cluster_link_waits(const struct relay *r);

/* Show the other workers the queued frames; called at the end of a turn. */
void	cluster_link_flush(struct relay *r);

/*
 * Called every second: request new links from the parent for those that this
 * side closed, since the other worker may still run, and new channels for
 * hand-overs.
 */
void	cluster_link_tick(struct relay *r);

#endif
