/*
 * talk: the control socket, and the requests of derpctl; see control.h for the
 * payloads of the answers.  Called by parent.c and lib/supervise/ctltalk.c;
 * renew.c reports what a conversation waits for, and talklists.c has what
 * relay workers and admit list.
 */
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "ctlsock.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"
#include "talk.h"

#define CERT_SECS	300		/* for a certificate job */

static void	end(struct super_talk *);

static const struct ipc_handlers handlers;

static struct super_talks	 talks = {
	.size = sizeof(struct parent_talk), .handlers = &handlers, .end = end
};
static struct super_ctlsock	 sock;

struct parent *
parent_talk_owner(const struct parent_talk *t)
{
	return (t->t.all->s->arg);
}

struct parent_talk *
parent_talk_first(void)
{
	return ((struct parent_talk *)LIST_FIRST(&talks.list));
}

struct parent_talk *
parent_talk_next(const struct parent_talk *t)
{
	return ((struct parent_talk *)LIST_NEXT(&t->t, entry));
}

/* A conversation ends. */
static void
end(struct super_talk *st)
{
	struct parent_talk *t = (struct parent_talk *)st;

	if (t->reloads)
		parent_reload_cancel(parent_talk_owner(t), t);
	if (t->succeeds)
		parent_succeed_forget(parent_talk_owner(t), t);
	parent_talk_end_lists(t);
	if (t->ev_cert != NULL)
		event_free(t->ev_cert);
}

static void
answer_text(struct parent_talk *t, void (*make)(const struct parent *,
    struct ipc_wr *))
{
	struct ipc_wr text;

	ipc_wr_init(&text);
	make(parent_talk_owner(t), &text);
	super_talk_text(&t->t, &text);
}

static void
reload_done(void *arg, const char *why)
{
	struct parent_talk *t = arg;

	t->reloads = 0;
	super_talk_done(&t->t, why);
}

static void
answer_reload(struct parent_talk *t)
{
	if (t->reloads) {
		super_talk_done(&t->t, "one thing at a time");
		return;
	}
	t->reloads = 1;
	parent_reload(parent_talk_owner(t), reload_done, t);
}

static void
upgrade_done(void *arg, const char *why)
{
	struct parent_talk *t = arg;
	struct ipc_msg_ctl_text v;
	char line[256];

	t->reloads = 0;
	if (why == NULL) {
		upgrade_report(parent_talk_owner(t), line, sizeof(line));
		v.text = line;
		v.len = strlen(line);
		(void)ipc_send_ctl_text(t->t.chan, &v);
	}
	super_talk_done(&t->t, why);
}

/* A program is executed as derpd's user: nobody else may have that done. */
static int
is_owner(const struct parent_talk *t)
{
	uid_t uid;
	gid_t gid;

	return (getpeereid(ipc_chan_fd(t->t.chan), &uid, &gid) == 0 &&
	    (uid == 0 || uid == geteuid()));
}

static int
on_upgrade(void *arg)
{
	struct parent_talk *t = arg;

	if (t->reloads)
		super_talk_done(&t->t, "one thing at a time");
	else if (!is_owner(t))
		super_talk_done(&t->t, "permission denied: root alone may "
		    "have derpd replaced");
	else {
		t->reloads = 1;
		upgrade_request(parent_talk_owner(t), "derpctl upgrade", 0,
		    upgrade_done, t);
	}
	return (0);
}

/* Answer derpctl that waits for a certificate job; `good' is 1 or 0. */
static void
cert_done(struct parent_talk *t, int good, const char *line)
{
	struct ipc_msg_ctl_text v = { line, strlen(line) };

	t->job = 0;
	evtimer_del(t->ev_cert);
	if (!good) {
		super_talk_done(&t->t, line);
		return;
	}
	(void)ipc_send_ctl_text(t->t.chan, &v);
	super_talk_done(&t->t, NULL);
}

void
parent_control_cert_done(unsigned int job, int good, const char *line)
{
	struct parent_talk *t;

	for (t = parent_talk_first(); t != NULL;
	    t = parent_talk_next(t))
		if (t->job == job)
			cert_done(t, good, line);
}

static void
cert_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	cert_done(arg, 0, "the job is still under way: derpctl cert and the "
	    "log show how it ends");
}

static int
on_cert_do(void *arg, const struct ipc_msg_ctl_cert_do *v)
{
	struct parent_talk *t = arg;
	struct parent *d = parent_talk_owner(t);
	struct timeval tv = { CERT_SECS, 0 };
	const char *why = "malformed request";

	if (t->job != 0)
		why = "one thing at a time";
	else if (t->ev_cert == NULL &&
	    (t->ev_cert = evtimer_new(d->super.base, cert_late, t)) == NULL)
		why = "out of memory";
	else if (renew_request(d, v->job, v->reason, &why) == 0) {
		t->job = v->job;
		evtimer_add(t->ev_cert, &tv);
		renew_run(d);
		return (0);
	}
	super_talk_done(&t->t, why);
	return (0);
}

