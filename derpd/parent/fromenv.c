/*
 * fromenv: a configuration from environment variables; see fromenv.h.  Called
 * by derpd.c.
 */
#include <sys/stat.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "convert.h"
#include "fromenv.h"
#include "keyfiles.h"
#include "log.h"
#include "parent.h"

#define NAME	"environment"
#define CONTROL_DIR	"/var/run"	/* of the control socket */
#define EAB_KEY	"DERP_ACME_EAB_KEY"
#define EAB_KID	"DERP_ACME_EAB_KID"

static void
say(void *arg, enum convert_kind kind, const char *line)
{
	(void)arg;
	(void)kind;
	log_warnx("%s", line);
}

static int
exists(void *arg, const char *path)
{
	(void)arg;
	return (access(path, F_OK) == 0);
}

/* Make a directory and those above it, as derper does.  0, or -1 (logged). */
static int
make_dirs(const char *dir)
{
	char path[PATH_MAX];
	size_t i;

	if (strlcpy(path, dir, sizeof(path)) >= sizeof(path))
		errno = ENAMETOOLONG;
	else
		for (i = 1, errno = 0; errno == 0; i++) {
			if (path[i] != '/' && path[i] != '\0')
				continue;
			path[i] = '\0';
			if (mkdir(path, 0700) == -1 && errno == EEXIST)
				errno = 0;
			if (dir[i] == '\0')
				break;
			path[i] = '/';
		}
	if (errno == 0)
		return (0);
	log_warnx("can't make the state directory %s (mkdir): %s%s", dir,
	    strerror(errno), base_advice_path(errno));
	return (-1);
}

/* Put the MAC key into its file.  0, or -1 (logged). */
static int
write_eab(const struct convert *c)
{
	const char *path, *key = convert_eab_key(c, &path);
	char err[PATH_MAX + 256];

	if (key == NULL || parent_keyfile_private(path, key, strlen(key), err,
	    sizeof(err)) == 0)
		return (0);
	log_warnx("%s", err);
	return (-1);
}

/*
 * Zero the MAC key, which its file has now.  What /proc/PID/environ shows to
 * root alone are the variables that derpd was started with.
 */
static void
forget_eab(void)
{
	char *key = getenv(EAB_KEY);

	if (key == NULL)
		return;
	explicit_bzero(key, strlen(key));
	(void)unsetenv(EAB_KEY);
}

/*
 * The derpd that this one takes over from has moved the MAC key to its file,
 * which stays as it is: any value stands for it.
 */
static void
stand_for_eab(const struct parent *d)
{
	if (d->waiting && getenv(EAB_KID) != NULL && getenv(EAB_KEY) == NULL &&
	    setenv(EAB_KEY, "in-its-file", 1) == -1)
		fatal("no memory for the environment");
}

/* Without a file of the MAC key, derpd -n checks the rest. */
static void
drop_eab(struct conf *conf)
{
	if (conf->acme.eab_key == NULL || access(conf->acme.eab_key, F_OK) == 0)
		return;
	log_info("%s: will be made at the start", conf->acme.eab_key);
	free(conf->acme.eab_key);
	free(conf->acme.eab_kid);
	conf->acme.eab_key = conf->acme.eab_kid = NULL;
}

/* The configuration of the text; NULL: an error was logged. */
static struct conf *
load(struct parent *d, const struct convert *c)
{
	struct conf *conf;

	if (d->conf_text == NULL)
		return (NULL);
	if ((conf = conf_load_text(d->conf_path, d->conf_text)) == NULL) {
		log_warnx("the lines are those that `env | derpctl convert env "
		    "-' prints");
		return (NULL);
	}
	if (d->checking) {
		drop_eab(conf);
		return (conf);
	}
	if (make_dirs(conf->statedir) == 0 &&
	    (d->waiting || write_eab(c) == 0))
		return (conf);
	conf_free(conf);
	return (NULL);
}

struct conf *
parent_fromenv_load(struct parent *d, int *version)
{
	extern char **environ;
	const struct convert_ops ops = { .say = say, .exists = exists,
	    .home = getenv("HOME"),
	    .own_control = access(CONTROL_DIR, W_OK) == -1 };
	struct convert *c = convert_new(&ops, CONVERT_ENV);
	struct conf *conf = NULL;

	stand_for_eab(d);
	convert_env(c, environ);
	if ((*version = convert_wants_version(c)) == 0) {
		d->conf_path = NAME;
		d->conf_text = convert_text(c);
		conf = load(d, c);
	}
	convert_free(c);
	forget_eab();
	return (conf);
}
