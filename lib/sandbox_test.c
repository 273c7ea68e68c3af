/*
 * sandbox_test: what each role's sandbox refuses and what it allows.  Every
 * call is made by a child of its own, which enters the sandbox first.  The
 * same forbidden calls are made without a sandbox too: a call that fails
 * anyway would prove nothing.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <linux/sockios.h>
#endif

#include "sandbox.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

/* Sets of roles. */
#define KEYS	(1U << ROLE_KEYS)
#define RELAY	(1U << ROLE_RELAY)
#define BOTH	(KEYS | RELAY)

/* What a child made of its call; the first three are exit codes. */
enum outcome {
	WORKED,
	FAILED,		/* with an error that has nothing to do with us */
	DENIED,		/* with EACCES or EPERM */
	KILLED
};

/* What is at hand when the sandbox closes, as in the real processes. */
static struct sockaddr_in	addr;	/* of lfd */
static int	lfd;			/* listens */
static int	cfd, afd;		/* a TCP connection: both ends */
static int	ufd;			/* TCP socket, unconnected */
static int	pair[2];		/* stream of unix sockets */
static int	file;			/* a file, to read and write */
#ifdef __linux__
static int	epfd;
#endif

struct probe {
	const char	*name;
	unsigned int	 roles;
	int		(*call)(void);	/* 0, or -1 with errno */
};

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	_exit(100);
}

