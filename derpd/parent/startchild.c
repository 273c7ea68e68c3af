/*
 * startchild: start a child with its settings, and handle what all children
 * send; see parent.h.  Called by those who know a role: relays.c, stuns.c,
 * health.c, fetch.c, renew.c.
 */
#include <signal.h>

#include "log.h"
#include "parent.h"

int
parent_start_child(struct proc *p, int (*set_up)(struct proc *), chan_cb cb)
{
	if (procs_spawn(p) == -1)
		return (-1);
	if (set_up(p) == 0)
		return (procs_attach(p, cb));
	log_warnx("%s %u (pid %d): its settings could not be sent to it: "
	    "killed, and started again", role_name(p->role), p->worker,
	    (int)p->pid);
	procs_forget(p);
	kill(p->pid, SIGKILL);
	return (-1);
}

void
parent_child_message(struct proc *p, struct msg *m,
    int (*handle)(struct proc *, struct msg *))
{
	int rv;

	if (m->type != MSG_READY)
		rv = handle(p, m);
	else if ((rv = procs_take_ready(p, m)) == 0)
		parent_ready(p->d);
	if (rv == -1)
		procs_fail(p, "sent a malformed message, or one too many");
}
