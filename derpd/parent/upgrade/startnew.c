/*
 * startnew: see startnew.h.  Called by replace.c.
 *
 * The program is executed as root, long after this derpd was started, by its
 * path: so its place must belong to root alone (or, without root, to the user
 * of this process), from the file up to /.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "between.h"
#include "child.h"
#include "log.h"
#include "startnew.h"

static char	reason[PATH_MAX + 256];

/* What is wrong with a file or folder, or NULL. */
static const char *
check_one(const char *path, int folder)
{
	struct stat st;

	if (stat(path, &st) == -1)
		snprintf(reason, sizeof(reason), "%s: %s", path,
		    strerror(errno));
	else if (!folder && !S_ISREG(st.st_mode))
		snprintf(reason, sizeof(reason), "%s is not a file", path);
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		snprintf(reason, sizeof(reason), "%s belongs to user %u, who "
		    "could replace the program of derpd: expected root",
		    path, (unsigned int)st.st_uid);
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
	    !(folder && (st.st_mode & S_ISVTX) != 0))
		snprintf(reason, sizeof(reason), "others than its owner can "
		    "change %s, and so replace the program of derpd: chmod "
		    "go-w", path);
	else
		return (NULL);
	return (reason);
}

const char *
upgrade_start_check(const char *path, char *real, size_t size)
{
	char buf[PATH_MAX], dir[PATH_MAX], *slash;
	const char *why;

	if (realpath(path, buf) == NULL) {
		snprintf(reason, sizeof(reason), "the program %s can't be "
		    "found (%s): install derpd there, or start derpd again",
		    path, strerror(errno));
		return (reason);
	}
	if (strlcpy(real, buf, size) >= size)
		return ("the path of the program is too long");
	if (access(buf, X_OK) == -1) {
		snprintf(reason, sizeof(reason), "%s can't be executed: %s",
		    buf, strerror(errno));
		return (reason);
	}
	if ((why = check_one(buf, 0)) != NULL)
		return (why);
	strlcpy(dir, buf, sizeof(dir));
	while ((slash = strrchr(dir, '/')) != NULL) {
		*slash = '\0';
		if ((why = check_one(*dir == '\0' ? "/" : dir, 1)) != NULL)
			return (why);
	}
	return (NULL);
}

/* Lists of strings */

/* Append a copy.  0, or -1: the list (now NULL) was freed. */
static int
append(char ***v, size_t *n, const char *s)
{
	char **more;

	if (*v == NULL && *n > 0)
		return (-1);
	if ((more = reallocarray(*v, *n + 2, sizeof(*more))) != NULL) {
		*v = more;
		more[*n + 1] = NULL;
		if ((more[*n] = strdup(s)) != NULL) {
			(*n)++;
			return (0);
		}
	}
	upgrade_start_free(*v);
	*v = NULL;
	*n = 1;		/* failed for good */
	return (-1);
}

void
upgrade_start_free(char **v)
{
	char **p;

	for (p = v; p != NULL && *p != NULL; p++)
		free(*p);
	free(v);
}

char **
upgrade_start_args(const struct upgrade_start *s, const char *path)
{
	char number[16], **v = NULL;
	size_t i, n = 0;

	snprintf(number, sizeof(number), "%d", UPGRADE_FD);
	(void)append(&v, &n, path);
	(void)append(&v, &n, "-U");
	(void)append(&v, &n, number);
	if (s->debug)
		(void)append(&v, &n, "-d");
	if (s->verbose)
		(void)append(&v, &n, "-v");
	if (s->from_env)
		(void)append(&v, &n, "-E");
	else {
		(void)append(&v, &n, "-f");
		(void)append(&v, &n, s->conf_path);
	}
	for (i = 0; i < s->nmacros; i++) {
		(void)append(&v, &n, "-D");
		(void)append(&v, &n, s->macros[i]);
	}
	return (v);
}

