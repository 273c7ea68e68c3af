/*
 * childrun: the life of a child of derpd(8): its start, its confinement, and
 * the messages of the parent.  For the main file of each role.
 *
 * Two kinds: a child with an event loop is confined before its settings come; a
 * child without one, which blocks, gets its first settings before, because they
 * say what the sandbox must leave within reach.
 */
#ifndef CHILDRUN_H
#define CHILDRUN_H

#include "child.h"
#include "ipcdispatch.h"
#include "ipcsend.h"

struct event_base;

struct ipc_child {
	enum ipc_role	 role;
	/*
	 * The parent's messages.  Any other message is fatal.  Without handlers
	 * of their own, MSG_VERBOSE sets the log and MSG_STOP ends the process.
	 */
	const struct ipc_handlers *handlers;
	/*
	 * Do what can't be done within the sandbox, and set `base', if there is
	 * an event loop, and `arg'.
	 */
	void		(*prepare)(struct ipc_child *c);
	/* 1 when the first settings are there; NULL: there are none. */
	int		(*configured)(void *arg);
	/* What the sandbox leaves within reach; NULL: nothing. */
	const struct sandbox_net *(*reach)(void *arg);
	/* Called before each message is handled; NULL: nothing is. */
	void		(*before)(void *arg);
	/* The last step before MSG_READY; NULL: none. */
	void		(*begin)(void *arg);
	/* One turn of the event loop; NULL: libevent's own. */
	void		(*turn)(void *arg);
	/* A child without loop: its work, never returns. */
	void		(*work)(void *arg);

	struct event_base *base;	/* set by prepare(); NULL: no loop */
	void		*arg;		/* set by prepare(); of handlers */
	struct ipc_chan	*parent;	/* set by ipc_child_run() */
	int		 confined;	/* the sandbox is in force */
};

/*
 * Be this child: take MSG_START (ipc_child_init()), prepare, confine, take the
 * first settings, say MSG_READY, then run for ever.  Never returns: exits 0
 * when the parent is gone, 1 with a line when something failed.
 */
void	 ipc_child_run(struct ipc_child *c) __attribute__((noreturn));

/* Handle one message of the parent, which is not freed. */
void	 ipc_child_handle(struct ipc_child *c, struct ipc_msg *m);

/*
 * A child without loop: wait for one message of the parent, at most `ms', and
 * handle it.  1 one came, 0 none came.
 */
int	 ipc_child_wait(struct ipc_child *c, int ms);

/*
 * A child without loop: `rv' is what ipc_send_NAME() returned; wait until the
 * message is written.  Exits when that fails.
 */
void	 ipc_child_sent(struct ipc_child *c, int rv);

#endif
