/*
 * sandbox_refused_test: what each role's sandbox refuses.  Every call is made
 * by a child of its own, and once more without a sandbox: a call that fails
 * anyway would prove nothing.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#endif

#include "sandbox.h"
#include "sandbox_test.h"

/* 0 when `got' is no error, else -1; errno stays. */
static int
result(long got)
{
	return got == -1 ? -1 : 0;
}

static int
call_open(void)
{
	return result(open("/etc/passwd", O_RDONLY));
}

static int
call_creat(void)
{
	return result(open("new", O_WRONLY | O_CREAT, 0600));
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
call_socket(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int
call_socket_unix(void)
{
	return result(socket(AF_UNIX, SOCK_DGRAM, 0));
}

static int
call_connect(void)
{
	return connect(ufd, (struct sockaddr *)&addr, sizeof(addr));
}

static int
call_bind(void)
{
	struct sockaddr_in	any = addr;

	any.sin_port = 0;
	return bind(ufd, (struct sockaddr *)&any, sizeof(any));
}

static int
call_listen(void)
{
	return listen(ufd, 5);
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
call_setsockopt_other(void)
{
	int	one = 1;

	return setsockopt(cfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
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
call_accept(void)
{
	return result(accept(lfd, NULL, NULL));
}

static int
call_setsockopt(void)
{
	int	one = 1;

	return setsockopt(cfd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static int
call_shutdown(void)
{
	return shutdown(cfd, SHUT_WR);
}

static int
call_lseek(void)
{
	return result(lseek(file, 0, SEEK_SET));
}

static int
call_ftruncate(void)
{
	return ftruncate(file, 1);
}

#ifdef __linux__
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
call_memfd(void)
{
	return result(memfd_create("x", 0));
}

static int
call_prctl(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* A closed listening socket must not become a connection to elsewhere. */
static int
call_sendto_addr(void)
{
	return result(sendto(ufd, "x", 1, MSG_FASTOPEN | MSG_DONTWAIT,
	    (struct sockaddr *)&addr, sizeof(addr))) == -1 &&
	    errno != EINPROGRESS && errno != EOPNOTSUPP ? -1 : 0;
}

static int
call_sendmsg_fastopen(void)
{
	struct iovec	iov = { (char *)(uintptr_t)"x", 1 };
	struct msghdr	mh;

	memset(&mh, 0, sizeof(mh));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_name = &addr;
	mh.msg_namelen = sizeof(addr);
	return result(sendmsg(ufd, &mh, MSG_FASTOPEN | MSG_DONTWAIT)) == -1 &&
	    errno != EINPROGRESS && errno != EOPNOTSUPP ? -1 : 0;
}

static int
call_tgkill_other(void)
{
	return result(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0));
}
#endif

/* Roles that seccomp refuses it to; the promises of pledge are coarser. */
#ifdef __linux__
#define FINE(roles)	(roles)
#else
#define FINE(roles)	0
#endif

static const struct probe forbidden[] = {
	{ "open", BOTH, call_open },
	{ "creat", BOTH, call_creat },
	{ "unlink", BOTH, call_unlink },
	{ "chdir", BOTH, call_chdir },
	{ "socket", KEYS | FINE(RELAY), call_socket },
	{ "socket, unix", BOTH, call_socket_unix },
	{ "connect", KEYS | FINE(RELAY), call_connect },
	{ "bind", KEYS | FINE(RELAY), call_bind },
	{ "listen", KEYS | FINE(RELAY), call_listen },
	{ "execve", BOTH, call_execve },
	{ "fork", BOTH, call_fork },
	{ "kill", BOTH, call_kill },
	{ "setsockopt of another option", FINE(BOTH), call_setsockopt_other },
	{ "mmap, executable", BOTH, call_mmap_exec },
	{ "mprotect, executable", BOTH, call_mprotect_exec },
	{ "fcntl F_DUPFD", FINE(BOTH), call_dupfd },
	{ "accept", KEYS, call_accept },
	{ "setsockopt", KEYS, call_setsockopt },
	{ "shutdown", FINE(KEYS), call_shutdown },
	{ "ioctl FIONBIO", FINE(KEYS), call_nonblock },
	{ "lseek", FINE(RELAY), call_lseek },
	{ "ftruncate", FINE(RELAY), call_ftruncate },
#ifdef __linux__
	{ "clone3", BOTH, call_clone3 },
	{ "ptrace", BOTH, call_ptrace },
	{ "ioctl TIOCSTI", BOTH, call_tiocsti },
	{ "memfd_create", BOTH, call_memfd },
	{ "prctl", BOTH, call_prctl },
	{ "sendto with an address", BOTH, call_sendto_addr },
	{ "sendmsg with fast open", BOTH, call_sendmsg_fastopen },
	{ "tgkill but abort", BOTH, call_tgkill_other },
#endif
};

static void
check_refused(enum role role)
{
	enum outcome	got;
	size_t		i;

	need_backend();
	for (i = 0; i < NELEM(forbidden); i++) {
		if ((forbidden[i].roles & 1U << role) == 0)
			continue;
		got = attempt(&forbidden[i], role);
		ATF_CHECK_MSG(got == DENIED || got == KILLED,
		    "%s: %s was not refused (%d)", role_name(role),
		    forbidden[i].name, (int)got);
	}
}

ATF_TC_WITHOUT_HEAD(keys_refused);
ATF_TC_BODY(keys_refused, tc)
{
	check_refused(ROLE_KEYS);
}

ATF_TC_WITHOUT_HEAD(relay_refused);
ATF_TC_BODY(relay_refused, tc)
{
	check_refused(ROLE_RELAY);
}

ATF_TC_WITHOUT_HEAD(control);
ATF_TC_BODY(control, tc)
{
	size_t	i;

	for (i = 0; i < NELEM(forbidden); i++) {
		/* It waits for a client, which only a sandbox prevents. */
		if (forbidden[i].call == call_accept)
			continue;
		ATF_CHECK_EQ_MSG(WORKED, attempt(&forbidden[i], ROLE_MAX),
		    "%s fails without a sandbox too", forbidden[i].name);
	}
}

/* A fault of our own shows as what it is. */
ATF_TC_WITHOUT_HEAD(aborts);
ATF_TC_BODY(aborts, tc)
{
	pid_t	pid;
	int	st;

	need_backend();
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		must(sandbox_enter(ROLE_RELAY) == 0, "sandbox_enter");
		abort();
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_CHECK(WIFSIGNALED(st));
	ATF_CHECK_EQ(SIGABRT, WTERMSIG(st));
}

/* A debug build says which call it was. */
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
		    sandbox_enter(ROLE_KEYS) == 0, "sandbox_enter");
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
		must(sandbox_enter(ROLE_KEYS) == 0, "sandbox_enter");
		_exit(strncmp(sandbox_level(), sandbox_backend(),
		    strlen(sandbox_backend())) != 0);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_CHECK_MSG(WIFEXITED(st) && WEXITSTATUS(st) == 0,
	    "the level does not name the backend");
}

ATF_TC_WITHOUT_HEAD(other_roles);
ATF_TC_BODY(other_roles, tc)
{
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_PARENT));
	ATF_CHECK_EQ(-1, sandbox_enter(ROLE_CTL));
	ATF_CHECK_STREQ("none", sandbox_level());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keys_refused);
	ATF_TP_ADD_TC(tp, relay_refused);
	ATF_TP_ADD_TC(tp, control);
	ATF_TP_ADD_TC(tp, aborts);
	ATF_TP_ADD_TC(tp, named);
	ATF_TP_ADD_TC(tp, level);
	ATF_TP_ADD_TC(tp, other_roles);
	return atf_no_error();
}
