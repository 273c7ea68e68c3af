/*
 * child: start of a process of the suite; see child.h.  The parent calls
 * ipc_child_spawn(), the child everything else.
 */
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "about.h"
#include "build.h"
#include "child.h"
#include "log.h"
#include "messages.h"

#define START_MS	10000
#define PROGRAM_FD	(CHILD_FD + 1)	/* until the program is executed */

/* Copy an environment variable, and append `more'; "" when not set. */
static void
copy_env(char *dst, size_t size, const char *name, const char *more)
{
	const char *v = getenv(name);

	if (v == NULL)
		v = "";
	if (*v == '\0' && *more == '\0')
		dst[0] = '\0';
	else
		snprintf(dst, size, "%s=%s%s%s", name, v,
		    *v == '\0' || *more == '\0' ? "" : ":", more);
}

/* Move `fd' to `to', which stays open over execve if `keep'. */
static void
move_fd(int fd, int to, int keep)
{
	/* dup2 of a descriptor to itself would keep its flags. */
	if ((fd != to && dup2(fd, to) == -1) ||
	    fcntl(to, F_SETFD, keep ? 0 : FD_CLOEXEC) == -1)
		_exit(127);
}

static void
exec_child(int prog, const char *path, const char *role, int fd)
{
	static char asan[512], ubsan[512], lib[] = "PATH=/usr/bin:/bin";
	static char stream[64];
	char *env[5], *argv[4], x[] = "-x";
	int n = 0, null;

	env[n++] = lib;
	/* LeakSanitizer can't work inside a sandbox. */
	copy_env(asan, sizeof(asan), "ASAN_OPTIONS", "detect_leaks=0");
	env[n++] = asan;
	copy_env(ubsan, sizeof(ubsan), "UBSAN_OPTIONS", "");
	if (*ubsan != '\0')
		env[n++] = ubsan;
	copy_env(stream, sizeof(stream), "JOURNAL_STREAM", "");
	if (*stream != '\0')
		env[n++] = stream;
	env[n] = NULL;
	argv[0] = strdup(path);
	argv[1] = x;
	argv[2] = strdup(role);
	argv[3] = NULL;
	if (argv[0] == NULL || argv[2] == NULL ||
	    (null = open("/dev/null", O_RDWR)) == -1 ||
	    dup2(null, 0) == -1 || dup2(null, 1) == -1) {
		log_warn("can't start %s (open of /dev/null, dup2)", role);
		_exit(127);
	}
	/* Move the program first: the channel may be on its number. */
	if (prog != -1 && (prog = fcntl(prog, F_DUPFD_CLOEXEC,
	    PROGRAM_FD + 1)) == -1)
		_exit(127);
	move_fd(fd, CHILD_FD, 1);
	if (prog != -1)
		move_fd(prog, PROGRAM_FD, 0);
	closefrom(prog == -1 ? CHILD_FD + 1 : PROGRAM_FD + 1);
#ifdef HAVE_FEXECVE
	if (prog != -1)
		fexecve(PROGRAM_FD, argv, env);
#endif
	/* Without that call: check_build() knows one that was replaced. */
	execve(path, argv, env);
	log_warn("can't start %s (execveat, execve of %s)", role, path);
	_exit(127);
}

