/*
 * conf_fuzz: the configuration.  The input becomes a file, since the parser
 * reads files; what is taken holds what conf.h promises, and is the same when
 * it is read again; what is not taken is explained.
 */

#include <sys/stat.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "log.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char	path[] = "/tmp/conf_fuzz.XXXXXX/conf";
static char	*dir_end = path + sizeof(path) - sizeof("/conf");
static int	 said;

/* In place of lib/base/log.c: what the parser says is counted, not shown. */
void
log_warnx(const char *fmt, ...)
{
	va_list ap;
	char line[2048];

	va_start(ap, fmt);
	if (vsnprintf(line, sizeof(line), fmt, ap) < 1)
		abort();
	va_end(ap);
	said++;
}

void
fatal(const char *fmt, ...)
{
	(void)fmt;
	abort();
}

static void
clean_up(void)
{
	(void)unlink(path);
	*dir_end = '\0';
	(void)rmdir(path);
}

/*
 * A directory of its own, so that an include without a path finds nothing but
 * the file itself.
 */
static void
set_up(void)
{
	static int done;

	if (done)
		return;
	done = 1;
	*dir_end = '\0';
	if (mkdtemp(path) == NULL)
		abort();
	*dir_end = '/';
	atexit(clean_up);
}

static void
write_file(const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static int
in(unsigned long long v, unsigned long long min, unsigned long long max)
{
	return (v >= min && v <= max);
}

static void
check(const struct conf *c)
{
	const struct conf_listen *l;
	const struct conf_relay *r = &c->relay;
	int tls = 0, web = r->enabled || !TAILQ_EMPTY(&c->maps);

	TAILQ_FOREACH(l, &c->listens, entry) {
		tls |= l->tls;
		if (l->sslen == 0 || l->sslen > sizeof(l->ss) ||
		    l->pos.file == NULL || l->pos.line < 1)
			abort();
	}
	if (web ? !tls || TAILQ_EMPTY(&c->certs) : !c->stun.enabled)
		abort();
	if (TAILQ_EMPTY(&c->names) || *c->control != '/' || *c->chroot != '/' ||
	    *c->statedir != '/' || *r->key != '/' ||
	    (c->mesh_key != NULL && *c->mesh_key != '/'))
		abort();
	if (r->workers > MAXWORKERS || !in(r->queue_bytes, 65605, 1 << 30) ||
	    r->queue_packets == 0 || r->codel_target > 10000 ||
	    (r->codel_target != 0 && r->codel_target >= r->codel_interval) ||
	    r->notsent_lowat < 16384 ||
	    (r->client_rate != 0 && r->client_burst < 65568) ||
	    (r->accept_rate != 0 && r->accept_burst == 0) ||
	    (r->home == HOME_REDIRECT) != (r->redirect != NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *c, *again;

	set_up();
	write_file(data, size);
	said = 0;
	c = conf_load(path);
	/* 20 errors, and how many more there are. */
	if (said > 21 || (c == NULL) != (said > 0))
		abort();
	if (c == NULL)
		return (0);
	check(c);
	if ((again = conf_load(path)) == NULL ||
	    conf_needs_restart(c, again) != NULL)
		abort();
	conf_free(again);
	conf_free(c);
	return (0);
}
