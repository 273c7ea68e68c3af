/*
 * ctlsock: the control socket, which derpctl connects to; see ctlsock.h.
 *
 * The socket's mode and group decide who may connect; root and the daemon's own
 * user always may.  The conversation over a connection is in ctltalk.c.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "ctlsock.h"
#include "ctltalk.h"
#include "log.h"
#include "supervise.h"

#define PAUSE_SECS	1		/* when accept fails */

/* The user id of the peer.  0, or -1. */
static int
peer_uid(int fd, uid_t *uid)
{
	gid_t gid;

	return (getpeereid(fd, uid, &gid));
}

/*
 * Refuse the users of the daemon's own children, whatever the socket's group: a
 * child has no reason to connect here.
 */
static int
may_talk(const struct super *s, uid_t uid)
{
	const struct passwd *pw;
	struct super_settings c;

	if (uid == 0 || uid == geteuid())
		return (1);
	s->ops->settings(s, &c);
	if ((pw = getpwnam(c.user)) != NULL && pw->pw_uid == uid)
		return (0);
	if ((pw = getpwnam(c.keys_user)) != NULL && pw->pw_uid == uid)
		return (0);
	return (1);		/* the socket's mode admits its group */
}

static void
resume_accepting(evutil_socket_t fd, short what, void *arg)
{
	struct super_ctlsock *k = arg;

	(void)fd;
	(void)what;
	event_add(k->ev_listen, NULL);
}

/* Most likely descriptors ran out: without a pause the loop would spin. */
static void
pause_accepting(struct super_ctlsock *k)
{
	struct timeval tv = { PAUSE_SECS, 0 };

	log_warn("control socket: can't accept a connection (accept), trying "
	    "again in %d s", PAUSE_SECS);
	if (event_add(k->ev_pause, &tv) == 0)
		event_del(k->ev_listen);
}

static void
accepted(evutil_socket_t lfd, short what, void *arg)
{
	struct super_ctlsock *k = arg;
	uid_t uid;
	int fd;

	(void)what;
	if ((fd = accept(lfd, NULL, NULL)) == -1) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			pause_accepting(k);
		return;
	}
	if (peer_uid(fd, &uid) == -1) {
		log_warn("control socket: can't tell the user of a connection "
		    "(getpeereid)");
		close(fd);
	} else if (!may_talk(k->s, uid)) {
		log_warnx("control socket: a connection was refused: user %u "
		    "is one of %s's own", (unsigned int)uid, k->s->name);
		close(fd);
	} else {
		log_debug("control socket: user %u", (unsigned int)uid);
		k->accepted(k->arg, fd);
	}
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
super_ctlsock_check(const char *path, const char *at)
{
	struct stat st;

	if (lstat(path, &st) == -1 || S_ISSOCK(st.st_mode))
		return (0);
	log_warnx("%s: the file exists and is not a socket: choose another "
	    "path", at);
	return (-1);
}

/*
 * Remove the socket of one that was killed.  0: the path is free, -1 (logged).
 */
static int
remove_stale(const char *name, const struct sockaddr_un *sun, const char *at)
{
	struct stat st;

	if (super_ctlsock_check(sun->sun_path, at) == -1)
		return (-1);
	if (lstat(sun->sun_path, &st) == -1)
		return (0);
	if (answers(sun)) {
		log_warnx("control %s: another %s answers: stop it or "
		    "choose another path", sun->sun_path, name);
		return (-1);
	}
	if (unlink(sun->sun_path) == 0)
		return (0);
	log_warn("%s: the socket that an earlier %s left can't be removed "
	    "(unlink): remove it", at, name);
	return (-1);
}

/* Let the group of the daemon's user ask.  0, or -1 with errno. */
static int
share_control(const struct super *s, const struct sockaddr_un *sun)
{
	const struct passwd *pw;
	struct super_settings c;
	gid_t gid;

	s->ops->settings(s, &c);
	pw = geteuid() == 0 && !s->one_id ? getpwnam(c.user) : NULL;
	gid = pw == NULL ? (gid_t)-1 : pw->pw_gid;
	if (chown(sun->sun_path, (uid_t)-1, gid) == -1) {
		if (errno != EPERM)
			return (-1);
		log_warnx("%s: stays with root's group (chown: %s): "
		    "the parent needs CAP_CHOWN to let the group of %s use "
		    "derpctl", sun->sun_path, strerror(errno), c.user);
	}
	return (chmod(sun->sun_path, 0660));
}

static int
bind_control(const struct super_ctlsock *k, const struct sockaddr_un *sun)
{
	mode_t old;
	int rv;

	/* Closed to others from the start, also between bind and chmod. */
	old = umask(0177);
	rv = bind(k->fd, (const struct sockaddr *)sun, sizeof(*sun));
	umask(old);
	if (rv == -1 || share_control(k->s, sun) == -1)
		return (-1);
	return (listen(k->fd, SUPER_MAX_TALKS));
}

