/*
 * procs: the parent's children of all roles: start, death, restart; see
 * parent.h.  What is specific to a role is in the table kinds[], and in
 * fronts.c, signers.c, relays.c, stuns.c, health.c, map/ and acme/.
 */
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "clock.h"
#include "child.h"
#include "confine.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

#define BACKOFF_MIN_MS	50
#define BACKOFF_MAX_MS	10000
#define SETTLED_MS	60000		/* alive: resets the back-off */

static void	restart_later(struct parent_proc *p);

static pid_t
system_wait(int *status)
{
	return (waitpid(-1, status, WNOHANG));
}

static const struct parent_procs_ops system_ops = {
	system_wait, parent_confine_kill, base_clock_ms
};

/* The user of a role, "" without a change of user. */
static const char *
user_of(const struct parent *d, enum ipc_role role)
{
	const struct conf *c = d->conf;

	if (geteuid() != 0 || d->one_id)
		return ("");
	return (role == ROLE_KEYS || role == ROLE_SIGNER ? c->keys_user :
	    c->user);
}

static int
send_start(struct parent *d, struct parent_proc *p)
{
	/* These need files for name resolution and certificate authorities. */
	const int rooted = geteuid() == 0 && p->role != ROLE_FETCH &&
	    p->role != ROLE_ACME && p->role != ROLE_VERIFY &&
	    p->role != ROLE_MESH && p->role != ROLE_RESOLVE;
	struct ipc_msg_start v = {
		.build = ipc_build_id(),
		.worker = p->worker,
		.verbose = d->verbose,
		.json = d->conf->log_json && !d->checking,
		.sandbox = (uint8_t)d->conf->sandbox,
		.to_stderr = d->debug,
		.user = user_of(d, p->role),
		.chroot = rooted ? d->conf->chroot : ""
	};

	return (ipc_send_start(p->chan, &v));
}

void
parent_procs_kill_one(struct parent_proc *p)
{
	if (p->d->system->kill(p->pid, user_of(p->d, p->role)) == -1 &&
	    errno != ESRCH)
		log_warn("can't kill %s %u (pid %d; CAP_KILL allows it)",
		    ipc_role_name(p->role), p->worker, (int)p->pid);
}

void
parent_procs_forget(struct parent_proc *p)
{
	ipc_chan_free(p->chan);
	p->chan = NULL;
	if (p->ready)
		p->down_ms = p->d->system->clock();
	p->ready = 0;
	p->owes_ms = 0;
	p->commits = 0;
	if (p->role == ROLE_KEYS) {
		p->d->keys_loaded = 0;
		parent_keys_gone(p->d);
		parent_gen_keys_gone(&p->d->gens);
	}
}

void
parent_procs_fail(struct parent_proc *p, const char *what)
{
	log_warnx("%s %u (pid %d) %s: killed", ipc_role_name(p->role),
	    p->worker, (int)p->pid, what);
	parent_procs_forget(p);
	if (p->pid > 0)
		parent_procs_kill_one(p);
}

int
parent_procs_spawn(struct parent_proc *p)
{
	struct parent *d = p->d;
	const char *path;
	int prog, fd;

	p->started_ms = d->system->clock();
	p->ready = 0;
	if (p->down_ms == 0)
		p->down_ms = p->started_ms;
	path = parent_programs_find(p->role, &prog);
	p->pid = ipc_child_spawn(prog, path, ipc_role_name(p->role), &fd);
	if (p->pid == -1) {
		p->pid = 0;
		log_warn("can't start %s (socketpair, fork)%s",
		    ipc_role_name(p->role), errno == EAGAIN ?
		    ", raise the limit "
		    "of processes, TasksMax= in the unit or ulimit -u" : "");
		return (-1);
	}
	p->chan = ipc_chan_new(NULL, fd, ROLE_PARENT, p->role, NULL, NULL,
	    NULL);
	if (p->chan == NULL || send_start(d, p) == -1) {
		log_warn("no channel to %s (malloc, sendmsg)",
		    ipc_role_name(p->role));
		if (p->chan == NULL)
			close(fd);
		parent_procs_forget(p);
		parent_procs_kill_one(p);
		return (-1);
	}
	return (0);
}