static void
prepare(void)
{
	char		name[] = "fileXXXXXX";
	socklen_t	len = sizeof(addr);

	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must((lfd = socket(AF_INET, SOCK_STREAM, 0)) != -1 &&
	    bind(lfd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    listen(lfd, 5) == 0 &&
	    getsockname(lfd, (struct sockaddr *)&addr, &len) == 0, "listen");
	must((cfd = socket(AF_INET, SOCK_STREAM, 0)) != -1 &&
	    connect(cfd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    (afd = accept(lfd, NULL, NULL)) != -1, "connection");
	must((ufd = socket(AF_INET, SOCK_STREAM, 0)) != -1, "socket");
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	must((file = mkstemp(name)) != -1 && write(file, "text", 4) == 4,
	    "file");
#ifdef __linux__
	must((epfd = epoll_create1(0)) != -1, "epoll");
#endif
	tzset();
	openlog("sandbox_test", LOG_NDELAY, LOG_DAEMON);
}

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
call_nonblock(void)
{
	int	one = 1;

	return ioctl(cfd, FIONBIO, &one);
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

static const struct probe forbidden[] = {
	{ "open", BOTH, call_open },
	{ "creat", BOTH, call_creat },
	{ "unlink", BOTH, call_unlink },
	{ "chdir", BOTH, call_chdir },
	{ "socket", BOTH, call_socket },
	{ "socket, unix", BOTH, call_socket_unix },
	{ "connect", BOTH, call_connect },
	{ "bind", BOTH, call_bind },
	{ "listen", BOTH, call_listen },
	{ "execve", BOTH, call_execve },
	{ "fork", BOTH, call_fork },
	{ "kill", BOTH, call_kill },
	{ "setsockopt of another option", BOTH, call_setsockopt_other },
	{ "mmap, executable", BOTH, call_mmap_exec },
	{ "mprotect, executable", BOTH, call_mprotect_exec },
	{ "fcntl F_DUPFD", BOTH, call_dupfd },
	{ "accept", KEYS, call_accept },
	{ "setsockopt", KEYS, call_setsockopt },
	{ "shutdown", KEYS, call_shutdown },
	{ "ioctl FIONBIO", KEYS, call_nonblock },
	{ "lseek", RELAY, call_lseek },
	{ "ftruncate", RELAY, call_ftruncate },
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

static int
call_readwrite(void)
{
	char	c;

	return write(pair[0], "x", 1) == 1 && read(pair[1], &c, 1) == 1 ?
	    0 : -1;
}

/* A descriptor goes over a channel and works on the other side. */
static int
call_passfd(void)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	} ctl;
	struct iovec	 iov;
	struct msghdr	 mh;
	struct cmsghdr	*cm;
	char		 c = 'x';
	int		 fd;

	memset(&mh, 0, sizeof(mh));
	memset(&ctl, 0, sizeof(ctl));
	iov.iov_base = &c;
	iov.iov_len = 1;
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = ctl.buf;
	mh.msg_controllen = sizeof(ctl.buf);
	cm = CMSG_FIRSTHDR(&mh);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &cfd, sizeof(int));
	if (sendmsg(pair[0], &mh, MSG_NOSIGNAL) != 1 ||
	    recvmsg(pair[1], &mh, 0) != 1 ||
	    (cm = CMSG_FIRSTHDR(&mh)) == NULL)
		return -1;
	memcpy(&fd, CMSG_DATA(cm), sizeof(int));
	return write(fd, "x", 1) == 1 ? close(fd) : -1;
}

static int
call_poll(void)
{
	struct pollfd	pfd = { pair[0], POLLOUT, 0 };

	return poll(&pfd, 1, 1000) == 1 ? 0 : -1;
}

static int
call_memory(void)
{
	char	*p, *q;

	if ((p = malloc(8 * 1024 * 1024)) == NULL)
		return -1;
	memset(p, 1, 8 * 1024 * 1024);
	if ((q = realloc(p, 32 * 1024 * 1024)) == NULL) {
		free(p);
		return -1;
	}
	free(q);
	return 0;
}

static int
call_time(void)
{
	struct timespec	ts;
	struct tm	tm;
	time_t		now;
	char		buf[64];

	now = time(NULL);
	return clock_gettime(CLOCK_MONOTONIC, &ts) == 0 &&
	    localtime_r(&now, &tm) != NULL && localtime(&now) != NULL &&
	    strftime(buf, sizeof(buf), "%c %Z", &tm) > 0 ? 0 : -1;
}

static int
call_fstat(void)
{
	struct stat	st;

	return fstat(pair[0], &st);
}

static int
call_syslog(void)
{
	syslog(LOG_DEBUG, "from within the sandbox");
	closelog();
	syslog(LOG_DEBUG, "and after its socket was lost");
	return 0;
}

static int
call_signals(void)
{
	struct sigaction	sa;
	sigset_t		set;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_IGN;
	sigemptyset(&set);
	return sigprocmask(SIG_BLOCK, &set, NULL) == 0 ?
	    sigaction(SIGUSR1, &sa, NULL) : -1;
}

static int
call_fcntl(void)
{
	int	fl;

	return (fl = fcntl(cfd, F_GETFL)) != -1 &&
	    fcntl(cfd, F_SETFL, fl | O_NONBLOCK) == 0 &&
	    fcntl(cfd, F_SETFD, FD_CLOEXEC) == 0 ? 0 : -1;
}

/* A client comes in and is served. */
static int
call_serve(void)
{
	struct sockaddr_in	sin;
	socklen_t		len = sizeof(sin);
	int			one = 1, error;
	char			c;

	if (getpeername(afd, (struct sockaddr *)&sin, &len) == -1 ||
	    setsockopt(afd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == -1)
		return -1;
	len = sizeof(error);
	if (getsockopt(afd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return -1;
	return send(cfd, "x", 1, MSG_NOSIGNAL) == 1 &&
	    recv(afd, &c, 1, 0) == 1 ? shutdown(afd, SHUT_WR) : -1;
}

static int
call_accept_none(void)
{
	return fcntl(lfd, F_SETFL, O_NONBLOCK) == 0 &&
	    accept(lfd, NULL, NULL) == -1 && errno == EAGAIN ? 0 : -1;
}

static int
call_keyfile(void)
{
	char	buf[8];

	return lseek(file, 0, SEEK_SET) == 0 &&
	    read(file, buf, sizeof(buf)) == 4 && ftruncate(file, 0) == 0 &&
	    write(file, "key", 3) == 3 ? fsync(file) : -1;
}

#ifdef __linux__
static int
call_epoll(void)
{
	struct epoll_event	ev;

	memset(&ev, 0, sizeof(ev));
	ev.events = EPOLLOUT;
	return epoll_ctl(epfd, EPOLL_CTL_ADD, pair[0], &ev) == 0 &&
	    epoll_wait(epfd, &ev, 1, 1000) == 1 ? 0 : -1;
}

static int
call_random(void)
{
	char	buf[32];

	return getrandom(buf, sizeof(buf), 0) == sizeof(buf) ? 0 : -1;
}

static int
call_outq(void)
{
	int	n;

	return ioctl(cfd, SIOCOUTQ, &n);
}
#endif

static const struct probe allowed[] = {
	{ "read and write", BOTH, call_readwrite },
	{ "a descriptor over a channel", BOTH, call_passfd },
	{ "poll", BOTH, call_poll },
	{ "memory", BOTH, call_memory },
	{ "time", BOTH, call_time },
	{ "fstat", BOTH, call_fstat },
	{ "syslog", BOTH, call_syslog },
	{ "signals", BOTH, call_signals },
	{ "fcntl", BOTH, call_fcntl },
	{ "serving a client", RELAY, call_serve },
	{ "accept", RELAY, call_accept_none },
	{ "ioctl FIONBIO", RELAY, call_nonblock },
	{ "key file", KEYS, call_keyfile },
#ifdef __linux__
	{ "epoll", BOTH, call_epoll },
	{ "getrandom", BOTH, call_random },
	{ "ioctl SIOCOUTQ", RELAY, call_outq },
#endif
};

/* Make the call in a child, in the sandbox of `role' (ROLE_MAX: in none). */
static enum outcome
attempt(const struct probe *p, enum role role)
{
	pid_t	pid;
	int	st;

	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		prepare();
		if (role != ROLE_MAX)
			must(sandbox_enter(role) == 0, "sandbox_enter");
		if (p->call() == 0)
			_exit(WORKED);
		_exit(errno == EACCES || errno == EPERM ? DENIED : FAILED);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	if (WIFSIGNALED(st)) {
		if (WTERMSIG(st) != SIGSYS && WTERMSIG(st) != SIGABRT)
			atf_tc_fail("%s: signal %d", p->name, WTERMSIG(st));
		return KILLED;
	}
	if (WEXITSTATUS(st) == 125)	/* a debug build names the call */
		return KILLED;
	ATF_REQUIRE_MSG(WEXITSTATUS(st) <= DENIED, "%s: set-up failed",
	    p->name);
	return (enum outcome)WEXITSTATUS(st);
}

static void
need_backend(void)
{
	if (strcmp(sandbox_backend(), "null") == 0)
		atf_tc_skip("built without a sandbox");
}

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

static void
check_allowed(enum role role)
{
	size_t	i;

	need_backend();
	for (i = 0; i < NELEM(allowed); i++)
		if (allowed[i].roles & 1U << role)
			ATF_CHECK_EQ_MSG(WORKED, attempt(&allowed[i], role),
			    "%s: %s does not work", role_name(role),
			    allowed[i].name);
}

ATF_TC_WITHOUT_HEAD(keys_refused);
ATF_TC_BODY(keys_refused, tc)
{
	check_refused(ROLE_KEYS);
}

ATF_TC_WITHOUT_HEAD(keys_allowed);
ATF_TC_BODY(keys_allowed, tc)
{
	check_allowed(ROLE_KEYS);
}

ATF_TC_WITHOUT_HEAD(relay_refused);
ATF_TC_BODY(relay_refused, tc)
{
	check_refused(ROLE_RELAY);
}

ATF_TC_WITHOUT_HEAD(relay_allowed);
ATF_TC_BODY(relay_allowed, tc)
{
	check_allowed(ROLE_RELAY);
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
	ATF_TP_ADD_TC(tp, keys_allowed);
	ATF_TP_ADD_TC(tp, relay_refused);
	ATF_TP_ADD_TC(tp, relay_allowed);
	ATF_TP_ADD_TC(tp, control);
	ATF_TP_ADD_TC(tp, aborts);
	ATF_TP_ADD_TC(tp, level);
	ATF_TP_ADD_TC(tp, other_roles);
	return atf_no_error();
}
