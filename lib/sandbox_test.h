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

/* In a child: what a test stands on, or it exits with 100. */
static void
must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	_exit(100);
}

/* In a child, before it is confined: open what the calls want. */
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

/* Of both lists: make a socket non-blocking. */
static int
call_nonblock(void)
{
	int	one = 1;

	return ioctl(cfd, FIONBIO, &one);
}

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

/* Skip the case where there is no sandbox to test. */
static void
need_backend(void)
{
	if (strcmp(sandbox_backend(), "null") == 0)
		atf_tc_skip("built without a sandbox");
}

#endif
