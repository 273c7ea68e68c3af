/*
 * procs: the parent's children: start, death, restart; see parent.h.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "child.h"
#include "log.h"
#include "parent.h"

#define BACKOFF_MIN_MS	50
#define BACKOFF_MAX_MS	10000
#define SETTLED_MS	60000		/* alive so long: begin anew */
#define LINK_BUFFER	(2 * 1024 * 1024)

static void	restart_later(struct proc *p);

/* The user of a role, "" when there is none to switch to. */
static const char *
user_of(const struct derpd *d, enum role role)
{
	const struct conf *c = d->conf;

	if (geteuid() != 0)
		return ("");
	if (role == ROLE_KEYS && (c->keys_user_set ||
	    getpwnam(c->keys_user) != NULL))
		return (c->keys_user);
	if (c->user_set || getpwnam(c->user) != NULL)
		return (c->user);
	return ("");
}

static int
send_start(struct derpd *d, struct proc *p)
{
	const char *user = user_of(d, p->role);
	struct wr w;
	int rv;

	wr_init(&w);
	wr_u32(&w, p->worker);
	wr_u8(&w, (uint8_t)d->verbose);
	wr_u8(&w, (uint8_t)d->conf->sandbox);
	wr_u8(&w, (uint8_t)d->debug);
	wr_str(&w, user);
	wr_str(&w, geteuid() == 0 ? d->conf->chroot : "");
	rv = chan_send(p->chan, MSG_START, &w, -1);
	wr_free(&w);
	return (rv);
}

static void
forget(struct proc *p)
{
	chan_free(p->chan);
	p->chan = NULL;
	p->ready = 0;
	p->commits = 0;
	p->refused = 0;
}

void
procs_fail(struct proc *p, const char *what)
{
	log_warnx("%s %u (pid %d) %s: killed", role_name(p->role), p->worker,
	    (int)p->pid, what);
	forget(p);
	if (p->pid > 0)
		kill(p->pid, SIGKILL);
}

/* Fork, execute, say MSG_START.  0, or -1 (logged). */
static int
spawn(struct derpd *d, struct proc *p)
{
	int fd;

	p->started_ms = clock_ms();
	p->ready = 0;
	p->pid = child_spawn(d->self, role_name(p->role), &fd);
	if (p->pid == -1) {
		p->pid = 0;
		log_warn("can't start %s", role_name(p->role));
		return (-1);
	}
	p->chan = chan_new(NULL, fd, ROLE_PARENT, p->role, NULL, NULL, NULL);
	if (p->chan == NULL || send_start(d, p) == -1) {
		log_warn("channel to %s", role_name(p->role));
		if (p->chan == NULL)
			close(fd);
		forget(p);
		kill(p->pid, SIGKILL);
		return (-1);
	}
	return (0);
}

/* Said once in a child's life.  0, or -1 malformed. */
static int
take_ready(struct proc *p, struct msg *m)
{
	if (m->type != MSG_READY || p->ready)
		return (-1);
	rd_str(&m->rd, p->level, sizeof(p->level));
	if (!rd_end(&m->rd))
		return (-1);
	p->ready = 1;
	if (p->role == ROLE_RELAY)
		log_info("relay %u ready (%s)", p->worker, p->level);
	else
		log_info("%s ready (%s)", role_name(p->role), p->level);
	return (0);
}

/* A child broke its channel: it is of no more use. */
static void
gone(struct chan *c, const char *why, void *arg)
{
	struct proc *p = arg;

	(void)c;
	if (!p->d->stopping && strcmp(why, "closed") != 0) {
		procs_fail(p, why);
		return;
	}
	forget(p);
	if (p->pid > 0 && !p->d->stopping)
		kill(p->pid, SIGKILL);
}

static void
from_keys(struct chan *c, struct msg *m, void *arg)
{
	(void)c;
	(void)arg;
	/* Answers are taken where they were asked for. */
	log_debug("late %s from keys", msg_name(m->type));
}

int
procs_start_keys(struct derpd *d)
{
	struct proc *p = &d->keys;
	struct msg m;
	int rv;

	if (spawn(d, p) == -1)
		return (-1);
	if (chan_flush(p->chan, CALL_MS) == -1 ||
	    chan_recv(p->chan, &m, CALL_MS) == -1) {
		procs_fail(p, d->debug ? "did not start, its last line says "
		    "why" : "did not start, the system's log says why");
		return (-1);
	}
	rv = take_ready(p, &m);
	msg_free(&m);
	if (rv == -1)
		procs_fail(p, "sent something else than that it is ready");
	else if (chan_attach(p->chan, d->base, from_keys, gone, p) == -1)
		procs_fail(p, "can't be listened to");
	else
		return (0);
	return (-1);
}

