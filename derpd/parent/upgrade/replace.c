/*
 * replace: see replace.h.  Called by talk.c and reload.c for requests, by
 * parent.c, procs.c and fronts.c for what happens meanwhile.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "between.h"
#include "ipcsend.h"
#include "log.h"
#include "notify.h"
#include "parent.h"
#include "startnew.h"

#define FLUSH_MS	200	/* for UP_ABORT to be written */

static const char *
under_way(void *arg)
{
	const struct parent *d = arg;

	if (d->gens.now != NULL || !TAILQ_EMPTY(&d->gens.queue))
		return ("a reload");
	if (!d->keys_loaded)
		return ("a restart of keys");
	if (renew_busy(d))
		return ("a job of the ACME directory");
	if (parent_succeed_on(d))
		return ("a restart of a relay worker");
	return (NULL);
}

static const char *
spawn(void *arg)
{
	struct parent *d = arg;
	struct upgrade *u = &d->upgrade;
	const struct upgrade_start s = { .self = d->self,
	    .conf_path = d->conf_path, .macros = d->macros,
	    .nmacros = d->nmacros, .from_env = d->conf_text != NULL,
	    .debug = d->debug, .verbose = d->verbose,
	    .between = upgrade_stand_in_managed(&u->stand_in),
	    .stand_in = upgrade_stand_in_pass(&u->stand_in),
	    .number = u->stand_in.number + 1 };
	const char *why;
	pid_t pid;
	int fd;

	memset(u->fronts, 0, sizeof(u->fronts));
	u->nnew = 0;
	u->held_ms = 0;
	if ((pid = upgrade_start(&s, &u->child, &fd, &why)) == -1)
		return (why);
	u->pid = pid;
	log_info("the new derpd is process %d", (int)pid);
	return (upgrade_talk(d, fd));
}

/* Are all fronts that run without logins? */
static int
all_left(const struct parent *d)
{
	unsigned int i;

	for (i = 0; i < d->nfronts; i++)
		if (d->fronts[i].c.chan != NULL &&
		    (!d->upgrade.fronts[i].told ||
		    d->upgrade.fronts[i].logins > 0))
			return (0);
	return (1);
}

/* Tell all fronts whether they accept (`on' 0). */
static void
retire(struct parent *d, int on)
{
	const struct ipc_msg_front_retire v = { (uint8_t)on };
	struct parent_proc *p;
	unsigned int i;

	for (i = 0; i < d->nfronts; i++) {
		p = &d->fronts[i];
		d->upgrade.fronts[i].told = d->upgrade.fronts[i].through = 0;
		if (p->c.chan == NULL)
			continue;
		if (ipc_send_front_retire(p->c.chan, &v) == -1 ||
		    (!on && parent_fronts_listen(p) == -1))
			super_fail(&p->c, "could not be told of an upgrade");
	}
}

static void
accept_there(void *arg)
{
	struct parent *d = arg;

	(void)ipc_send_up_accept(d->upgrade.chan);
	retire(d, 1);
	if (all_left(d))
		upgrade_old_left(&d->upgrade.old);
}

static void
held(void *arg, const char *why, uint32_t sessions)
{
	struct parent *d = arg;

	(void)sessions;
	upgrade_old_held(&d->upgrade.old, why);
}

static void
hold(void *arg)
{
	struct parent *d = arg;

	d->upgrade.held_ms = d->super.system->clock();
	parent_moves_hold(d, held, d);
}

static void
moved(void *arg, const char *why, uint32_t sessions)
{
	struct parent *d = arg;

	upgrade_old_moved(&d->upgrade.old, sessions, why);
}

/* A channel between an old worker and a new one.  0, or -1. */
static int
connect_move(struct parent *d, struct parent_moves_chan *c, unsigned int from,
    unsigned int to)
{
	const struct ipc_msg_up_move v = { from, to };
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return (-1);
	c->p = &d->relays[from];
	c->other = to;
	c->fd = sv[0];
	if (ipc_send_up_move(d->upgrade.chan, &v, sv[1]) == 0)
		return (0);
	close(sv[0]);
	return (-1);
}

