/*
 * sandbox_test: what the tests of the sandbox share: what is at hand when it
 * closes, and a call that is made by a child of its own behind it.
 */
#ifndef SANDBOX_TEST_H
#define SANDBOX_TEST_H

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

#include "sandbox.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

/* Sets of roles. */
#define KEYS	(1U << ROLE_KEYS)
#define RELAY	(1U << ROLE_RELAY)
#define STUN	(1U << ROLE_STUN)
#define MAP	(1U << ROLE_MAP)
#define FETCH	(1U << ROLE_FETCH)
#define HEALTH	(1U << ROLE_HEALTH)
#define ACME	(1U << ROLE_ACME)
#define ALL	(KEYS | RELAY | STUN | MAP | FETCH | HEALTH | ACME)

/* Those that look up names and read authorities. */
#define READERS	(FETCH | ACME)

/* Roles that seccomp refuses it to; the promises of pledge are coarser. */
#ifdef __linux__
#define FINE(roles)	(roles)
#else
#define FINE(roles)	0
#endif

/* What a child made of its call; exit codes but for the last one. */
enum outcome {
	WORKED,
	FAILED,		/* with an error that has nothing to do with us */
	DENIED,		/* with EACCES or EPERM */
	UNCHECKED,	/* not made: this kernel has no Landlock, or an old */
	KILLED
};

/* What is at hand when the sandbox closes, as in the real processes. */
static struct sockaddr_in	addr;	/* of lfd */
static struct sockaddr_in	other;	/* of a second one that listens */
static struct sockaddr_in	udp;	/* of dfd */
static int	lfd;			/* listens */
static int	dfd;			/* UDP socket, bound */
static int	cfd, afd;		/* a TCP connection: both ends */
static int	ufd;			/* TCP socket, unconnected */
static int	pair[2];		/* stream of unix sockets */
static int	passed[2];		/* the same; a descriptor waits */
static int	file;			/* a file, to read and write */
static char	hidden[256];		/* its path, absolute */
static char	shown[256];		/* that of a file which fetch names */
#ifdef __linux__
static int	epfd;
#endif

/* How a call is refused, where seccomp does it; pledge may do so otherwise. */
enum sandbox_how {
	KILLS,		/* it ends the process */
	DENIES,		/* it does, or fails with EACCES or EPERM */
	LANDLOCK	/* it fails, by Landlock alone */
};

struct sandbox_probe {
	const char		*name;
	unsigned int		 roles;
	int			(*call)(void);	/* 0, or -1 with errno */
	enum sandbox_how	 how;
};

/* In a child: what a test stands on, or it exits with 100. */
static void
must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	_exit(100);
}

/* A socket of `type' on a free port of the loopback address. */
static int
bound(int type, struct sockaddr_in *sin)
{
	socklen_t	len = sizeof(*sin);
	int		fd;

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must((fd = socket(AF_INET, type, 0)) != -1 &&
	    bind(fd, (struct sockaddr *)sin, sizeof(*sin)) == 0 &&
	    (type != SOCK_STREAM || listen(fd, 5) == 0) &&
	    getsockname(fd, (struct sockaddr *)sin, &len) == 0, "socket");
	return fd;
}

/* A file with four bytes in it; its path goes to `path'. */
static int
make_file(char path[256])
{
	char	dir[200];
	int	fd;

	must(getcwd(dir, sizeof(dir)) != NULL, "getcwd");
	snprintf(path, 256, "%s/fileXXXXXX", dir);
	must((fd = mkstemp(path)) != -1 && write(fd, "text", 4) == 4, "file");
	return fd;
}

/* Send a byte and the descriptor `fd' on the socket `to'; 0, or -1. */
static int
send_fd(int to, int fd)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	} ctl;
	struct iovec	 iov = { (char *)(uintptr_t)"x", 1 };
	struct msghdr	 mh;
	struct cmsghdr	*cm;

	memset(&mh, 0, sizeof(mh));
	memset(&ctl, 0, sizeof(ctl));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = ctl.buf;
	mh.msg_controllen = sizeof(ctl.buf);
	cm = CMSG_FIRSTHDR(&mh);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &fd, sizeof(int));
	return sendmsg(to, &mh, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* In a child, before it is confined: open what the calls want. */
static void
prepare(void)
{
	lfd = bound(SOCK_STREAM, &addr);
	(void)bound(SOCK_STREAM, &other);
	dfd = bound(SOCK_DGRAM, &udp);
	must((cfd = socket(AF_INET, SOCK_STREAM, 0)) != -1 &&
	    connect(cfd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    (afd = accept(lfd, NULL, NULL)) != -1, "connection");
	must((ufd = socket(AF_INET, SOCK_STREAM, 0)) != -1, "socket");
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 &&
	    socketpair(AF_UNIX, SOCK_STREAM, 0, passed) == 0 &&
	    send_fd(passed[0], cfd) == 0, "socketpair");
	close(make_file(shown));
	file = make_file(hidden);
#ifdef __linux__
	must((epfd = epoll_create1(0)) != -1, "epoll");
#endif
	tzset();
	openlog("sandbox_test", LOG_NDELAY, LOG_DAEMON);
}

/* Enter the sandbox of `role', with what it may reach besides. */
static void
confine(enum ipc_role role)
{
	static const char	*paths[] = { shown };
	static uint16_t		 ports[1];
	struct sandbox_net	 net = { NULL, 0, ports, 1 };
	int			 client;

	ports[0] = ntohs(addr.sin_port);
	if (role == ROLE_FETCH || role == ROLE_ACME) {
		net.read_paths = paths;
		net.npaths = 1;
	}
	client = role == ROLE_FETCH || role == ROLE_ACME ||
	    role == ROLE_HEALTH;
	must(sandbox_enter(role, client ? &net : NULL) == 0, "sandbox_enter");
}

/* Of two lists: make a socket non-blocking. */
static inline int
call_nonblock(void)
{
	int	one = 1;

	return ioctl(cfd, FIONBIO, &one);
}

/* Make the call in a child, in the sandbox of `role' (ROLE_MAX: in none). */
static enum outcome
attempt(const struct sandbox_probe *p, enum ipc_role role)
{
	pid_t	pid;
	int	st;

	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		prepare();
		if (role != ROLE_MAX)
			confine(role);
		if (p->how == LANDLOCK && role != ROLE_MAX &&
		    (strstr(sandbox_level(), "no landlock") != NULL ||
		    strstr(sandbox_level(), "without") != NULL))
			_exit(UNCHECKED);
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
	ATF_REQUIRE_MSG(WEXITSTATUS(st) <= UNCHECKED, "%s: set-up failed",
	    p->name);
	return (enum outcome)WEXITSTATUS(st);
}

/* Skip the case where there is no sandbox to test. */
static void
need_backend(void)
{
	if (strcmp(sandbox_backend(), "null") == 0)
		atf_tc_skip("built without a sandbox");
}

#endif