static int
on_status(void *arg)
{
	answer_text(arg, parent_status_text);
	return (0);
}

static int
on_health(void *arg)
{
	answer_text(arg, parent_wellness_text);
	return (0);
}

static int
on_mesh(void *arg)
{
	answer_text(arg, meshset_status_text);
	return (0);
}

static int
on_node(void *arg)
{
	struct parent_talk *t = arg;
	const struct parent *d = parent_talk_owner(t);

	if (d->conf->relay.enabled || d->stunsocks.n > 0)
		answer_text(t, mapset_own_node);
	else
		super_talk_done(&t->t, "neither a relay nor STUN is "
		    "configured, so this machine is not a node of a map");
	return (0);
}

static int
on_cert(void *arg)
{
	answer_text(arg, parent_certstatus_text);
	return (0);
}

static int
on_map(void *arg)
{
	answer_text(arg, mapset_status_text);
	return (0);
}

static int
on_reload(void *arg)
{
	answer_reload(arg);
	return (0);
}

static void
succeed_done(void *arg, const char *why)
{
	struct parent_talk *t = arg;

	t->succeeds = 0;
	super_talk_done(&t->t, why);
}

static int
on_restart_relay(void *arg, const struct ipc_msg_ctl_restart_relay *v)
{
	struct parent_talk *t = arg;

	if (t->succeeds) {
		super_talk_done(&t->t, "one thing at a time");
		return (0);
	}
	t->succeeds = 1;
	parent_succeed(parent_talk_owner(t), v->worker, succeed_done, t);
	return (0);
}

static int
on_verbose(void *arg, const struct ipc_msg_ctl_verbose *v)
{
	struct parent_talk *t = arg;
	struct parent *d = parent_talk_owner(t);

	d->verbose = v->verbose;
	super_log(&d->super);
	log_info("log is %s", v->verbose ? "verbose" : "brief");
	super_talk_done(&t->t, NULL);
	return (0);
}

static int
on_clients(void *arg)
{
	parent_talk_list(arg, 0);
	return (0);
}

static int
on_list(void *arg)
{
	parent_talk_list(arg, 1);
	return (0);
}

static int
on_groups(void *arg)
{
	parent_talk_groups(arg);
	return (0);
}

/* Close the connections of a key, wherever they are. */
static int
on_kick(void *arg, const struct ipc_msg_ctl_kick *v)
{
	struct ipc_msg_relay_kick kick = { v->key };
	struct parent_talk *t = arg;
	const struct parent *d = parent_talk_owner(t);
	unsigned int i;

	if (parent_moves_held(d)) {
		super_talk_done(&t->t, "sessions move to another process: try "
		    "again");
		return (0);
	}
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].c.chan != NULL)
			(void)ipc_send_relay_kick(d->relays[i].c.chan, &kick);
	super_talk_done(&t->t, NULL);
	return (0);
}

static int
on_drain(void *arg, const struct ipc_msg_ctl_drain *v)
{
	struct parent_talk *t = arg;

	super_talk_done(&t->t, parent_drain(parent_talk_owner(t), v->ms));
	return (0);
}

/* The requests of derpctl. */
static const struct ipc_handlers handlers = {
	.ctl_hello = super_talk_hello,
	.ctl_status = on_status,
	.ctl_health = on_health,
	.ctl_mesh = on_mesh,
	.ctl_node = on_node,
	.ctl_cert = on_cert,
	.ctl_cert_do = on_cert_do,
	.ctl_map = on_map,
	.ctl_reload = on_reload,
	.ctl_restart_relay = on_restart_relay,
	.ctl_verbose = on_verbose,
	.ctl_clients = on_clients,
	.ctl_list = on_list,
	.ctl_groups = on_groups,
	.ctl_kick = on_kick,
	.ctl_drain = on_drain,
	.ctl_upgrade = on_upgrade
};

int
parent_control_check(const struct conf *c)
{
	return (super_ctlsock_check(c->control, gram_at(&c->control_pos,
	    c->control)));
}

void
parent_talk_start(struct parent *d, int fd)
{
	talks.s = &d->super;
	super_talk_start(&talks, fd);
}

static void
accepted(void *arg, int fd)
{
	parent_talk_start(arg, fd);
}

int
parent_control_open(struct parent *d)
{
	sock.s = &d->super;
	sock.accepted = accepted;
	sock.arg = d;
	return (super_ctlsock_open(&sock, d->conf->control,
	    gram_at(&d->conf->control_pos, d->conf->control),
	    parent_inherit_control(&d->inherit)));
}

int
parent_control_fd(void)
{
	return (super_ctlsock_fd(&sock));
}

void
parent_control_leave(void)
{
	super_ctlsock_leave(&sock);
}

void
parent_control_close(void)
{
	super_ctlsock_close(&sock);
	super_talks_end(&talks);
}
