/*
 * sandbox_refused_test: Tests of the calls that each role's sandbox refuses:
 * files, processes, memory, signals.  For the network see
 * sandbox_refused_net_test.c.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#endif

#include "sandbox.h"
#include "sandbox_refused.h"
#include "sandbox_test.h"

static int
call_open(void)
{
	return result(open("/etc/passwd", O_RDONLY));
}

/* This file is outside the directories that fetch may read. */
static int
call_open_hidden(void)
{
	return result(open(hidden, O_RDONLY));
}

static int
call_open_write(void)
{
	return result(open(shown, O_RDWR));
}

static int
call_creat(void)
{
	return result(open("new", O_RDONLY | O_CREAT, 0600));
}

static int
call_rename(void)
{
	return rename(hidden, shown);
}

static int
call_stat(void)
{
	struct stat	st;

	return stat(shown, &st);
}

static int
call_list(void)
{
	DIR	*d;

	if ((d = opendir("/etc")) == NULL || readdir(d) == NULL)
		return -1;
	return closedir(d);
}

static int
call_unlink(void)
{
	return unlink("no-such-file") == -1 && errno == ENOENT ? 0 : -1;
}

static int
call_chdir(void)
{
	return chdir("/");
}

static int
call_execve(void)
{
	char	*argv[] = { NULL, NULL };
	char	 sh[] = "/bin/sh", c[] = "-c", cmd[] = "exit 0";
	char	*args[4];

	args[0] = sh;
	args[1] = c;
	args[2] = cmd;
	args[3] = NULL;
	return execve("/bin/sh", args, argv);
}

static int
call_fork(void)
{
	pid_t	pid;

	if ((pid = fork()) == 0)
		_exit(0);
	return result(pid);
}

static int
call_kill(void)
{
	return kill(getppid(), 0);
}

static int
call_mmap_exec(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANON, -1, 0) == MAP_FAILED ? -1 : 0;
}

static int
call_mprotect_exec(void)
{
	void	*p;

	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static int
call_dupfd(void)
{
	return result(fcntl(cfd, F_DUPFD, 50));
}

static int
call_dup(void)
{
	return result(dup(cfd));
}

static int
call_dup2(void)
{
	return result(dup2(cfd, 50));
}

/* Shared file descriptors stay non-blocking, and no other flag can be set. */
static int
call_setfl_block(void)
{
	return fcntl(cfd, F_SETFL, 0);
}

static int
call_setfl_async(void)
{
	return fcntl(cfd, F_SETFL, O_NONBLOCK | O_ASYNC);
}

static int
call_setfl_append(void)
{
	return fcntl(file, F_SETFL, O_NONBLOCK | O_APPEND);
}

static int
call_setown(void)
{
	return fcntl(cfd, F_SETOWN, getppid());
}

static int
call_lock(void)
{
	struct flock	l;

	memset(&l, 0, sizeof(l));
	l.l_type = F_WRLCK;
	l.l_whence = SEEK_SET;
	return fcntl(file, F_SETLK, &l);
}

static int
call_lseek(void)
{
	return result(lseek(file, 0, SEEK_SET));
}

static int
call_pread(void)
{
	char	c;

	return result(pread(file, &c, 1, 0));
}

static int
call_fsync(void)
{
	return fsync(file);
}

static int
call_ftruncate(void)
{
	return ftruncate(file, 1);
}

#ifdef __linux__
static int
call_open_path(void)
{
	return result(open(shown, O_PATH));
}

static int
call_open_tmpfile(void)
{
	return result(open(".", O_TMPFILE | O_RDWR, 0600));
}

static int
call_clone3(void)
{
	return result(syscall(SYS_clone3, NULL, 0L)) == -1 &&
	    errno == EINVAL ? 0 : -1;
}

static int
call_ptrace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
call_tiocsti(void)
{
	char	c = 'x';

	return ioctl(cfd, TIOCSTI, &c) == -1 && errno == ENOTTY ? 0 : -1;
}

static int
call_mmap_ring_exec(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED,
	    ipc_ring_nfds() == 1 ? file : ring[0][0], 0) == MAP_FAILED ? -1 : 0;
}

