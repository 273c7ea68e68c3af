/*
 * bound_test: Tests of bound sockets, exclusive and with a shared port.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bound.h"

static int	 prepared, refuses;

static int
prepare(int fd, int family)
{
	prepared += fd >= 0 && family == AF_INET;
	errno = EPERM;
	return (refuses ? -1 : 0);
}

/* Bind a socket to the loopback address and port of `sin'; 0: any port. */
static int
bound(struct sockaddr_in *sin, int type, int share)
{
	socklen_t	 len = sizeof(*sin);
	int		 fd;

	fd = net_bound(type, (struct sockaddr *)sin, sizeof(*sin), share,
	    prepare);
	if (fd != -1)
		ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)sin,
		    &len));
	return (fd);
}

static void
any_port(struct sockaddr_in *sin)
{
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

ATF_TC_WITHOUT_HEAD(alone);
ATF_TC_BODY(alone, tc)
{
	static const int	 types[] = { SOCK_STREAM, SOCK_DGRAM };
	struct sockaddr_in	 sin;
	size_t			 i;
	int			 fd;

	for (i = 0; i < 2; i++) {
		any_port(&sin);
		prepared = 0;
		ATF_REQUIRE((fd = bound(&sin, types[i], 0)) != -1);
		ATF_CHECK_EQ(1, prepared);
		ATF_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		ATF_CHECK_EQ(-1, bound(&sin, types[i], 0));
		ATF_CHECK_EQ(EADDRINUSE, errno);
		/* A socket that shares its port cannot bind, either. */
		ATF_CHECK_EQ(-1, bound(&sin, types[i], 1));
		close(fd);
	}
}

ATF_TC_WITHOUT_HEAD(shared);
ATF_TC_BODY(shared, tc)
{
	struct sockaddr_in	 sin;
	int			 a, b;

	any_port(&sin);
	ATF_REQUIRE((a = bound(&sin, SOCK_DGRAM, 1)) != -1);
	ATF_REQUIRE((b = bound(&sin, SOCK_DGRAM, 1)) != -1);
	ATF_CHECK_EQ(-1, bound(&sin, SOCK_DGRAM, 0));
	close(a);
	close(b);
}

/* A failure sets errno and leaks no file descriptor. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	struct sockaddr_in	 sin;
	int			 before, after;

	any_port(&sin);
	before = dup(0);
	refuses = 1;
	ATF_CHECK_EQ(-1, bound(&sin, SOCK_STREAM, 0));
	ATF_CHECK_EQ(EPERM, errno);
	refuses = 0;
	/* An address of TEST-NET-1, which no machine has. */
	sin.sin_addr.s_addr = htonl(0xc0000201);
	ATF_CHECK_EQ(-1, bound(&sin, SOCK_STREAM, 0));
	ATF_CHECK_EQ(EADDRNOTAVAIL, errno);
	after = dup(0);
	ATF_CHECK_EQ(before + 1, after);
	close(before);
	close(after);
}

/* The IPv6 wildcard leaves the port of the IPv4 wildcard free. */
ATF_TC_WITHOUT_HEAD(apart);
ATF_TC_BODY(apart, tc)
{
	struct sockaddr_in6	 sin6;
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin6);
	int			 a, b;

	memset(&sin6, 0, sizeof(sin6));
	sin6.sin6_family = AF_INET6;
	a = net_bound(SOCK_STREAM, (struct sockaddr *)&sin6, sizeof(sin6), 0,
	    NULL);
	if (a == -1)
		atf_tc_skip("no IPv6 here: %s", strerror(errno));
	ATF_REQUIRE_EQ(0, getsockname(a, (struct sockaddr *)&sin6, &len));
	any_port(&sin);
	sin.sin_port = sin6.sin6_port;
	ATF_CHECK((b = bound(&sin, SOCK_STREAM, 0)) != -1);
	close(a);
	close(b);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, alone);
	ATF_TP_ADD_TC(tp, shared);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, apart);
	return (atf_no_error());
}
