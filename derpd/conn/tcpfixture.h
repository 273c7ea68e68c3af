/*
 * tcpfixture: for tests of connections: both ends of one over TCP.
 */
#ifndef TCPFIXTURE_H
#define TCPFIXTURE_H

#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <atf-c.h>
#include <string.h>
#include <unistd.h>

/*
 * Make a TCP connection over loopback; v[1] is the client's end.  The other one
 * sends at once, as a front sets it.
 */
static inline void
tcp_pair(int v[2])
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd, on = 1;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ATF_REQUIRE_EQ(listen(fd, 1), 0);
	ATF_REQUIRE_EQ(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	ATF_REQUIRE((v[1] = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(connect(v[1], (struct sockaddr *)&sin, len), 0);
	ATF_REQUIRE((v[0] = accept(fd, NULL, NULL)) != -1);
	ATF_REQUIRE_EQ(setsockopt(v[0], IPPROTO_TCP, TCP_NODELAY, &on,
	    sizeof(on)), 0);
	close(fd);
}

#endif