/* Between each old and each new one.  0, or -1: *n were made. */
static int
connect_all(struct parent *d, struct parent_moves_chan *v, size_t *n)
{
	unsigned int from, to;

	for (from = 0; from < d->nworkers; from++)
		for (to = 0; to < d->upgrade.nnew; to++, (*n)++)
			if (connect_move(d, &v[*n], from, to) == -1)
				return (-1);
	return (0);
}

static void
move(void *arg)
{
	struct parent *d = arg;
	struct upgrade *u = &d->upgrade;
	struct parent_moves_chan *v;
	size_t n = 0;

	v = calloc((size_t)d->nworkers * u->nnew, sizeof(*v));
	if (v != NULL && connect_all(d, v, &n) == 0)
		parent_moves_send(d, v, n, u->nnew, d->slot_secret, u->nodes,
		    moved, d);
	else {
		while (n > 0)
			close(v[--n].fd);
		upgrade_old_failed(&u->old, "no channels for sessions "
		    "(socketpair, malloc)");
	}
	free(v);
}

/*
 * A generation that keys has begun meanwhile may be under way: the new workers
 * have nothing to do with it, and it ends with the old ones.
 */
static const char *
broken(void *arg)
{
	return (parent_moves_broken(arg));
}

/* From here on a conversation with derpctl begins at the new one. */
static void
commit(void *arg)
{
	struct parent *d = arg;

	parent_control_leave();
	(void)ipc_send_up_commit(d->upgrade.chan);
}

static void
tell_abort(void *arg, const char *why)
{
	struct parent *d = arg;
	const struct ipc_msg_up_abort v = { *why != '\0' ? why :
	    "the old derpd goes on" };

	if (d->upgrade.chan == NULL)
		return;
	(void)ipc_send_up_abort(d->upgrade.chan, &v);
	(void)ipc_chan_flush(d->upgrade.chan, FLUSH_MS);
}

static void
kill_new(void *arg)
{
	struct parent *d = arg;
	struct upgrade *u = &d->upgrade;

	/* Without UP_ABORT, which may be unwritten, it would serve. */
	if (u->pid > 0)
		(void)kill(u->pid, SIGKILL);
	/* How the channel ends tells whether UP_COMMIT was read. */
	if (u->old.state != UPGRADE_COMMITTED &&
	    u->old.state != UPGRADE_LOST)
		upgrade_talk_end(d);
}

static void
thaw(void *arg)
{
	parent_moves_thaw(arg);
}

/* They are held, and touch no session until they are killed. */
static void
renew(void *arg)
{
	struct parent *d = arg;
	unsigned int i;

	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].c.pid > 0)
			super_fail(&d->relays[i].c, "has sessions that went on "
			    "in the new derpd");
	parent_moves_thaw(d);
}

/* Serve as before: what was left out meanwhile is made up for. */
static void
serve(void *arg)
{
	struct parent *d = arg;
	unsigned int i;

	retire(d, 0);
	for (i = 0; i < parent_servers_count(d); i++)
		(void)super_adjust(&parent_servers_at(d, i)->c);
	upgrade_control(d);
}

static void
keep(void *arg)
{
	upgrade_keep(arg);
}

/* Call those back who wait; each may request again. */
static void
answer(struct parent *d, const char *why)
{
	struct upgrade_asks now = TAILQ_HEAD_INITIALIZER(now);
	struct upgrade_ask *q;

	TAILQ_CONCAT(&now, &d->upgrade.asks, entry);
	while ((q = TAILQ_FIRST(&now)) != NULL) {
		TAILQ_REMOVE(&now, q, entry);
		if (q->done != NULL)
			q->done(q->arg, why);
		free(q);
	}
}

