/*
 * child: how a process of the suite starts and confines itself.
 *
 * The parent forks and executes `PROGRAM -x ROLE' with the channel on
 * descriptor CHILD_FD and a minimal environment; the child reads MSG_START from
 * it, takes what it needs, then locks itself in.
 */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include "chan.h"
#include "sandbox.h"

#define CHILD_FD	3

struct ipc_child_start {
	unsigned int	worker;		/* worker number, 0 when not a worker */
	int		verbose;
	int		sandbox;	/* 0: the configuration says off */
	int		to_stderr;
	char		user[64];	/* "" do not switch */
	char		chroot[1024];	/* "" do not chroot */
	const struct sandbox_net *net;	/* NULL; set by roles that have one
					   before ipc_child_confine() */
};

/* One role of a program. */
struct ipc_child_program {
	enum ipc_role	role;
	void		(*run)(void);	/* never returns */
};

/*
 * main() of a program with these `n' roles: run the one that is named by -x, as
 * derpd starts it.  Returns 1, for main() to return, after a line that says who
 * starts the program, when it was started in another way.
 */
int	 ipc_child_program(int argc, char *argv[],
	    const struct ipc_child_program *roles, size_t n);

/*
 * Fork and execute, as `role' (argument of -x, e.g. "keys"), the program that
 * was opened as `prog', whatever lies at its `path' by now; by its path if
 * `prog' is -1 or the system can't execute a descriptor.
 * The child keeps descriptors 0-2 and CHILD_FD alone, of the environment what
 * the sanitizers read, and PATH.  The pid, with the parent's end of the channel
 * in *fd (close-on-exec), or -1 with errno.
 */
pid_t	 ipc_child_spawn(int prog, const char *path, const char *role, int *fd);

/*
 * In the child, first thing: wait for MSG_START on CHILD_FD (at most 10 s), set
 * up logging and process title, fill in `st', and return the channel (with no
 * events, peer ROLE_PARENT).  Exits with 1 and a line when that fails.
 */
struct ipc_chan *ipc_child_init(enum ipc_role self, struct ipc_child_start *st);

/*
 * Lock in: chroot, become the user with its own group alone, no core dumps, no
 * new processes, no new privileges, then sandbox_enter(role) unless st->sandbox
 * is 0.  Without root, chroot and user are left out.  Exits with 1 and a line
 * when a step fails.  Returns the level in force, a static line such as
 * "chroot, user _derpd, seccomp, landlock".
 */
const char *ipc_child_confine(enum ipc_role self,
	    const struct ipc_child_start *st);

#endif
