/*
 * children: a parent's children of all roles: start, death, restart, stop; see
 * supervise.h.  What is specific to a role is behind the parent's ops.
 */
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "build.h"
#include "child.h"
#include "clock.h"
#include "confine.h"
#include "ipcsend.h"
#include "log.h"
#include "supervise.h"

#define BACKOFF_MIN_MS	50
#define BACKOFF_MAX_MS	10000
#define SETTLED_MS	60000		/* alive: resets the back-off */
#define KILL_MS		1000		/* for killed ones to be gone */

static void	restart_later(struct super_child *p);

static pid_t
system_wait(int *status)
{
	return (waitpid(-1, status, WNOHANG));
}

static const struct super_system system_calls = {
	system_wait, super_confine_kill, base_clock_ms
};

void
super_init(struct super *s)
{
	s->system = &system_calls;
}

void
super_add(struct super *s, struct super_child *p, enum ipc_role role,
    unsigned int worker)
{
	p->s = s;
	p->role = role;
	p->worker = worker;
	s->children[s->n++] = p;
}

/* Call one of the ops that may be missing. */
static void
tell(void (*op)(struct super_child *), struct super_child *p)
{
	if (op != NULL)
		op(p);
}

int
super_wanted(const struct super_child *p)
{
	return (p->s->ops->wanted == NULL || p->s->ops->wanted(p));
}

/* The same, or needed for the moment. */
static int
needed(const struct super_child *p)
{
	return (p->s->ops->needed == NULL ? super_wanted(p) :
	    p->s->ops->needed(p));
}

static int
send_start(struct super_child *p)
{
	/* These need files for name resolution and certificate authorities. */
	const int rooted = geteuid() == 0 && p->role != ROLE_FETCH &&
	    p->role != ROLE_ACME && p->role != ROLE_VERIFY &&
	    p->role != ROLE_MESH && p->role != ROLE_RESOLVE;
	struct super_settings c;
	struct ipc_msg_start v;

	p->s->ops->settings(p->s, &c);
	memset(&v, 0, sizeof(v));
	v.build = ipc_build_id();
	v.worker = p->worker;
	v.verbose = c.verbose;
	v.json = c.json;
	v.sandbox = (uint8_t)c.sandbox;
	v.to_stderr = c.to_stderr;
	v.user = super_confine_user(p->s, &c, p->role);
	v.chroot = rooted && !p->s->no_chroot ? c.chroot : "";
	return (ipc_send_start(p->chan, &v));
}

void
super_kill_one(struct super_child *p)
{
	struct super_settings c;

	p->s->ops->settings(p->s, &c);
	if (p->s->system->kill(p->pid, super_confine_user(p->s, &c,
	    p->role)) == -1 && errno != ESRCH)
		log_warn("can't kill %s %u (pid %d; CAP_KILL allows it)",
		    ipc_role_name(p->role), p->worker, (int)p->pid);
}

void
super_forget(struct super_child *p)
{
	ipc_chan_free(p->chan);
	p->chan = NULL;
	if (p->ready)
		p->down_ms = p->s->system->clock();
	p->ready = 0;
	p->owes_ms = 0;
	tell(p->s->ops->forgot, p);
}

void
super_fail(struct super_child *p, const char *what)
{
	log_warnx("%s %u (pid %d) %s: killed", ipc_role_name(p->role),
	    p->worker, (int)p->pid, what);
	super_forget(p);
	if (p->pid > 0)
		super_kill_one(p);
}

int
super_spawn(struct super_child *p)
{
	const char *path;
	int prog, fd;

	p->started_ms = p->s->system->clock();
	p->ready = 0;
	if (p->down_ms == 0)
		p->down_ms = p->started_ms;
	path = super_programs_find(p->s, p->role, &prog);
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
	if (p->chan == NULL || send_start(p) == -1) {
		log_warn("no channel to %s (malloc, sendmsg)",
		    ipc_role_name(p->role));
		if (p->chan == NULL)
			close(fd);
		super_forget(p);
		super_kill_one(p);
		return (-1);
	}
	return (0);
}

int
super_handle_ready(struct super_child *p, struct ipc_msg *m)
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

/* A child closed or broke its channel, and can't be used any more. */
static void
gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct super_child *p = arg;
	struct super *s = p->s;

	(void)c;
	if (s->ops->why != NULL)
		why = s->ops->why(p, why);
	if (!s->stopping && strcmp(why, "closed") != 0)
		super_fail(p, why);
	else {
		super_forget(p);
		if (p->pid > 0 && !s->stopping)
			super_kill_one(p);
	}
	tell(s->ops->lost, p);
}

int
super_attach(struct super_child *p, ipc_chan_cb cb)
{
	if (ipc_chan_attach(p->chan, p->s->base, cb, gone, p) == 0)
		return (0);
	super_fail(p, "can't be read from");
	return (-1);
}

int
super_start(struct super *s)
{
	unsigned int i;

	/* Some may be running already. */
	for (i = 0; i < s->n; i++)
		if (s->children[i]->pid == 0 && super_wanted(s->children[i]) &&
		    s->ops->start(s->children[i]) == -1)
			return (-1);
	return (0);
}