static void
done(void *arg, const char *why)
{
	struct parent *d = arg;
	struct upgrade *u = &d->upgrade;
	char line[256];

	if (u->held_ms != 0)
		u->held_ms = d->super.system->clock() - u->held_ms;
	if (why == NULL) {
		upgrade_report(d, line, sizeof(line));
		log_info("%s", line);
	} else {
		upgrade_talk_end(d);
		upgrade_stand_in_undo(&u->stand_in);
		log_warnx("derpd was not replaced, it goes on as before: %s",
		    why);
	}
	if (u->reload)
		parent_reload_note(d, why);
	if (why == NULL)
		upgrade_keep_tell(d);
	answer(d, why);
	/* Nothing begins before a stop. */
	if (why == NULL || d->super.stopping || u->old.stop)
		return;
	if (u->reload)
		(void)super_notify("READY=1");
	u->reload = 0;
	/* What had to wait. */
	parent_reload_look(d);
	renew_run(d);
}

/* A stop that had to wait: whichever derpd has the sessions now. */
static void
stop(void *arg)
{
	struct parent *d = arg;

	if (!upgrade_keeps(d))
		parent_stop(d);
	else if (!upgrade_signal(d, SIGTERM))
		log_warnx("process %d is not told to stop",
		    (int)d->upgrade.pid);
}

static void
late(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	upgrade_old_late(&d->upgrade.old);
}

static void
deadline(void *arg, unsigned int ms)
{
	const struct timeval tv = { (time_t)(ms / 1000),
	    (suseconds_t)(ms % 1000 * 1000) };
	struct parent *d = arg;
	struct upgrade *u = &d->upgrade;

	log_debug("upgrade: %s", upgrade_old_name(u->old.state));
	if (u->ev_late == NULL &&
	    (u->ev_late = evtimer_new(d->super.base, late, d)) == NULL)
		fatalx("no timer for an upgrade");
	if (ms == 0)
		evtimer_del(u->ev_late);
	else if (evtimer_add(u->ev_late, &tv) == -1)
		fatalx("no timer for an upgrade");
}

/* Requests */

static void
stand_in_over(void *arg)
{
	upgrade_keep_end(arg);
}

void
upgrade_init(struct parent *d)
{
	static const struct upgrade_old_ops ops = {
		.under_way = under_way,
		.spawn = spawn,
		.accept = accept_there,
		.hold = hold,
		.move = move,
		.broken = broken,
		.commit = commit,
		.abort = tell_abort,
		.kill = kill_new,
		.thaw = thaw,
		.renew = renew,
		.serve = serve,
		.keep = keep,
		.done = done,
		.stop = stop,
		.deadline = deadline
	};
	struct upgrade *u = &d->upgrade;
	struct stat st;

	memset(u, 0, sizeof(*u));
	u->old.ops = &ops;
	u->old.arg = d;
	TAILQ_INIT(&u->asks);
	upgrade_stand_in_init(&u->stand_in, d->debug, stand_in_over, d);
	/* The path may have another file by now. */
	if (stat("/proc/self/exe", &st) == -1 && stat(d->self, &st) == -1)
		return;
	u->image.dev = st.st_dev;
	u->image.ino = st.st_ino;
	u->image.changed = st.st_mtim;
}

int
upgrade_program_changed(const struct parent *d)
{
	const struct upgrade *u = &d->upgrade;
	struct stat st;

	if (u->image.ino == 0 || stat(d->self, &st) == -1)
		return (0);
	return (st.st_dev != u->image.dev || st.st_ino != u->image.ino ||
	    st.st_mtim.tv_sec != u->image.changed.tv_sec ||
	    st.st_mtim.tv_nsec != u->image.changed.tv_nsec);
}

/* Why derpd can't be replaced now; NULL: it can. */
static const char *
refusal(const struct parent *d)
{
	if (d->super.stopping)
		return ("derpd stops");
	if (d->super.starting)
		return ("derpd starts: try again when it is ready");
	if (d->drain.on)
		return ("derpd drains, to end then: derpctl drain cancel ends "
		    "the drain");
	return (NULL);
}

