/*
 * between: a process between this parent and that of the new derpd, for a
 * service manager that supervises its own children alone (systemd: MAINPID).
 *
 * It waits for the new parent and ends as that one does, so that this parent
 * learns how.  Once the new one serves, this parent ends the process in
 * between: the new one becomes a child of process 1, which is the manager.
 */
#ifndef BETWEEN_H
#define BETWEEN_H

#include <sys/types.h>

/*
 * As fork(), with `between' 1 from a process in between.  *child is the child
 * to wait for: the new process, or the one in between.
 */
pid_t	 upgrade_between_fork(int between, pid_t *child);

/* End the one in between, `child', which is gone after that. */
void	 upgrade_between_end(pid_t child);

#endif
