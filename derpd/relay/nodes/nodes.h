/*
 * nodes: the links to other nodes of the region that this worker has (derp(7),
 * section 4).  A process mesh has logged in at the node and hands the
 * connection over; here it is a struct relay_conn with a struct nodes_link,
 * which is no client: it has no key in the table, no limits and no ServerInfo.
 *
 * nodes.c       the channels to the mesh processes
 * nodesadopt.c  a connection that is handed over
 * nodeslink.c   a link, from WatchConns to its end
 * nodesmove.c   a link that moves to another worker
 */
#ifndef NODES_H
#define NODES_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "keyage.h"
#include "log.h"
#include "nodesession.h"

struct derp_queue_limits;
struct ipc_chan;
struct ipc_msg_mesh_link;
struct ipc_msg_move_link;
struct relay;
struct relay_conn;

/* A link; of a connection, which frees it. */
struct nodes_link {
	struct nodes_session	 session;	/* the first member */
	struct relay_conn	*c;
	unsigned int		 link;		/* 2 * node + parity */
	uint32_t		 number;	/* of MESH_LINK */
	unsigned int		 beats;		/* since it began */
	unsigned int		 silent;	/* beats without input */
	unsigned int		 orphan;	/* beats without its mesh
						   process, and one; 0: that is
						   there */
	unsigned int		 lost:1,	/* it does not count any more */
				 now:1,		/* dial again at once */
				 frames:1,	/* the node sent one */
				 restarting:1,	/* and that it restarts */
				 moved:1;	/* from another worker; its mesh
						   process does not know */
	const char		*why;		/* we end it; NULL: not yet */
	uint8_t			 health[NODES_TEXT]; /* what it said last */
	size_t			 health_len;
};

/* Another node of the region. */
struct nodes_node {
	struct relay		*r;
	struct ipc_chan		*chan;		/* of its mesh process; NULL:
						   none */
	struct relay_conn	*c;		/* its link; NULL: none */
	unsigned int		 parity;	/* of the last link */
	struct log_limit	 forged, says;	/* lines about it */
};

/* The nodes of a worker; those of other workers stay zero. */
struct nodes_all {
	struct nodes_node	 of[IPC_MAXNODES];
	unsigned int		 nconns;	/* connections that are links */
	int			 paused;	/* some, by PAUSE_NEWS */
	struct nodes_keyage	 keyage;	/* of mesh peers' sessions */
};

/* Initialize r->nodes and r->far_ops; call it once, at the start. */
void	nodes_init(struct relay *r);

/*
 * Settings are put in force: if the mesh key has changed, sessions that logged
 * in with the old one end in a day.
 */
void	nodes_commit(struct relay *r);

/*
 * Use the descriptor `fd' as the channel to the mesh process of `node', below
 * IPC_MAXNODES, in place of an older one.  Return 0, or -1 without memory; the
 * caller then still owns `fd'.
 */
int	nodes_open(struct relay *r, int fd, unsigned int node);

/* Descriptors that the channels and links of the nodes may need. */
unsigned int nodes_files(const struct relay *r);

/* Called every second. */
void	nodes_tick(struct relay *r);

/*
 * Called in each turn: read the nodes again that were not read because a worker
 * was behind with what they say.
 */
void	nodes_work(struct relay *r);

/* Return 1 when nodes_work() has something to do now, else 0. */
int	nodes_more(const struct relay *r);

/* Of a connection that is a link, for relayconn.c and packets.c: */

/* As derp_input(), for the bytes of the node. */
size_t	nodes_link_input(struct relay_conn *c, const uint8_t *p, size_t n);

/* Called every NODES_BEAT_SECS: ping the node, and end it when it is silent. */
#define NODES_BEAT_SECS	2
void	nodes_link_beat(struct relay_conn *c);

/*
 * The connection ends: the mesh process and the other workers are told, once.
 */
void	nodes_link_ended(struct relay_conn *c);

/* Free the link of the connection. */
void	nodes_link_free(struct relay_conn *c);

/* The queue of a link is longer than that of a client. */
void	nodes_link_limits(struct derp_queue_limits *lim);

/* Count a packet of `n' bytes that was written to the node, or dropped. */
void	nodes_link_sent(struct relay_conn *c, size_t n);
void	nodes_link_dropped(struct relay_conn *c);

/* For relay/move, too: */

/*
 * End the link: the reason (static) is for the mesh process, which dials again,
 * with `now' at once.
 */
void	nodes_link_end(struct relay_conn *c, int now, const char *why);

/* Return 1 if the link can move as its connection can, else 0. */
int	nodes_link_can_move(const struct relay_conn *c);

/* Describe the link, but for v->link and its records; points into it. */
void	nodes_link_save(const struct relay_conn *c,
	    struct ipc_msg_move_link *v);

/*
 * Make the link that the message describes, whose v->link is below FAR_LINKS,
 * on the descriptor `fd', which is taken: *c, which is not touched before
 * nodes_link_go_on().  With `rekeyed' it ends in a day, as after a change of
 * the mesh key.  Return NULL, or what is wrong, a static text; then `fd' is
 * closed.
 */
const char *nodes_link_restore(struct relay *r,
	    const struct ipc_msg_move_link *v, int fd, int rekeyed,
	    struct relay_conn **c);

/* The link is this worker's: go on with it. */
void	nodes_link_go_on(struct relay_conn *c);

/* Within this folder: */

/*
 * Begin the link that the message describes, on the descriptor `fd', which is
 * taken.  It replaces an older one of the node.  Return 0, or -1 with *why, a
 * static text: an honest mesh process does not send this.
 */
int	nodes_adopt(struct nodes_node *n, const struct ipc_msg_mesh_link *v,
	    int fd, const char **why);

/*
 * Begin the link `l' (heap, taken; all zero but for its number) on the
 * connection, which is new.
 */
void	nodes_link_begin(struct relay_conn *c, struct nodes_node *n,
	    struct nodes_link *l);

/* Make `l' (as above) the link of its node, with this number of a link. */
void	nodes_link_attach(struct relay_conn *c, struct nodes_node *n,
	    struct nodes_link *l, unsigned int link);

/* The number of a node, or of the node of a link. */
unsigned int nodes_number(const struct nodes_node *n);

/*
 * Tell the mesh process that the link `number' has ended.
 */
void	nodes_tell(struct nodes_node *n, uint32_t number, int now,
	    const char *why);

#endif
