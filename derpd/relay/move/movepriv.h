/*
 * movepriv: exports and imports, for the files of this folder.
 */
#ifndef MOVEPRIV_H
#define MOVEPRIV_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "fartable.h"
#include "frame.h"
#include "sent.h"

struct cluster_peer;
struct derp_pkt;
struct ipc_chan;
struct ipc_msg_move_link;
struct ipc_msg_move_session;
struct relay;
struct relay_conn;

/* Where a session is in its export; all zero: at its begin. */
struct move_at {
	unsigned int	 step;		/* of sessionout.c, the next one */
	size_t		 off;		/* bytes of it that were sent */
	const struct derp_pkt *pkt;	/* the next packet */
};

/* The channel to a new worker. */
struct move_way {
	struct move_export	*e;
	struct ipc_chan		*chan;	/* NULL: none */
	uint32_t		 sessions;	/* that it had */
	uint8_t			*ids;	/* receivers of one source, as in
					   MOVE_HEARD; heap */
	uint32_t		 nids, cap;	/* in it; room */
};

/* Where a session went, by its place in derp/sent.c. */
struct move_place {
	uint32_t	 id;		/* in the stream */
	uint32_t	 to;		/* worker, and 1; 0: it did not */
};

enum move_phase {
	MOVE_SESSIONS,
	MOVE_LINKS,		/* to other nodes */
	MOVE_SOURCES,		/* who heard from whom */
	MOVE_CLAIMS,		/* keys at other nodes */
	MOVE_ENDS,
	MOVE_WRITES,		/* all is queued */
	MOVE_DONE		/* RELAY_MOVED was sent */
};

/* An export. */
struct move_export {
	struct relay	*r;
	unsigned int	 nworkers;
	uint8_t		 secret[IPC_SLOT_SECRETLEN];
	uint8_t		 nodes[IPC_MAXNODES];	/* their numbers there */
	struct move_way	 to[IPC_MAXWORKERS];
	int		 going;		/* move_go() was called */
	int		 failed;	/* RELAY_MOVED said so */
	int		 taken;		/* a new worker goes on with its
					   sessions */
	int		 waits;		/* until something is written */
	enum move_phase	 phase;
	/* MOVE_SESSIONS: the peer, its next connection, and how many went */
	const struct cluster_peer *peer;
	const struct relay_conn *c;
	unsigned int	 moved;
	unsigned int	 node;		/* MOVE_LINKS: the next one */
	struct move_at	 at;
	struct move_place *places;	/* heap */
	size_t		 nplaces;
	struct derp_sent_walk sources;
	struct cluster_farwalk claims;
};

/* A key that the old worker knew, and that may not be here. */
struct move_lost {
	uint8_t		 key[FRAME_KEY_LEN];
	uint8_t		 local;		/* as cluster_not_restored() */
};

/* The sessions of an old worker. */
struct move_import {
	struct relay	*r;
	struct ipc_chan	*chan;		/* NULL: it is closed */
	unsigned int	 from, nworkers;
	uint8_t		 secret[IPC_SLOT_SECRETLEN];
	int		 rekeyed;	/* mesh peers logged in with a key that
					   is not in force */
	int		 begun;		/* MOVE_BEGIN came */
	int		 rest;		/* all sessions came */
	int		 ended;		/* MOVE_END came */
	int		 broken;	/* it is malformed, or memory was
					   short */
	const char	*why;		/* what is wrong (static); or NULL */
	/* sessions by their ids; NULL: it has ended */
	struct relay_conn **v;
	uint32_t	 n, cap;
	uint32_t	 may;		/* nodes whose links may come, a bit
					   each */
	struct {
		struct relay_conn *c;	/* NULL: it has ended */
		uint32_t	 link;	/* its number */
	}		 links[IPC_MAXNODES];
	unsigned int	 nlinks;
	struct relay_conn *last;	/* which has not come whole; or NULL */
	size_t		 last_bytes;	/* of MOVE_BYTES that it has had */
	int		 skips;		/* what comes of one that has ended */
	uint32_t	 taken;		/* that go on */
	struct move_lost *lost;
	uint32_t	 nlost, lost_cap, told;
};

/* export.c */

/* Free the export; NULL is permitted. */
void	move_export_free(struct move_export *e);

/*
 * Tell the new workers that the sessions stay here.  Return 0, or -1: one has
 * gone on with them, so that they are lost here.
 */
int	move_export_keep(struct move_export *e);

/* Go on with the export. */
void	move_export_work(struct move_export *e);

/* Return 1 when move_export_work() has something to do now, else 0. */
int	move_export_more(const struct move_export *e);

/* Return 1 when all that was queued in all channels is written, else 0. */
int	move_export_is_written(const struct move_export *e);

/* Return the channel to the new owner of a key; NULL: there is none. */
struct move_way *move_export_way(struct move_export *e,
	    const uint8_t key[FRAME_KEY_LEN]);

/* sessionout.c */

/* Return 1 if the session or link can move, else 0: it is about to end. */
int	move_session_can(const struct relay_conn *c);

/*
 * Send what the channel has room for, from *at on, of a session that can move,
 * or of a link to another node.  Return 1: all was sent, 0: not all, or -1 with
 * *why, a static text.
 */
int	move_session_put(struct move_way *w, const struct relay_conn *c,
	    struct move_at *at, const char **why);

/* Return the number of a link in the new derpd; IPC_NOLINK: it has none. */
uint32_t move_link_number(const struct move_export *e, unsigned int link);

/* Return 1 if the channel has room for a message, else 0. */
int	move_way_room(const struct move_way *w);

/* import.c */

/* Return 1 if this worker owns the key, and the old one did, else 0. */
int	move_import_owns(struct move_import *m,
	    const uint8_t key[FRAME_KEY_LEN]);

/*
 * The sessions are this worker's, as the old one is told: if more are to come,
 * they do not.  If it goes on with them itself they are closed.
 */
void	move_import_claim(struct move_import *m);

/* They go on: forget them, and free the import if its channel is closed. */
void	move_import_taken(struct move_import *m);

/* sessionin.c */

/*
 * Begin the session that the message describes on the descriptor `fd', which is
 * taken: *c.  Return NULL, or what is wrong, a static text; then `fd' is
 * closed.
 */
const char *move_session_begin(struct move_import *m,
	    const struct ipc_msg_move_session *v, int fd,
	    struct relay_conn **c);

/*
 * The session `c' has come whole.  Return NULL, or what is wrong, a static
 * text.
 */
const char *move_session_end(struct relay_conn *c);

/* Handlers of messages about m->last; `arg' is the import. */
struct ipc_msg_move_bytes;
struct ipc_msg_move_packet;
struct ipc_msg_move_queue;
int	move_session_on_bytes(void *arg, const struct ipc_msg_move_bytes *v);
int	move_session_on_queue(void *arg, const struct ipc_msg_move_queue *v);
int	move_session_on_packet(void *arg, const struct ipc_msg_move_packet *v);

/* take.c */

/* Go on with imported sessions, when the parent has said so. */
void	move_take_work(struct relay *r);

#endif
