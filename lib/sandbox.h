/*
 * sandbox: what a role may ask of the kernel.  One backend a file:
 * sandbox_seccomp.c (seccomp and Landlock), sandbox_pledge.c, sandbox_null.c;
 * `configure' picks one.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "msg.h"

/*
 * Confine this process, for good, to what `role' (ROLE_KEYS or ROLE_RELAY)
 * needs.  A refused call kills the process; built with -DSANDBOX_DEBUG the
 * call is named on standard error first.  0 entered, -1 not (errno).
 */
int	 sandbox_enter(enum role role);

/*
 * Confine the privileged parent, once it has started, as far as the system can
 * without the children that it starts later.  0, also where there is nothing to
 * do; -1 (errno).
 */
int	 sandbox_parent(void);

/* What is in force: "seccomp, landlock", "pledge", "none"; static. */
const char *sandbox_level(void);

/* Name of the compiled-in backend: "seccomp", "pledge", "null". */
const char *sandbox_backend(void);

#endif
