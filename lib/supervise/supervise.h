/*
 * supervise: a privileged parent's children of all roles.  Used by derpd/parent
 * and derpbridge/parent, which say by their ops what differs.
 *
 * children.c   start, death, restart, stop
 * phases.c     start and stop of all within a bound, and the loop
 * startchild.c a child with its settings, and the messages that all send
 * life.c       children that hang
 * programs.c   the programs of the children
 * confine.h    users and root of the children
 * ctlsock.h    the control socket; ctltalk.h conversations over it
 * daemon.h     the start of a daemon; notify.h the service manager
 * authorities.h CA files, before they are used
 */
#ifndef SUPERVISE_H
#define SUPERVISE_H

#include <sys/types.h>
#include <event2/event.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "chan.h"

#define SUPER_LEVEL_SIZE	256

struct super;

/*
 * A child process.  It is the first member of the parent's own struct for a
 * child, so that a callback with one gets the other.
 */
struct super_child {
	struct super	*s;
	enum ipc_role	 role;
	unsigned int	 worker;	/* its number in its role */
	pid_t		 pid;		/* 0: not running */
	struct ipc_chan	*chan;		/* NULL: closed */
	int		 ready;
	unsigned int	 restarts;
	unsigned int	 backoff_ms;	/* last wait before a restart */
	uint64_t	 started_ms;	/* monotonic */
	uint64_t	 down_ms;	/* since when it is not ready; 0: it is
					   ready or not wanted; monotonic */
	uint64_t	 owes_ms;	/* time that a ping is unanswered */
	char		 level[SUPER_LEVEL_SIZE]; /* sandbox in force, as
						     reported */
	struct event	*ev_restart;
};

/* What the parent's configuration says of its children. */
struct super_settings {
	const char	*user;		/* of the children */
	const char	*keys_user;	/* of those with private keys */
	const char	*chroot;	/* "": none */
	int		 sandbox;	/* enum sandbox_want */
	int		 verbose;
	int		 json;		/* form of the log */
	int		 to_stderr;	/* log to standard error */
	unsigned int	 timeout;	/* seconds that one may hang */
};

/* System calls for children; a test replaces them. */
struct super_system {
	pid_t	 (*wait)(int *status);	/* a child that ended, or 0 or -1 */
	int	 (*kill)(pid_t, const char *user); /* as super_confine_kill() */
	uint64_t (*clock)(void);	/* monotonic ms */
};

/* What differs from parent to parent.  NULL: nothing to do, or as noted. */
struct super_ops {
	/* Settings in force; the strings are used before the next event. */
	void	 (*settings)(const struct super *, struct super_settings *);
	/* Start a child: 0, or -1 (logged): retried later unless pid is set. */
	int	 (*start)(struct super_child *);
	/* 1 when the configuration needs the child (NULL: always), else 0. */
	int	 (*wanted)(const struct super_child *);
	/* 1 when it is wanted, or needed for the moment; NULL: as wanted. */
	int	 (*needed)(const struct super_child *);
	/* The channel of a child was closed. */
	void	 (*forgot)(struct super_child *);
	/* The reason to log when a child closed its channel. */
	const char *(*why)(const struct super_child *, const char *why);
	/* A child closed or broke its channel; it has been killed. */
	void	 (*lost)(struct super_child *);
	/* A child has ended: before its channel is closed, and after. */
	void	 (*ending)(struct super_child *);
	void	 (*ended)(struct super_child *);
	/* The same, and it will be restarted if it is needed. */
	void	 (*reaped)(struct super_child *);
	/* A child became ready. */
	void	 (*ready)(struct super_child *);
	/* A process that is none of the children has ended. */
	void	 (*other)(struct super *, pid_t, int status);
	/*
	 * At a stop, children that serve end when no child that they serve is
	 * left (NULL: all end at once).
	 */
	int	 (*serves)(const struct super_child *);
	int	 (*served)(const struct super_child *);
};

/* The program of a role. */
struct super_program {
	enum ipc_role	 role;
	const char	*name;
	const char	*built;		/* its folder in the build tree,
					   relative to the parent's program */
	char		 path[PATH_MAX];
	int		 fd;		/* -1 initially */
};

/* All children of a parent. */
struct super {
	const char		*name;	/* of the parent, e.g. "derpd" */
	struct event_base	*base;
	const struct super_ops	*ops;
	const struct super_system *system;
	void			*arg;	/* the parent's, for its ops */
	struct super_program	*programs;
	size_t			 nprograms;
	struct super_child	**children;	/* room for all */
	unsigned int		 n;
	int			 starting;	/* until all children were ready
						   once */
	int			 stopping;
	int			 keeping;	/* while stopping: some children
						   go on for long, and owe
						   signs of life */
	int			 failed;	/* the start, or what is done
						   in its place (-n, -R) */
	int			 one_id;	/* root of a user namespace
						   without other users */
	int			 no_chroot;	/* none is there, for -n */
	unsigned int		 start_ms;	/* for the start */
	struct event		*ev_start, *ev_stop; /* of phases.c */
	const char		*stop_hint;	/* for a stop that is late */
	struct event		*ev_life;
	uint64_t		 checked_ms;	/* last check of life.c,
						   monotonic */
};

