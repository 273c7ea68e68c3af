/*
 * sandbox_allowed_test: Tests that each role's sandbox permits the role's
 * normal work.  Every call is made in its own child process.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
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
#include <linux/genetlink.h>
#include <linux/sockios.h>
#endif

#include "sandbox.h"
#include "sandbox_test.h"
#include "stream.h"
#include "tcpoptions.h"

static int
call_readwrite(void)
{
	char	c;

	return write(pair[0], "x", 1) == 1 && read(pair[1], &c, 1) == 1 ?
	    0 : -1;
}

/* Receive a file descriptor over a channel and use it. */
static int
call_takefd(void)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	} ctl;
	struct iovec	 iov;
	struct msghdr	 mh;
	struct cmsghdr	*cm;
	char		 c;
	int		 fd;

	memset(&mh, 0, sizeof(mh));
	iov.iov_base = &c;
	iov.iov_len = 1;
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = ctl.buf;
	mh.msg_controllen = sizeof(ctl.buf);
	if (recvmsg(passed[1], &mh, 0) != 1 ||
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

/* Who is the client that was accepted? */
static int
call_names(void)
{
	struct sockaddr_in	sin;
	socklen_t		len = sizeof(sin);
	int			error;

	if (getpeername(afd, (struct sockaddr *)&sin, &len) == -1 ||
	    getsockname(afd, (struct sockaddr *)&sin, &len) == -1)
		return -1;
	len = sizeof(error);
	return getsockopt(afd, SOL_SOCKET, SO_ERROR, &error, &len);
}

static int
call_serve(void)
{
	char	c;

	return send(cfd, "x", 1, MSG_NOSIGNAL) == 1 &&
	    recv(afd, &c, 1, 0) == 1 ? shutdown(afd, SHUT_WR) : -1;
}

static int
call_answer(void)
{
	char	c;

	return send(cfd, "x", 1, MSG_NOSIGNAL) == 1 &&
	    recv(afd, &c, 1, 0) == 1 ? 0 : -1;
}

/* Make a pair, as for a proxied client. */
static int
call_pair(void)
{
	int	sv[2];

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0, sv);
}

/* Pass a client on. */
static int
call_hand(void)
{
	return send_fd(pair[0], cfd);
}

/* Pass a copy of a session on. */
static int
call_copy(void)
{
	int	fd = dup(cfd);

	return fd == -1 || send_fd(pair[0], fd) == -1 ? -1 : close(fd);
}

/* Check a descriptor that was handed over. */
static int
call_handed(void)
{
	static const int	options[] = { SO_TYPE, SO_DOMAIN, SO_PROTOCOL,
				    SO_ACCEPTCONN };
	socklen_t		len = sizeof(int);
	size_t			i;
	int			v;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (getsockopt(cfd, SOL_SOCKET, options[i], &v, &len) == -1)
			return -1;
	return 0;
}

static int
call_accept_none(void)
{
	return fcntl(lfd, F_SETFL, O_NONBLOCK) == 0 &&
	    accept(lfd, NULL, NULL) == -1 && errno == EAGAIN ? 0 : -1;
}

/* Read a file to its end, and write one. */
static int
call_keyfile(void)
{
	char	buf[8];

	return read(file, buf, sizeof(buf)) == 0 &&
	    write(file, "key", 3) == 3 ? fsync(file) : -1;
}

static int
call_pread(void)
{
	char	buf[8];

	return pread(file, buf, sizeof(buf), 0) == -1 ? -1 : 0;
}

/* Map a file of another process for reading. */
static int
call_map(void)
{
	return mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED ?
	    -1 : 0;
}

