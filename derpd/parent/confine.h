/*
 * confine: what the children are confined by that root alone can give them:
 * their users, and the empty directory.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <sys/types.h>

struct parent;

/*
 * Check the users of the children and their empty directory, which is made when
 * missing; set d->one_id.  0, or -1 (logged).
 */
int	 parent_confine_check(struct parent *d);

/*
 * 1 when `text', of /proc/PID/uid_map or gid_map, has the `id' of its user
 * namespace, else 0.  *total: the number of ids that it has.
 */
int	 parent_confine_has_id(const char *text, unsigned long id,
	    unsigned long *total);

/*
 * Kill a child that runs as `user', also without CAP_KILL.  0, or -1 with
 * errno.
 */
int	 parent_confine_kill(pid_t pid, const char *user);

#endif
