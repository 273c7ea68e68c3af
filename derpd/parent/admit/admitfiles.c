/*
 * admitfiles: the files of clients and names, which the parent reads into
 * memory for admit, and does not parse; see admitset.h.  The copies stay, so
 * that an admit that is started again gets what was checked.  Called by
 * admitset.c.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "advice.h"
#include "clientsfile.h"
#include "filewatch.h"
#include "ipcsend.h"
#include "names.h"
#include "parent.h"
#include "readall.h"
#include "shmem.h"

/*
 * Copy the open file, whose size was `size' a moment ago.  A descriptor of the
 * copy, or -1 with errno.
 */
static int
copy(int fd, size_t size)
{
	uint8_t *p;
	ssize_t n;
	int rv;

	/* One byte more: a file that grows is read again, it has changed. */
	if ((p = malloc(size + 1)) == NULL)
		return (-1);
	n = base_read_all(fd, p, size + 1);
	rv = n == -1 ? -1 : ipc_shmem_copy("clients", p, (size_t)n);
	free(p);
	return (rv);
}

/* What is wrong with a file of at most `max' bytes; NULL: nothing. */
static const char *
wrong(const struct stat *st, size_t max)
{
	if (!S_ISREG(st->st_mode))
		return ("expected a regular file");
	if (st->st_size > (off_t)max)
		return ("larger than 64 MiB");
	if (st->st_mode & S_IWOTH)
		return ("everybody can change it: chmod o-w");
	return (NULL);
}

/* Open and copy a file.  A descriptor of the copy, or -1 (logged). */
static int
open_copy(const char *path, const struct gram_pos *pos, size_t max)
{
	const char *why = NULL;
	struct stat st;
	int fd, rv = -1, error;

	/* O_NONBLOCK: opening a FIFO must not block. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1 && fstat(fd, &st) == 0 && (why = wrong(&st, max)) == NULL)
		rv = copy(fd, (size_t)st.st_size);
	error = errno;
	if (fd != -1)
		close(fd);
	if (rv != -1)
		return (rv);
	if (why != NULL)
		log_warnx("%s: %s", gram_at(pos, path), why);
	else
		log_warnx("%s: %s%s%s", gram_at(pos, path), strerror(error),
		    base_advice_path(error), base_advice_limit(error));
	return (-1);
}

/* Read one more file.  0, or -1 (logged). */
static int
add(struct parent *d, struct admitset_files *f, enum ipc_admit_file_kind kind,
    const char *path, const struct gram_pos *pos)
{
	struct admitset_file *one = &f->v[f->n++];
	const size_t max = kind == IPC_ADMIT_FILE_KEYS ? CLIENTS_MAX_SIZE :
	    CLIENTS_MAX_LIST;

	one->kind = kind;
	one->fd = -1;
	if ((one->path = strdup(path)) == NULL)
		fatal("no memory for the files of admit");
	/* Watch the file before it is read, so that no change is missed. */
	if (!d->checking && (one->watch = watch_file_new(d->super.base,
	    path, admitset_file_changed, d)) == NULL)
		log_warn("%s can't be watched: reload after a change", path);
	one->since = time(NULL);
	one->fd = open_copy(path, pos, max);
	return (one->fd == -1 ? -1 : 0);
}

int
admitset_files_read(struct parent *d, const struct conf *c,
    struct admitset_files *f)
{
	const struct gram_name *n;
	int rv = 0;

	memset(f, 0, sizeof(*f));
	if (c->admit.keys != NULL && add(d, f, IPC_ADMIT_FILE_KEYS,
	    c->admit.keys, &c->admit.keys_pos) == -1)
		rv = -1;
	TAILQ_FOREACH(n, &c->clientnames, entry)
		if (add(d, f, IPC_ADMIT_FILE_NAMES, n->name, &n->pos) == -1)
			rv = -1;
	if (rv == -1)
		admitset_files_free(f);
	return (rv);
}

void
admitset_files_free(struct admitset_files *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		watch_file_free(f->v[i].watch);
		free(f->v[i].path);
		if (f->v[i].fd != -1)
			close(f->v[i].fd);
	}
	memset(f, 0, sizeof(*f));
}

int
admitset_files_send(struct parent_proc *p, const struct admitset_files *f)
{
	struct ipc_msg_admit_file v;
	size_t i;
	int fd;

	for (i = 0; i < f->n; i++) {
		v.kind = f->v[i].kind;
		v.path = f->v[i].path;
		if ((fd = dup(f->v[i].fd)) == -1 ||
		    ipc_send_admit_file(p->c.chan, &v, fd) == -1)
			return (-1);
	}
	return (0);
}