/* The bell of a ring blocks nobody. */
static int
call_bell_block(void)
{
	return fcntl(ring[0][ipc_ring_nfds() - 1], F_SETFL, 0);
}

static int
call_eventfd(void)
{
	return result(eventfd(0, 0));
}

static int
call_memfd(void)
{
	return result(memfd_create("x", 0));
}

static int
call_prctl(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int
call_tgkill_other(void)
{
	return result(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0));
}
#endif

static const struct sandbox_probe forbidden[] = {
	{ "open", ALL & ~NAMERS, call_open, DENIES },
	{ "open, elsewhere", NAMERS, call_open_hidden, LANDLOCK },
	{ "open, to write", ALL, call_open_write, DENIES },
	{ "creat", ALL, call_creat, DENIES },
	{ "unlink", ALL, call_unlink, KILLS },
	{ "rename", ALL, call_rename, KILLS },
	{ "chdir", ALL, call_chdir, KILLS },
	{ "stat", ALL & ~NAMERS, call_stat, DENIES },
	{ "list a directory", ALL, call_list, DENIES },
	{ "execve", ALL, call_execve, KILLS },
	{ "fork", ALL, call_fork, DENIES },
	{ "kill", ALL, call_kill, KILLS },
	{ "mmap, executable", ALL, call_mmap_exec, DENIES },
	{ "mprotect, executable", ALL, call_mprotect_exec, KILLS },
	{ "fcntl F_DUPFD", FINE(ALL), call_dupfd, KILLS },
	{ "dup", FINE(ALL & ~RELAY), call_dup, KILLS },
	{ "dup2", FINE(ALL), call_dup2, KILLS },
	{ "fcntl F_SETFL, blocking", FINE(ALL), call_setfl_block, KILLS },
	{ "fcntl F_SETFL, O_ASYNC", FINE(ALL), call_setfl_async, KILLS },
	{ "fcntl F_SETFL, O_APPEND", FINE(ALL), call_setfl_append, KILLS },
	{ "fcntl F_SETOWN", FINE(ALL), call_setown, KILLS },
	{ "fcntl F_SETLK", FINE(ALL), call_lock, KILLS },
	{ "lseek", FINE(ALL & ~NAMERS), call_lseek, KILLS },
	{ "pread", FINE(ALL & ~ADMIT), call_pread, KILLS },
	{ "ftruncate", FINE(ALL), call_ftruncate, KILLS },
	{ "fsync", FINE(ALL & ~KEYS), call_fsync, KILLS },
#ifdef __linux__
	{ "open, path alone", ALL, call_open_path, DENIES },
	{ "open, no name", ALL, call_open_tmpfile, DENIES },
	{ "clone3", ALL, call_clone3, KILLS },
	{ "ptrace", ALL, call_ptrace, KILLS },
	{ "ioctl TIOCSTI", ALL, call_tiocsti, KILLS },
	{ "memfd_create", ALL, call_memfd, KILLS },
	{ "mmap, an executable ring", ALL, call_mmap_ring_exec, DENIES },
	{ "eventfd", ALL, call_eventfd, KILLS },
	{ "fcntl F_SETFL, a blocking bell", ALL, call_bell_block, KILLS },
	{ "prctl", ALL, call_prctl, KILLS },
	{ "tgkill but abort", ALL, call_tgkill_other, KILLS },
#endif
};

REFUSED_CASES

/* abort() in the sandbox ends the process with SIGABRT. */
ATF_TC_WITHOUT_HEAD(aborts);
ATF_TC_BODY(aborts, tc)
{
	pid_t	pid;
	int	st;

	need_backend();
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		must(sandbox_enter(ROLE_RELAY, SANDBOX_ON, NULL) == 0,
		    "sandbox_enter");
		abort();
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_CHECK(WIFSIGNALED(st));
	ATF_CHECK_EQ(SIGABRT, WTERMSIG(st));
}

