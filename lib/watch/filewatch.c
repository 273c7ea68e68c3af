/*
 * filewatch: see filewatch.h.  Used by parents.
 */
#include <sys/stat.h>
#include <errno.h>
#include <event2/event.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "dirwatch.h"
#include "filewatch.h"

#define SETTLE_MS	100	/* without a change */
#define POLL_SECS	2	/* between two polls */

/* What identifies a version of a file. */
struct filestate {
	int		 there;
	dev_t		 dev;
	ino_t		 ino;
	off_t		 size;
	struct timespec	 mtime, ctime;
};

struct watch_file {
	char			*path;
	watch_file_cb	 cb;
	void			*arg;
	struct filestate	 reported;	/* at the last callback */
	struct filestate	 last;	/* at the last check */
	struct watch_dir	 dir;
	struct event		*ev_dir, *ev_settle, *ev_poll;
};

static void
read_state(const char *path, struct filestate *l)
{
	struct stat st;

	memset(l, 0, sizeof(*l));
	if (stat(path, &st) == -1)
		return;
	l->there = 1;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	l->size = st.st_size;
	l->mtime = st.st_mtim;
	l->ctime = st.st_ctim;
}

static int
same(const struct filestate *a, const struct filestate *b)
{
	return (a->there == b->there && a->dev == b->dev && a->ino == b->ino &&
	    a->size == b->size && a->mtime.tv_sec == b->mtime.tv_sec &&
	    a->mtime.tv_nsec == b->mtime.tv_nsec &&
	    a->ctime.tv_sec == b->ctime.tv_sec &&
	    a->ctime.tv_nsec == b->ctime.tv_nsec);
}

static void
settle_soon(struct watch_file *w)
{
	struct timeval tv = { 0, SETTLE_MS * 1000 };

	evtimer_add(w->ev_settle, &tv);
}

/* The file has settled: call back if it differs from the last callback. */
static void
settled(evutil_socket_t fd, short what, void *arg)
{
	struct watch_file *w = arg;
	struct filestate now;

	(void)fd;
	(void)what;
	read_state(w->path, &now);
	if (!same(&now, &w->last)) {
		w->last = now;
		settle_soon(w);
		return;
	}
	if (same(&now, &w->reported))
		return;
	w->reported = now;
	w->cb(w->arg);
}

/* A notification of the directory, or a poll is due. */
static void
check_file(struct watch_file *w)
{
	read_state(w->path, &w->last);
	if (!same(&w->last, &w->reported) &&
	    !evtimer_pending(w->ev_settle, NULL))
		settle_soon(w);
}

static void
dir_changed(evutil_socket_t fd, short what, void *arg)
{
	struct watch_file *w = arg;

	(void)fd;
	(void)what;
	if (watch_dir_read(&w->dir) == -1)
		event_del(w->ev_dir);	/* polling remains */
	check_file(w);
}

static void
time_passed(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	check_file(arg);
}

/* Poll the file, also without notifications from the kernel. */
static void
watch_dir(struct watch_file *w, struct event_base *base)
{
	char copy[PATH_MAX];

	if (strlcpy(copy, w->path, sizeof(copy)) >= sizeof(copy) ||
	    watch_dir_open(&w->dir, dirname(copy)) == -1)
		return;
	w->ev_dir = event_new(base, w->dir.fd, EV_READ | EV_PERSIST,
	    dir_changed, w);
	if (w->ev_dir != NULL)
		event_add(w->ev_dir, NULL);
}

struct watch_file *
watch_file_new(struct event_base *base, const char *path,
    watch_file_cb cb, void *arg)
{
	struct timeval tv = { POLL_SECS, 0 };
	struct watch_file *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return (NULL);
	w->dir.fd = w->dir.dir = -1;
	w->cb = cb;
	w->arg = arg;
	if ((w->path = strdup(path)) == NULL ||
	    (w->ev_settle = evtimer_new(base, settled, w)) == NULL ||
	    (w->ev_poll = event_new(base, -1, EV_PERSIST, time_passed,
	    w)) == NULL || event_add(w->ev_poll, &tv) == -1) {
		watch_file_free(w);
		errno = ENOMEM;
		return (NULL);
	}
	watch_dir(w, base);
	read_state(path, &w->reported);
	w->last = w->reported;
	return (w);
}

void
watch_file_free(struct watch_file *w)
{
	if (w == NULL)
		return;
	if (w->ev_dir != NULL)
		event_free(w->ev_dir);
	if (w->ev_settle != NULL)
		event_free(w->ev_settle);
	if (w->ev_poll != NULL)
		event_free(w->ev_poll);
	watch_dir_close(&w->dir);
	free(w->path);
	free(w);
}
