/*
 * checkfiles: checks files and directories that the configuration names and
 * that are first used much later: certificate authorities, the state directory,
 * the directory of the control socket.  See parent.h.  Called by load.c, so
 * that derpd -n, a start and a reload report the same.
 */
#include <sys/stat.h>
#include <sys/types.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "authorities.h"
#include "log.h"
#include "parent.h"

static int
check_authorities(const char *path, const struct gram_pos *pos,
    const char *user)
{
	return (super_authorities_check(path, gram_at(pos, path), user));
}

/* Cut `path' to its nearest directory that exists. */
static int
existing(char *path, struct stat *st)
{
	char *slash;

	while (stat(path, st) == -1) {
		if (errno != ENOENT || (slash = strrchr(path, '/')) == NULL)
			return (-1);
		slash[slash == path] = '\0';
	}
	return (0);
}

/*
 * Check a directory that files are made in; `make' 1: derpd makes the directory
 * when it is missing.  0, or -1 (logged).
 */
static int
check_dir(const char *dir, const struct gram_pos *pos, const char *what,
    int make)
{
	char path[PATH_MAX];
	struct stat st;
	int error = 0;

	strlcpy(path, dir, sizeof(path));
	if (existing(path, &st) == -1)
		error = errno;
	else if (!S_ISDIR(st.st_mode))
		error = ENOTDIR;
	else if (!make && strcmp(path, dir) != 0)
		error = ENOENT;
	else if (access(path, W_OK | X_OK) == -1)
		error = errno;
	if (error == 0)
		return (0);
	log_warnx("%s: the %s can't be made in %s: %s%s%s",
	    gram_at(pos, dir), what, path, strerror(error),
	    base_advice_path(error), base_advice_limit(error));
	return (-1);
}

/* The same for the directory of a file. */
static int
check_parent(const char *file, const struct gram_pos *pos, const char *what,
    int make)
{
	char path[PATH_MAX];

	strlcpy(path, file, sizeof(path));
	return (check_dir(dirname(path), pos, what, make));
}

/* 1 when this configuration writes to the state directory. */
static int
keeps_state(const struct conf *c)
{
	const struct conf_cert *k;

	TAILQ_FOREACH(k, &c->certs, entry)
		if (k->cert == NULL)
			return (1);
	return (c->acme.enabled || !TAILQ_EMPTY(&c->maps) ||
	    admitset_wanted(c));
}

static int
check_dirs(const struct conf *c)
{
	int rv = 0;

	if (keeps_state(c) && check_dir(c->statedir, &c->statedir_pos,
	    "files of the state directory", 1) == -1)
		rv = -1;
	if (c->relay.enabled && access(c->relay.key, F_OK) == -1 &&
	    check_parent(c->relay.key, &c->relay.key_pos, "relay key", 1) == -1)
		rv = -1;
	if (parent_control_check(c) == -1 || check_parent(c->control,
	    &c->control_pos, "control socket", 0) == -1)
		rv = -1;
	return (rv);
}

int
parent_check_files(const struct conf *c)
{
	const struct conf_verify *s;
	const struct conf_map *m;
	int rv = check_dirs(c);

	if (c->acme.ca_file != NULL && check_authorities(c->acme.ca_file,
	    &c->acme.ca_pos, c->user) == -1)
		rv = -1;
	if (c->mesh.cafile != NULL && check_authorities(c->mesh.cafile,
	    &c->mesh.cafile_pos, c->user) == -1)
		rv = -1;
	TAILQ_FOREACH(m, &c->maps, entry)
		if (m->cafile != NULL && check_authorities(m->cafile,
		    &m->cafile_pos, c->user) == -1)
			rv = -1;
	TAILQ_FOREACH(s, &c->admit.sources, entry)
		if (s->cafile != NULL && check_authorities(s->cafile, &s->pos,
		    c->user) == -1)
			rv = -1;
	return (rv);
}
