/*
 * standin: the process that whoever started derpd waits for, while others have
 * taken over.
 *
 * A shell, runit or a container that runs derpd in the foreground sees the end
 * of the first parent as the end of derpd.  So this one stays after it has been
 * replaced: it passes signals on to the parent that serves, and ends as that
 * one does.  Each parent that is started under a stand-in has the write end of
 * a pipe, by which it names its successor when that serves; the stand-in is a
 * subreaper, so that all become its children, and those in between end.  Where
 * that is not possible each parent stands in for the next one.
 *
 * A service manager is told of the new process instead (NOTIFY_SOCKET), and a
 * derpd in the background has nobody who waits.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include <sys/types.h>

struct event;
struct event_base;

struct upgrade_stand_in {
	int		 wanted;	/* this parent must stay */
	int		 out;		/* to the stand-in of this parent, -1:
					   there is none */
	int		 in;		/* this one stands in: what successors
					   write, -1: it does not */
	int		 next_out;	/* the other end, for the next one */
	unsigned int	 number;	/* of this parent under it; or, of a
					   stand-in, of the one that serves */
	struct event	*ev, *ev_gone;
	pid_t		 serves;	/* the parent that serves, 0: this
					   one */
	int		 over;		/* it has ended */
	int		 status;	/* exit status, as its */
	void		 (*ended)(void *arg);	/* it has ended */
	void		*arg;
};

/*
 * At the start: find out whether this parent is under a stand-in, or has to be
 * one: in the foreground (`debug' 1) or as process 1.  `ended' is called with
 * `arg' when what it stands in for has ended.
 */
void	 upgrade_stand_in_init(struct upgrade_stand_in *s, int debug,
	    void (*ended)(void *arg), void *arg);

/* 1 when a service manager is to be told of successors, else 0. */
int	 upgrade_stand_in_managed(const struct upgrade_stand_in *s);

/*
 * The descriptor that the next parent gets (startnew.h), which stays ours; -1:
 * none.
 */
int	 upgrade_stand_in_pass(struct upgrade_stand_in *s);

/* That one has failed: close what was made for it. */
void	 upgrade_stand_in_undo(struct upgrade_stand_in *s);

/*
 * The process `pid' serves.  1: this one stays until that ends; 0: it need not
 * stay.
 */
int	 upgrade_stand_in_begin(struct upgrade_stand_in *s,
	    struct event_base *base, pid_t pid);

/* Pass the signal on.  1, or 0: this one does not stand in. */
int	 upgrade_stand_in_signal(const struct upgrade_stand_in *s, int sig);

/*
 * A child that is none of the processes of this derpd has ended; `next': the
 * successor of this one, whose end the stand-in can't see.
 */
void	 upgrade_stand_in_reaped(struct upgrade_stand_in *s, pid_t pid,
	    int status, pid_t next);

#endif