/* Receive a datagram and answer to its source address. */
static int
call_datagram(void)
{
	struct sockaddr_in	 from;
	struct iovec		 iov;
	struct msghdr		 mh;
	char			 buf[8];

	memset(&mh, 0, sizeof(mh));
	iov.iov_base = buf;
	iov.iov_len = sizeof(buf);
	mh.msg_name = &from;
	mh.msg_namelen = sizeof(from);
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	if (sendto(dfd, "ask", 3, 0, (struct sockaddr *)&udp,
	    sizeof(udp)) != 3 || recvmsg(dfd, &mh, 0) != 3)
		return -1;
	iov.iov_len = 3;
	return sendmsg(dfd, &mh, 0) == 3 && recvmsg(dfd, &mh, 0) == 3 ? 0 : -1;
}

/* Connect to the permitted port, as all our clients do. */
static int
call_dial(void)
{
	struct net_stream	*s;
	char			 port[8];
	int			 rv;

	snprintf(port, sizeof(port), "%d", ntohs(addr.sin_port));
	if ((s = net_stream_new()) == NULL)
		return -1;
	rv = net_stream_dial(s, "127.0.0.1", port, net_stream_until(20000));
	if (rv == -1)
		fprintf(stderr, "%s\n", net_stream_error(s));
	net_stream_free(s);
	return rv;
}

/* Connect a socket that was given, to any port, and talk. */
static int
call_connect_given(void)
{
	socklen_t	len = sizeof(int);
	int		error, fd = ufd;

	return connect(fd, (struct sockaddr *)&other, sizeof(other)) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
	    send(fd, "x", 1, MSG_NOSIGNAL) == 1 &&
	    recv(fd, &error, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN ? 0 : -1;
}

/* Set what a connection needs before it is handed over. */
static int
call_options(void)
{
	static const struct net_tcp tcp = { 32768, 600, 15000 };

	return net_tcp_options(cfd, &tcp) == NULL ? 0 : -1;
}

/* Talk over a local socket, without blocking. */
static int
call_dial_local(void)
{
	socklen_t	len = sizeof(int);
	int		fd, error;

	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0)) == -1 ||
	    connect(fd, (struct sockaddr *)&local, sizeof(local)) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return -1;
	return write(fd, "x", 1) == 1 && read(fd, &error, 1) == -1 &&
	    errno == EAGAIN ? close(fd) : -1;
}

/* Read a file of the resolver with stdio. */
static int
call_read_etc(void)
{
	char	 line[256];
	FILE	*f;

	if ((f = fopen("/etc/hosts", "re")) == NULL)
		return -1;
	rewind(f);
	if (fgets(line, sizeof(line), f) == NULL) {
		fclose(f);
		return -1;
	}
	return fclose(f);
}