void
ipc_child_signals(void)
{
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t
ipc_child_spawn(int prog, const char *path, const char *role, int *fd)
{
	int sv[2], error;
	pid_t pid;
	sigset_t all, old;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		return (-1);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	if (fcntl(sv[0], F_SETFD, FD_CLOEXEC) == -1 || (pid = fork()) == -1) {
		error = errno;
		sigprocmask(SIG_SETMASK, &old, NULL);
		close(sv[0]);
		close(sv[1]);
		errno = error;
		return (-1);
	}
	if (pid == 0) {
		ipc_child_signals();
		exec_child(prog, path, role, sv[1]);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(sv[1]);
	*fd = sv[0];
	return (pid);
}

/* The daemon that starts this program. */
static const char *
starter(void)
{
	return (strncmp(getprogname(), "derpbridge", 10) == 0 ? "derpbridged" :
	    "derpd");
}

/* Answer -h or -V alone.  Returns 1, or 0 for other arguments. */
static int
tell(int argc, char *argv[])
{
	int ch;

	if (argc != 2)
		return (0);
	opterr = 0;
	ch = getopt_long(argc, argv, "hV", base_about_options, NULL);
	if (ch == 'V')
		base_about_version();
	else if (ch == 'h')
		printf("usage: %s [-hV]\n\n"
		    "%s is started by %s(8), which gives it its work.\n\n"
		    "  -h, --help     print this help\n"
		    "  -V, --version  print the version\n", getprogname(),
		    getprogname(), starter());
	return (ch == 'V' || ch == 'h');
}

int
ipc_child_program(int argc, char *argv[], const struct ipc_child_program *roles,
    size_t n)
{
	size_t i;

#ifdef HAVE_LIBBSD
	extern char **environ;

	setproctitle_init(argc, argv, environ);
#endif
#ifdef __linux__
	/*
	 * Before Linux 6.14, ps(1) and top(1) show the descriptor's number as
	 * the name of a process that was executed by descriptor.
	 */
	(void)prctl(PR_SET_NAME, getprogname());
#endif
	if (tell(argc, argv))
		return (fflush(stdout) == EOF);
	/* All programs of a daemon have the same name in the log. */
	if (strncmp(getprogname(), "derpd-", 6) == 0 ||
	    strncmp(getprogname(), "derpbridge-", 11) == 0)
		setprogname(starter());
	if (argc == 3 && strcmp(argv[1], "-x") == 0)
		for (i = 0; i < n; i++)
			if (strcmp(argv[2], ipc_role_name(roles[i].role)) == 0)
				roles[i].run();
	fprintf(stderr, "%s is started by %s(8)\n", getprogname(), starter());
	return (1);
}

/* Is the parent of the same build? */
static void
check_build(const char *build)
{
	if (strcmp(build, ipc_build_id()) != 0)
		fatalx("%s is of another build (%.40s, this program %s): "
		    "restart %s when all programs of it are installed",
		    starter(), build, ipc_build_id(), starter());
}

static void
read_start(struct ipc_msg *m, struct ipc_child_start *st)
{
	struct ipc_msg_start v;

	memset(st, 0, sizeof(*st));
	if (m->type != MSG_START)
		fatalx("%s from the parent before its first message",
		    ipc_msg_name(m->type));
	/* Another build may have a different message. */
	if (ipc_get_start(&m->rd, &v) == -1) {
		check_build(v.build);
		fatalx("malformed first message from the parent");
	}
	check_build(v.build);
	st->worker = v.worker;
	st->verbose = v.verbose;
	st->json = v.json;
	if (v.sandbox > SANDBOX_SECCOMP)
		fatalx("malformed first message from the parent");
	st->sandbox = v.sandbox;
	st->to_stderr = v.to_stderr;
	strlcpy(st->user, v.user, sizeof(st->user));
	strlcpy(st->chroot, v.chroot, sizeof(st->chroot));
}

struct ipc_chan *
ipc_child_init(enum ipc_role self, struct ipc_child_start *st)
{
	static char name[32];
	struct ipc_chan *c;
	struct ipc_msg m;

	log_init(ipc_role_name(self), 1, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);	/* the parent handles ^C */
	signal(SIGTERM, SIG_IGN);
	c = ipc_chan_new(NULL, CHILD_FD, self, ROLE_PARENT, NULL, NULL, NULL);
	if (c == NULL)
		fatal("no channel to the parent: only %s starts this "
		    "program", starter());
	if (ipc_chan_recv(c, &m, START_MS) == -1)
		fatal("the parent sent no first message (recvmsg)");
	read_start(&m, st);
	ipc_msg_free(&m);
	if (self == ROLE_FRONT || self == ROLE_RELAY || self == ROLE_SIGNER ||
	    self == ROLE_VERIFY || self == ROLE_MESH)
		snprintf(name, sizeof(name), "%s %u", ipc_role_name(self),
		    st->worker);
	else
		snprintf(name, sizeof(name), "%s", ipc_role_name(self));
	log_init(name, st->to_stderr, st->verbose);
	log_setjson(st->json);
	/*
	 * A process that started derpd may wait for the end of its standard
	 * error.
	 */
	if (!st->to_stderr && dup2(STDIN_FILENO, STDERR_FILENO) == -1)
		fatal("can't redirect standard error (dup2)");
	setproctitle("%s", name);
	return (c);
}
