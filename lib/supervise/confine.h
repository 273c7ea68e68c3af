/*
 * confine: what the children are confined by that root alone can give them:
 * their users, and the empty directory.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <sys/types.h>

#include "msg.h"

struct super;
struct super_settings;

/*
 * Check the users of the children and their empty directory, which is made when
 * missing (not when only `checking'); set s->one_id.  `conf_path' is named in
 * messages.  0, or -1 (logged).
 */
int	 super_confine_check(struct super *s, const char *conf_path,
	    int checking);

/* The user of a role, "" without a change of user. */
const char *super_confine_user(const struct super *s,
	    const struct super_settings *c, enum ipc_role role);

/*
 * 1 when `text', of /proc/PID/uid_map or gid_map, has the `id' of its user
 * namespace, else 0.  *total: the number of ids that it has.
 */
int	 super_confine_has_id(const char *text, unsigned long id,
	    unsigned long *total);

/*
 * Kill a child that runs as `user', also without CAP_KILL.  0, or -1 with
 * errno.
 */
int	 super_confine_kill(pid_t pid, const char *user);

#endif
