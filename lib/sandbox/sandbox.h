/*
 * sandbox: what a role may ask of the kernel.  One backend a file:
 * sandbox_seccomp.c (seccomp and Landlock), sandbox_pledge.c, sandbox_null.c;
 * `configure' picks one.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"

/*
 * What a role that asks other servers may reach besides.  Seccomp and pledge
 * can't tell ports apart; with Landlock 4 or later all others are refused.
 */
struct sandbox_net {
	const char *const *read_paths;	/* files, and directories with all
					   that is below them; absolute */
	size_t		 npaths;
	const uint16_t	*ports;		/* TCP, to connect to */
	size_t		 nports;
};

/*
 * Confine this process, for good, to what `role', one of a child, needs: to the
 * rules of the role that its row of roles.def names.
 * `net' widens ROLE_FETCH and ROLE_ACME (paths and ports) and ROLE_HEALTH
 * (ports); for others it must be NULL.  A refused call kills the process; built
 * with
 * -DSANDBOX_DEBUG the call is named on standard error first.  0 entered, -1 not
 * (errno).
 */
int	 sandbox_enter(enum ipc_role role, const struct sandbox_net *net);

/*
 * Confine the privileged parent, once it has started, as far as the system can
 * without the children that it starts later.  0, also where there is nothing to
 * do; -1 (errno).
 */
int	 sandbox_parent(void);

/*
 * What is in force: "seccomp, landlock", "pledge", "none"; static.  Where the
 * kernel's Landlock is missing, refused by a filter in front of it, or too old
 * for what a role with a network wants, it says so: "seccomp, no landlock",
 * "seccomp, no landlock (refused)", "seccomp, landlock without ports".
 */
const char *sandbox_level(void);

/* Name of the compiled-in backend: "seccomp", "pledge", "null". */
const char *sandbox_backend(void);

#endif
