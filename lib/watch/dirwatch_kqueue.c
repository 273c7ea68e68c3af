/*
 * dirwatch_kqueue: the BSD backend; see dirwatch.h.
 *
 * A directory changes when a name in it is made, removed or renamed.  Writing
 * into a file does not change its directory: filewatch.c polls for that.
 */
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "dirwatch.h"

int
watch_dir_open(struct watch_dir *w, const char *dir)
{
	struct kevent ev;
	int error;

	w->fd = -1;
	if ((w->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return (-1);
	EV_SET(&ev, w->dir, EVFILT_VNODE, EV_ADD | EV_CLEAR,
	    NOTE_WRITE | NOTE_EXTEND | NOTE_DELETE | NOTE_RENAME, 0, NULL);
	if ((w->fd = kqueue()) != -1 &&
	    fcntl(w->fd, F_SETFD, FD_CLOEXEC) != -1 &&
	    kevent(w->fd, &ev, 1, NULL, 0, NULL) != -1)
		return (0);
	error = errno;
	watch_dir_close(w);
	errno = error;
	return (-1);
}

void
watch_dir_close(struct watch_dir *w)
{
	if (w->fd != -1)
		close(w->fd);
	if (w->dir != -1)
		close(w->dir);
	w->fd = w->dir = -1;
}

int
watch_dir_read(struct watch_dir *w)
{
	struct timespec now = { 0, 0 };
	struct kevent ev;

	return (kevent(w->fd, NULL, 0, &ev, 1, &now) == -1 ? -1 : 0);
}
