/*
 * landlock: deny a process the file system and new TCP connections (Linux).
 * Part of the seccomp sandbox.
 */
#ifndef LANDLOCK_H
#define LANDLOCK_H

#include "sandbox.h"

#define LANDLOCK_PORTS	4	/* first version with TCP ports */

/*
 * Deny everything that the running kernel's Landlock can deny, except to read
 * below the `n' paths and those of `net' (missing ones are skipped), and to
 * connect to the TCP ports of `net', or to all if `any_port'; `net' NULL: no
 * more paths and no ports.  Returns the version of the kernel's Landlock; 0
 * with errno when it is not available and nothing is denied: ENOSYS or
 * EOPNOTSUPP from the kernel, these or EPERM from a container's filter; -1 with
 * errno on other errors.
 */
int	sandbox_landlock_enter(const char *const *paths, size_t n,
	    const struct sandbox_net *net, int any_port);

/* The call or path at which sandbox_landlock_enter() failed. */
const char *sandbox_landlock_failed(void);

/*
 * The level of the sandbox with version `abi' of Landlock, 0: it is not
 * available because of `error'; net: the role has network access.
 */
const char *sandbox_landlock_level(int abi, int error, int net);

/*
 * That Landlock is not available because of `error', where that was found, and
 * what to do; static.
 */
const char *sandbox_landlock_lack(int error);

#endif
