/*
 * conffixture: what the fuzz targets of configurations share: a file, since the
 * parser reads files, and the messages of the parser, counted.
 */
#ifndef CONFFIXTURE_H
#define CONFFIXTURE_H

#include <sys/stat.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static char	path[] = "/tmp/conf_fuzz.XXXXXX/conf";
static char	*dir_end = path + sizeof(path) - sizeof("/conf");
static int	 said;

/* In place of lib/base/log.c: count the messages of the parser. */
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

void
fatalx(const char *fmt, ...)
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
 * A directory of its own, so that an include without a path can only find the
 * file itself.
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

#endif
