/*
 * daemon: see daemon.h.  Called by main() and the start of a parent.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "log.h"

#ifdef __linux__
/*
 * The program may have been replaced since it was executed: its path is then
 * that of its successor.
 */
static void
cut_deleted(char *path)
{
	static const char note[] = " (deleted)";
	size_t n = strlen(path), len = sizeof(note) - 1;

	if (n > len && strcmp(path + n - len, note) == 0 &&
	    access(path, F_OK) == -1)
		path[n - len] = '\0';
}
#endif

const char *
super_own_path(const char *argv0)
{
	static char path[PATH_MAX];
#ifdef __linux__
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n > 0) {
		path[n] = '\0';
		cut_deleted(path);
		return (path);
	}
#endif
	/* The children are started from /, so a relative path is no use. */
	if (strchr(argv0, '/') == NULL || realpath(argv0, path) == NULL)
		fatalx("%s must be started by its full path, to start its "
		    "children", getprogname());
	return (path);
}

const char *
super_full_path(const char *path)
{
	char dir[PATH_MAX], *full;

	if (*path == '/')
		return (path);
	if (getcwd(dir, sizeof(dir)) == NULL)
		fatal("can't get the current directory (getcwd) to find %s: "
		    "give -f a full path", path);
	if (asprintf(&full, "%s/%s", dir, path) == -1)
		fatal("no memory for the full path of %s", path);
	return (full);
}

void
super_catch_signals(struct event_base *base, event_callback_fn cb, void *arg)
{
	static const int signals[] = { SIGCHLD, SIGHUP, SIGINT, SIGTERM };
	struct event *ev;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		ev = evsignal_new(base, signals[i], cb, arg);
		if (ev == NULL || evsignal_add(ev, NULL) == -1)
			fatalx("can't catch signal %d (event_add)",
			    signals[i]);
	}
}

void
super_raise_files(const char *why)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return;
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		log_warn("can't raise the limit of open files to %llu "
		    "(setrlimit), %s", (unsigned long long)rl.rlim_max, why);
}

int
super_detach(void)
{
	unsigned char status;
	int pfd[2];

	if (pipe(pfd) == -1 || fcntl(pfd[1], F_SETFD, FD_CLOEXEC) == -1)
		fatal("can't daemonize (pipe, fcntl): -d runs in the "
		    "foreground");
	switch (fork()) {
	case -1:
		fatal("can't daemonize (fork): -d runs in the foreground");
	case 0:
		close(pfd[0]);
		if (setsid() == -1)
			fatal("can't daemonize (setsid)");
		return (pfd[1]);
	default:
		close(pfd[1]);
		_exit(read(pfd[0], &status, 1) == 1 ? status : 1);
	}
}

void
super_let_go(int ready_fd, int verbose)
{
	int null;

	if (ready_fd == -1)
		return;
	if ((null = open("/dev/null", O_RDWR)) == -1 || dup2(null, 0) == -1 ||
	    dup2(null, 1) == -1 || dup2(null, 2) == -1)
		log_warn("can't put /dev/null in place of the standard "
		    "descriptors (open, dup2)");
	if (null > 2)
		close(null);
	if (chdir("/") == -1)
		log_warn("can't change the directory to / (chdir)");
	log_init("", 0, verbose);
	if (write(ready_fd, "", 1) != 1)	/* status 0 */
		log_warn("can't report readiness to the starting process "
		    "(write to a pipe)");
	close(ready_fd);
}

void
super_give_up(int ready_fd, int status)
{
	const unsigned char byte = (unsigned char)status;

	if (ready_fd != -1 && write(ready_fd, &byte, 1) != 1)
		log_warn("can't report the failure to the starting process "
		    "(write to a pipe)");
}