/* children.c */

/* Use the system's calls; the rest of `s' was set by the caller. */
void	 super_init(struct super *s);

/*
 * Add child number `worker' of a role, which is not started; s->children has
 * room for it.
 */
void	 super_add(struct super *s, struct super_child *p, enum ipc_role role,
	    unsigned int worker);

/* 1 when the configuration needs this child, else 0. */
int	 super_wanted(const struct super_child *p);

/* Start all children that are wanted and do not run.  0, or -1 (logged). */
int	 super_start(struct super *s);

/*
 * After a reload: start or stop one child as needed now.  1 when it was started
 * just now with its settings, else 0.
 */
int	 super_adjust(struct super_child *p);

/*
 * Exchange the processes of two children of one role: `p' has the one that was
 * started as `next', which is ready, as if it had been restarted.
 */
void	 super_exchange(struct super_child *p, struct super_child *next);

/* 1 when all children that are wanted are ready, else 0. */
int	 super_ready(const struct super *s);

/* 1 when any child is running, else 0. */
int	 super_running(const struct super *s);

/* Fork, execute, send MSG_START.  0, or -1 (logged). */
int	 super_spawn(struct super_child *p);

/*
 * Deliver the messages of a child to `cb', with p as its argument.  0, or -1
 * (logged; the child is killed).
 */
int	 super_attach(struct super_child *p, ipc_chan_cb cb);

/* Handle MSG_READY, sent once in a child's life.  0, or -1 malformed. */
int	 super_handle_ready(struct super_child *p, struct ipc_msg *m);

/* Close the channel of a child that has ended or is being ended. */
void	 super_forget(struct super_child *p);

/* Kill a child. */
void	 super_kill_one(struct super_child *p);

/*
 * A child violated the protocol; `what' follows its name in the log.  The child
 * is killed, and restarted when it has ended.
 */
void	 super_fail(struct super_child *p, const char *what);

/* Children have ended (SIGCHLD): clean up, and restart them. */
void	 super_reap(struct super *s);

/* Stop the children within `ms' milliseconds; those that serve, last. */
void	 super_stop(struct super *s, unsigned int ms);

/* Kill the remaining children. */
void	 super_kill(struct super *s);

/*
 * Kill them and wait until they are gone, for a second at most: without
 * CAP_KILL one that hangs may stay.
 */
void	 super_end(struct super *s);

/* Make this process and all children log as the settings say. */
void	 super_log(const struct super *s);

/* phases.c */

/* The start has failed (logged): s->failed is set, and the loop ends. */
void	 super_start_failed(struct super *s);

/*
 * The start fails unless super_started() is called within `ms'; a second call
 * replaces this bound.
 */
void	 super_start_within(struct super *s, unsigned int ms);
void	 super_started(struct super *s);

/*
 * super_stop(), and kill those that run a second after that; `hint' (static)
 * then follows in the log.  The loop ends when none runs.
 */
void	 super_stop_within(struct super *s, unsigned int ms, const char *hint);

/* SIGCHLD: super_reap(), and at a stop end the loop when none runs. */
void	 super_child_ended(struct super *s);

/* One turn of the event loop.  Exits when there can be none. */
void	 super_turn(struct super *s);

/* Turns until the parent was stopped: 0, or the start has failed: -1. */
int	 super_loop(struct super *s);

/* startchild.c */

/*
 * The rest of a start: the settings of the child have been sent (`sent' 0), or
 * could not be (-1); its messages go to `cb', with p as the argument.  0, or -1
 * (logged; the child is killed).
 */
int	 super_begin(struct super_child *p, int sent, ipc_chan_cb cb);

/*
 * A message of a child has been handled, 0 or -1: it is not permitted, and the
 * child is killed.
 */
void	 super_handled(struct super_child *p, int rv);

/* Handle MSG_READY, and tell the parent.  0, or -1: malformed. */
int	 super_became_ready(struct super_child *p, struct ipc_msg *m);

/* life.c */

/* Supervise all children from now on: a child that hangs is killed. */
void	 super_life_start(struct super *s);

/* programs.c */

/*
 * Open the programs of all roles, found relative to the full path `self' of the
 * parent's program; those that `optional' (NULL: none) returns 1 for may be
 * missing.  0, or -1 (logged).
 */
int	 super_programs_open(struct super *s, const char *self,
	    int (*optional)(enum ipc_role));

/* The path of a role's program, and its open descriptor in *fd (not a copy). */
const char *super_programs_find(const struct super *s, enum ipc_role role,
	    int *fd);

#endif
