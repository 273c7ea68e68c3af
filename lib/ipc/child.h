/*
 * child: start and confinement of a process of the suite.
 *
 * The parent forks and executes `PROGRAM -x ROLE' with the channel on
 * descriptor CHILD_FD and a minimal environment.  The child reads MSG_START
 * from it, acquires what it needs, then confines itself.
 */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include "chan.h"
#include "sandbox.h"

#define CHILD_FD	3

struct ipc_child_start {
	unsigned int	worker;		/* its number, 0 if it has none */
	int		verbose;
	int		json;		/* the form of its log */
	int		sandbox;	/* enum sandbox_want */
	int		to_stderr;
	char		user[64];	/* "": do not switch */
	char		chroot[1024];	/* "": do not chroot */
	const struct sandbox_net *net;	/* NULL; set by roles with network
					   access before ipc_child_confine() */
};

/* One role of a program. */
struct ipc_child_program {
	enum ipc_role	role;
	void		(*run)(void);	/* never returns */
};

/*
 * main() of a program with these `n' roles: run the role given with -x, as
 * derpd starts it.  -h and -V print help and version, and return 0.  When
 * started otherwise, prints a line that names derpd(8) and returns 1, the exit
 * status for main().
 */
int	 ipc_child_program(int argc, char *argv[],
	    const struct ipc_child_program *roles, size_t n);

/*
 * Fork and execute, as `role' (argument of -x, e.g.  "keys"), the program
 * opened as `prog', even if its `path' has been replaced since; by path if
 * `prog' is -1 or a descriptor can't be executed here.  The child inherits
 * descriptors 0-2 and CHILD_FD, and of the environment PATH, JOURNAL_STREAM
 * (log.h) and the sanitizers' variables.  Returns the pid with the parent's end
 * of the channel in *fd (close-on-exec), or -1 with errno.
 */
pid_t	 ipc_child_spawn(int prog, const char *path, const char *role, int *fd);

/*
 * In a new process, reset all signals, and block none: the parent's handlers
 * would write to the parent's event loop.  Signals are blocked until here.
 */
void	 ipc_child_signals(void);

/*
 * The child's first call: wait for MSG_START on CHILD_FD (at most 10 s), set up
 * logging and the process title, fill in `st'.  Returns the channel (without
 * events, peer ROLE_PARENT).  Exits with 1 and an error line on failure.
 */
struct ipc_chan *ipc_child_init(enum ipc_role self, struct ipc_child_start *st);

/*
 * Confine this process: chroot, switch to the user with only its own group, no
 * capabilities (netlink keeps CAP_NET_ADMIN, if it has that), no core dumps, no
 * new processes, no new privileges, a lower priority for fronts and signers,
 * then sandbox_enter(role) unless st->sandbox is SANDBOX_OFF.  Without root
 * privileges, chroot and user are skipped.  Returns the level in force, a
 * static line such as "chroot, user _derpd, seccomp, landlock".  Exits with 1
 * and an error line, which names the call and the option to go on without, when
 * a step fails, except for the priority, the limits of setrlimit(2), and what
 * sandbox_lack() names: keys and wgkeys, which start first, log a line about
 * these, the others do only when verbose.
 */
const char *ipc_child_confine(enum ipc_role self,
	    const struct ipc_child_start *st);

#endif