/* One channel of a worker to keys, of one kind. */
static int
connect_kind(struct derpd *d, struct proc *relay, uint8_t kind)
{
	struct wr w;
	int sv[2], rv;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return (-1);
	wr_init(&w);
	wr_u32(&w, relay->worker);
	wr_u8(&w, kind);
	rv = chan_send(d->keys.chan, MSG_KEY_CHAN, &w, sv[0]);
	wr_free(&w);
	if (rv == -1) {
		close(sv[1]);
		return (-1);
	}
	wr_u8(&w, kind);
	rv = chan_send(relay->chan, MSG_RELAY_KEYS, &w, sv[1]);
	wr_free(&w);
	return (rv);
}

int
procs_connect_keys(struct derpd *d, struct proc *relay)
{
	if (d->keys.chan == NULL || relay->chan == NULL)
		return (0);	/* the one that comes back is connected then */
	if (connect_kind(d, relay, KEYCHAN_SIGN) == -1 ||
	    connect_kind(d, relay, KEYCHAN_BOX) == -1) {
		log_warn("channels of relay %u to keys", relay->worker);
		return (-1);
	}
	return (0);
}

static int
send_link(struct proc *p, unsigned int other, int fd)
{
	struct wr w;
	int rv;

	wr_init(&w);
	wr_u32(&w, other);
	rv = chan_send(p->chan, MSG_RELAY_LINK, &w, fd);
	wr_free(&w);
	return (rv);
}

/* A stream between two workers, replacing an older one. */
static int
connect_pair(struct proc *a, struct proc *b)
{
	int sv[2], size = LINK_BUFFER, i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return (-1);
	for (i = 0; i < 2; i++)		/* a wish; the kernel may cap it */
		(void)setsockopt(sv[i], SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof(size));
	if (send_link(a, b->worker, sv[0]) == -1) {
		close(sv[1]);
		return (-1);
	}
	return (send_link(b, a->worker, sv[1]));
}

/* The answer to MSG_RELAY_COMMIT.  0, or -1 malformed or not asked for. */
static int
take_result(struct proc *p, struct msg *m)
{
	char why[1024];
	int ok;

	ok = rd_u8(&m->rd);
	rd_str(&m->rd, why, sizeof(why));
	if (!rd_end(&m->rd) || p->commits == 0)
		return (-1);
	p->commits--;
	if (ok)
		return (0);
	log_warnx("relay %u: %s", p->worker, why);
	p->refused = 1;
	/* A new one has no older settings to go on with. */
	return (p->ready ? 0 : -1);
}

/* A worker commits settings, reports ready, or lists its clients. */
static void
from_relay(struct chan *c, struct msg *m, void *arg)
{
	struct proc *p = arg;
	int rv;

	(void)c;
	switch (m->type) {
	case MSG_READY:
		if ((rv = take_ready(p, m)) == 0)
			parent_ready(p->d);
		break;
	case MSG_RELAY_RESULT:
		rv = take_result(p, m);
		break;
	default:
		rv = control_client(p, m);
		break;
	}
	if (rv == -1)
		procs_fail(p, "could not take its settings or sent a "
		    "malformed message");
}

/* Until one worker has answered, or `end' (monotonic ms).  0, -1 refused. */
static int
settle(struct proc *p, uint64_t end)
{
	struct msg m;
	uint64_t now;
	int refused, left;

	/* What came behind the answer is announced by no event: take it too. */
	while (p->chan != NULL && (now = clock_ms()) <= end) {
		left = p->commits == 0 ? 0 : (int)(end - now);
		if (chan_recv(p->chan, &m, left) == -1) {
			if (errno != ETIMEDOUT)
				procs_fail(p, "broke off");
			break;
		}
		from_relay(p->chan, &m, p);
		msg_free(&m);
	}
	refused = p->refused;
	p->refused = 0;
	if (p->commits > 0)
		procs_fail(p, "did not answer");
	return (refused ? -1 : 0);
}

int
procs_settle(struct derpd *d, unsigned int ms)
{
	uint64_t end = clock_ms() + ms;
	unsigned int i;
	int rv = 0;

	for (i = 0; i < d->nworkers; i++)
		if (settle(&d->relays[i], end) == -1)
			rv = -1;
	return (rv);
}

static int
send_sockets(struct derpd *d, struct proc *p)
{
	struct wr w;
	size_t i;
	int fd, rv = 0;

	for (i = 0; rv == 0 && i < d->listens.n; i++) {
		if ((fd = dup(d->listens.v[i].fds[p->worker])) == -1)
			return (-1);
		wr_init(&w);
		wr_u8(&w, (uint8_t)d->listens.v[i].tls);
		rv = chan_send(p->chan, MSG_RELAY_LISTEN, &w, fd);
		wr_free(&w);
	}
	return (rv);
}

static int
start_relay(struct derpd *d, struct proc *p)
{
	unsigned int i;

	if (spawn(d, p) == -1)
		return (-1);
	if (procs_connect_keys(d, p) == -1 || send_sockets(d, p) == -1)
		goto fail;
	for (i = 0; i < d->nworkers; i++)
		if (i != p->worker && d->relays[i].chan != NULL &&
		    connect_pair(p, &d->relays[i]) == -1)
			goto fail;
	if (load_send(d, p, 1) == -1 ||
	    chan_attach(p->chan, d->base, from_relay, gone, p) == -1)
		goto fail;
	return (0);

fail:
	log_warn("can't set up relay %u", p->worker);
	forget(p);
	kill(p->pid, SIGKILL);
	return (-1);
}

