/*
 * movesteps: the steps of a move (moves.h): who owes an answer, and how a step
 * ends.  Pure: the owner carries out the steps (struct parent_movesteps_ops;
 * moves.c).  Callbacks come from parent_movesteps_turn() and
 * parent_movesteps_stop() only, never from within another function.
 *
 * A process is a seat: relay worker number n has seat n, the process that is to
 * replace one of them the last seat.
 */
#ifndef MOVESTEPS_H
#define MOVESTEPS_H

#include <stdint.h>

#include "bounds.h"

#define PARENT_MOVES_SEATS	(IPC_MAXWORKERS + 1)

enum parent_movesteps_kind {
	PARENT_MOVES_HOLDING,
	PARENT_MOVES_SENDING,
	PARENT_MOVES_RECEIVING,
	PARENT_MOVES_KINDS
};

/* As in moves.h. */
typedef void (*parent_moves_cb)(void *arg, const char *why, uint32_t sessions);

/* A step. */
struct parent_movestep {
	int		 on;		/* it has not called back */
	int		 over;		/* it will, in the next turn */
	uint64_t	 owed[PARENT_MOVES_SEATS];	/* answers, a bit
							   each */
	uint32_t	 sessions;
	char		 why[256];	/* the first failure; "": none */
	parent_moves_cb	 done;
	void		*arg;
};

struct parent_movesteps_ops {
	/* Call parent_movesteps_late() in `ms'; 0: cancel the timer. */
	void	 (*deadline)(void *arg, enum parent_movesteps_kind kind,
		    unsigned int ms);
	/* Call parent_movesteps_turn() from the event loop. */
	void	 (*turn)(void *arg);
	/* The name of a seat in messages, static: "relay 0". */
	const char *(*name)(void *arg, unsigned int seat);
};

/* All zero initially, but for ops and arg. */
struct parent_movesteps {
	const struct parent_movesteps_ops *ops;
	void		*arg;
	struct parent_movestep steps[PARENT_MOVES_KINDS];
	int		 held;		/* from hold to thaw or connect */
	char		 broken[256];	/* what has failed meanwhile, also
					   between two steps; "": nothing */
};

/*
 * Begin a step, which `ms' milliseconds bound; a step of this kind that is
 * under way is forgotten.  If something has failed since the hold it fails.
 */
void	 parent_movesteps_begin(struct parent_movesteps *m,
	    enum parent_movesteps_kind kind, unsigned int ms,
	    parent_moves_cb done, void *arg);

/* A seat owes the answer number `bit', below 64. */
void	 parent_movesteps_owe(struct parent_movesteps *m,
	    enum parent_movesteps_kind kind, unsigned int seat,
	    unsigned int bit);

/* All who owe an answer are known: the step ends if nobody does. */
void	 parent_movesteps_asked(struct parent_movesteps *m,
	    enum parent_movesteps_kind kind);

/*
 * An answer: `ok' 1 with the sessions, or 0 with the reason.  One that is not
 * owed is ignored, but a failure since the hold is kept.
 */
void	 parent_movesteps_answer(struct parent_movesteps *m,
	    enum parent_movesteps_kind kind, unsigned int seat,
	    unsigned int bit, int ok, uint32_t sessions, const char *why);

/* A step fails for this reason, if it is under way. */
void	 parent_movesteps_fail(struct parent_movesteps *m,
	    enum parent_movesteps_kind kind, const char *why);

/* A process has ended, with this name: all steps under way fail. */
void	 parent_movesteps_gone(struct parent_movesteps *m, const char *name);

/* The deadline of a step has passed. */
void	 parent_movesteps_late(struct parent_movesteps *m,
	    enum parent_movesteps_kind kind);

/* Call back for what is over; called from the event loop after ops->turn(). */
void	 parent_movesteps_turn(struct parent_movesteps *m);

/* Forget all steps, without a call-back. */
void	 parent_movesteps_cancel(struct parent_movesteps *m);

/* derpd stops: all steps fail, and call back now. */
void	 parent_movesteps_stop(struct parent_movesteps *m);

#endif
