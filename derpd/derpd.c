/*
 * derpd: the privileged parent's options and start.  See derpd(8).
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR	"/etc"
#endif
#define CONF_FILE	SYSCONFDIR "/derpd.conf"

static void
usage(void)
{
	fprintf(stderr, "usage: derpd [-dnv] [-D macro=value] [-f file]\n");
	exit(1);
}

/*
 * The path of this program; the children's programs are found relative to it.
 */
static const char *
own_path(const char *argv0)
{
	static char path[PATH_MAX];
#ifdef __linux__
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n > 0) {
		path[n] = '\0';
		return (path);
	}
#endif
	/* The children are started from /, so a relative path is no use. */
	if (strchr(argv0, '/') == NULL || realpath(argv0, path) == NULL)
		fatalx("derpd must be started by its full path, to start its "
		    "children");
	return (path);
}

/*
 * Make a relative path absolute: derpd changes its directory when it
 * daemonizes.
 */
static const char *
full_path(const char *path)
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

/*
 * Raise the soft limit of open files to the hard one: a client is a descriptor.
 */
static void
raise_limits(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return;
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		log_warn("can't raise the limit of open files to %llu "
		    "(setrlimit), which bounds the number of clients",
		    (unsigned long long)rl.rlim_max);
}

/*
 * Daemonize.  The process that the shell started exits when all children are
 * ready (0), or with the exit status of a failed start.  Returns the write end
 * of the pipe that reports readiness.
 */
static int
detach(void)
{
	char ok;
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
		_exit(read(pfd[0], &ok, 1) == 1 ? 0 : 1);
	}
}

/* Log what an unprivileged derpd lacks. */
static void
warn_unprivileged(void)
{
	if (geteuid() != 0)
		log_info("not started by root: all processes run as this user "
		    "without chroot, confined by seccomp or pledge only");
}

int
main(int argc, char *argv[])
{
	static struct parent d;
	int ch, check = 0, ready = -1;

#ifdef HAVE_LIBBSD
	extern char **environ;

	setproctitle_init(argc, argv, environ);
#endif
	d.conf_path = CONF_FILE;
	while ((ch = getopt(argc, argv, "D:df:nv")) != -1) {
		switch (ch) {
		case 'D':
			if (conf_macro(optarg) == -1)
				fatalx("-D %s: expected NAME=VALUE", optarg);
			break;
		case 'd':
			d.debug = 1;
			break;
		case 'f':
			d.conf_path = optarg;
			break;
		case 'n':
			check = 1;
			break;
		case 'v':
			d.verbose = 1;
			break;
		default:
			usage();
		}
	}
	if (argc != optind)
		usage();
	log_init("", 1, d.verbose);
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	d.self = own_path(argv[0]);
	if (check)
		d.debug = d.checking = 1;
	if ((d.conf = conf_load(d.conf_path)) == NULL)
		return (1);
	warn_unprivileged();
	raise_limits();
	if (check) {
		if (d.verbose)
			conf_print(stdout, d.conf);
		if (fflush(stdout) == EOF)
			fatal("can't print the configuration");
		return (parent_check(&d) == 0 ? 0 : 1);
	}
	if (!d.debug) {
		d.conf_path = full_path(d.conf_path);
		ready = detach();
	}
	return (parent_run(&d, ready) == 0 ? 0 : 1);
}
