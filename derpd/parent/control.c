/*
 * control: the control socket, which derpctl connects to; see parent.h.
 *
 * The socket's mode and group decide who may connect; root and derpd's own user
 * always may.  What is said over a connection is in talk.c.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "build.h"
#include "control.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

#define MAX_TALKS	16
#define CLIENTS_MS	2000		/* for a worker to list its clients */
#define CERT_SECS	300		/* for a certificate job */
#define MAX_QUEUED	(64 * 1024 * 1024) /* unread bytes, in all */
#define MAX_ANSWER	(4 * 1024 * 1024)  /* and one answer more */
#define PAUSE_SECS	1		/* when accept fails */

/* A conversation with one derpctl. */
struct talk {
	LIST_ENTRY(talk) entry;
	struct parent	*d;
	struct ipc_chan	*chan;
	char		 build[IPC_BUILDSIZE];	/* of derpctl; "" not known */
	uint32_t	 id;		/* of its request to the workers */
	uint64_t	 waiting;	/* bitmap of workers that owe a list */
	const char	*lacks;		/* why the list is cut, or NULL */
	struct event	*ev_late;
	int		 reloads;	/* waits for a reload */
	unsigned int	 job;		/* enum ipc_acme_job that it waits
					   for; 0: none */
	struct event	*ev_cert;
};

static LIST_HEAD(, talk)	 talks = LIST_HEAD_INITIALIZER(talks);
static unsigned int		 ntalks;
static uint32_t			 next_id;
static int			 listen_fd = -1;
static struct event		*ev_listen;
static struct event		*ev_pause;

static void
talk_free(struct talk *t)
{
	LIST_REMOVE(t, entry);
	ntalks--;
	if (t->reloads)
		parent_reload_cancel(t->d, t);
	if (t->ev_late != NULL)
		event_free(t->ev_late);
	if (t->ev_cert != NULL)
		event_free(t->ev_cert);
	ipc_chan_free(t->chan);
	free(t);
}

static void
talk_gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	const struct talk *t = arg;

	if (strcmp(why, "closed") != 0)
		log_info("control socket: %s, from derpctl of build %s; derpd "
		    "is of build %s", why, t->build[0] != '\0' ? t->build :
		    "unknown", ipc_build_id());
	talk_free(arg);
}

static void
done(struct talk *t, const char *what)
{
	struct ipc_msg_ctl_done v = { what == NULL, what };

	(void)ipc_send_ctl_done(t->chan, &v);
}

/*
 * A request is not what this build knows: say which builds do not fit, if it is
 * that.
 */
static void
malformed(struct talk *t)
{
	char why[256];

	if (t->build[0] == '\0' || strcmp(t->build, ipc_build_id()) == 0) {
		done(t, "malformed request");
		return;
	}
	snprintf(why, sizeof(why), "derpd does not know this form of the "
	    "request: derpd is of build %s, derpctl of build %s: restart "
	    "derpd, or use the derpctl of its build", ipc_build_id(), t->build);
	done(t, why);
}

static void
answer_text(struct talk *t, void (*make)(const struct parent *,
    struct ipc_wr *))
{
	struct ipc_msg_ctl_text v;
	struct ipc_wr text;

	ipc_wr_init(&text);
	make(t->d, &text);
	v.text = text.p;
	v.len = text.len;
	if (!ipc_wr_ok(&text) || ipc_send_ctl_text(t->chan, &v) == -1)
		done(t, "the answer could not be made");
	else
		done(t, NULL);
	ipc_wr_free(&text);
}

static void
reload_done(void *arg, const char *why)
{
	struct talk *t = arg;

	t->reloads = 0;
	done(t, why);
}

static void
answer_reload(struct talk *t)
{
	if (t->reloads) {
		done(t, "one thing at a time");
		return;
	}
	t->reloads = 1;
	parent_reload(t->d, reload_done, t);
}

static void
clients_done(struct talk *t)
{
	evtimer_del(t->ev_late);
	t->waiting = 0;
	t->id = 0;
	done(t, t->lacks);
}

static void
clients_late(evutil_socket_t fd, short what, void *arg)
{
	struct talk *t = arg;

	(void)fd;
	(void)what;
	t->lacks = "a relay worker was too slow: the list is not whole";
	log_warnx("%s", t->lacks);
	clients_done(t);
}

