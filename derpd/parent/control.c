/*
 * control: the control socket, which derpctl connects to; see parent.h.
 *
 * The socket's mode and group decide who may connect; root and derpd's own user
 * always may.  The conversation over a connection is in talk.c.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "log.h"
#include "parent.h"

#define PAUSE_SECS	1		/* when accept fails */

static int			 listen_fd = -1;
static struct event		*ev_listen;
static struct event		*ev_pause;

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

	log_warn("control socket: can't accept a connection (accept), trying "
	    "again in %d s", PAUSE_SECS);
	if (event_add(ev_pause, &tv) == 0)
		event_del(ev_listen);
}

static void
accepted(evutil_socket_t lfd, short what, void *arg)
{
	struct parent *d = arg;
	uid_t uid;
	int fd;

	(void)what;
	if ((fd = accept(lfd, NULL, NULL)) == -1) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			pause_accepting();
		return;
	}
	if (peer_uid(fd, &uid) == -1) {
		log_warn("control socket: can't tell the user of a connection "
		    "(getpeereid)");
		close(fd);
	} else if (!may_talk(d, uid)) {
		log_warnx("control socket: a connection was refused: user %u "
		    "is one of derpd's own", (unsigned int)uid);
		close(fd);
	} else {
		log_debug("control socket: user %u", (unsigned int)uid);
		parent_talk_start(d, fd);
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
parent_control_check(const struct conf *c)
{
	struct stat st;

	if (lstat(c->control, &st) == -1 || S_ISSOCK(st.st_mode))
		return (0);
	log_warnx("%s: the file exists and is not a socket: choose another "
	    "path",
	    gram_at(&c->control_pos, c->control));
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
		log_warnx("control %s: another derpd answers: stop it or "
		    "choose another path", sun->sun_path);
		return (-1);
	}
	if (unlink(sun->sun_path) == 0)
		return (0);
	log_warn("%s: the socket that an earlier derpd left can't be removed "
	    "(unlink): remove it", gram_at(&c->control_pos, sun->sun_path));
	return (-1);
}

/* Let the group of derpd's user ask.  0, or -1 with errno. */
static int
share_control(const struct parent *d, const struct sockaddr_un *sun)
{
	const struct passwd *pw = geteuid() == 0 && !d->one_id ?
	    getpwnam(d->conf->user) : NULL;
	const gid_t gid = pw == NULL ? (gid_t)-1 : pw->pw_gid;

	if (chown(sun->sun_path, (uid_t)-1, gid) == -1) {
		if (errno != EPERM)
			return (-1);
		log_warnx("%s: stays with root's group (chown: %s): "
		    "the parent needs CAP_CHOWN to let the group of %s use "
		    "derpctl", sun->sun_path, strerror(errno), d->conf->user);
	}
	return (chmod(sun->sun_path, 0660));
}

static int
bind_control(const struct parent *d, const struct sockaddr_un *sun)
{
	mode_t old;
	int rv;

	/* Closed to others from the start, also between bind and chmod. */
	old = umask(0177);
	rv = bind(listen_fd, (const struct sockaddr *)sun, sizeof(*sun));
	umask(old);
	if (rv == -1 || share_control(d, sun) == -1)
		return (-1);
	return (listen(listen_fd, PARENT_MAX_TALKS));
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
		log_warnx("%s: can't make the control socket (%s): %s%s%s",
		    gram_at(&d->conf->control_pos, sun.sun_path),
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
	if (listen_fd == -1)
		return;
	(void)unlink(d->conf->control);
	event_free(ev_listen);
	event_free(ev_pause);
	close(listen_fd);
	listen_fd = -1;
	parent_talks_end();
}
