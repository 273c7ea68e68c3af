/*
 * bridgesock_test: the sockets that the parent makes for others.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/netlink.h>
#include <sched.h>
#endif

#include "bridgesock.h"

/* Check what all sockets have in common. */
static void
check_flags(int fd)
{
	ATF_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ATF_CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

/* A datagram to each loopback address arrives, with its destination. */
ATF_TC_WITHOUT_HEAD(udp);
ATF_TC_BODY(udp, tc)
{
#ifdef IP_PKTINFO
	union {
		struct cmsghdr	 hdr;
		char		 buf[256];
	} control;
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct in_pktinfo *info;
	struct cmsghdr *c;
	struct msghdr m;
	struct iovec iov;
	uint16_t port = 0;
	char device[32] = "", byte;
	socklen_t len = sizeof(device);
	int fd, from;

	ATF_REQUIRE((fd = bridge_sock_udp(&port)) != -1);
	ATF_CHECK(port != 0);
	check_flags(fd);
	/* Nothing from another machine. */
	ATF_REQUIRE_EQ(0, getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
	    &len));
	ATF_CHECK_STREQ("lo", device);
	ATF_REQUIRE((from = socket(AF_INET, SOCK_DGRAM, 0)) != -1);
	sin.sin_port = htons(port);
	ATF_REQUIRE_EQ(1, inet_pton(AF_INET, "127.128.3.4", &sin.sin_addr));
	ATF_REQUIRE_EQ(1, sendto(from, "x", 1, 0, (struct sockaddr *)&sin,
	    sizeof(sin)));
	memset(&m, 0, sizeof(m));
	iov.iov_base = &byte;
	iov.iov_len = 1;
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	m.msg_control = control.buf;
	m.msg_controllen = sizeof(control.buf);
	ATF_REQUIRE_EQ(1, recvmsg(fd, &m, 0));
	ATF_REQUIRE((c = CMSG_FIRSTHDR(&m)) != NULL);
	ATF_REQUIRE_EQ(IP_PKTINFO, c->cmsg_type);
	info = (struct in_pktinfo *)(void *)CMSG_DATA(c);
	ATF_CHECK_EQ(sin.sin_addr.s_addr, info->ipi_addr.s_addr);
	close(from);
	/* The port is taken, and free again later. */
	ATF_CHECK_EQ(-1, bridge_sock_udp(&port));
	ATF_CHECK_EQ(EADDRINUSE, errno);
	close(fd);
	ATF_REQUIRE((fd = bridge_sock_udp(&port)) != -1);
	close(fd);
#else
	atf_tc_skip("this system reports destinations otherwise");
#endif
}

ATF_TC_WITHOUT_HEAD(uapi);
ATF_TC_BODY(uapi, tc)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "u" };
	char name[sizeof(sun.sun_path) + 2];
	int lfd, fd;

	ATF_CHECK_EQ(-1, bridge_sock_uapi("u"));
	ATF_CHECK_EQ(ENOENT, errno);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ATF_CHECK_EQ(-1, bridge_sock_uapi(name));
	ATF_CHECK_EQ(ENAMETOOLONG, errno);
	ATF_REQUIRE((lfd = socket(AF_UNIX, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(lfd, (struct sockaddr *)&sun, sizeof(sun)));
	ATF_REQUIRE_EQ(0, listen(lfd, 1));
	ATF_REQUIRE((fd = bridge_sock_uapi("u")) != -1);
	check_flags(fd);
	close(fd);
	close(lfd);
}

ATF_TC_WITHOUT_HEAD(out);
ATF_TC_BODY(out, tc)
{
	const char *call;
	int fd, v;
	socklen_t len = sizeof(v);

	ATF_REQUIRE((fd = bridge_sock_out(AF_INET, SOCK_STREAM, 0,
	    &call)) != -1);
	check_flags(fd);
	close(fd);
#ifdef SO_MARK
	fd = bridge_sock_out(AF_INET, SOCK_DGRAM, 51820, &call);
	if (fd == -1 && errno == EPERM) {
		ATF_CHECK(strstr(call, "CAP_NET_ADMIN") != NULL);
		return;
	}
	ATF_REQUIRE(fd != -1);
	ATF_REQUIRE_EQ(0, getsockopt(fd, SOL_SOCKET, SO_MARK, &v, &len));
	ATF_CHECK_EQ(51820, v);
	close(fd);
#else
	(void)v;
	(void)len;
#endif
	ATF_CHECK_EQ(-1, bridge_sock_out(-1, SOCK_STREAM, 0, &call));
	ATF_CHECK_STREQ("socket", call);
}

#ifdef __linux__
/* The network namespace of this process. */
static ino_t
here(void)
{
	struct stat st;

	ATF_REQUIRE_EQ(0, stat("/proc/self/ns/net", &st));
	return (st.st_ino);
}
#endif

/* The socket is of another namespace; this process stays where it is. */
ATF_TC_WITHOUT_HEAD(namespaces);
ATF_TC_BODY(namespaces, tc)
{
#ifdef __linux__
	char path[64], byte = 0;
	const char *call;
	ino_t before = here();
	int fd, up[2], down[2], status;
	pid_t pid;

	ATF_REQUIRE((fd = bridge_sock_genl(NULL, &call)) != -1);
	close(fd);
	ATF_CHECK_EQ(-1, bridge_sock_genl("nothing", &call));
	ATF_CHECK_EQ(ENOENT, errno);
	ATF_CHECK_EQ(-1, bridge_sock_genl("/dev/null", &call));
	ATF_CHECK_STREQ("setns", call);
	/* Without a writer, which would be waited for. */
	ATF_REQUIRE_EQ(0, mkfifo("fifo", 0600));
	ATF_CHECK_EQ(-1, bridge_sock_genl("fifo", &call));
	ATF_CHECK_STREQ("setns", call);
	ATF_CHECK_EQ(before, here());

	ATF_REQUIRE(pipe(up) == 0 && pipe(down) == 0);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		byte = unshare(CLONE_NEWNET) == 0;
		(void)!write(up[1], &byte, 1);
		close(down[1]);
		_exit(read(down[0], &byte, 1) != 0);
	}
	close(down[0]);
	ATF_REQUIRE_EQ(1, read(up[0], &byte, 1));
	if (byte) {
		snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
		ATF_REQUIRE((fd = bridge_sock_genl(path, &call)) != -1);
		close(fd);
		ATF_CHECK_EQ(before, here());
	}
	close(down[1]);
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	if (!byte)
		atf_tc_skip("can't make a network namespace");
#else
	atf_tc_skip("only Linux has generic netlink");
#endif
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, udp);
	ATF_TP_ADD_TC(tp, uapi);
	ATF_TP_ADD_TC(tp, out);
	ATF_TP_ADD_TC(tp, namespaces);
	return (atf_no_error());
}