static void
request_clients(struct talk *t)
{
	struct timeval tv = { CLIENTS_MS / 1000, 0 };
	struct parent *d = t->d;
	struct ipc_msg_relay_clients q;
	unsigned int i;

	if (t->id != 0) {
		done(t, "the clients are being listed already");
		return;
	}
	if (t->ev_late == NULL &&
	    (t->ev_late = evtimer_new(d->base, clients_late, t)) == NULL) {
		done(t, "out of memory");
		return;
	}
	if (++next_id == 0)
		next_id = 1;
	t->id = next_id;
	t->lacks = NULL;
	q.request = t->id;
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].ready &&
		    ipc_send_relay_clients(d->relays[i].chan, &q) == 0)
			t->waiting |= 1ULL << i;
	evtimer_add(t->ev_late, &tv);
	if (t->waiting == 0)
		clients_done(t);
}

/* The conversation that waits for this worker's answer `id'; NULL: too late. */
static struct talk *
find(uint32_t id, unsigned int worker)
{
	struct talk *t;

	LIST_FOREACH(t, &talks, entry)
		if (id != 0 && t->id == id && (t->waiting & 1ULL << worker))
			return (t);
	return (NULL);
}

/* The conversation with the most unread bytes; *all gets the bytes of all. */
static struct talk *
fullest(size_t *all)
{
	struct talk *t, *most = NULL;

	*all = 0;
	LIST_FOREACH(t, &talks, entry) {
		if (t->chan == NULL)
			continue;
		*all += ipc_chan_queued(t->chan);
		if (most == NULL ||
		    ipc_chan_queued(t->chan) > ipc_chan_queued(most->chan))
			most = t;
	}
	return (most);
}

/*
 * When the unread bytes exceed their bound, end the slowest reader.  1: that is
 * `t', which the caller ends; else 0.
 */
static int
too_much(struct talk *t)
{
	size_t all;
	struct talk *most = fullest(&all);

	if (most == NULL || all <= MAX_QUEUED)
		return (0);
	if (most == t)
		return (1);
	log_info("control socket: a derpctl that does not read");
	talk_free(most);
	return (0);
}

static void
pass_on(struct talk *t, const struct ipc_client_info *info, unsigned int worker)
{
	struct ipc_msg_ctl_client v = { *info };

	if (too_much(t)) {
		t->lacks = "derpctl does not read: the list is not whole";
		return;
	}
	v.client.worker = worker;
	(void)ipc_send_ctl_client(t->chan, &v);
}

/* A worker has listed all its clients. */
static void
listed(struct talk *t, unsigned int worker, int whole)
{
	if (!whole)
		t->lacks = "a relay worker has too many clients to list: the "
		    "list is not whole";
	t->waiting &= ~(1ULL << worker);
	if (t->waiting == 0)
		clients_done(t);
}

int
parent_control_client(struct parent_proc *relay, struct ipc_msg *m)
{
	struct ipc_msg_relay_client one;
	struct ipc_msg_relay_clients_end end;
	struct talk *t;

	if (m->type == MSG_RELAY_CLIENT) {
		if (ipc_get_relay_client(&m->rd, &one) == -1)
			return (-1);
		if ((t = find(one.request, relay->worker)) != NULL)
			pass_on(t, &one.client, relay->worker);
		return (0);
	}
	if (m->type != MSG_RELAY_CLIENTS_END ||
	    ipc_get_relay_clients_end(&m->rd, &end) == -1)
		return (-1);
	if ((t = find(end.request, relay->worker)) != NULL)
		listed(t, relay->worker, end.whole);
	return (0);
}

void
parent_control_worker_gone(struct parent *d, unsigned int worker)
{
	struct talk *t, *next;

	(void)d;
	for (t = LIST_FIRST(&talks); t != NULL; t = next) {
		next = LIST_NEXT(t, entry);
		if ((t->waiting & 1ULL << worker) == 0)
			continue;
		t->waiting &= ~(1ULL << worker);
		t->lacks = "a relay worker died: the list is not whole";
		if (t->waiting == 0)
			clients_done(t);
	}
}

/* Answer derpctl that waits for a certificate job; `good' is 1 or 0. */
static void
cert_done(struct talk *t, int good, const char *line)
{
	struct ipc_msg_ctl_text v = { line, strlen(line) };

	t->job = 0;
	evtimer_del(t->ev_cert);
	if (!good) {
		done(t, line);
		return;
	}
	(void)ipc_send_ctl_text(t->chan, &v);
	done(t, NULL);
}

