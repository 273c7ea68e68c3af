/*
 * sandbox: the system calls and resources permitted to each role.  One file per
 * backend: sandbox_seccomp.c (seccomp and Landlock), sandbox_pledge.c,
 * sandbox_null.c; `configure' selects one.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"

/*
 * Additional resources for a role that sends requests to other servers.
 * Seccomp and pledge can't distinguish ports; Landlock 4 or later refuses all
 * others.
 */
struct sandbox_net {
	const char *const *read_paths;	/* files, and directories with
					   everything below them; absolute
					   paths */
	size_t		 npaths;
	const uint16_t	*ports;		/* TCP ports to connect to */
	size_t		 nports;
	const char	*socket;	/* path of a unix socket to connect to,
					   instead of all others above; NULL:
					   none */
};

/* How much of the sandbox is wanted; as the words in options.def. */
enum sandbox_want {
	SANDBOX_OFF,
	SANDBOX_ON,
	SANDBOX_SECCOMP		/* without Landlock; pledge: as SANDBOX_ON */
};

/*
 * Permanently confine this process to what `role', a child's role, needs: to
 * the rules of the role named in its row of roles.def.  `want' is not
 * SANDBOX_OFF.  `net' extends ROLE_FETCH, ROLE_ACME, ROLE_MESH and ROLE_RESOLVE
 * (paths and ports), ROLE_VERIFY (these, or a socket) and ROLE_HEALTH (ports);
 * for other roles it must be NULL, also for ROLE_WORKER, which connects to any
 * port with sockets that it is given.  A refused call kills the process; with
 * -DSANDBOX_DEBUG its name is first written to standard error.  Returns 0, or
 * -1 with errno; then sandbox_failed() has the call that failed.
 */
int	 sandbox_enter(enum ipc_role role, enum sandbox_want want,
	    const struct sandbox_net *net);

/* The call at which sandbox_enter() failed; static. */
const char *sandbox_failed(void);

/*
 * After sandbox_enter(): what was wanted and the system lacks, in words that
 * say why, and what to do; "" for nothing.  Static.
 */
const char *sandbox_lack(void);

/*
 * Confine the privileged parent after its start, as far as the system can
 * without affecting later children.  Returns 0, also when there is nothing to
 * do, or -1 with errno.  `inet': it makes sockets of the internet for children.
 */
int	 sandbox_parent(int inet);

/*
 * The level in force: "seccomp, landlock", "pledge", "none"; static.  Without
 * Landlock by SANDBOX_SECCOMP: "seccomp".  Where the kernel's Landlock is
 * missing, refused by a container's filter, or too old for a role with network
 * access: "seccomp, no landlock", "seccomp, no landlock (refused)", "seccomp,
 * landlock without ports".
 */
const char *sandbox_level(void);

/* Name of the compiled-in backend: "seccomp", "pledge", "null". */
const char *sandbox_backend(void);

#endif
