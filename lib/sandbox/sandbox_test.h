/*
 * sandbox_test: Shared by the tests of the sandbox: files and sockets opened
 * before the sandbox is entered, and a call made inside it by a child process.
 */
#ifndef SANDBOX_TEST_H
#define SANDBOX_TEST_H

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
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
#include <linux/netlink.h>
#endif

#include "ring.h"
#include "sandbox.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

/* Sets of roles. */
#define KEYS	(1U << ROLE_KEYS)
#define FRONT	(1U << ROLE_FRONT)
#define SIGNER	(1U << ROLE_SIGNER)
#define RELAY	(1U << ROLE_RELAY)
#define STUN	(1U << ROLE_STUN)
#define MAP	(1U << ROLE_MAP)
#define FETCH	(1U << ROLE_FETCH)
#define HEALTH	(1U << ROLE_HEALTH)
#define ACME	(1U << ROLE_ACME)
#define ADMIT	(1U << ROLE_ADMIT)
#define VERIFY	(1U << ROLE_VERIFY)
#define RESOLVE	(1U << ROLE_RESOLVE)
#define METRICS	(1U << ROLE_METRICS)
#define MESH	(1U << ROLE_MESH)
#define WGKEYS	(1U << ROLE_WGKEYS)
#define NETLINK	(1U << ROLE_NETLINK)
#define WORKER	(1U << ROLE_WORKER)
#define LOCAL	(1U << role_local)
#define ALL	(KEYS | SIGNER | FRONT | RELAY | STUN | MAP | FETCH | \
		    HEALTH | ACME | ADMIT | VERIFY | RESOLVE | METRICS | \
		    MESH | WGKEYS | NETLINK | WORKER | LOCAL)

/* Roles without any network. */
#define QUIET	(KEYS | SIGNER | ADMIT | MAP | WGKEYS)

/* Roles that resolve names and read certificate authorities. */
#define READERS	(FETCH | ACME | VERIFY | MESH)

/* Roles that resolve names. */
#define NAMERS	(READERS | RESOLVE)

/* Verify, when it connects to a local socket. */
enum { role_local = ROLE_MAX + 1 };

/* Roles to which seccomp refuses a call; the promises of pledge are coarser. */
#ifdef __linux__
#define FINE(roles)	(roles)
#else
#define FINE(roles)	0
#endif

/* Outcome of a child's call; exit statuses except for the last. */
enum outcome {
	WORKED,
	FAILED,		/* with another error */
	DENIED,		/* with EACCES or EPERM */
	UNCHECKED,	/* skipped: Landlock is missing or too old */
	KILLED
};

/* Opened before the sandbox is entered, as in the real processes. */
static struct sockaddr_in	addr;	/* address of lfd */
static struct sockaddr_in	other;	/* that of another listening socket */
static struct sockaddr_in	udp;	/* address of dfd */
static int	lfd;			/* listening TCP socket */
static int	dfd;			/* UDP socket, bound */
static int	cfd, afd;		/* both ends of a TCP connection */
static int	ufd;			/* TCP socket, unconnected */
#ifdef __linux__
static int	nfd;			/* generic netlink */
#endif
static int	pair[2];		/* unix stream sockets */
static int	passed[2];		/* the same, with a descriptor queued */
static int	file;			/* a file, for reading and writing */
static char	hidden[256];		/* absolute path of that file */
static char	shown[256];		/* path of a file that fetch may read */
static struct sockaddr_un local;	/* address of a listening socket */
static int	ring[2][IPC_RING_MAXFDS]; /* of two workers */
#ifdef __linux__
static int	epfd;
#endif

/* How seccomp refuses a call; pledge may do so differently. */
enum sandbox_how {
	KILLS,		/* it ends the process */
	DENIES,		/* that, or EACCES or EPERM */
	LANDLOCK	/* the call fails, by Landlock alone */
};

struct sandbox_probe {
	const char		*name;
	unsigned int		 roles;
	int			(*call)(void);	/* 0, or -1 with errno */
	enum sandbox_how	 how;
};

/* In a child: exit with 100 unless `ok', a precondition of the test. */
static void
must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	_exit(100);
}

/* Bind a socket of `type' to a free port of the loopback address. */
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

/* Create a file of four bytes; its path is stored in `path'. */
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

/* Send a byte and the descriptor `fd' on the socket `to'.  Returns 0 or -1. */
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

/* Listen on a local socket. */
static void
listen_locally(void)
{
	int	fd;

	memset(&local, 0, sizeof(local));
	local.sun_family = AF_UNIX;
	strlcpy(local.sun_path, "local.sock", sizeof(local.sun_path));
	(void)unlink(local.sun_path);
	must((fd = socket(AF_UNIX, SOCK_STREAM, 0)) != -1 &&
	    bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0 &&
	    listen(fd, 5) == 0, "local socket");
}

/* In a child, before confinement: open what the calls use. */
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
#ifdef __linux__
	must((nfd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC)) != -1,
	    "generic netlink");
#endif
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 &&
	    socketpair(AF_UNIX, SOCK_STREAM, 0, passed) == 0 &&
	    send_fd(passed[0], cfd) == 0, "socketpair");
	must(ipc_ring_make(8192, ring[0], ring[1]) == 0, "rings");
	listen_locally();
	close(make_file(shown));
	file = make_file(hidden);
#ifdef __linux__
	must((epfd = epoll_create1(0)) != -1, "epoll");
#endif
	tzset();
	openlog("sandbox_test", LOG_NDELAY, LOG_DAEMON);
}

/* Enter the sandbox of `role', with the files and ports it requires. */
static void
confine(enum ipc_role role)
{
	static const char	*paths[] = { shown };
	static uint16_t		 ports[1];
	struct sandbox_net	 net = { NULL, 0, ports, 1, NULL };
	int			 client;

	ports[0] = ntohs(addr.sin_port);
	if ((1U << role & NAMERS) != 0) {
		net.read_paths = paths;
		net.npaths = 1;
	}
	client = (1U << role & (NAMERS | HEALTH | LOCAL)) != 0;
	if ((1U << role & LOCAL) != 0) {
		role = ROLE_VERIFY;
		net.nports = 0;
		net.socket = local.sun_path;
	}
	must(sandbox_enter(role, SANDBOX_ON, client ? &net : NULL) == 0,
	    "sandbox_enter");
}

/* Make a socket non-blocking with FIONBIO. */
static inline int
call_nonblock(void)
{
	int	one = 1;

	return ioctl(cfd, FIONBIO, &one);
}

/* Make the call in a child, in the sandbox of `role' (ROLE_MAX: no sandbox). */
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
	if (WEXITSTATUS(st) == 125)	/* a debug build logs the call */
		return KILLED;
	ATF_REQUIRE_MSG(WEXITSTATUS(st) <= UNCHECKED, "%s: set-up failed",
	    p->name);
	return (enum outcome)WEXITSTATUS(st);
}

/* Skip the test case when there is no sandbox. */
static void
need_backend(void)
{
	if (strcmp(sandbox_backend(), "null") == 0)
		atf_tc_skip("built without a sandbox");
}

#endif
