/*
 * startchild: starts a child with its settings, and handles the messages that
 * all children send; see supervise.h.  Called by the files of the roles.
 */
#include "log.h"
#include "supervise.h"

int
super_begin(struct super_child *p, int sent, ipc_chan_cb cb)
{
	if (sent == 0)
		return (super_attach(p, cb));
	log_warnx("%s %u (pid %d): its settings could not be sent: killed, and "
	    "restarted", ipc_role_name(p->role), p->worker,
	    (int)p->pid);
	super_forget(p);
	super_kill_one(p);
	return (-1);
}

int
super_became_ready(struct super_child *p, struct ipc_msg *m)
{
	if (super_handle_ready(p, m) == -1)
		return (-1);
	if (p->s->ops->ready != NULL)
		p->s->ops->ready(p);
	return (0);
}

void
super_handled(struct super_child *p, int rv)
{
	if (rv == -1)
		super_fail(p, "sent a malformed or unexpected message");
}
