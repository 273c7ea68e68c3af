/*
 * childrun: main loop of a child of derpd(8): its start, its confinement, and
 * the parent's messages.  For the main file of each role.
 *
 * A child with an event loop is confined before its settings arrive.  A child
 * without one, which blocks, receives its first settings before, because they
 * determine what the sandbox must permit; so does one with a loop and reach().
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
	 * Handlers of the parent's messages; any other message is fatal.  The
	 * default for MSG_LOG sets how it logs, and for MSG_STOP ends the
	 * process.
	 */
	const struct ipc_handlers *handlers;
	/*
	 * Prepare what the sandbox would refuse; set `arg' and, for a child
	 * with an event loop, `base'.
	 */
	void		(*prepare)(struct ipc_child *c);
	/* Returns 1 when the first settings are complete; NULL: no settings. */
	int		(*configured)(void *arg);
	/* What the sandbox must permit; NULL: nothing. */
	const struct sandbox_net *(*reach)(void *arg);
	/* Called before each message is handled; may be NULL. */
	void		(*before)(void *arg);
	/* The last step before MSG_READY; may be NULL. */
	void		(*begin)(void *arg);
	/* One turn of the event loop; NULL: libevent's own. */
	void		(*turn)(void *arg);
	/* The parent is gone, and this child is about to exit; may be NULL. */
	void		(*gone)(void *arg);
	/* Main loop of a child without event loop; never returns. */
	void		(*work)(void *arg);

	struct event_base *base;	/* set by prepare(); NULL: no loop */
	void		*arg;		/* set by prepare(); for the handlers */
	struct ipc_chan	*parent;	/* set by ipc_child_run() */
	unsigned int	 worker;	/* set by ipc_child_run(); its number */
	int		 confined;	/* the sandbox is in force */
};

/*
 * Run this child: receive MSG_START (ipc_child_init()), prepare, confine,
 * receive the first settings, send MSG_READY, then run forever.  Never returns:
 * exits with 0 when the parent is gone, with 1 and an error line on failure.
 */
void	 ipc_child_run(struct ipc_child *c) __attribute__((noreturn));

/* Handle one message from the parent; the message is not freed. */
void	 ipc_child_handle(struct ipc_child *c, struct ipc_msg *m);

/*
 * In a child without event loop: wait at most `ms' milliseconds for one message
 * from the parent and handle it.  Returns 1, or 0 when none arrived.
 */
int	 ipc_child_wait(struct ipc_child *c, int ms);

/*
 * In a child without event loop: check `rv', the result of ipc_send_NAME(), and
 * wait until the message is written.  Exits on failure.
 */
void	 ipc_child_sent(struct ipc_child *c, int rv);

#endif
