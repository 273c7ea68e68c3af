/*
 * ratefile: the file with the rate and burst of each client; see admitset.h.
 * Called by load.c.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "filewatch.h"
#include "parent.h"
#include "readall.h"

#define MAX_FILE	65536		/* bytes */

/* Read the file.  0, or -1 with a line in `err'. */
static int
read_file(const char *path, struct admitset_rate *r, char *err, size_t size)
{
	static char text[MAX_FILE + 1];
	const char *why;
	struct stat st;
	ssize_t n = -1;
	int fd;

	/* O_NONBLOCK: opening a FIFO must not block. */
	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1 ||
	    fstat(fd, &st) == -1)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE)
		why = "expected a regular file of at most 64 KiB";
	else if (st.st_mode & S_IWOTH)
		why = "everybody can change it: chmod o-w";
	else {
		n = base_read_all(fd, text, sizeof(text));
		why = strerror(errno);
	}
	if (n == -1)
		snprintf(err, size, "%s: %s%s", path, why, fd == -1 ?
		    base_advice_path(errno) : "");
	if (fd != -1)
		close(fd);
	return (n == -1 ? -1 : admitset_rate_parse(path, text, (size_t)n, r,
	    err, size));
}

/* The generation that a changed file has begun has ended. */
static void
reread(void *arg, const char *why)
{
	const struct parent *d = arg;
	const struct admitset_rate *r = &d->loaded.rate;

	if (d->super.stopping)
		return;
	if (why == NULL)
		log_info("client rate: %llu bytes a second, burst %llu",
		    (unsigned long long)r->rate, (unsigned long long)r->burst);
	else
		log_warnx("the client rate that was read before stays in "
		    "force");
}

static void
changed(void *arg)
{
	struct parent *d = arg;

	if (!d->super.stopping)
		parent_gen_request(&d->gens, GEN_RATE, reread, d);
}

int
admitset_rate_get(struct parent *d, const struct conf *c,
    struct admitset_rate *r, struct watch_file **watch)
{
	const char *path = c->relay.rate_file;
	char err[1400];

	*watch = NULL;
	r->rate = c->worker.client_rate;
	r->burst = c->worker.client_burst;
	if (path == NULL || !c->relay.enabled)
		return (0);
	/* Watch the file before it is read, so that no change is missed. */
	if (!d->checking && (*watch = watch_file_new(d->super.base, path,
	    changed, d)) == NULL)
		log_warn("%s can't be watched: reload after a change", path);
	if (read_file(path, r, err, sizeof(err)) == 0)
		return (0);
	log_warnx("%s", gram_at(&c->relay.rate_pos, err));
	return (-1);
}
