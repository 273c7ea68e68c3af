/*
 * predecessor: the old side of an upgrade as a state machine, pure: derpd is
 * replaced by another one, which takes over sockets and sessions.  replace.c
 * carries out what the states ask for; the new side is derpd -U.
 *
 *   IDLE --begin--> WAITING --nothing under way--> STARTING --ready-->
 *   ACCEPTING --logins handed over, or late--> HOLDING --held--> MOVING
 *   --all moved and taken--> COMMITTED --taken--> KEEPING
 *
 *	state		waits for			bound	then
 *	WAITING		a reload, jobs of ACME		300 s	refused
 *	STARTING	UP_READY			60 s	abort
 *	ACCEPTING	old fronts without logins	3 s	goes on
 *	HOLDING		relay workers that are held	4 s	abort
 *	MOVING		all that they sent has come	10 s	abort
 *	COMMITTED	UP_TAKEN			5+1 s	LOST
 *	ENDING		the end of the new one, after
 *			an abort: this one serves	2 s	IDLE
 *	LOST		the end of the new one, and a
 *			second more			-	this one serves,
 *								see below
 *	KEEPING		(keeper.c)
 *
 * HOLDING and MOVING are left out when one of the two has no relay.
 *
 *	event		WAITING	STARTING to MOVING	COMMITTED	LOST
 *	UP_FAILED	-	abort			LOST		-
 *	channel ends	-	abort			LOST		-
 *	process ends	-	abort, when its last	LOST		waits
 *				words were read
 *	relay ends	-	abort (not STARTING)	-		-
 *	derpd stops	refused	abort			stops when	the same
 *							this is over
 *
 * An abort tells the new one first, then ends it, then has workers and fronts
 * of this one go on: so a new parent whose channel ends without a word knows
 * that nothing went on here.  Between UP_COMMIT and UP_TAKEN nobody but the new
 * one may touch a session: this one goes on only when the new processes are
 * gone.  They may have sent records of TLS then, whose numbers this one would
 * use again: so the sessions end, unless the new one has surely not read
 * UP_COMMIT.
 */
#ifndef PREDECESSOR_H
#define PREDECESSOR_H

#include "bounds.h"

#define UPGRADE_OLD_WAIT_MS	300000
#define UPGRADE_OLD_LOOK_MS	100	/* between two looks while WAITING */
#define UPGRADE_OLD_START_MS	60000
#define UPGRADE_OLD_ACCEPT_MS	3000
#define UPGRADE_OLD_HOLD_MS	4000	/* more than moves.h has */
#define UPGRADE_OLD_MOVE_MS	10000
#define UPGRADE_OLD_COMMIT_MS	5000
#define UPGRADE_OLD_GRACE_MS	1000	/* more: if this process was stopped
					   UP_TAKEN may be unread */
#define UPGRADE_OLD_END_MS	2000
#define UPGRADE_OLD_LAST_MS	500	/* for the last words of one that has
					   ended */
#define UPGRADE_OLD_GONE_MS	1000	/* for its children to be gone, too */

enum upgrade_old_state {
	UPGRADE_IDLE,
	UPGRADE_WAITING,
	UPGRADE_STARTING,
	UPGRADE_ACCEPTING,
	UPGRADE_HOLDING,
	UPGRADE_MOVING,
	UPGRADE_COMMITTED,
	UPGRADE_ENDING,
	UPGRADE_LOST,
	UPGRADE_KEEPING,
	UPGRADE_NSTATES
};

