/*
 * admitproc: the process admit as the parent's child, and its channels to
 * fronts, relay workers and verify; see admitset.h.
 */
#include <sys/socket.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "parent.h"

/* Messages of admit */

static int
on_result(void *arg, const struct ipc_msg_admit_result *v)
{
	return (admitset_result(arg, v->id, v->ok, v->why));
}

static int
on_save(void *arg, const struct ipc_msg_admit_save *v)
{
	const struct ipc_msg_admit_saved saved = { v->which };
	const struct parent_proc *p = arg;
	const int rv = admitset_state_save(p->d, v, base_clock_ms());

	/* Without the answer admit saves the state once more, no worse. */
	if (rv == 1)
		(void)ipc_send_admit_saved(p->c.chan, &saved);
	return (rv == -1 ? -1 : 0);
}

static int
on_line(void *arg, const struct ipc_msg_admit_line *v)
{
	(void)arg;
	parent_control_admit_line(v);
	return (0);
}

static int
on_status(void *arg, const struct ipc_msg_admit_status *v)
{
	const struct parent_proc *p = arg;

	return (admitset_set_status(p->d, v));
}

static int
handle(struct parent_proc *p, struct ipc_msg *m)
{
	static const struct ipc_handlers handlers = {
		.admit_result = on_result,
		.admit_save = on_save,
		.admit_line = on_line,
		.admit_status = on_status
	};

	return (ipc_dispatch(&handlers, m, p) == NULL ? 0 : -1);
}

static void
from_admit(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	parent_child_message(arg, m, handle);
}

void
admitset_drain(struct parent_proc *p)
{
	struct ipc_msg m;

	while (p->c.chan != NULL && ipc_chan_recv(p->c.chan, &m, 0) == 0) {
		if (handle(p, &m) == -1)
			super_forget(&p->c);
		ipc_msg_free(&m);
	}
}

/* Start */

static int
send_health(struct parent_proc *p)
{
	const struct admitset *a = &p->d->admitset;
	struct ipc_msg_admit_health v = { a->health };

	return (a->has_health ? ipc_send_admit_health(p->c.chan, &v) : 0);
}

static int
set_up(struct parent_proc *p)
{
	if (admitset_state_send(p) == -1 || send_health(p) == -1 ||
	    admitset_send(p) == -1)
		return (-1);
	admitset_connect_all(p->d);
	return (0);
}

int
admitset_start(struct parent_proc *p)
{
	return (parent_start_child(p, set_up, from_admit));
}

int
admitset_run(struct parent *d)
{
	struct parent_proc *p = &d->admit;

	if (p->c.pid > 0 || (p->c.ev_restart != NULL &&
	    evtimer_pending(p->c.ev_restart, NULL)))
		return (0);
	return (p->start(p));
}

void
admitset_set_health(struct parent *d, const uint8_t key[IPC_KEYLEN])
{
	struct admitset *a = &d->admitset;

	memcpy(a->health, key, sizeof(a->health));
	a->has_health = 1;
	if (d->admit.c.chan != NULL && send_health(&d->admit) == -1)
		super_fail(&d->admit.c, "could not be sent a key");
}

/* Channels */

static int
send_secret(const struct parent_proc *relay)
{
	struct ipc_msg_admit_secret v = { relay->c.worker, relay->admit_secret
	    };

	return (ipc_send_admit_secret(relay->d->admit.c.chan, &v));
}

static enum ipc_admit_chan_kind
kind_of(const struct parent_proc *p)
{
	switch (p->c.role) {
	case ROLE_FRONT:
		return (IPC_ADMIT_CHAN_FRONT);
	case ROLE_RELAY:
		return (IPC_ADMIT_CHAN_RELAY);
	default:
		return (IPC_ADMIT_CHAN_VERIFY);
	}
}

/* Send both ends (taken).  0, or -1. */
static int
send_ends(struct parent_proc *p, int sv[2])
{
	struct ipc_msg_admit_chan v = { kind_of(p), p->c.worker };

	if (ipc_send_admit_chan(p->d->admit.c.chan, &v, sv[0]) == -1) {
		close(sv[1]);
		return (-1);
	}
	return (p->c.role == ROLE_VERIFY ?
	    ipc_send_verify_chan(p->c.chan, sv[1]) :
	    ipc_send_server_admit(p->c.chan, sv[1]));
}

int
admitset_connect(struct parent_proc *p)
{
	const struct parent *d = p->d;
	int sv[2];

	if (d->admit.c.chan == NULL || !d->admitset.in_force ||
	    p->c.chan == NULL)
		return (0);		/* connected when both run */
	p->admit_ms = base_clock_ms();
	if ((p->c.role != ROLE_RELAY || send_secret(p) == 0) &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == 0 &&
	    send_ends(p, sv) == 0)
		return (0);
	log_warn("no channel from %s %u to admit (socketpair)",
	    ipc_role_name(p->c.role), p->c.worker);
	return (-1);
}

void
admitset_connect_all(struct parent *d)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXVERIFY; i++)
		(void)admitset_connect(&d->verifies[i]);
	/* Fronts come last: they ask for tickets under the workers' secrets. */
	for (i = parent_servers_count(d); i-- > 0;)
		(void)admitset_connect(parent_servers_at(d, i));
}

int
admitset_renew(struct parent_proc *p, struct ipc_msg *m)
{
	if (!ipc_rd_end(&m->rd))
		return (-1);
	if (base_clock_ms() - p->admit_ms >= PARENT_REQUEST_MS)
		(void)admitset_connect(p);
	return (0);
}