void
upgrade_request(struct parent *d, const char *reason, int reload,
    parent_reload_cb cb, void *arg)
{
	struct upgrade *u = &d->upgrade;
	struct upgrade_ask *q;
	const char *why = refusal(d);

	if (why == NULL && u->old.state != UPGRADE_IDLE &&
	    !(reload && u->old.state == UPGRADE_WAITING))
		why = upgrade_old_begin(&u->old);
	if (why == NULL && (q = calloc(1, sizeof(*q))) == NULL)
		why = "out of memory";
	if (why != NULL) {
		log_warnx("derpd is not replaced: %s", why);
		if (cb != NULL)
			cb(arg, why);
		return;
	}
	q->done = cb;
	q->arg = arg;
	TAILQ_INSERT_TAIL(&u->asks, q, entry);
	log_info("%s: derpd is replaced by %s", reason, d->self);
	if (reload) {
		u->reload = 1;
		(void)super_notify_reloading();
	}
	if (u->old.state == UPGRADE_IDLE &&
	    (why = upgrade_old_begin(&u->old)) != NULL)
		done(d, why);
}

void
upgrade_cancel(struct parent *d, const void *arg)
{
	struct upgrade_ask *q;

	TAILQ_FOREACH(q, &d->upgrade.asks, entry)
		if (q->arg == arg)
			q->done = NULL;
}

void
upgrade_report(const struct parent *d, char *line, size_t size)
{
	const struct upgrade *u = &d->upgrade;

	if (u->old.both)
		snprintf(line, size, "derpd was replaced by process %d: %u "
		    "session%s, which waited for %llu ms", (int)u->pid,
		    u->old.nmoved, u->old.nmoved == 1 ? "" : "s",
		    (unsigned long long)u->held_ms);
	else
		snprintf(line, size, "derpd was replaced by process %d",
		    (int)u->pid);
}

/* What others ask, and what happens */

int
upgrade_excludes(const struct parent *d)
{
	return (upgrade_old_excludes(&d->upgrade.old));
}

int
upgrade_waits(const struct parent *d)
{
	return (d->upgrade.old.state != UPGRADE_IDLE);
}

int
upgrade_ends(const struct parent *d, enum ipc_role role)
{
	const enum upgrade_old_state s = d->upgrade.old.state;

	if (s == UPGRADE_KEEPING)
		return (1);
	return ((role == ROLE_FRONT || role == ROLE_RELAY) &&
	    s >= UPGRADE_ACCEPTING && s != UPGRADE_ENDING);
}

/* The fronts have less to do. */
static void
fronts_left(struct parent *d)
{
	if (upgrade_keeps(d))
		upgrade_keep_less(d);
	else if (all_left(d))
		upgrade_old_left(&d->upgrade.old);
}

int
upgrade_front_left(struct parent_proc *p, struct ipc_msg *m)
{
	struct upgrade *u = &p->d->upgrade;
	struct ipc_msg_front_left v;

	if (ipc_get_front_left(&m->rd, &v) == -1)
		return (-1);
	u->fronts[p->c.worker].told = 1;
	u->fronts[p->c.worker].logins = v.logins;
	/* Later there are only ends of pumps. */
	u->fronts[p->c.worker].through |= v.logins == 0 && v.conns == 0;
	fronts_left(p->d);
	return (0);
}

void
upgrade_server_gone(struct parent_proc *p)
{
	if (p->c.role == ROLE_FRONT)
		fronts_left(p->d);
	else
		upgrade_old_worker_gone(&p->d->upgrade.old,
		    parent_servers_name(p));
}

void
upgrade_reaped(struct parent *d, pid_t pid, int status)
{
	struct upgrade *u = &d->upgrade;
	char how[128];

	upgrade_stand_in_reaped(&u->stand_in, pid, status,
	    upgrade_keeps(d) ? u->pid : 0);
	if (pid != u->child || u->child == 0)
		return;
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "ended by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(how, sizeof(how), "ended with status %d, the log "
		    "says why", WEXITSTATUS(status));
	u->pid = u->child = 0;
	upgrade_old_exited(&u->old, how);
}

int
upgrade_may_stop(struct parent *d)
{
	if (d->upgrade.old.ops == NULL)
		return (1);
	return (upgrade_old_stop(&d->upgrade.old));
}
