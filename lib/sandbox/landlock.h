/*
 * landlock: shut a process off from the file system and from new TCP
 * connections (Linux).  Part of the seccomp sandbox.
 */
#ifndef LANDLOCK_H
#define LANDLOCK_H

#include "sandbox.h"

#define LANDLOCK_PORTS	4	/* version that knows TCP ports */

/*
 * Deny all that the running kernel's Landlock knows to deny, but to read below
 * the `n' paths and those of `net' (one that is not there is passed over), and
 * to connect to the TCP ports of `net'; NULL: no more paths and no ports.  The
 * version of the kernel's Landlock; 0 with errno when there is none: ENOSYS or
 * EOPNOTSUPP of the kernel, these or EPERM of a filter in front of it, as
 * containers have; nothing is denied then.  -1 with errno.
 */
int	sandbox_landlock_enter(const char *const *paths, size_t n,
	    const struct sandbox_net *net);

/*
 * The call, or the path, at which sandbox_landlock_enter() ended without
 * success.
 */
const char *sandbox_landlock_failed(void);

#endif
