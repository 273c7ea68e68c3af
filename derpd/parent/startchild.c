/*
 * startchild: starts a child with its settings, and handles the messages that
 * all children send; see parent.h.  Called by the files of the roles:
 * servers.c, stuns.c, health.c, fetch.c, renew.c.
 */
#include "parent.h"

int
parent_start_child(struct parent_proc *p, int (*set_up)(struct parent_proc *),
    ipc_chan_cb cb)
{
	if (super_spawn(&p->c) == -1)
		return (-1);
	return (super_begin(&p->c, set_up(p), cb));
}

void
parent_child_message(struct parent_proc *p, struct ipc_msg *m,
    int (*handle)(struct parent_proc *, struct ipc_msg *))
{
	super_handled(&p->c, m->type == MSG_READY ?
	    super_became_ready(&p->c, m) : handle(p, m));
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