/* Make the socket.  0, or -1 (logged). */
static int
make(struct super_ctlsock *k, const struct sockaddr_un *sun, const char *at)
{
	int error;

	k->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (k->fd != -1 && bind_control(k, sun) == 0)
		return (0);
	error = errno;
	log_warnx("%s: can't make the control socket (%s): %s%s%s", at,
	    k->fd == -1 ? "socket" : "bind, chown, chmod, listen",
	    strerror(error), base_advice_path(error),
	    base_advice_limit(error));
	if (k->fd != -1)
		close(k->fd);
	return (-1);
}

/*
 * Get the path that `fd' is bound to, in *sun.  0, or -1: it is no listening
 * socket with a path.
 */
static int
bound_path(int fd, struct sockaddr_un *sun)
{
	socklen_t len = sizeof(*sun), size = sizeof(int);
	int listens = 0;

	memset(sun, 0, sizeof(*sun));
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == -1 ||
	    !listens || getsockname(fd, (struct sockaddr *)sun, &len) == -1 ||
	    sun->sun_family != AF_UNIX || sun->sun_path[0] == '\0')
		return (-1);
	/* The system counts no NUL behind a path that fills the field. */
	return (strnlen(sun->sun_path, sizeof(sun->sun_path)) ==
	    sizeof(sun->sun_path) ? -1 : 0);
}

/* The process that has begun to listen: 0, or -1 where the system can't say. */
static int
listener(int fd, pid_t *pid)
{
#ifdef __linux__
	struct ucred u;
	socklen_t len = sizeof(u);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len) == 0) {
		*pid = u.pid;
		return (0);
	}
#endif
	(void)fd;
	(void)pid;
	return (-1);
}

/*
 * 1 when the file that `old' is bound to is still this socket: who connects
 * there meets the same listener.  Else 0.
 */
static int
is_at_path(int old, const struct sockaddr_un *sun)
{
	pid_t mine, theirs;
	int fd, same;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (0);
	if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == -1)
		same = errno == EAGAIN;		/* its queue is full */
	else
		same = listener(old, &mine) == -1 ||
		    listener(fd, &theirs) == -1 || mine == theirs;
	close(fd);
	return (same);
}

/*
 * Use the socket `old' of an earlier daemon, if it is the one at the path in
 * *sun.  1: it is used, else 0.
 */
static int
inherit(struct super_ctlsock *k, int old, const struct sockaddr_un *sun,
    const char *at)
{
	struct sockaddr_un theirs;

	if (old == -1 || bound_path(old, &theirs) == -1 ||
	    strcmp(theirs.sun_path, sun->sun_path) != 0 ||
	    !is_at_path(old, sun))
		return (0);
	if (share_control(k->s, sun) == -1)
		log_warn("%s: can't set group and mode of the control socket "
		    "(chown, chmod)", at);
	k->fd = old;
	return (1);
}

/* Close the socket `old', and remove its file, which is not that of *sun. */
static void
discard(int old, const struct sockaddr_un *sun)
{
	struct sockaddr_un theirs;

	if (old == -1)
		return;
	if (bound_path(old, &theirs) == 0 &&
	    strcmp(theirs.sun_path, sun->sun_path) != 0 &&
	    is_at_path(old, &theirs))
		(void)unlink(theirs.sun_path);
	close(old);
}

/* Make a socket in place of `old', which is closed.  0, or -1 (logged). */
static int
replace(struct super_ctlsock *k, int old, const struct sockaddr_un *sun,
    const char *at)
{
	if (remove_stale(k->s->name, sun, at) == -1 || make(k, sun, at) == -1) {
		if (old != -1)
			close(old);
		return (-1);
	}
	discard(old, sun);
	return (0);
}

int
super_ctlsock_open(struct super_ctlsock *k, const char *path, const char *at,
    int old)
{
	struct sockaddr_un sun;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		log_warnx("control %s: the path is too long", path);
		if (old != -1)
			close(old);
		return (-1);
	}
	if (!inherit(k, old, &sun, at) && replace(k, old, &sun, at) == -1)
		return (-1);
	k->path = strdup(path);
	k->ev_listen = event_new(k->s->base, k->fd, EV_READ | EV_PERSIST,
	    accepted, k);
	k->ev_pause = evtimer_new(k->s->base, resume_accepting, k);
	if (k->path == NULL || k->ev_listen == NULL || k->ev_pause == NULL ||
	    event_add(k->ev_listen, NULL) == -1)
		fatalx("control socket: no event");
	return (0);
}

int
super_ctlsock_fd(const struct super_ctlsock *k)
{
	return (k->path == NULL ? -1 : k->fd);
}

void
super_ctlsock_close(struct super_ctlsock *k)
{
	if (k->path == NULL)
		return;
	(void)unlink(k->path);
	super_ctlsock_leave(k);
}

void
super_ctlsock_leave(struct super_ctlsock *k)
{
	if (k->path == NULL)
		return;
	free(k->path);
	k->path = NULL;
	event_free(k->ev_listen);
	event_free(k->ev_pause);
	close(k->fd);
}
