/*
 * move: sessions that go to another relay worker, of this parent or of the
 * derpd that takes over (ARCHITECTURE, "Replacing everything").
 *
 * export.c      what leaves: a walk over all sessions, in slices
 * sessionout.c  one session or link, as messages
 * import.c      what comes; the sender may be hostile
 * sessionin.c   one session or link, out of messages
 * take.c        imported sessions go on
 *
 * The exporter changes nothing of a session and frees none: it goes on with all
 * of them if the move fails.  The importer touches no socket, not even by a
 * read, until the parent says that the sessions are its own.
 */
#ifndef MOVE_H
#define MOVE_H

#include <stdint.h>

#include "bounds.h"

struct ipc_msg_relay_move_from;
struct move_export;
struct move_import;
struct relay;
struct relay_conn;

/*
 * Bytes of MOVE_BYTES that all old workers together may send to a new one
 * beyond those that each session may have: a bound of memory if one of them is
 * hostile.  Each session counts for itself, because honest workers have as many
 * bytes as clients make them keep; descriptors bound the sessions.
 */
#define MOVE_BYTES_MAX	(1024ULL * 1024 * 1024)
#define MOVE_SESSION_BYTES (512 * 1024)

/* Imported sessions. */
enum move_taking {
	MOVE_WAITING,		/* are not touched */
	MOVE_TAKING,		/* go on, one after the other */
	MOVE_TAKEN		/* have all gone on */
};

/* The moves of a worker; all zero: there is none. */
struct move_all {
	struct move_export	*out;	/* NULL: none */
	struct move_import	*in[IPC_MAXWORKERS];	/* by old worker */
	enum move_taking	 taking;
	uint64_t		 bytes;		/* that came of those of
						   MOVE_BYTES_MAX */
};

/*
 * Sessions of keys that the worker `to' of `nworkers' owns by this secret go to
 * the channel `fd', which is taken; so do links to nodes, whose numbers there
 * are nodes[old number] (IPC_NONODE: none; such a link does not move).  The
 * first call after move_go() or move_stop() begins another export.  Return 0,
 * or -1 without memory; the caller then still owns `fd'.
 */
int	move_to(struct relay *r, unsigned int to, unsigned int nworkers,
	    const uint8_t secret[IPC_SLOT_SECRETLEN],
	    const uint8_t nodes[IPC_MAXNODES], int fd);

/*
 * Export all sessions; the worker is held (hold.h).  RELAY_MOVED is sent when
 * all is written and, with ok 0, when that fails.  It is sent again with ok 0
 * when a new worker ends afterwards.  The channels stay open.
 */
void	move_go(struct relay *r);

/*
 * End the export, because the sessions go on here: the new workers are told,
 * and the channels are closed.  They then send RELAY_TOOK, as below.  If one of
 * them has begun to go on with sessions this process ends: else both would.
 */
void	move_stop(struct relay *r);

/*
 * Handle RELAY_MOVE_FROM: sessions come over the channel *fd, which is taken,
 * from the worker v->from of v->nworkers, which owned its keys by that secret.
 * With v->rekeyed its mesh peers end in a day, as after a change of the mesh
 * key.  RELAY_TOOK is sent when all have come or that has failed; then again,
 * the same, when the old worker has closed the channel before move_take().
 * Return 0, or -1: there is no such worker, it has a channel, or move_take()
 * was called; the caller then still owns *fd.  Without memory it exits.
 */
int	move_from_message(void *relay, const struct ipc_msg_relay_move_from *v,
	    int *fd);

/*
 * The imported sessions are this worker's: go on with them, some hundred in
 * each turn.  Of a stream that its worker did not end, those that came whole go
 * on; those of a malformed one are closed.  Keys count no longer that are known
 * through links to the nodes `lost', a bit each.
 */
void	move_take(struct relay *r, uint32_t lost);

/*
 * Go on at once with all imported sessions that are this worker's, because it
 * stops.
 */
void	move_take_rest(struct relay *r);

/* The connection is about to be removed. */
void	move_leave(struct relay_conn *c);

/* Called in each turn: go on with what is done in slices. */
void	move_work(struct relay *r);

/* Return 1 when move_work() has more to do in the next turn, else 0. */
int	move_more(const struct relay *r);

#endif
