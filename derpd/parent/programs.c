/*
 * programs: the programs of the roles; see parent.h.  Called by parent.c at the
 * start and by procs.c for each child.
 *
 * All programs are opened when derpd starts and executed by descriptor: when a
 * newer package is unpacked under a running derpd, its children are still of
 * the parent's build.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"

/*
 * A row for each role: its program, and the program's place in the build tree.
 */
static struct program {
	enum ipc_role	 role;
	const char	*name;
	const char	*built;		/* relative to the directory of derpd */
	char		 path[PATH_MAX];
	int		 fd;
} programs[] = {
#define OUTSIDE(ROLE, name)
#define BRIDGE(ROLE, member, name, program, folder, sandbox)
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	{ ROLE_##ROLE, program, folder, "", -1 },
#include "roles.def"
};

#define NPROGRAMS	(sizeof(programs) / sizeof(programs[0]))

/* Open the path in the row's buffer.  0, or -1 with errno. */
static int
open_at(struct program *p, int n)
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

/* Open the program as installed or as built, like this derpd. */
static int
open_program(struct program *p, const char *dir, int len)
{
	if (open_at(p, snprintf(p->path, sizeof(p->path),
	    "%.*s/../libexec/derpd/%s", len, dir, p->name)) == 0)
		return (0);
	if (errno != ENOENT && errno != ENOTDIR)
		return (-1);
	return (open_at(p, snprintf(p->path, sizeof(p->path), "%.*s/%s/%s",
	    len, dir, p->built, p->name)));
}

/* Return 1 if derpd needs the program of this role for STUN alone. */
static int
for_stun(enum ipc_role role)
{
	return (role == ROLE_KEYS || role == ROLE_STUN);
}

int
parent_programs_open(const char *self, int stun_alone)
{
	const char *slash = strrchr(self, '/');
	int len = slash == NULL ? 0 : (int)(slash - self);
	size_t i;

	for (i = 0; i < NPROGRAMS; i++) {
		if (open_program(&programs[i], self, len) == 0)
			continue;
		if (errno == ENOENT && stun_alone &&
		    !for_stun(programs[i].role))
			continue;
		log_warn("the program %s, which must be in %.*s/../libexec/"
		    "derpd, can't be opened%s", programs[i].name, len, self,
		    errno == ENOENT ? " (install all of derpd)" : "");
		return (-1);
	}
	return (0);
}

const char *
parent_programs_find(enum ipc_role role, int *fd)
{
	const struct program *p;

	for (p = programs; p < programs + NPROGRAMS; p++)
		if (p->role == role) {
			*fd = p->fd;
			return (p->path);
		}
	fatalx("%s has no program", ipc_role_name(role));
}
