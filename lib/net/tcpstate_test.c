/*
 * tcpstate_test: Tests of what the kernel says of connections.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <atf-c.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "testaddr.h"
#include "tcpstate.h"

#ifdef __linux__
#define NEED_LINUX() do { } while (0)
#else
#define NEED_LINUX() atf_tc_skip("this system does not tell")
#endif

/* A listening socket, and its address in *ss. */
static int
listener(struct sockaddr_storage *ss, socklen_t *len, int backlog)
{
	int fd;

	*len = net_test_local(ss, AF_INET, 0);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)ss, *len));
	ATF_REQUIRE_EQ(0, listen(fd, backlog));
	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)ss, len));
	return (fd);
}

/* Two ends of a connection. */
static void
connected(int fd[2])
{
	struct sockaddr_storage ss;
	socklen_t len;
	int l = listener(&ss, &len, 5);

	ATF_REQUIRE((fd[0] = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, connect(fd[0], (struct sockaddr *)&ss, len));
	ATF_REQUIRE((fd[1] = accept(l, NULL, NULL)) != -1);
	close(l);
}

static void
readable(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	ATF_REQUIRE_EQ(1, poll(&p, 1, 10000));
}

ATF_TC_WITHOUT_HEAD(quiet);
ATF_TC_BODY(quiet, tc)
{
	struct net_tcpstate s = { 1, 0 };
	int fd[2];

	NEED_LINUX();
	connected(fd);
	ATF_REQUIRE_EQ(1, send(fd[0], "x", 1, 0));
	readable(fd[1]);
	(void)poll(NULL, 0, 100);
	ATF_REQUIRE_EQ(0, net_tcpstate_get(fd[1], &s));
	ATF_CHECK_EQ(0, s.closed);
	/* The kernel counts in ticks. */
	ATF_CHECK_MSG(s.quiet_ms >= 80, "%u ms", s.quiet_ms);
	close(fd[0]);
	close(fd[1]);
}

ATF_TC_WITHOUT_HEAD(closed);
ATF_TC_BODY(closed, tc)
{
	struct net_tcpstate s = { 0, 0 };
	char byte;
	int fd[2];

	NEED_LINUX();
	connected(fd);
	ATF_REQUIRE_EQ(1, send(fd[0], "x", 1, 0));
	close(fd[0]);
	readable(fd[1]);
	ATF_REQUIRE_EQ(1, recv(fd[1], &byte, 1, 0));
	readable(fd[1]);
	ATF_REQUIRE_EQ(0, net_tcpstate_get(fd[1], &s));
	ATF_CHECK_EQ(1, s.closed);
	close(fd[1]);
}

ATF_TC_WITHOUT_HEAD(backlog);
ATF_TC_BODY(backlog, tc)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int l, fd[2];

	NEED_LINUX();
	l = listener(&ss, &len, 7);
	ATF_CHECK_EQ(7, net_tcpstate_backlog(l));
	close(l);
	connected(fd);
	ATF_CHECK_EQ(-1, net_tcpstate_backlog(fd[0]));
	close(fd[0]);
	close(fd[1]);
}

ATF_TC_WITHOUT_HEAD(others);
ATF_TC_BODY(others, tc)
{
	struct net_tcpstate s;
	int fd[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	ATF_CHECK_EQ(-1, net_tcpstate_get(fd[0], &s));
	ATF_CHECK_EQ(-1, net_tcpstate_backlog(fd[0]));
	close(fd[0]);
	close(fd[1]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, quiet);
	ATF_TP_ADD_TC(tp, closed);
	ATF_TP_ADD_TC(tp, backlog);
	ATF_TP_ADD_TC(tp, others);
	return (atf_no_error());
}
