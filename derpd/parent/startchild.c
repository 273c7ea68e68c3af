/*
 * startchild: starts a child with its settings, and handles the messages that
 * all children send; see parent.h.  Called by the files of the roles:
 * servers.c, stuns.c, health.c, fetch.c, renew.c.
 */
#include "log.h"
#include "parent.h"

int
parent_start_child(struct parent_proc *p, int (*set_up)(struct parent_proc *),
    ipc_chan_cb cb)
{
	if (parent_procs_spawn(p) == -1)
		return (-1);
	if (set_up(p) == 0)
		return (parent_procs_attach(p, cb));
	log_warnx("%s %u (pid %d): its settings could not be sent: killed, and "
	    "restarted", ipc_role_name(p->role), p->worker,
	    (int)p->pid);
	parent_procs_forget(p);
	parent_procs_kill_one(p);
	return (-1);
}

void
parent_child_message(struct parent_proc *p, struct ipc_msg *m,
    int (*handle)(struct parent_proc *, struct ipc_msg *))
{
	int rv;

	if (m->type != MSG_READY)
		rv = handle(p, m);
	else if ((rv = parent_procs_handle_ready(p, m)) == 0)
		parent_ready(p->d);
	if (rv == -1)
		parent_procs_fail(p,
		    "sent a malformed or unexpected message");
}

static int
no_settings(struct parent_proc *p)
{
	(void)p;
	return (0);
}

static int
no_message(struct parent_proc *p, struct ipc_msg *m)
{
	(void)p;
	(void)m;
	return (-1);
}

static void
from_quiet(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	parent_child_message(arg, m, no_message);
}

int
parent_start_quiet(struct parent_proc *p, int (*set_up)(struct parent_proc *))
{
	return (parent_start_child(p, set_up, from_quiet));
}

int
parent_start_plain(struct parent_proc *p)
{
	return (parent_start_quiet(p, no_settings));
}
