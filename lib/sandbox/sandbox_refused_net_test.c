/*
 * sandbox_refused_net_test: Tests of the network calls that each role's sandbox
 * refuses.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/filter.h>
#endif

#include "sandbox.h"
#include "sandbox_refused.h"
#include "sandbox_test.h"

static int
call_socket(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int
call_socket_tcp(void)
{
	return result(socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP));
}

static int
call_socket_udp(void)
{
	return result(socket(AF_INET6, SOCK_DGRAM, 0));
}

static int
call_socket_unix(void)
{
	return result(socket(AF_UNIX, SOCK_DGRAM, 0));
}

static int
call_connect_unix(void)
{
	int	fd;

	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0)) == -1)
		return -1;
	return connect(fd, (struct sockaddr *)&local, sizeof(local));
}

static int
call_connect(void)
{
	return connect(ufd, (struct sockaddr *)&addr, sizeof(addr));
}

/* Connect to a port that is not permitted. */
static int
call_connect_other(void)
{
	return connect(ufd, (struct sockaddr *)&other, sizeof(other));
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

/* Non-blocking, so that the call returns when no client waits. */
static int
call_accept(void)
{
	return fcntl(lfd, F_SETFL, O_NONBLOCK) == 0 &&
	    accept(lfd, NULL, NULL) == -1 && errno == EAGAIN ? 0 : -1;
}

static int
call_setsockopt(void)
{
	int	one = 1;

	return setsockopt(cfd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static int
call_setsockopt_other(void)
{
	int	one = 1;

	return setsockopt(cfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
}

/* Set an option of a socket that other processes share. */
static int
set_shared(int fd, int level, int name, const void *v, socklen_t len)
{
	return setsockopt(fd, level, name, v, len);
}

static int
set_int(int fd, int level, int name)
{
	int	one = 1;

	return set_shared(fd, level, name, &one, sizeof(one));
}

/* close(2) would block, also in a process that receives the file descriptor. */
static int
call_linger(void)
{
	struct linger	l = { 1, 3600 };

	return set_shared(cfd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

static int
call_rcvtimeo(void)
{
	struct timeval	tv = { 3600, 0 };

	return set_shared(lfd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

static int
call_rcvbuf(void)
{
	return set_int(dfd, SOL_SOCKET, SO_RCVBUF);
}

static int
call_sndbuf(void)
{
	return set_int(dfd, SOL_SOCKET, SO_SNDBUF);
}

static int
call_reuseport(void)
{
	return set_int(lfd, SOL_SOCKET, SO_REUSEPORT);
}

static int
call_keepalive(void)
{
	return set_int(lfd, SOL_SOCKET, SO_KEEPALIVE);
}

static int
call_listen_again(void)
{
	return listen(lfd, 0);
}

static int
call_shutdown(void)
{
	return shutdown(cfd, SHUT_WR);
}

/* This would end the listening socket for all processes that share it. */
static int
call_shutdown_listening(void)
{
	return shutdown(lfd, SHUT_RD);
}

static int
call_shutdown_both(void)
{
	return shutdown(cfd, SHUT_RDWR);
}

/* Pass a lingering socket to a process that will close it. */
static int
call_passfd(void)
{
	return send_fd(pair[0], cfd);
}

static int
call_socketpair(void)
{
	int	sv[2];

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0, sv);
}

static int
call_socketpair_datagrams(void)
{
	int	sv[2];

	return socketpair(AF_UNIX, SOCK_DGRAM, 0, sv);
}

static int
call_getsockname(void)
{
	struct sockaddr_in	sin;
	socklen_t		len = sizeof(sin);

	return getsockname(cfd, (struct sockaddr *)&sin, &len);
}

static int
call_getpeername(void)
{
	struct sockaddr_in	sin;
	socklen_t		len = sizeof(sin);

	return getpeername(cfd, (struct sockaddr *)&sin, &len);
}

static int
call_gettype(void)
{
	socklen_t	len = sizeof(int);
	int		n;

	return getsockopt(cfd, SOL_SOCKET, SO_TYPE, &n, &len);
}

static int
call_getsockopt_other(void)
{
	socklen_t	len = sizeof(int);
	int		n;

	return getsockopt(cfd, SOL_SOCKET, SO_RCVBUF, &n, &len);
}

static int
call_recvfrom(void)
{
	char	c;

	return recvfrom(cfd, &c, 1, MSG_DONTWAIT, NULL, NULL) == -1 &&
	    errno == EAGAIN ? 0 : -1;
}

static int
call_sendto_udp(void)
{
	return result(sendto(dfd, "x", 1, 0, (struct sockaddr *)&udp,
	    sizeof(udp)));
}

#ifdef __linux__
static int
call_socket_netlink(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int
call_socket_protocol(void)
{
	return result(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE));
}

static int
call_recverr(void)
{
	int	one = 1;

	return setsockopt(dfd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one));
}

static int
call_fastopen_connect(void)
{
	int	one = 1;

	return setsockopt(ufd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one,
	    sizeof(one));
}

static int
call_filter(void)
{
	struct sock_filter	code = { 0x06, 0, 0, 0 };	/* drop all */
	struct sock_fprog	prog = { 1, &code };

	return set_shared(dfd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog));
}

static int
call_congestion(void)
{
	return set_shared(lfd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

static int
call_defer_accept(void)
{
	return set_int(lfd, IPPROTO_TCP, TCP_DEFER_ACCEPT);
}

static int
call_lowat(void)
{
	return set_int(lfd, IPPROTO_TCP, TCP_NOTSENT_LOWAT);
}

static int
call_fionread(void)
{
	int	n;

	return ioctl(cfd, FIONREAD, &n);
}

static int
call_recvmmsg(void)
{
	struct mmsghdr	mm;

	memset(&mm, 0, sizeof(mm));
	return recvmmsg(dfd, &mm, 1, MSG_DONTWAIT, NULL) == -1 &&
	    errno == EAGAIN ? 0 : -1;
}

/* Send one datagram, or the first bytes of a new TCP connection. */
static int
send_many(int fd, struct sockaddr_in *to, int flags)
{
	struct iovec	iov = { (char *)(uintptr_t)"x", 1 };
	struct mmsghdr	mm;

	memset(&mm, 0, sizeof(mm));
	mm.msg_hdr.msg_iov = &iov;
	mm.msg_hdr.msg_iovlen = 1;
	mm.msg_hdr.msg_name = to;
	mm.msg_hdr.msg_namelen = sizeof(*to);
	return sendmmsg(fd, &mm, 1, flags) == -1 && errno != EINPROGRESS &&
	    errno != EOPNOTSUPP ? -1 : 0;
}

static int
call_sendmmsg(void)
{
	return send_many(dfd, &udp, 0);
}

static int
call_sendmmsg_fastopen(void)
{
	return send_many(ufd, &addr, MSG_FASTOPEN | MSG_DONTWAIT);
}

/* A closed listening socket must not become a connection to another host. */
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
#endif

#define CLIENTS	(NAMERS | HEALTH)
#define SERVERS	(FRONT | RELAY | METRICS)

/* A sanitizer's report makes a pair of sockets, and is printed without. */
#if defined(__SANITIZE_ADDRESS__)
#define PAIR_HOW	DENIES
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PAIR_HOW	DENIES
#endif
#endif
#ifndef PAIR_HOW
#define PAIR_HOW	KILLS
#endif

static const struct sandbox_probe forbidden[] = {
	{ "socket", QUIET | FINE(SERVERS | STUN | LOCAL | NETLINK | WORKER),
	    call_socket, KILLS },
	{ "socket, TCP", QUIET | FINE(ALL & ~CLIENTS) | FINE(RESOLVE),
	    call_socket_tcp, KILLS },
	{ "socket, UDP", QUIET | FINE(ALL & ~NAMERS),
	    call_socket_udp, KILLS },
	{ "socket, unix", ALL, call_socket_unix, DENIES },
	{ "connect to a local socket", ALL & ~LOCAL, call_connect_unix,
	    DENIES },
	{ "connect", QUIET | FINE(SERVERS | STUN | NETLINK),
	    call_connect, KILLS },
	{ "connect, TCP", FINE(LOCAL), call_connect, LANDLOCK },
	{ "connect elsewhere", FINE(CLIENTS | LOCAL), call_connect_other,
	    LANDLOCK },
	{ "bind", QUIET | FINE(ALL), call_bind, KILLS },
	{ "listen", QUIET | FINE(ALL), call_listen, KILLS },
	{ "accept", QUIET | FINE(ALL & ~(FRONT | METRICS)),
	    call_accept, KILLS },
	{ "setsockopt", QUIET | FINE(STUN | SERVERS | LOCAL | RESOLVE |
	    NETLINK), call_setsockopt, KILLS },
	{ "setsockopt SO_LINGER", FINE(ALL), call_linger, KILLS },
	{ "setsockopt SO_RCVTIMEO", FINE(ALL), call_rcvtimeo, KILLS },
	{ "setsockopt SO_RCVBUF", FINE(ALL), call_rcvbuf, KILLS },
	{ "setsockopt SO_SNDBUF", FINE(ALL), call_sndbuf, KILLS },
	{ "setsockopt SO_REUSEPORT", FINE(ALL), call_reuseport, KILLS },
	{ "setsockopt SO_KEEPALIVE", FINE(ALL & ~(MESH | WORKER)),
	    call_keepalive, KILLS },
	{ "listen once more", QUIET | FINE(ALL),
	    call_listen_again, KILLS },
	{ "setsockopt of another option", FINE(ALL),
	    call_setsockopt_other, KILLS },
	{ "getsockopt of another option", FINE(ALL),
	    call_getsockopt_other, KILLS },
	{ "shutdown", FINE(ALL & ~(FRONT | RELAY)), call_shutdown, KILLS },
	{ "shutdown of a listening socket", FINE(ALL),
	    call_shutdown_listening, KILLS },
	{ "shutdown, both ways", FINE(ALL), call_shutdown_both, KILLS },
	{ "passing a descriptor", FINE(ALL & ~(STUN | FRONT | RELAY | MESH |
	    WORKER)), call_passfd, KILLS },
	{ "socketpair", FINE(ALL & ~(FRONT | MESH)), call_socketpair,
	    PAIR_HOW },
	{ "socketpair, datagrams", FINE(ALL), call_socketpair_datagrams,
	    PAIR_HOW },
	{ "getsockname", FINE(ALL & ~(FRONT | NAMERS)),
	    call_getsockname, KILLS },
	{ "getpeername", FINE(ALL & ~(FRONT | NAMERS)),
	    call_getpeername, KILLS },
	{ "getsockopt SO_TYPE", FINE(ALL & ~RELAY), call_gettype, KILLS },
	{ "recvfrom", FINE(ALL & ~(SERVERS | NAMERS | NETLINK | WORKER)),
	    call_recvfrom, KILLS },
	{ "ioctl FIONBIO", FINE(ALL), call_nonblock, KILLS },
	{ "sendto with an address", QUIET | FINE(ALL & ~(STUN | WORKER)),
	    call_sendto_udp, KILLS },
#ifdef __linux__
	{ "socket, netlink", ALL, call_socket_netlink, DENIES },
	{ "socket, another protocol", ALL, call_socket_protocol, KILLS },
	{ "setsockopt IP_RECVERR", ALL & ~NAMERS, call_recverr, KILLS },
	{ "setsockopt TCP_FASTOPEN_CONNECT", ALL,
	    call_fastopen_connect, KILLS },
	{ "setsockopt SO_ATTACH_FILTER", ALL, call_filter, KILLS },
	{ "setsockopt TCP_CONGESTION", ALL & ~MESH, call_congestion, KILLS },
	{ "setsockopt TCP_DEFER_ACCEPT", ALL, call_defer_accept, KILLS },
	{ "setsockopt TCP_NOTSENT_LOWAT", ALL & ~(MESH | WORKER), call_lowat,
	    KILLS },
	{ "ioctl FIONREAD", ALL & ~NAMERS, call_fionread, KILLS },
	{ "recvmmsg", ALL & ~(STUN | WORKER), call_recvmmsg, KILLS },
	{ "sendmmsg", ALL & ~(STUN | WORKER), call_sendmmsg, KILLS },
	{ "sendmmsg with fast open", ALL, call_sendmmsg_fastopen, KILLS },
	{ "sendto with fast open", ALL, call_sendto_addr, KILLS },
	{ "sendmsg with fast open", ALL, call_sendmsg_fastopen, KILLS },
#endif
};

REFUSED_CASES

ATF_TP_ADD_TCS(tp)
{
	ADD_REFUSED_CASES(tp);
	return atf_no_error();
}