void
parent_control_cert_done(unsigned int job, int good, const char *line)
{
	struct talk *t;

	LIST_FOREACH(t, &talks, entry)
		if (t->job == job)
			cert_done(t, good, line);
}

static void
cert_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	cert_done(arg, 0, "it takes long, and goes on: derpctl cert and the "
	    "log tell how it ends");
}

static int
on_cert_do(void *arg, const struct ipc_msg_ctl_cert_do *v)
{
	struct talk *t = arg;
	struct timeval tv = { CERT_SECS, 0 };
	const char *why = "malformed request";

	if (t->job != 0)
		why = "one thing at a time";
	else if (t->ev_cert == NULL &&
	    (t->ev_cert = evtimer_new(t->d->base, cert_late, t)) == NULL)
		why = "out of memory";
	else if (renew_request(t->d, v->job, v->reason, &why) == 0) {
		t->job = v->job;
		evtimer_add(t->ev_cert, &tv);
		renew_run(t->d);
		return (0);
	}
	done(t, why);
	return (0);
}

static int
on_hello(void *arg, const struct ipc_msg_ctl_hello *v)
{
	struct ipc_msg_ctl_build own = { ipc_build_id() };
	struct talk *t = arg;

	strlcpy(t->build, v->build, sizeof(t->build));
	(void)ipc_send_ctl_build(t->chan, &own);
	return (0);
}

static int
on_status(void *arg)
{
	answer_text(arg, parent_status_text);
	return (0);
}

static int
on_node(void *arg)
{
	struct talk *t = arg;

	if (t->d->conf->relay.enabled || t->d->stunsocks.n > 0)
		answer_text(t, mapset_own_node);
	else
		done(t, "there is neither a relay nor STUN here, so this "
		    "machine is no node of a map");
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

static int
on_verbose(void *arg, const struct ipc_msg_ctl_verbose *v)
{
	struct talk *t = arg;

	parent_procs_verbose(t->d, v->verbose);
	log_info("log is %s", v->verbose ? "verbose" : "brief");
	done(t, NULL);
	return (0);
}

static int
on_clients(void *arg)
{
	request_clients(arg);
	return (0);
}

/* The requests of derpctl. */
static const struct ipc_handlers handlers = {
	.ctl_hello = on_hello,
	.ctl_status = on_status,
	.ctl_node = on_node,
	.ctl_cert = on_cert,
	.ctl_cert_do = on_cert_do,
	.ctl_map = on_map,
	.ctl_reload = on_reload,
	.ctl_verbose = on_verbose,
	.ctl_clients = on_clients
};

static void
request(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct talk *t = arg;

	(void)c;
	if (too_much(t)) {
		log_info("control socket: a derpctl that does not read");
		talk_free(t);
	} else if (ipc_dispatch(&handlers, m, t) != NULL)
		malformed(t);
}

/* The user id of the peer.  0, or -1. */
static int
peer_uid(int fd, uid_t *uid)
{
	gid_t gid;

	return (getpeereid(fd, uid, &gid));
}

/*
 * Refuse the users of derpd's own children, whatever the socket's group: a
 * child has no reason to connect here.
 */
static int
may_talk(const struct parent *d, uid_t uid)
{
	const struct passwd *pw;

	if (uid == 0 || uid == geteuid())
		return (1);
	if ((pw = getpwnam(d->conf->user)) != NULL && pw->pw_uid == uid)
		return (0);
	if ((pw = getpwnam(d->conf->keys_user)) != NULL && pw->pw_uid == uid)
		return (0);
	return (1);		/* the socket's mode admits its group */
}

static void
resume_accepting(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	event_add(ev_listen, NULL);
}

/* Most likely descriptors ran out: without a pause the loop would spin. */
static void
pause_accepting(void)
{
	struct timeval tv = { PAUSE_SECS, 0 };

	log_warn("control socket: can't take a connection (accept), more are "
	    "taken in %d s", PAUSE_SECS);
	if (event_add(ev_pause, &tv) == 0)
		event_del(ev_listen);
}

static void
accepted(evutil_socket_t lfd, short what, void *arg)
{
	struct parent *d = arg;
	struct talk *t;
	uid_t uid;
	int fd;

	(void)what;
	if ((fd = accept(lfd, NULL, NULL)) == -1) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			pause_accepting();
		return;
	}
	if (peer_uid(fd, &uid) == -1 || !may_talk(d, uid) ||
	    ntalks >= MAX_TALKS || (t = calloc(1, sizeof(*t))) == NULL) {
		log_info("control socket: a connection was refused");
		close(fd);
		return;
	}
	log_debug("control socket: user %u", (unsigned int)uid);
	t->d = d;
	LIST_INSERT_HEAD(&talks, t, entry);
	ntalks++;
	t->chan = ipc_chan_new(d->base, fd, ROLE_PARENT, ROLE_CTL, request,
	    talk_gone, t);
	if (t->chan == NULL) {
		log_warn("control socket: no channel for a connection");
		close(fd);
		talk_free(t);
		return;
	}
	ipc_chan_limit(t->chan, MAX_QUEUED + MAX_ANSWER);
}