/* Set the process of `p' to that of `from', whose channel it takes over. */
static void
take_process(struct super_child *p, const struct super_child *from)
{
	p->pid = from->pid;
	p->chan = from->chan;
	p->ready = from->ready;
	p->started_ms = from->started_ms;
	p->down_ms = from->down_ms;
	p->owes_ms = from->owes_ms;
	strlcpy(p->level, from->level, sizeof(p->level));
	if (p->chan != NULL)
		ipc_chan_set_arg(p->chan, p);
}

void
super_exchange(struct super_child *p, struct super_child *next)
{
	const struct super_child was = *p;

	take_process(p, next);
	take_process(next, &was);
	p->restarts++;
}

int
super_ready(const struct super *s)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (super_wanted(s->children[i]) && !s->children[i]->ready)
			return (0);
	return (1);
}

static void
restart(evutil_socket_t fd, short what, void *arg)
{
	struct super_child *p = arg;

	(void)fd;
	(void)what;
	if (p->s->stopping || p->pid > 0 || !needed(p))
		return;
	p->restarts++;
	if (p->s->ops->start(p) == -1 && p->pid == 0)
		restart_later(p);
}

static void
restart_later(struct super_child *p)
{
	struct timeval tv;

	if (p->s->system->clock() - p->started_ms >= SETTLED_MS ||
	    p->backoff_ms == 0)
		p->backoff_ms = BACKOFF_MIN_MS;
	else if (p->backoff_ms < BACKOFF_MAX_MS / 2)
		p->backoff_ms *= 2;
	else
		p->backoff_ms = BACKOFF_MAX_MS;
	tv.tv_sec = p->backoff_ms / 1000;
	tv.tv_usec = (p->backoff_ms % 1000) * 1000;
	if (p->ev_restart == NULL)
		p->ev_restart = evtimer_new(p->s->base, restart, p);
	if (p->ev_restart == NULL || evtimer_add(p->ev_restart, &tv) == -1)
		fatalx("no timer to restart %s", ipc_role_name(p->role));
}

static void
log_death(const struct super_child *p, int status)
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
serves(const struct super_child *p)
{
	return (p->s->ops->serves != NULL && p->s->ops->serves(p));
}

/*
 * While stopping: when no child runs that others served, end those that did, by
 * closing their channels.
 */
static void
end_last(struct super *s)
{
	unsigned int i;

	if (s->ops->served == NULL)
		return;
	for (i = 0; i < s->n; i++)
		if (s->children[i]->pid > 0 && s->ops->served(s->children[i]))
			return;
	for (i = 0; i < s->n; i++)
		if (serves(s->children[i]))
			super_forget(s->children[i]);
}

static void
died(struct super_child *p, int status)
{
	struct super *s = p->s;
	int expected = s->stopping || !needed(p);

	/*
	 * Status 0 was requested, by MSG_STOP or by settings that need a
	 * restart.
	 */
	if (!expected && status != 0)
		log_death(p, status);
	p->pid = 0;
	tell(s->ops->ending, p);
	super_forget(p);
	tell(s->ops->ended, p);
	if (s->stopping)
		end_last(s);
	if (expected)
		p->down_ms = 0;
	else if (s->starting)
		super_start_failed(s);
	else
		restart_later(p);
	tell(s->ops->reaped, p);
}

static struct super_child *
find(const struct super *s, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (s->children[i]->pid == pid)
			return (s->children[i]);
	return (NULL);
}

void
super_reap(struct super *s)
{
	struct super_child *p;
	int status;
	pid_t pid;

	while ((pid = s->system->wait(&status)) > 0)
		if ((p = find(s, pid)) != NULL)
			died(p, status);
		else if (s->ops->other != NULL)
			s->ops->other(s, pid, status);
}

int
super_running(const struct super *s)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (s->children[i]->pid > 0)
			return (1);
	return (0);
}

/* Stop one child within `ms' milliseconds. */
static void
stop_one(struct super_child *p, unsigned int ms)
{
	struct ipc_msg_stop v = { ms };

	if (p->chan != NULL)
		(void)ipc_send_stop(p->chan, &v);
}

void
super_stop(struct super *s, unsigned int ms)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (!serves(s->children[i]))
			stop_one(s->children[i], ms);
	end_last(s);
}

int
super_adjust(struct super_child *p)
{
	if (!super_wanted(p)) {
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
	if (p->s->ops->start(p) == -1 && p->pid == 0)
		restart_later(p);
	return (1);
}

void
super_kill(struct super *s)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (s->children[i]->pid > 0)
			super_kill_one(s->children[i]);
}

void
super_end(struct super *s)
{
	const struct timespec pause = { 0, 5 * 1000000 };
	const uint64_t until = base_clock_ms() + KILL_MS;
	unsigned int i;
	pid_t pid;

	s->stopping = 1;
	super_kill(s);
	for (i = 0; i < s->n; i++)
		while ((pid = s->children[i]->pid) > 0 &&
		    waitpid(pid, NULL, WNOHANG) == 0 &&
		    base_clock_ms() < until)
			(void)nanosleep(&pause, NULL);
}

void
super_log(const struct super *s)
{
	struct super_settings c;
	struct ipc_msg_log v;
	unsigned int i;

	s->ops->settings(s, &c);
	v.verbose = c.verbose;
	v.json = c.json;
	log_setverbose(c.verbose);
	log_setjson(c.json);
	for (i = 0; i < s->n; i++)
		if (s->children[i]->chan != NULL)
			(void)ipc_send_log(s->children[i]->chan, &v);
}
