/*
 * udpsock_test: Tests of the sockets of stund: their options, and sharing of
 * their port.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "testaddr.h"
#include "udpsock.h"

#define BOUND	10000		/* ms, for what must happen */

/* Open a socket at `ss'; port 0 is replaced by the port that was assigned. */
static int
open_at(struct sockaddr_storage *ss, socklen_t len, int share)
{
	int fd = net_udp_socket((const struct sockaddr *)ss, len, share);

	if (fd == -1 && ss->ss_family == AF_INET6 &&
	    (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		atf_tc_skip("no IPv6 here");
	ATF_REQUIRE_MSG(fd != -1, "udp_socket: %s", strerror(errno));
	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)ss, &len));
	return (fd);
}

static void
check_flags(int family)
{
	struct sockaddr_storage ss;
	int fd = open_at(&ss, net_test_local(&ss, family, 0), 0);

	ATF_CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ATF_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

ATF_TC_WITHOUT_HEAD(flags);
ATF_TC_BODY(flags, tc)
{
	check_flags(AF_INET);
	check_flags(AF_INET6);
}

/* Whether `c' holds the datagram's destination address, a loopback one. */
static int
is_destination(const struct cmsghdr *c)
{
	struct in6_pktinfo pi6;
	struct in_addr in;
#ifdef IP_PKTINFO
	struct in_pktinfo pi;
#endif

	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&pi6, CMSG_DATA(c), sizeof(pi6));
		return (IN6_IS_ADDR_LOOPBACK(&pi6.ipi6_addr));
	}
#ifdef IP_PKTINFO
	if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
		return (0);
	memcpy(&pi, CMSG_DATA(c), sizeof(pi));
	in = pi.ipi_spec_dst;
#else
	if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_RECVDSTADDR)
		return (0);
	memcpy(&in, CMSG_DATA(c), sizeof(in));
#endif
	return (in.s_addr == htonl(INADDR_LOOPBACK));
}

static int
has_destination(struct msghdr *m)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c))
		if (is_destination(c))
			return (1);
	return (0);
}

/* Send a byte from a new socket to the port of `ss' at loopback. */
static void
send_to(const struct sockaddr_storage *ss, socklen_t len)
{
	struct sockaddr_storage to;
	int fd = socket(ss->ss_family, SOCK_DGRAM, 0);

	ATF_REQUIRE(fd != -1);
	net_test_local(&to, ss->ss_family, 0);
	if (ss->ss_family == AF_INET)
		((struct sockaddr_in *)&to)->sin_port =
		    ((const struct sockaddr_in *)ss)->sin_port;
	else
		((struct sockaddr_in6 *)&to)->sin6_port =
		    ((const struct sockaddr_in6 *)ss)->sin6_port;
	ATF_REQUIRE_EQ(1, sendto(fd, "x", 1, 0, (struct sockaddr *)&to, len));
	close(fd);
}

static void
check_destination(int family)
{
	struct sockaddr_storage ss;
	socklen_t len = net_test_local(&ss, family, 1);
	union {
		struct cmsghdr	align;
		uint8_t		bytes[256];
	} control;
	uint8_t byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes) };
	struct pollfd p = { .events = POLLIN };

	p.fd = open_at(&ss, len, 0);
	send_to(&ss, len);
	ATF_REQUIRE_EQ(1, poll(&p, 1, BOUND));
	ATF_REQUIRE_EQ(1, recvmsg(p.fd, &m, 0));
	ATF_CHECK(has_destination(&m));
	close(p.fd);
}

ATF_TC_WITHOUT_HEAD(destination);
ATF_TC_BODY(destination, tc)
{
	check_destination(AF_INET);
	check_destination(AF_INET6);
}

/* Each family has its own socket on the same port. */
ATF_TC_WITHOUT_HEAD(apart);
ATF_TC_BODY(apart, tc)
{
	struct sockaddr_storage ss, ss6;
	socklen_t len6 = net_test_local(&ss6, AF_INET6, 1);
	int fd6 = open_at(&ss6, len6, 0), fd, tries = 0;

	/* Another program may use the port with IPv4. */
	for (;;) {
		socklen_t len = net_test_local(&ss, AF_INET, 1);

		((struct sockaddr_in *)&ss)->sin_port =
		    ((struct sockaddr_in6 *)&ss6)->sin6_port;
		fd = net_udp_socket((const struct sockaddr *)&ss, len, 0);
		if (fd != -1 || ++tries == 20)
			break;
		close(fd6);
		net_test_local(&ss6, AF_INET6, 1);
		fd6 = open_at(&ss6, len6, 0);
	}
	ATF_CHECK_MSG(fd != -1, "%s", strerror(errno));
	close(fd);
	close(fd6);
}

ATF_TC_WITHOUT_HEAD(alone);
ATF_TC_BODY(alone, tc)
{
	struct sockaddr_storage ss;
	socklen_t len = net_test_local(&ss, AF_INET, 0);
	int fd = open_at(&ss, len, 0), share;

	for (share = 0; share < 2; share++) {
		ATF_CHECK_EQ(-1, net_udp_socket((const struct sockaddr *)&ss,
		    len, share));
		ATF_CHECK_EQ(EADDRINUSE, errno);
	}
	close(fd);
}

/* Datagrams from many ports reach each of the sockets. */
ATF_TC_WITHOUT_HEAD(shared);
ATF_TC_BODY(shared, tc)
{
	struct sockaddr_storage ss;
	socklen_t len = net_test_local(&ss, AF_INET, 0);
	struct pollfd p[2];
	uint8_t byte;
	int i, k, n[2] = { 0, 0 };

	p[0].fd = open_at(&ss, len, 1);
	p[1].fd = open_at(&ss, len, 1);
	p[0].events = p[1].events = POLLIN;
	ATF_CHECK_EQ(-1, net_udp_socket((const struct sockaddr *)&ss, len, 0));
	for (i = 0; i < 200; i++) {
		send_to(&ss, len);
		ATF_REQUIRE_EQ(1, poll(p, 2, BOUND));
		for (k = 0; k < 2; k++)
			n[k] += recv(p[k].fd, &byte, 1, 0) == 1;
	}
	ATF_CHECK_EQ(200, n[0] + n[1]);
#ifdef __linux__
	ATF_CHECK(n[0] > 0 && n[1] > 0);
#endif
	close(p[0].fd);
	close(p[1].fd);
}

ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	struct sockaddr_storage ss;
	socklen_t len = net_test_local(&ss, AF_INET, 0);
	int fd = dup(0), next;

	close(fd);
	/* An address of TEST-NET-1, which no machine has. */
	((struct sockaddr_in *)&ss)->sin_addr.s_addr = htonl(0xc0000201);
	ATF_CHECK_EQ(-1, net_udp_socket((const struct sockaddr *)&ss, len, 0));
	ATF_CHECK_EQ(EADDRNOTAVAIL, errno);
	ss.ss_family = AF_UNSPEC;
	ATF_CHECK_EQ(-1, net_udp_socket((const struct sockaddr *)&ss, len, 0));
	ATF_CHECK_EQ(EAFNOSUPPORT, errno);
	next = dup(0);
	ATF_CHECK_EQ_MSG(fd, next, "a descriptor was left open");
	close(next);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, flags);
	ATF_TP_ADD_TC(tp, destination);
	ATF_TP_ADD_TC(tp, apart);
	ATF_TP_ADD_TC(tp, alone);
	ATF_TP_ADD_TC(tp, shared);
	ATF_TP_ADD_TC(tp, errors);

	return atf_no_error();
}
