/*
 * sandbox_allowed_test: what each role does all day, from within its sandbox.
 * Every call is made by a child of its own.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/random.h>
#include <linux/sockios.h>
#endif

#include "sandbox.h"
#include "sandbox_test.h"

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

ATF_TC_WITHOUT_HEAD(keys_allowed);
ATF_TC_BODY(keys_allowed, tc)
{
	check_allowed(ROLE_KEYS);
}

ATF_TC_WITHOUT_HEAD(relay_allowed);
ATF_TC_BODY(relay_allowed, tc)
{
	check_allowed(ROLE_RELAY);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keys_allowed);
	ATF_TP_ADD_TC(tp, relay_allowed);
	return atf_no_error();
}
