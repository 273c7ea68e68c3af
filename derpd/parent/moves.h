/*
 * moves: sessions move from relay workers to new ones, while all workers are
 * held (derpd/relay/hold.h, derpd/relay/move/).  Part of parent.h, which
 * includes it.  Used by succeed.c and upgrade/.
 *
 *	side that gives			side that takes
 *	parent_moves_hold()
 *	parent_moves_send()		parent_moves_receive()
 *	  -- all have answered on both sides: the commit --
 *	parent_moves_leave()		parent_moves_take()
 *					parent_moves_connect()
 *
 * In place of the commit, parent_moves_thaw() makes all go on as before, at any
 * point.  Each step calls back once, from the event loop: when all processes
 * have answered, when one of them has failed or ended, when it is late, or when
 * derpd stops:
 *
 *	void cb(void *arg, const char *why, uint32_t sessions)
 *
 * `why' NULL: all is done, with so many sessions (of a hold: 0); else why not,
 * a line that is valid during the call.
 */
#ifndef MOVES_H
#define MOVES_H

#include <stddef.h>
#include <stdint.h>

#include "movesteps.h"

#define PARENT_MOVES_HOLD_MS	3000	/* for parent_moves_hold() */
#define PARENT_MOVES_MS		10000	/* for sessions to move */

struct ipc_msg;
struct parent;
struct parent_proc;

/* A channel over which sessions go. */
struct parent_moves_chan {
	struct parent_proc *p;		/* the worker that gets this end */
	unsigned int	 other;		/* number of the worker at the other
					   end */
	int		 fd;		/* this end */
	int		 rekeyed;	/* at one that takes: see
					   RELAY_MOVE_FROM */
	uint32_t	 links;		/* the same */
};

struct event;

/* The moves of a parent. */
struct parent_moves {
	struct parent_movesteps steps;
	uint32_t	 hold;		/* number of the last hold */
	uint32_t	 links;		/* that have been received, to nodes: a
					   bit each */
	struct event	*ev_turn;	/* of steps */
	struct event	*ev_late[PARENT_MOVES_KINDS];
};

/* Initialise d->moves; call it once, at the start. */
void	 parent_moves_init(struct parent *d);

/*
 * Hold all fronts (their channels for hand-overs close, logins wait) and all
 * relay workers of `d'.  `done' is called with `arg'.  After a failure the
 * caller thaws.  From now until parent_moves_thaw() or parent_moves_connect()
 * no channel for hand-overs is made.
 */
void	 parent_moves_hold(struct parent *d, parent_moves_cb done, void *arg);

/* Return 1 from the call of parent_moves_hold() until then, else 0. */
int	 parent_moves_held(const struct parent *d);

/*
 * Give the `n' channels at `v' (the descriptors are taken, also on failure) to
 * the held workers that leave, and have them send their sessions: to `nworkers'
 * workers, which own keys by `secret' of IPC_SLOT_SECRETLEN bytes, and the
 * links to nodes, whose numbers there are `nodes' of IPC_MAXNODES bytes, as in
 * UP_READY.
 */
void	 parent_moves_send(struct parent *d, const struct parent_moves_chan *v,
	    size_t n, unsigned int nworkers, const uint8_t *secret,
	    const uint8_t *nodes, parent_moves_cb done, void *arg);

/*
 * Give the `n' channels at `v' (taken as above) to new workers, which receive
 * sessions from `nworkers' workers, which owned keys by `secret'.
 */
void	 parent_moves_receive(struct parent *d,
	    const struct parent_moves_chan *v, size_t n, unsigned int nworkers,
	    const uint8_t *secret, parent_moves_cb done, void *arg);

/*
 * What has failed since parent_moves_hold(), also between steps and when all
 * had answered: a relay worker has ended, or takes back its answer.  NULL:
 * nothing.  To be asked right before a commit.
 */
const char *parent_moves_broken(const struct parent *d);

/* No step calls back any more. */
void	 parent_moves_cancel(struct parent *d);

/*
 * The commit: a new worker serves the sessions that it has received; keys
 * behind the nodes `lost', a bit each, whose links have not come, do not count.
 * An old one ends at once, without output.  0, or -1: it could not be told, or
 * does not run.
 */
int	 parent_moves_take(struct parent_proc *p, uint32_t lost);
int	 parent_moves_leave(struct parent_proc *p);

/*
 * End the hold: connect all fronts and relay workers for hand-overs.
 * parent_moves_thaw() also ends all steps, without a call-back, and makes all
 * relay workers go on; it may be called at any time.
 */
void	 parent_moves_connect(struct parent *d);
void	 parent_moves_thaw(struct parent *d);

/* Handle RELAY_HELD, RELAY_MOVED and RELAY_TOOK.  0, or -1: not permitted. */
int	 parent_moves_message(struct parent_proc *p, struct ipc_msg *m);

/* A front or relay worker has ended. */
void	 parent_moves_gone(const struct parent_proc *p);

/* derpd stops: end all steps, with a call-back. */
void	 parent_moves_stop(struct parent *d);

#endif
