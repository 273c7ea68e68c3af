/*
 * dirwatch_inotify: the Linux backend; see dirwatch.h.
 */
#include <sys/inotify.h>
#include <errno.h>
#include <unistd.h>

#include "dirwatch.h"

#define CHANGES	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | \
		IN_MOVED_TO | IN_ATTRIB)

int
watch_dir_open(struct watch_dir *w, const char *dir)
{
	int error;

	w->dir = -1;
	if ((w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) == -1)
		return (-1);
	if (inotify_add_watch(w->fd, dir, CHANGES) != -1)
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
	w->fd = -1;
}

int
watch_dir_read(struct watch_dir *w)
{
	char buf[4096] __attribute__((aligned(8)));
	ssize_t n;

	/* The events are dropped: the caller checks the file itself. */
	while ((n = read(w->fd, buf, sizeof(buf))) > 0)
		;
	return (n == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1);
}
