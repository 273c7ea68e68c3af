/*
 * bridgestate: the state file: what netlink saves, which the parent keeps
 * without looking into it; see bridge.h.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "atomicfile.h"
#include "bridge.h"
#include "ipcsend.h"
#include "log.h"
#include "readall.h"

/* Whoever can put a file there decides where packets go.  0, or -1 (logged). */
static int
check_owner(const char *dir, const struct stat *st)
{
	if ((st->st_uid == 0 || st->st_uid == geteuid()) &&
	    (st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return (0);
	log_warnx("statedir %s: users other than %s can write to it: chown and "
	    "chmod it, or name another directory", dir,
	    geteuid() == 0 ? "root" : "the one who starts derpbridged");
	return (-1);
}

/* Returns 1 when the directory that a new one would be in exists, else 0. */
static int
has_parent(const char *dir)
{
	char path[PATH_MAX];

	strlcpy(path, dir, sizeof(path));
	return (access(dirname(path), F_OK) == 0);
}

int
bridge_state_check(const struct bridge *d)
{
	const char *dir = d->conf->statedir;
	struct stat st;

	if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		return (check_owner(dir, &st));
	if (d->checking && errno == ENOENT && has_parent(dir)) {
		log_info("%s: will be made at the first start", dir);
		return (0);
	}
	if (!d->checking && mkdir(dir, 0700) == 0) {
		log_info("made the directory %s", dir);
		return (0);
	}
	log_warn("statedir %s: no such directory, and it can't be made (mkdir)"
	    "%s", dir, base_advice_path(errno));
	return (-1);
}

/* Read the file into `p' of IPC_BRIDGE_STATESIZE + 1 bytes.  Its bytes. */
static size_t
read_state(const char *path, void *p)
{
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
	    O_NOFOLLOW)) == -1) {
		if (errno != ENOENT)
			log_warn("%s: can't read the saved endpoints (open)",
			    path);
		return (0);
	}
	n = base_read_all(fd, p, IPC_BRIDGE_STATESIZE + 1);
	close(fd);
	if (n >= 0 && n <= IPC_BRIDGE_STATESIZE)
		return ((size_t)n);
	log_warnx("%s: the saved endpoints can't be used: %s", path, n == -1 ?
	    strerror(errno) : "the file is too large");
	return (0);
}

int
bridge_state_send(struct bridge_child *netlink)
{
	struct ipc_msg_netlink_state v;
	void *p;
	int rv;

	if ((p = malloc(IPC_BRIDGE_STATESIZE + 1)) == NULL)
		return (-1);
	v.state = p;
	v.len = read_state(netlink->d->conf->state_file, p);
	rv = ipc_send_netlink_state(netlink->c.chan, &v);
	free(p);
	return (rv);
}

void
bridge_state_save(const struct bridge *d, const void *p, size_t len)
{
	const struct base_file_attr attr = { 0600, geteuid(), getegid() };
	char err[512];

	if (base_file_replace(d->conf->state_file, p, len, &attr, err,
	    sizeof(err)) == -1)
		log_warnx("the endpoints can't be saved, and are not restored "
		    "after a crash: %s", err);
}
