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
};

/*
 * Permanently confine this process to what `role', a child's role, needs: to
 * the rules of the role named in its row of roles.def.  `net' extends
 * ROLE_FETCH and ROLE_ACME (paths and ports) and ROLE_HEALTH (ports); for other
 * roles it must be NULL.  A refused call kills the process; with
 * -DSANDBOX_DEBUG its name is first written to standard error.  Returns 0, or
 * -1 with errno.
 */
int	 sandbox_enter(enum ipc_role role, const struct sandbox_net *net);

/*
 * Confine the privileged parent after its start, as far as the system can
 * without affecting later children.  Returns 0, also when there is nothing to
 * do, or -1 with errno.
 */
int	 sandbox_parent(void);

/*
 * The level in force: "seccomp, landlock", "pledge", "none"; static.  Where the
 * kernel's Landlock is missing, refused by a container's filter, or too old for
 * a role with network access: "seccomp, no landlock", "seccomp, no landlock
 * (refused)", "seccomp, landlock without ports".
 */
const char *sandbox_level(void);

/* Name of the compiled-in backend: "seccomp", "pledge", "null". */
const char *sandbox_backend(void);

#endif
