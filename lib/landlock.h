/*
 * landlock: shut a process off from the file system and from new TCP
 * connections (Linux).  Part of the seccomp sandbox.
 */
#ifndef LANDLOCK_H
#define LANDLOCK_H

/*
 * Deny all that the running kernel's Landlock knows to deny.  1 done, 0 the
 * kernel has no Landlock, -1 with errno.
 */
int	landlock_deny_all(void);

#endif
