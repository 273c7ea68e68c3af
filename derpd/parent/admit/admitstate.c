/*
 * admitstate: what admit keeps over its restarts, in files of the state
 * directory which the parent does not read; see admitset.h.  Called by
 * admitproc.c.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "ipcsend.h"
#include "keyfiles.h"
#include "parent.h"
#include "results.h"

#define SAVE_MS		10000	/* between two that are written, on average:
				   a flood would wear the disk */

static struct admitset_saving *
saving_of(struct parent *d, enum ipc_admit_state_kind which)
{
	return (&d->admitset.saving[which - IPC_ADMIT_STATE_LATELY]);
}

/* The path of a state in `path' of `size' bytes.  0, or -1: too long. */
static int
path_of(const struct parent *d, enum ipc_admit_state_kind which, char *path,
    size_t size)
{
	const char *name = which == IPC_ADMIT_STATE_LATELY ? "lately" : "quota";

	return ((size_t)snprintf(path, size, "%s/admit-%s.state",
	    d->conf->statedir, name) < size ? 0 : -1);
}

/* Open a state.  A descriptor, or -1: there is none (logged if it is wrong). */
static int
open_state(const char *path)
{
	struct stat st;
	int fd;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1) {
		if (errno != ENOENT)
			log_warnx("%s: %s%s: admit starts without it", path,
			    strerror(errno), base_advice_path(errno));
		return (-1);
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
	    st.st_size <= IPC_ADMIT_STATESIZE)
		return (fd);
	log_warnx("%s: expected a file of at most 32 MiB that derpd's user "
	    "alone can change: admit starts without it", path);
	close(fd);
	return (-1);
}

int
admitset_state_send(struct parent_proc *p)
{
	struct ipc_msg_admit_state v;
	char path[PATH_MAX];
	int fd, which;

	for (which = IPC_ADMIT_STATE_LATELY; which <= IPC_ADMIT_STATE_QUOTA;
	    which++) {
		v.which = (enum ipc_admit_state_kind)which;
		if (p->d->checking ||
		    path_of(p->d, v.which, path, sizeof(path)) == -1 ||
		    (fd = open_state(path)) == -1)
			continue;
		if (ipc_send_admit_state(p->c.chan, &v, fd) == -1)
			return (-1);
	}
	return (0);
}

static void
forget(struct admitset_saving *s)
{
	free(s->p);
	s->p = NULL;
	s->len = s->size = 0;
}

/* Write a state that is complete.  1, or 0 without success (logged). */
static int
write_state(struct parent *d, enum ipc_admit_state_kind which)
{
	const struct admitset_saving *s = saving_of(d, which);
	char path[PATH_MAX], err[PATH_MAX + 256];

	if (path_of(d, which, path, sizeof(path)) == -1)
		return (0);
	if (parent_keyfile_private(path, s->p, s->len, err, sizeof(err)) == 0)
		return (1);
	log_limited_warnx(&d->admitset.save_limit, "%s: tried again in a "
	    "minute", err);
	return (0);
}

/* Append a piece.  0, or -1: too much. */
static int
append(struct admitset_saving *s, const struct ipc_msg_admit_save *v)
{
	size_t size = s->size;
	uint8_t *p;

	if (v->len > IPC_ADMIT_STATESIZE - s->len)
		return (-1);
	if (v->len == 0)
		return (0);
	while (size < s->len + v->len)
		size = size == 0 ? 65536 : 2 * size;
	if (size != s->size) {
		if ((p = realloc(s->p, size)) == NULL)
			fatal("no memory for the state of admit");
		s->p = p;
		s->size = size;
	}
	memcpy(s->p + s->len, v->bytes, v->len);
	s->len += v->len;
	return (0);
}

int
admitset_state_save(struct parent *d, const struct ipc_msg_admit_save *v,
    uint64_t now_ms)
{
	struct admitset_saving *s = saving_of(d, v->which);
	int written;

	if (v->offset == 0) {
		forget(s);
		s->idle = !parent_results_may_come(&s->due_ms, now_ms,
		    SAVE_MS);
	}
	if (v->offset != s->len || append(s, v) == -1)
		return (-1);
	if (!v->last)
		return (0);
	/*
	 * Until this derpd has taken over, and from when another one may, the
	 * files are that one's.
	 */
	written = !s->idle && !d->waiting && !upgrade_gave(d) &&
	    write_state(d, v->which);
	forget(s);
	return (written);
}

void
admitset_state_gone(struct parent *d)
{
	forget(&d->admitset.saving[0]);
	forget(&d->admitset.saving[1]);
}