/* A debug build logs the name of the call. */
ATF_TC_WITHOUT_HEAD(named);
ATF_TC_BODY(named, tc)
{
#ifdef SANDBOX_DEBUG
	char	text[128];
	ssize_t	n;
	pid_t	pid;
	int	p[2], st;

	need_backend();
	ATF_REQUIRE(pipe(p) == 0);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		must(dup2(p[1], STDERR_FILENO) != -1 &&
		    sandbox_enter(ROLE_KEYS, SANDBOX_ON, NULL) == 0,
		    "sandbox_enter");
		_exit(chdir("/"));
	}
	close(p[1]);
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_REQUIRE((n = read(p[0], text, sizeof(text) - 1)) >= 0);
	text[n] = '\0';
	ATF_CHECK_MSG(strstr(text, "chdir") != NULL, "it says: %s", text);
#else
	atf_tc_skip("not built with -DSANDBOX_DEBUG");
#endif
}

ATF_TC_WITHOUT_HEAD(level);
ATF_TC_BODY(level, tc)
{
	pid_t	pid;
	int	st;

	need_backend();
	ATF_CHECK_STREQ("none", sandbox_level());
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		must(sandbox_enter(ROLE_KEYS, SANDBOX_ON, NULL) == 0,
		    "sandbox_enter");
		_exit(strncmp(sandbox_level(), sandbox_backend(),
		    strlen(sandbox_backend())) != 0);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_CHECK_MSG(WIFEXITED(st) && WEXITSTATUS(st) == 0,
	    "the level does not name the backend");
#ifdef __linux__
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		must(sandbox_enter(ROLE_KEYS, SANDBOX_SECCOMP, NULL) == 0,
		    "sandbox_enter");
		_exit(strcmp(sandbox_level(), "seccomp") != 0 ||
		    *sandbox_lack() != '\0');
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_CHECK_MSG(WIFEXITED(st) && WEXITSTATUS(st) == 0,
	    "without Landlock the level is not seccomp");
#endif
}

ATF_TC_WITHOUT_HEAD(other_roles);
ATF_TC_BODY(other_roles, tc)
{
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_PARENT, SANDBOX_ON, NULL));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_CTL, SANDBOX_ON, NULL));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_MAX, SANDBOX_ON, NULL));
	ATF_CHECK_STREQ("none", sandbox_level());
}

/* Only the roles that connect take a struct sandbox_net, which they require. */
ATF_TC_WITHOUT_HEAD(reach);
ATF_TC_BODY(reach, tc)
{
	static const char *const	 paths[] = { "/etc" };
	static const uint16_t		 port = 443;
	struct sandbox_net		 net = { paths, 1, NULL, 0, NULL };
	struct sandbox_net		 one = { .socket = "/a" };

	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_KEYS, SANDBOX_ON, &net));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_FRONT, SANDBOX_ON, &net));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_RELAY, SANDBOX_ON, &net));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_STUN, SANDBOX_ON, &net));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_MAP, SANDBOX_ON, &net));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_WGKEYS, SANDBOX_ON, &net));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_NETLINK, SANDBOX_ON, &net));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_WORKER, SANDBOX_ON, &net));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_FETCH, SANDBOX_ON, NULL));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_ACME, SANDBOX_ON, NULL));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_HEALTH, SANDBOX_ON, NULL));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_HEALTH, SANDBOX_ON, &net));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_RESOLVE, SANDBOX_ON, NULL));
	/* Only verify connects to a local socket, and then to no other. */
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_VERIFY, SANDBOX_ON, NULL));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_FETCH, SANDBOX_ON, &one));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_RESOLVE, SANDBOX_ON, &one));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_FRONT, SANDBOX_ON, &one));
	one.ports = &port;
	one.nports = 1;
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_VERIFY, SANDBOX_ON, &one));
	one.nports = 0;
	one.read_paths = paths;
	one.npaths = 1;
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_VERIFY, SANDBOX_ON, &one));
	ATF_CHECK_STREQ("none", sandbox_level());
}

ATF_TP_ADD_TCS(tp)
{
	ADD_REFUSED_CASES(tp);
	ATF_TP_ADD_TC(tp, aborts);
	ATF_TP_ADD_TC(tp, named);
	ATF_TP_ADD_TC(tp, level);
	ATF_TP_ADD_TC(tp, other_roles);
	ATF_TP_ADD_TC(tp, reach);
	return atf_no_error();
}
