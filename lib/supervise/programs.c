/*
 * programs: the programs of the roles; see supervise.h.  Called by the parent
 * at its start and by children.c for each child.
 *
 * All programs are opened when the parent starts and executed by descriptor:
 * when a newer package is unpacked under a running parent, its children are
 * still of the parent's build.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "supervise.h"

/* Open the path in the row's buffer.  0, or -1 with errno. */
static int
open_at(struct super_program *p, int n)
{
	if (n < 0 || (size_t)n >= sizeof(p->path)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if (access(p->path, X_OK) == -1)
		return (-1);
	p->fd = open(p->path, O_RDONLY | O_CLOEXEC);
	return (p->fd == -1 ? -1 : 0);
}

/* Open the program as installed or as built, like the parent. */
static int
open_program(struct super_program *p, const char *dir, int len)
{
	if (open_at(p, snprintf(p->path, sizeof(p->path),
	    "%.*s/../libexec/derpd/%s", len, dir, p->name)) == 0)
		return (0);
	if (errno != ENOENT && errno != ENOTDIR)
		return (-1);
	return (open_at(p, snprintf(p->path, sizeof(p->path), "%.*s/%s/%s",
	    len, dir, p->built, p->name)));
}

int
super_programs_open(struct super *s, const char *self,
    int (*optional)(enum ipc_role))
{
	const char *slash = strrchr(self, '/');
	int len = slash == NULL ? 0 : (int)(slash - self);
	struct super_program *p;

	for (p = s->programs; p < s->programs + s->nprograms; p++) {
		if (open_program(p, self, len) == 0)
			continue;
		if (errno == ENOENT && optional != NULL && optional(p->role))
			continue;
		log_warn("the program %s, which must be in %.*s/../libexec/"
		    "derpd, can't be opened%s", p->name, len, self,
		    errno == ENOENT ? " (install all of derpd)" : "");
		return (-1);
	}
	return (0);
}

const char *
super_programs_find(const struct super *s, enum ipc_role role, int *fd)
{
	const struct super_program *p;

	for (p = s->programs; p < s->programs + s->nprograms; p++)
		if (p->role == role) {
			*fd = p->fd;
			return (p->path);
		}
	fatalx("%s has no program", ipc_role_name(role));
}
