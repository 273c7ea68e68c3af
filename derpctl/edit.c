/*
 * edit: see edit.h.  Called by map_edit.c and keys_edit.c.
 *
 * The lock is that of the file itself or, while there is none, of its
 * directory: nothing is left behind, and it ends with the process.  It is for
 * other derpctls alone; a change by an editor is noticed, unless it falls
 * between the last look and the rename.
 */
#include <sys/file.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "advice.h"
#include "atomicfile.h"
#include "edit.h"

#define LOCK_POLLS	200		/* of 50 ms */

/* Wait for the lock.  Returns 0, or -1 when another process keeps it. */
static int
wait_for(int fd)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	int i;

	for (i = 0; i < LOCK_POLLS; i++) {
		/* Some network file systems have no locks: go on without. */
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			return 0;
		(void)nanosleep(&pause, NULL);
	}
	return -1;
}

/* Open what is locked: the file, or the directory of a new one. */
static int
open_lock(struct ctl_edit *e, const char *file, int may_make)
{
	char dir[PATH_MAX];

	/* A symbolic link stays; its target is replaced. */
	e->is_new = 0;
	if (realpath(file, e->path) != NULL)
		return open(e->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (errno != ENOENT || !may_make)
		return -1;
	e->is_new = 1;
	strlcpy(e->path, file, sizeof(e->path));
	strlcpy(dir, file, sizeof(dir));
	return open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Is the locked file still the one of that name, or still missing? */
static int
is_same(struct ctl_edit *e, const char *file)
{
	char path[PATH_MAX];
	struct stat st;

	if (realpath(file, path) == NULL)
		return e->is_new && errno == ENOENT;
	return !e->is_new && strcmp(path, e->path) == 0 &&
	    fstat(e->lock, &e->st) == 0 && stat(path, &st) == 0 &&
	    st.st_dev == e->st.st_dev && st.st_ino == e->st.st_ino;
}

static int
lock(struct ctl_edit *e, const char *file, int may_make)
{
	for (;;) {
		if ((e->lock = open_lock(e, file, may_make)) == -1)
			return ctl_failed(e->ctl, "%s: %s%s%s", file,
			    e->is_new ? "can't open the directory of the new "
			    "file: " : "", strerror(errno), e->is_new ?
			    base_advice_path(errno) : "");
		if (wait_for(e->lock) == -1)
			return ctl_failed(e->ctl, "nothing was changed: "
			    "another process keeps a lock on %s", e->path);
		if (is_same(e, file))
			return 0;
		/* It was replaced or made meanwhile. */
		close(e->lock);
	}
}

int
ctl_edit_open(struct ctl_edit *e, const struct ctl *ctl, const char *file,
    size_t max, const char *fresh)
{
	memset(e, 0, sizeof(*e));
	e->ctl = ctl;
	e->lock = -1;
	if (lock(e, file, fresh != NULL) != 0)
		return 1;
	if (e->is_new) {
		e->len = strlen(fresh);
		if ((e->text = strdup(fresh)) == NULL)
			return ctl_failed(ctl, "out of memory");
		return 0;
	}
	if (!S_ISREG(e->st.st_mode))
		return ctl_failed(ctl, "%s: expected a regular file", file);
	if ((e->text = ctl_read_file(e->path, max, &e->len)) == NULL)
		return ctl_failed(ctl, "%s: %s", file, strerror(errno));
	if (e->len > max)
		return ctl_failed(ctl, "%s: expected at most %zu bytes", file,
		    max);
	return 0;
}

void
ctl_edit_close(struct ctl_edit *e)
{
	free(e->text);
	if (e->lock != -1)
		close(e->lock);
}

/* Has the file changed on disk since it was read? */
static int
changed(const struct ctl_edit *e)
{
	struct stat	st;

	if (stat(e->path, &st) == -1)
		return !e->is_new || errno != ENOENT;
	return e->is_new || st.st_ino != e->st.st_ino ||
	    st.st_size != e->st.st_size ||
	    st.st_mtim.tv_sec != e->st.st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != e->st.st_mtim.tv_nsec;
}

int
ctl_edit_write(const struct ctl_edit *e, const void *p, size_t len,
    mode_t mode)
{
	struct base_file_attr attr = { mode, geteuid(), getegid() };
	char err[PATH_MAX + 256];

	if (!e->is_new) {
		attr.mode = e->st.st_mode;
		attr.uid = e->st.st_uid;
		attr.gid = e->st.st_gid;
	}
	if (changed(e))
		return ctl_failed(e->ctl,
		    "nothing was changed: another process has "
		    "just modified %s; try again", e->path);
	if (base_file_replace(e->path, p, len, &attr, err, sizeof(err)) == -1)
		return ctl_failed(e->ctl, "%s", err);
	return 0;
}