int
parent_procs_handle_ready(struct parent_proc *p, struct ipc_msg *m)
{
	struct ipc_msg_ready v;

	if (m->type != MSG_READY || p->ready ||
	    ipc_get_ready(&m->rd, &v) == -1)
		return (-1);
	strlcpy(p->level, v.level, sizeof(p->level));
	p->ready = 1;
	p->down_ms = 0;
	if (ipc_role_numbered(p->role))
		log_info("%s %u ready (%s)", ipc_role_name(p->role), p->worker,
		    p->level);
	else
		log_info("%s ready (%s)", ipc_role_name(p->role), p->level);
	return (0);
}

/* Return 1 if wanted, or needed by a reload to check what is new. */
static int
needed(const struct parent_proc *p)
{
	return (parent_procs_wanted(p) || (p->role == ROLE_MAP &&
	    !TAILQ_EMPTY(&p->d->mapqueue.jobs)) ||
	    (p->role == ROLE_ADMIT && p->d->admitset.stage != NULL));
}

/* A child closed or broke its channel, and can't be used any more. */
static void
gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct parent_proc *p = arg;
	struct parent *d = p->d;

	(void)c;
	if ((p->role == ROLE_KEYS || p->role == ROLE_MAP ||
	    p->role == ROLE_ADMIT) && !p->ready && !d->stopping && needed(p))
		why = d->debug ? "did not start, its last line says why" :
		    "did not start, the system's log says why";
	if (!d->stopping && strcmp(why, "closed") != 0)
		parent_procs_fail(p, why);
	else {
		parent_procs_forget(p);
		if (p->pid > 0 && !d->stopping)
			parent_procs_kill_one(p);
	}
	/* derpd -n does not wait for its children to exit. */
	if (d->checking)
		parent_loaded(d, 0);
}

int
parent_procs_attach(struct parent_proc *p, ipc_chan_cb cb)
{
	if (ipc_chan_attach(p->chan, p->d->base, cb, gone, p) == 0)
		return (0);
	parent_procs_fail(p, "can't be read from");
	return (-1);
}

static void
from_keys(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct parent_proc *p = arg;

	(void)c;
	if (p->ready) {
		if (parent_keys_result(p->d, m) == -1)
			parent_procs_fail(p,
			    "sent a malformed or unexpected answer");
	} else if (parent_procs_handle_ready(p, m) == 0)
		parent_keys_ready(p->d);
	else
		parent_procs_fail(p,
		    "sent an unexpected message");
}

int
parent_procs_start_keys(struct parent_proc *p)
{
	return (parent_procs_spawn(p) == -1 ? -1 : parent_procs_attach(p,
	    from_keys));
}

static int
maps_wanted(const struct parent_proc *p)
{
	return (!TAILQ_EMPTY(&p->d->conf->maps));
}

static int
fetch_wanted(const struct parent_proc *p)
{
	return (mapset_fetch_wanted(p->d->conf));
}

static int
health_wanted(const struct parent_proc *p)
{
	return (parent_health_wanted(p->d));
}

static int
metrics_wanted(const struct parent_proc *p)
{
	return (p->d->conf->metrics.enabled);
}

static int
acme_wanted(const struct parent_proc *p)
{
	return (renew_wanted(p->d->conf));
}

static int
dns_wanted(const struct parent_proc *p)
{
	return (parent_dns_wanted(p->d->conf));
}

static int
admit_wanted(const struct parent_proc *p)
{
	return (admitset_wanted(p->d->conf));
}

/*
 * One row for each child: how it is started, and when it is wanted (NULL:
 * always).
 */
static const struct parent_role {
	int	(*start)(struct parent_proc *);
	int	(*wanted)(const struct parent_proc *);
} kinds[ROLE_MAX] = {
	[ROLE_KEYS] = { parent_procs_start_keys, NULL },
	[ROLE_SIGNER] = { parent_signers_start_one, NULL },
	[ROLE_FRONT] = { parent_fronts_start_one, NULL },
	[ROLE_RELAY] = { parent_relays_start_one, NULL },
	[ROLE_STUN] = { parent_stuns_start_one, NULL },
	[ROLE_MAP] = { mapset_start_checker, maps_wanted },
	[ROLE_FETCH] = { mapset_fetch_start, fetch_wanted },
	[ROLE_HEALTH] = { parent_health_start, health_wanted },
	[ROLE_METRICS] = { parent_metricsd_start, metrics_wanted },
	[ROLE_ACME] = { renew_start, acme_wanted },
	[ROLE_ADMIT] = { admitset_start, admit_wanted },
	[ROLE_VERIFY] = { admitset_verify_start, admitset_verify_wanted },
	[ROLE_MESH] = { meshset_start, meshset_wanted },
	[ROLE_RESOLVE] = { parent_dns_start, dns_wanted }
};