/* 0 when nothing listens on the socket at `sun'; 1 otherwise, or if unsure. */
static int
answers(const struct sockaddr_un *sun)
{
	int fd, dead;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (1);
	dead = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == -1 &&
	    errno == ECONNREFUSED;
	close(fd);
	return (!dead);
}

int
parent_control_check(const struct conf *c)
{
	struct stat st;

	if (lstat(c->control, &st) == -1 || S_ISSOCK(st.st_mode))
		return (0);
	log_warnx("%s: there is a file that is no socket: choose another path",
	    conf_at(&c->control_pos, c->control));
	return (-1);
}

/* Remove the socket of a killed derpd.  0: the path is free, -1 (logged). */
static int
remove_stale(const struct conf *c, const struct sockaddr_un *sun)
{
	struct stat st;

	if (parent_control_check(c) == -1)
		return (-1);
	if (lstat(sun->sun_path, &st) == -1)
		return (0);
	if (answers(sun)) {
		log_warnx("control %s: another derpd answers there: stop it "
		    "or choose another path", sun->sun_path);
		return (-1);
	}
	if (unlink(sun->sun_path) == 0)
		return (0);
	log_warn("%s: the socket that an earlier derpd left can't be removed "
	    "(unlink): remove it", conf_at(&c->control_pos, sun->sun_path));
	return (-1);
}

static int
bind_control(const struct parent *d, const struct sockaddr_un *sun)
{
	struct passwd *pw;
	gid_t gid = (gid_t)-1;
	mode_t old;
	int rv;

	/* Closed to others from the start, also between bind and chmod. */
	old = umask(0177);
	rv = bind(listen_fd, (const struct sockaddr *)sun, sizeof(*sun));
	umask(old);
	if (rv == -1)
		return (-1);
	if (geteuid() == 0 && (pw = getpwnam(d->conf->user)) != NULL)
		gid = pw->pw_gid;
	if (chown(sun->sun_path, (uid_t)-1, gid) == -1 ||
	    chmod(sun->sun_path, 0660) == -1)
		return (-1);
	return (listen(listen_fd, MAX_TALKS));
}

int
parent_control_open(struct parent *d)
{
	struct sockaddr_un sun;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, d->conf->control, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		log_warnx("control %s: the path is too long",
		    d->conf->control);
		return (-1);
	}
	if (remove_stale(d->conf, &sun) == -1)
		return (-1);
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (listen_fd == -1 || bind_control(d, &sun) == -1) {
		log_warnx("%s: no control socket can be made there (%s): "
		    "%s%s%s", conf_at(&d->conf->control_pos, sun.sun_path),
		    listen_fd == -1 ? "socket" : "bind, chown, chmod, listen",
		    strerror(errno), base_advice_path(errno),
		    base_advice_limit(errno));
		if (listen_fd != -1)
			close(listen_fd);
		listen_fd = -1;
		return (-1);
	}
	ev_listen = event_new(d->base, listen_fd, EV_READ | EV_PERSIST,
	    accepted, d);
	ev_pause = evtimer_new(d->base, resume_accepting, NULL);
	if (ev_listen == NULL || ev_pause == NULL ||
	    event_add(ev_listen, NULL) == -1)
		fatalx("control socket: no event");
	return (0);
}

void
parent_control_close(struct parent *d)
{
	struct talk *t;

	if (listen_fd == -1)
		return;
	(void)unlink(d->conf->control);
	event_free(ev_listen);
	event_free(ev_pause);
	close(listen_fd);
	listen_fd = -1;
	while ((t = LIST_FIRST(&talks)) != NULL) {
		/* As far as it goes at once: derpd stops for nobody. */
		(void)ipc_chan_flush(t->chan, 0);
		talk_free(t);
	}
}