/* 1 when `entry', NAME=VALUE, has this name; else 0. */
static int
is_named(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return (strncmp(entry, name, n) == 0 && entry[n] == '=');
}

/* Is this a variable that the new parent may have? */
static int
may_pass(const char *entry, int from_env)
{
	static const char *const names[] = { "LANG", "TZ",
	    /* of service managers */
	    "NOTIFY_SOCKET", "WATCHDOG_USEC", "JOURNAL_STREAM",
	    "INVOCATION_ID",
	    /* of the sanitizers */
	    "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_named(entry, names[i]))
			return (1);
	return (from_env && (strncmp(entry, "DERP_", 5) == 0 ||
	    is_named(entry, "HOME")));
}

char **
upgrade_start_env(const struct upgrade_start *s, char *const *from)
{
	char text[64], **v = NULL;
	size_t n = 0;

	(void)append(&v, &n, "PATH=/usr/bin:/bin");
	if (s->stand_in != -1) {
		snprintf(text, sizeof(text), UPGRADE_STAND_IN_ENV "=%u",
		    s->number);
		(void)append(&v, &n, text);
	}
	for (; *from != NULL; from++)
		if (may_pass(*from, s->from_env))
			(void)append(&v, &n, *from);
	return (v);
}

/* The new process */

/* Put the two descriptors, which are above both numbers, in their places. */
static void
place(int channel, int stand_in)
{
	if (dup2(channel, UPGRADE_FD) == -1 ||
	    (stand_in != -1 && dup2(stand_in, UPGRADE_STAND_IN_FD) == -1))
		_exit(127);
	closefrom(stand_in == -1 ? UPGRADE_FD + 1 : UPGRADE_STAND_IN_FD + 1);
}

static void
run(char **args, char **env, int channel, int stand_in)
{
	const int above = UPGRADE_STAND_IN_FD + 1;

	if ((channel = fcntl(channel, F_DUPFD_CLOEXEC, above)) == -1 ||
	    (stand_in != -1 && (stand_in = fcntl(stand_in, F_DUPFD_CLOEXEC,
	    above)) == -1))
		_exit(127);
	place(channel, stand_in);
	ipc_child_signals();
	execve(args[0], args, env);
	log_warn("can't execute %s (execve)", args[0]);
	_exit(127);
}

/* Fork with all signals blocked.  As upgrade_between_fork(). */
static pid_t
start(const struct upgrade_start *s, char **args, char **env, int channel,
    pid_t *child)
{
	sigset_t all, old;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	if ((pid = upgrade_between_fork(s->between, child)) == 0)
		run(args, env, channel, s->stand_in);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return (pid);
}

/* The same, with a channel.  The pid, or -1 with errno. */
static pid_t
start_with_channel(const struct upgrade_start *s, char **args, char **env,
    pid_t *child, int *fd)
{
	int sv[2], error;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return (-1);
	pid = start(s, args, env, sv[1], child);
	error = errno;
	close(sv[1]);
	if (pid == -1)
		close(sv[0]);
	else
		*fd = sv[0];
	errno = error;
	return (pid);
}

pid_t
upgrade_start(const struct upgrade_start *s, pid_t *child, int *fd,
    const char **why)
{
	extern char **environ;
	char path[PATH_MAX], **args, **env;
	pid_t pid = -1;

	if ((*why = upgrade_start_check(s->self, path, sizeof(path))) != NULL)
		return (-1);
	args = upgrade_start_args(s, path);
	env = upgrade_start_env(s, environ);
	errno = ENOMEM;
	if (args != NULL && env != NULL)
		pid = start_with_channel(s, args, env, child, fd);
	if (pid == -1) {
		snprintf(reason, sizeof(reason), "can't start %s (socketpair, "
		    "fork): %s", path, strerror(errno));
		*why = reason;
	}
	upgrade_start_free(args);
	upgrade_start_free(env);
	return (pid);
}