struct upgrade_old_ops {
	/* What must end before, for a message; NULL: nothing. */
	const char *(*under_way)(void *arg);
	/* Start the new parent.  NULL, or why not. */
	const char *(*spawn)(void *arg);
	/* Let the new fronts accept, and retire those of this derpd. */
	void	 (*accept)(void *arg);
	/* Hold the relay workers: upgrade_old_held() follows. */
	void	 (*hold)(void *arg);
	/*
	 * Send what they have: upgrade_old_moved() and upgrade_old_took()
	 * follow.
	 */
	void	 (*move)(void *arg);
	/* Why the sessions must not go now, though all have come; or NULL. */
	const char *(*broken)(void *arg);
	/* The sessions are the new one's: UP_COMMIT. */
	void	 (*commit)(void *arg);
	/* Tell the new one of the end, before it is killed. */
	void	 (*abort)(void *arg, const char *why);
	/*
	 * Kill it, if it runs, and close its channel, which after the commit is
	 * open until it has ended.
	 */
	void	 (*kill)(void *arg);
	/* Let the relay workers go on. */
	void	 (*thaw)(void *arg);
	/* Start them again, without a word to clients. */
	void	 (*renew)(void *arg);
	/* Serve with the old fronts again. */
	void	 (*serve)(void *arg);
	/* The new one serves: end all but what it can't take over. */
	void	 (*keep)(void *arg);
	/* The end, for those who wait for it; `why' NULL: replaced. */
	void	 (*done)(void *arg, const char *why);
	/* derpd was to stop while that was not possible. */
	void	 (*stop)(void *arg);
	/* Call upgrade_old_late() in `ms' milliseconds; 0: cancel the timer. */
	void	 (*deadline)(void *arg, unsigned int ms);
};

/* All zero initially but for ops and arg. */
struct upgrade_old {
	const struct upgrade_old_ops *ops;
	void		*arg;
	enum upgrade_old_state state;
	unsigned int	 waited;	/* ms, in WAITING */
	int		 both;		/* both derpds have relay workers */
	int		 alive;		/* the new parent runs */
	int		 unread;	/* it has not read all it was told */
	int		 moved, took;	/* numbers are known */
	int		 late;		/* in COMMITTED, the bound is over */
	unsigned int	 nmoved, ntook;	/* sessions */
	int		 stop;		/* derpd stops when it can */
	char		 why[IPC_ERRORSIZE];	/* the first reason, "" none */
	char		 how[128];	/* it has ended, "" none */
};

/* "STARTING" for logs; static. */
const char *upgrade_old_name(enum upgrade_old_state s);

/*
 * Begin an upgrade.  NULL: ops->done() follows, maybe from within; or why it is
 * refused.
 */
const char *upgrade_old_begin(struct upgrade_old *m);

/* 1 from the time when no other work may begin any more; else 0. */
int	 upgrade_old_excludes(const struct upgrade_old *m);

/* The new parent has started all; `both' 1: both derpds have relay workers. */
void	 upgrade_old_ready(struct upgrade_old *m, int both);

/* The old fronts have no logins under way any more. */
void	 upgrade_old_left(struct upgrade_old *m);

/* The relay workers are held (NULL), or why they could not be. */
void	 upgrade_old_held(struct upgrade_old *m, const char *why);

/* They have sent `n' sessions (`why' NULL), or why not; the new ones have n. */
void	 upgrade_old_moved(struct upgrade_old *m, unsigned int n,
	    const char *why);
void	 upgrade_old_took(struct upgrade_old *m, unsigned int n);

/* The new derpd serves. */
void	 upgrade_old_taken(struct upgrade_old *m);

/* The new parent reports a failure, or sends what it may not. */
void	 upgrade_old_failed(struct upgrade_old *m, const char *why);

/* It has ended, and has not read the last message.  Comes before the next. */
void	 upgrade_old_unread(struct upgrade_old *m);

/* Its channel has ended. */
void	 upgrade_old_closed(struct upgrade_old *m);

/* Its process has ended; `how' as in "ended with status 1". */
void	 upgrade_old_exited(struct upgrade_old *m, const char *how);

/* A relay worker of this derpd has ended, named `name'. */
void	 upgrade_old_worker_gone(struct upgrade_old *m, const char *name);

/* The time of ops->deadline() is over. */
void	 upgrade_old_late(struct upgrade_old *m);

/*
 * derpd is to stop.  1: it may do so now; 0: ops->stop() follows, maybe behind
 * ops->keep().
 */
int	 upgrade_old_stop(struct upgrade_old *m);

#endif