int
procs_start_relays(struct derpd *d)
{
	unsigned int i;

	for (i = 0; i < d->nworkers; i++)
		if (start_relay(d, &d->relays[i]) == -1)
			return (-1);
	return (0);
}

static void
restart_keys(struct derpd *d)
{
	unsigned int i;

	if (procs_start_keys(d) == -1 || load_again(d) == -1) {
		if (d->keys.pid > 0)
			kill(d->keys.pid, SIGKILL);
		else
			restart_later(&d->keys);
		return;
	}
	for (i = 0; i < d->nworkers; i++)
		(void)procs_connect_keys(d, &d->relays[i]);
}

static void
restart(evutil_socket_t fd, short what, void *arg)
{
	struct proc *p = arg;
	struct derpd *d = p->d;

	(void)fd;
	(void)what;
	if (d->stopping || p->pid > 0)
		return;
	p->restarts++;
	if (p->role == ROLE_KEYS)
		restart_keys(d);
	else if (start_relay(d, p) == -1 && p->pid == 0)
		restart_later(p);
}

static void
restart_later(struct proc *p)
{
	struct timeval tv;

	if (clock_ms() - p->started_ms >= SETTLED_MS ||
	    p->backoff_ms == 0)
		p->backoff_ms = BACKOFF_MIN_MS;
	tv.tv_sec = p->backoff_ms / 1000;
	tv.tv_usec = (p->backoff_ms % 1000) * 1000;
	if (p->ev_restart == NULL)
		p->ev_restart = evtimer_new(p->d->base, restart, p);
	if (p->ev_restart == NULL || evtimer_add(p->ev_restart, &tv) == -1)
		fatalx("no timer to restart %s", role_name(p->role));
	p->backoff_ms *= 2;
	if (p->backoff_ms > BACKOFF_MAX_MS)
		p->backoff_ms = BACKOFF_MAX_MS;
}

static void
log_death(const struct proc *p, int status)
{
	const char *name = role_name(p->role);

	if (WIFSIGNALED(status))
		log_warnx("%s %u (pid %d) ended by signal %d (%s)%s", name,
		    p->worker, (int)p->pid, WTERMSIG(status),
		    strsignal(WTERMSIG(status)), WTERMSIG(status) == SIGSYS ?
		    ": a system call that its sandbox does not allow" : "");
	else
		log_warnx("%s %u (pid %d) ended with status %d", name,
		    p->worker, (int)p->pid, WEXITSTATUS(status));
}

static int
relays_running(const struct derpd *d)
{
	unsigned int i;

	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].pid > 0)
			return (1);
	return (0);
}

static void
died(struct derpd *d, struct proc *p, int status)
{
	if (!d->stopping)
		log_death(p, status);
	p->pid = 0;
	forget(p);
	if (p->role == ROLE_RELAY)
		control_worker_gone(d, p->worker);
	if (d->stopping) {
		/* Last of all keys, which ends when its channel does. */
		if (!relays_running(d))
			forget(&d->keys);
		return;
	}
	if (d->starting) {
		d->failed = 1;
		event_base_loopbreak(d->base);
		return;
	}
	restart_later(p);
}

static struct proc *
find(struct derpd *d, pid_t pid)
{
	unsigned int i;

	if (d->keys.pid == pid)
		return (&d->keys);
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].pid == pid)
			return (&d->relays[i]);
	return (NULL);
}

void
procs_reap(struct derpd *d)
{
	struct proc *p;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if ((p = find(d, pid)) != NULL)
			died(d, p, status);
}

int
procs_running(const struct derpd *d)
{
	return (relays_running(d) || d->keys.pid > 0);
}

void
procs_stop(struct derpd *d, unsigned int ms)
{
	struct wr w;
	unsigned int i;

	wr_init(&w);
	wr_u32(&w, ms);
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].chan != NULL)
			(void)chan_send(d->relays[i].chan, MSG_STOP, &w, -1);
	wr_free(&w);
	if (!relays_running(d))
		forget(&d->keys);
}

void
procs_kill(struct derpd *d)
{
	unsigned int i;

	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].pid > 0)
			kill(d->relays[i].pid, SIGKILL);
	if (d->keys.pid > 0)
		kill(d->keys.pid, SIGKILL);
}

void
procs_verbose(struct derpd *d, int verbose)
{
	struct wr w;
	unsigned int i;

	d->verbose = verbose;
	log_setverbose(verbose);
	wr_init(&w);
	wr_u8(&w, (uint8_t)verbose);
	if (d->keys.chan != NULL)
		(void)chan_send(d->keys.chan, MSG_VERBOSE, &w, -1);
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].chan != NULL)
			(void)chan_send(d->relays[i].chan, MSG_VERBOSE, &w, -1);
	wr_free(&w);
}