static void
add(struct parent *d, struct parent_proc *p, enum ipc_role role,
    unsigned int worker)
{
	p->d = d;
	p->role = role;
	p->worker = worker;
	p->start = kinds[role].start;
	d->procs[d->nprocs++] = p;
}

/* The number of processes of a role that has several. */
static unsigned int
count(const struct parent *d, enum ipc_role role)
{
	switch (role) {
	case ROLE_FRONT:
		return (d->nfronts);
	case ROLE_SIGNER:
		return (parent_signers_count(d));
	case ROLE_RELAY:
		return (d->nworkers);
	case ROLE_VERIFY:
		return (IPC_MAXVERIFY);
	case ROLE_MESH:
		return (IPC_MAXNODES);
	default:
		return (d->nstuns);
	}
}

/* All processes of a role that has several. */
static void
add_workers(struct parent *d, struct parent_proc *p, enum ipc_role role)
{
	unsigned int i;

	for (i = 0; i < count(d, role); i++)
		add(d, &p[i], role, i);
}

void
parent_procs_set_up(struct parent *d)
{
	d->system = &system_ops;
#define OUTSIDE(ROLE, name)
#define BRIDGE(ROLE, member, name, program, folder, sandbox)
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	add(d, &d->member, ROLE_##ROLE, 0);
#define WORKERS(ROLE, member, name, program, folder, sandbox)		\
	add_workers(d, d->member, ROLE_##ROLE);
#include "roles.def"
}

int
parent_procs_start(struct parent *d)
{
	unsigned int i;

	/* keys, derpmapd and admit are already running. */
	for (i = 0; i < d->nprocs; i++)
		if (d->procs[i]->pid == 0 && parent_procs_wanted(d->procs[i]) &&
		    d->procs[i]->start(d->procs[i]) == -1)
			return (-1);
	return (0);
}

int
parent_procs_wanted(const struct parent_proc *p)
{
	return (kinds[p->role].wanted == NULL || kinds[p->role].wanted(p));
}

int
parent_procs_ready(const struct parent *d)
{
	unsigned int i;

	for (i = 0; i < d->nprocs; i++)
		if (parent_procs_wanted(d->procs[i]) && !d->procs[i]->ready)
			return (0);
	return (1);
}

static void
restart(evutil_socket_t fd, short what, void *arg)
{
	struct parent_proc *p = arg;

	(void)fd;
	(void)what;
	if (p->d->stopping || p->pid > 0 || !needed(p))
		return;
	p->restarts++;
	if (p->start(p) == -1 && p->pid == 0)
		restart_later(p);
}

static void
restart_later(struct parent_proc *p)
{
	struct timeval tv;

	if (p->d->system->clock() - p->started_ms >= SETTLED_MS ||
	    p->backoff_ms == 0)
		p->backoff_ms = BACKOFF_MIN_MS;
	else if (p->backoff_ms < BACKOFF_MAX_MS / 2)
		p->backoff_ms *= 2;
	else
		p->backoff_ms = BACKOFF_MAX_MS;
	tv.tv_sec = p->backoff_ms / 1000;
	tv.tv_usec = (p->backoff_ms % 1000) * 1000;
	if (p->ev_restart == NULL)
		p->ev_restart = evtimer_new(p->d->base, restart, p);
	if (p->ev_restart == NULL || evtimer_add(p->ev_restart, &tv) == -1)
		fatalx("no timer to restart %s", ipc_role_name(p->role));
}

static void
log_death(const struct parent_proc *p, int status)
{
	const char *name = ipc_role_name(p->role);

	if (WIFSIGNALED(status))
		log_warnx("%s %u (pid %d) ended by signal %d (%s)%s", name,
		    p->worker, (int)p->pid, WTERMSIG(status),
		    strsignal(WTERMSIG(status)), WTERMSIG(status) == SIGSYS ?
		    ": a system call that its sandbox does not allow" : "");
	else
		log_warnx("%s %u (pid %d) ended with status %d", name,
		    p->worker, (int)p->pid, WEXITSTATUS(status));
}

/* Is this a process that others need until they end? */
static int
serves(const struct parent_proc *p)
{
	return (p->role == ROLE_KEYS || p->role == ROLE_SIGNER);
}

/*
 * While stopping: when no front and no relay worker runs, end what served them,
 * by closing their channels.
 */
static void
end_last(struct parent *d)
{
	unsigned int i;

	if (parent_servers_running(d))
		return;
	for (i = 0; i < d->nprocs; i++)
		if (serves(d->procs[i]))
			parent_procs_forget(d->procs[i]);
}

static void
died(struct parent *d, struct parent_proc *p, int status)
{
	int expected = d->stopping || !needed(p);

	/*
	 * Status 0 was requested, by MSG_STOP or by settings that need a
	 * restart.
	 */
	if (!expected && status != 0)
		log_death(p, status);
	p->pid = 0;
	parent_metricsd_changed(d);
	if (p->role == ROLE_ADMIT)
		admitset_drain(p);
	parent_procs_forget(p);
	if (p->role == ROLE_ADMIT)
		admitset_gone(d);
	if (p->role == ROLE_FRONT || p->role == ROLE_RELAY) {
		parent_servers_gone(p);
		parent_gen_server_gone(&d->gens, parent_servers_number(p));
	}
	if (p->role == ROLE_FRONT) {
		renew_front_gone(d, p->worker);
		parent_frontlists_front_gone(d, p->worker);
	}
	if (p->role == ROLE_RELAY) {
		parent_relays_gone(p);
		parent_control_worker_gone(d, p->worker);
		parent_frontlists_relay_gone(d, p->worker);
	}
	if (p->role == ROLE_ACME)
		renew_helper_gone(d);
	if (p->role == ROLE_STUN)
		parent_stuns_gone(p);
	if (p->role == ROLE_MESH)
		meshset_gone(p);
	if (d->stopping)
		end_last(d);
	if (expected) {
		p->down_ms = 0;
		return;
	}
	if (d->starting) {
		d->failed = 1;
		event_base_loopbreak(d->base);
		return;
	}
	restart_later(p);
}

static struct parent_proc *
find(struct parent *d, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < d->nprocs; i++)
		if (d->procs[i]->pid == pid)
			return (d->procs[i]);
	return (NULL);
}

void
parent_procs_reap(struct parent *d)
{
	struct parent_proc *p;
	int status;
	pid_t pid;

	while ((pid = d->system->wait(&status)) > 0)
		if ((p = find(d, pid)) != NULL) {
			died(d, p, status);
			if (p->role == ROLE_MAP)
				mapset_checker_gone(d);
		}
}

int
parent_procs_running(const struct parent *d)
{
	unsigned int i;

	for (i = 0; i < d->nprocs; i++)
		if (d->procs[i]->pid > 0)
			return (1);
	return (0);
}

/* Stop one child within `ms' milliseconds. */
static void
stop_one(struct parent_proc *p, unsigned int ms)
{
	struct ipc_msg_stop v = { ms };

	if (p->chan != NULL)
		(void)ipc_send_stop(p->chan, &v);
}

void
parent_procs_stop(struct parent *d, unsigned int ms)
{
	unsigned int i;

	for (i = 0; i < d->nprocs; i++)
		if (!serves(d->procs[i]))
			stop_one(d->procs[i], ms);
	end_last(d);
}

int
parent_procs_adjust(struct parent_proc *p)
{
	if (!parent_procs_wanted(p)) {
		stop_one(p, 0);
		/* Do not restart one that has died either. */
		if (p->ev_restart != NULL)
			evtimer_del(p->ev_restart);
		/* When it is wanted again, that is another beginning. */
		p->backoff_ms = 0;
		if (p->pid == 0)
			p->down_ms = 0;
		return (0);
	}
	if (p->pid > 0)
		return (0);
	/* An exiting child is started after its exit. */
	if (p->start(p) == -1 && p->pid == 0)
		restart_later(p);
	return (1);
}

void
parent_procs_kill(struct parent *d)
{
	unsigned int i;

	for (i = 0; i < d->nprocs; i++)
		if (d->procs[i]->pid > 0)
			parent_procs_kill_one(d->procs[i]);
}

void
parent_procs_log(const struct parent *d)
{
	struct ipc_msg_log v = { d->verbose, d->conf->log_json };
	unsigned int i;

	log_setverbose(d->verbose);
	log_setjson(d->conf->log_json);
	for (i = 0; i < d->nprocs; i++)
		if (d->procs[i]->chan != NULL)
			(void)ipc_send_log(d->procs[i]->chan, &v);
}
