/*
 * convert_fuzz: derper's variables and flags.  The first byte, 0 to 3, chooses:
 * a file of variables, or flags, one in each line.  What is converted is a
 * configuration that derpd takes, and no value adds a statement: those that no
 * setting of derper stands for are as without it.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "convert.h"
#include "log.h"

#define MAXFLAGS	32

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static unsigned int	nerrors;
static uint8_t		mode;

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* In place of lib/base/log.c: warnings of derpd are not printed. */
void
log_warnx(const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	must(vsnprintf(line, sizeof(line), fmt, ap) > 0);
	va_end(ap);
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

/* A message is one line that a terminal may show. */
static void
say(void *arg, enum convert_kind kind, const char *line)
{
	(void)arg;
	nerrors += kind == CONVERT_ERROR;
	must(*line != '\0');
	for (; *line != '\0'; line++)
		must(*line >= ' ' && *line <= '~');
}

static int
exists(void *arg, const char *path)
{
	(void)arg;
	(void)path;
	return (mode >> 1 & 1);
}

static const struct convert_ops ops = { .say = say, .exists = exists,
    .home = "/root" };

static void
take_flags(struct convert *c, char *text)
{
	char *flags[MAXFLAGS];
	int n = 0;

	while (n < MAXFLAGS && (flags[n] = strsep(&text, "\n")) != NULL)
		n++;
	convert_flags(c, n, flags);
}

/* derpd takes it, and what no setting of derper changes is the default. */
static void
check(const char *text)
{
	struct conf *conf = conf_load_text("text", text);

	must(conf != NULL);
	must(conf->sandbox == 1 && strcmp(conf->user, "_derpd") == 0);
	must(strcmp(conf->keys_user, "_derpd_keys") == 0);
	must(strcmp(conf->control, "/var/run/derpd.sock") == 0);
	must(strcmp(conf->chroot, "/var/empty") == 0);
	must(conf->files.n == 1 && !conf->metrics.enabled);
	must(conf->debug.n == 0 && TAILQ_EMPTY(&conf->clientnames));
	must(conf->admit.keys == NULL && conf->worker.max_clients == 0);
	conf_free(conf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct convert *c;
	char *text, *copy;

	if (len == 0)
		return (0);
	mode = *p;
	must((copy = malloc(len)) != NULL);
	memcpy(copy, p + 1, len - 1);
	copy[len - 1] = '\0';
	nerrors = 0;
	c = convert_new(&ops, mode & 1 ? CONVERT_FLAGS : CONVERT_ENV);
	if (mode & 1)
		take_flags(c, copy);
	else
		convert_env_file(c, "f", copy, len - 1);
	(void)convert_wants_version(c);
	text = convert_text(c);
	must((text == NULL) == (nerrors > 0));
	if (text != NULL)
		check(text);
	free(text);
	convert_free(c);
	free(copy);
	return (0);
}
