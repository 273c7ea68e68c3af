/*
 * replace: this derpd is replaced by the program on disk while it runs.  Part
 * of parent.h, which includes it.
 *
 * predecessor.h  the states, pure
 * replace.c      what is done in each of them
 * startnew.h     start of the new parent
 * talknew.c      the channel to it
 * keeper.c       after that: what this derpd keeps until it has ended
 * standin.h      the process that whoever started derpd waits for
 */
#ifndef REPLACE_H
#define REPLACE_H

#include <sys/types.h>
#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bounds.h"
#include "generation.h"
#include "predecessor.h"
#include "standin.h"

struct event;
struct ipc_chan;
struct ipc_msg;
struct parent;
struct parent_proc;

/* Who waits for the end. */
struct upgrade_ask {
	TAILQ_ENTRY(upgrade_ask) entry;
	parent_reload_cb done;
	void		*arg;
};
TAILQ_HEAD(upgrade_asks, upgrade_ask);

struct upgrade {
	struct upgrade_old old;
	struct ipc_chan	*chan;		/* to the new parent; NULL: closed */
	pid_t		 pid;		/* of the new parent; 0: none */
	pid_t		 child;		/* the same, or the process in between;
					   0: none is left */
	unsigned int	 nnew;		/* its relay workers */
	uint8_t		 nodes[IPC_MAXNODES];	/* as UP_READY has them */
	struct event	*ev_late;
	struct upgrade_asks asks;
	int		 reload;	/* one of them is a reload */
	struct {
		int		 told;	/* since it was retired */
		uint32_t	 logins;
		int		 through;	/* had nothing but pumps left */
	}		 fronts[IPC_MAXWORKERS];
	uint64_t	 held_ms;	/* since when sessions wait, or for how
					   long they did */
	/* The program when it was started; ino 0: unknown. */
	struct {
		dev_t	 dev;
		ino_t	 ino;
		struct timespec changed;
	}		 image;
	struct upgrade_stand_in stand_in;
	/* keeper.c */
	int		 ending;	/* the last fronts end now */
	struct event	*ev_keep;
};

/* replace.c */

/* At the start, before anything else could open a descriptor. */
void	 upgrade_init(struct parent *d);

/*
 * Replace derpd.  `done' is called with `arg' at the end: `why' NULL when the
 * new one serves, else the reason why nothing was changed, a line that was
 * logged; maybe from within.  `reason' is for the log.  `reload' 1: it is a
 * reload, which may share an upgrade that has not begun its work.
 */
void	 upgrade_request(struct parent *d, const char *reason, int reload,
	    parent_reload_cb done, void *arg);

/* Cancel the callbacks of requests with `arg'. */
void	 upgrade_cancel(struct parent *d, const void *arg);

/* Write what the last upgrade did to `line', for derpctl. */
void	 upgrade_report(const struct parent *d, char *line, size_t size);

/* 1: no generation may begin now. */
int	 upgrade_excludes(const struct parent *d);

/* 1: neither may a job of ACME. */
int	 upgrade_waits(const struct parent *d);

/*
 * 1: processes of this role (of the children) that have ended are not started
 * again now.
 */
int	 upgrade_ends(const struct parent *d, enum ipc_role role);

/* 1 when the program on disk is another one than at the start, else 0. */
int	 upgrade_program_changed(const struct parent *d);

/* FRONT_LEFT of a front.  0, or -1 malformed. */
int	 upgrade_front_left(struct parent_proc *p, struct ipc_msg *m);

/* A front or relay worker has ended. */
void	 upgrade_server_gone(struct parent_proc *p);

/* A process has ended that is none of the children. */
void	 upgrade_reaped(struct parent *d, pid_t pid, int status);

/* derpd is to stop.  1: it may; 0: parent_stop() is called again later. */
int	 upgrade_may_stop(struct parent *d);

/* talknew.c */

/*
 * The new parent, d->upgrade.pid, runs: give it the sockets over the channel
 * `fd' (taken), and pass on to the machine what it says.  NULL; or why not, and
 * it was killed.
 */
const char *upgrade_talk(struct parent *d, int fd);

/* Close the channel, if it is open. */
void	 upgrade_talk_end(struct parent *d);

/* keeper.c */

/* 1 when the new derpd serves, and this one only ends; else 0. */
int	 upgrade_keeps(const struct parent *d);

/* 1 when it may serve, and files are its own: from the commit on; else 0. */
int	 upgrade_gave(const struct parent *d);

/* 1 when fronts are still left to what they do, else 0. */
int	 upgrade_keeps_fronts(const struct parent *d);

/* The new derpd serves: tell the service manager, before anybody else. */
void	 upgrade_keep_tell(struct parent *d);

/* The same: keep what is left to do. */
void	 upgrade_keep(struct parent *d);

/* The fronts have less to do. */
void	 upgrade_keep_less(struct parent *d);

/* End at once what is kept. */
void	 upgrade_keep_end(struct parent *d);

/* A signal.  1: it was handled, because this derpd was replaced; else 0. */
int	 upgrade_signal(struct parent *d, int sig);

/*
 * The loop has ended.  Returns the exit status: 0; or, when this process stands
 * in, that of the derpd that serves, after it has ended.
 */
int	 upgrade_end(struct parent *d);

#endif
