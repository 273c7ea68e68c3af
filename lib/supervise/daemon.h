/*
 * daemon: the start of a daemon: its own path, signals, the background.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <event2/event.h>

/*
 * The full path of this program, static; the children's programs are found
 * relative to it.  Exits when it can't be told from argv[0].
 */
const char *super_own_path(const char *argv0);

/*
 * A relative path made absolute, on the heap, since a daemon changes its
 * directory; an absolute one as it is.  Exits on failure.
 */
const char *super_full_path(const char *path);

/*
 * Call `cb' with `arg' for SIGCHLD, SIGHUP, SIGINT and SIGTERM.  Exits on
 * failure.
 */
void	 super_catch_signals(struct event_base *base, event_callback_fn cb,
	    void *arg);

/* Raise the soft limit of open files to the hard one; `why' for the log. */
void	 super_raise_files(const char *why);

/*
 * Daemonize.  The process that the shell started exits when all children are
 * ready (0), or with the exit status of a failed start.  Returns the write end
 * of the pipe on which that status is reported, as a byte.
 */
int	 super_detach(void);

/*
 * All is ready: report it to `ready_fd' (-1: stay in the foreground), replace
 * the standard descriptors, and log to syslog only.
 */
void	 super_let_go(int ready_fd, int verbose);

/* The start has failed: report the exit status to `ready_fd' (-1: nobody). */
void	 super_give_up(int ready_fd, int status);

#endif