static int
call_read_named(void)
{
	struct stat	st;
	char		buf[8];
	int		fd;

	if (stat(shown, &st) == -1 ||
	    (fd = open(shown, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	return read(fd, buf, sizeof(buf)) == 4 ? close(fd) : -1;
}

/* Resolve names from the hosts file and with a server, which may be absent. */
static int
call_resolve(void)
{
	struct addrinfo	 hints, *res;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	if (getaddrinfo("localhost", "443", &hints, &res) != 0)
		return -1;
	freeaddrinfo(res);
	return getaddrinfo("no-such-name.invalid", "443", &hints, &res) != 0 ?
	    0 : -1;
}

/* Nothing is received. */
static int
no_entry(void *arg, uint8_t type, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)type;
	(void)p;
	(void)n;
	return -1;
}

/* Open both sides of a link between workers, write, wake, and be woken. */
static int
call_ring(void)
{
	struct ipc_ring	*a = ipc_ring_open(ring[0], 1, 1, no_entry, NULL);
	struct ipc_ring	*b = ipc_ring_open(ring[1], 1, 1, no_entry, NULL);
	struct pollfd	 pfd;

	if (a == NULL || b == NULL || !ipc_ring_sleep(b) ||
	    ipc_ring_put(a, IPC_RING_PACKET, 1, "x", 1, "y", 1) != 0 ||
	    ipc_ring_flush(a) != 0)
		return -1;
	pfd.fd = ipc_ring_fd(b);
	pfd.events = POLLIN;
	if (poll(&pfd, 1, 1000) != 1)
		return -1;
	ipc_ring_woken(b);
	ipc_ring_awake(b);
	if (ipc_ring_read(b, 1) != IPC_RING_LOST)
		return -1;
	ipc_ring_free(a);
	ipc_ring_free(b);
	return 0;
}

#ifdef __linux__
/* Ask the kernel for the generic netlink family of generic netlink itself. */
static int
call_netlink(void)
{
	struct {
		struct nlmsghdr		n;
		struct genlmsghdr	g;
		struct nlattr		a;
		char			name[8];
	} m = {
		{ sizeof(m), GENL_ID_CTRL, NLM_F_REQUEST, 1, 0 },
		{ CTRL_CMD_GETFAMILY, 1, 0 },
		{ sizeof(m.a) + sizeof("nlctrl"), CTRL_ATTR_FAMILY_NAME },
		"nlctrl"
	};
	struct sockaddr_nl	from;
	socklen_t		len = sizeof(from);
	char			buf[4096];
	ssize_t			n;

	if (send(nfd, &m, sizeof(m), 0) != (ssize_t)sizeof(m) ||
	    (n = recvfrom(nfd, buf, sizeof(buf), 0, (struct sockaddr *)&from,
	    &len)) < (ssize_t)sizeof(struct nlmsghdr))
		return -1;
	return from.nl_pid == 0 &&
	    ((struct nlmsghdr *)(void *)buf)->nlmsg_type == GENL_ID_CTRL ?
	    0 : -1;
}

/* Receive and send several datagrams in one call. */
static int
call_datagrams(void)
{
	struct mmsghdr	 mm[2];
	struct iovec	 iov[2];
	char		 buf[2][8] = { "one", "two" };
	int		 i;

	memset(mm, 0, sizeof(mm));
	for (i = 0; i < 2; i++) {
		iov[i].iov_base = buf[i];
		iov[i].iov_len = 3;
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
		mm[i].msg_hdr.msg_name = &udp;
		mm[i].msg_hdr.msg_namelen = sizeof(udp);
	}
	return sendmmsg(dfd, mm, 2, 0) == 2 &&
	    recvmmsg(dfd, mm, 2, 0, NULL) == 2 ? 0 : -1;
}

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

static int
call_info(void)
{
	struct tcp_info	ti;
	socklen_t	len = sizeof(ti);

	return getsockopt(cfd, IPPROTO_TCP, TCP_INFO, &ti, &len);
}
#endif

static const struct sandbox_probe allowed[] = {
	{ "read and write", ALL, call_readwrite, KILLS },
	{ "a descriptor over a channel", ALL & ~(HEALTH | MAP),
	    call_takefd, KILLS },
	{ "poll", ALL, call_poll, KILLS },
	{ "memory", ALL, call_memory, KILLS },
	{ "time", ALL, call_time, KILLS },
	{ "fstat", ALL, call_fstat, KILLS },
	{ "syslog", ALL, call_syslog, KILLS },
	{ "signals", ALL, call_signals, KILLS },
	{ "fcntl", ALL, call_fcntl, KILLS },
	{ "serving a client", FRONT | RELAY, call_serve, KILLS },
	{ "answering a client", METRICS, call_answer, KILLS },
	{ "the addresses of a client", FRONT, call_names, KILLS },
	{ "a pair of sockets", FRONT | MESH, call_pair, KILLS },
	{ "handing a client over", FRONT | MESH, call_hand, KILLS },
	{ "a session that moves", RELAY, call_copy, KILLS },
	{ "a session that was handed over", RELAY, call_handed, KILLS },
	{ "accept", FRONT | METRICS, call_accept_none, KILLS },
	{ "rings between workers", RELAY, call_ring, KILLS },
	{ "owners of keys", FRONT | RELAY | METRICS, call_map, KILLS },
	{ "key file", KEYS, call_keyfile, KILLS },
	{ "a file from its beginning", ADMIT, call_pread, KILLS },
	{ "a datagram", STUN | WORKER, call_datagram, KILLS },
	{ "a socket that was given", WORKER, call_connect_given, KILLS },
	{ "connecting", READERS | HEALTH, call_dial, KILLS },
	{ "options of a connection", MESH | WORKER, call_options, KILLS },
	{ "reading below /etc", NAMERS, call_read_etc, KILLS },
	{ "reading a file that was named", NAMERS, call_read_named, KILLS },
	{ "connecting to a local socket", LOCAL, call_dial_local, KILLS },
	{ "resolver", NAMERS, call_resolve, KILLS },
#ifdef __linux__
	{ "epoll", ALL, call_epoll, KILLS },
	{ "several datagrams", STUN | WORKER, call_datagrams, KILLS },
	{ "generic netlink", NETLINK, call_netlink, KILLS },
	{ "getrandom", ALL, call_random, KILLS },
	{ "ioctl SIOCOUTQ", FRONT | RELAY | WORKER, call_outq, KILLS },
	{ "getsockopt TCP_INFO", FRONT | RELAY | WORKER, call_info, KILLS },
#endif
};

static void
check_allowed(enum ipc_role role)
{
	size_t	i;

	need_backend();
	/* Shorten the resolver's wait for an absent server. */
	setenv("RES_OPTIONS", "timeout:1 attempts:1 single-request", 1);
	for (i = 0; i < NELEM(allowed); i++)
		if (allowed[i].roles & 1U << role)
			ATF_CHECK_EQ_MSG(WORKED, attempt(&allowed[i], role),
			    "%s: %s does not work", ipc_role_name(role),
			    allowed[i].name);
}

/* A test for one role. */
#define ALLOWED(name, role)						\
ATF_TC_WITHOUT_HEAD(name);						\
ATF_TC_BODY(name, tc)							\
{									\
	check_allowed(role);						\
}

ALLOWED(keys_allowed, ROLE_KEYS)
ALLOWED(signer_allowed, ROLE_SIGNER)
ALLOWED(front_allowed, ROLE_FRONT)
ALLOWED(relay_allowed, ROLE_RELAY)
ALLOWED(stun_allowed, ROLE_STUN)
ALLOWED(map_allowed, ROLE_MAP)
ALLOWED(fetch_allowed, ROLE_FETCH)
ALLOWED(acme_allowed, ROLE_ACME)
ALLOWED(health_allowed, ROLE_HEALTH)
ALLOWED(admit_allowed, ROLE_ADMIT)
ALLOWED(verify_allowed, ROLE_VERIFY)
ALLOWED(mesh_allowed, ROLE_MESH)
ALLOWED(resolve_allowed, ROLE_RESOLVE)
ALLOWED(metrics_allowed, ROLE_METRICS)
ALLOWED(wgkeys_allowed, ROLE_WGKEYS)
ALLOWED(netlink_allowed, ROLE_NETLINK)
ALLOWED(worker_allowed, ROLE_WORKER)
ALLOWED(local_allowed, (enum ipc_role)role_local)

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keys_allowed);
	ATF_TP_ADD_TC(tp, signer_allowed);
	ATF_TP_ADD_TC(tp, front_allowed);
	ATF_TP_ADD_TC(tp, relay_allowed);
	ATF_TP_ADD_TC(tp, stun_allowed);
	ATF_TP_ADD_TC(tp, map_allowed);
	ATF_TP_ADD_TC(tp, fetch_allowed);
	ATF_TP_ADD_TC(tp, health_allowed);
	ATF_TP_ADD_TC(tp, acme_allowed);
	ATF_TP_ADD_TC(tp, admit_allowed);
	ATF_TP_ADD_TC(tp, verify_allowed);
	ATF_TP_ADD_TC(tp, mesh_allowed);
	ATF_TP_ADD_TC(tp, resolve_allowed);
	ATF_TP_ADD_TC(tp, metrics_allowed);
	ATF_TP_ADD_TC(tp, wgkeys_allowed);
	ATF_TP_ADD_TC(tp, netlink_allowed);
	ATF_TP_ADD_TC(tp, worker_allowed);
	ATF_TP_ADD_TC(tp, local_allowed);
	return atf_no_error();
}
