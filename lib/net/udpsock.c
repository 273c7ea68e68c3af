/*
 * udpsock: see udpsock.h.  Used by the parent; stund gets the sockets.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "udpsock.h"

#define RECEIVE_BUFFER	(4 * 1024 * 1024)

/* The options with which a kernel spreads datagrams. */
#if defined(SO_REUSEPORT_LB)
#define SPREAD	SO_REUSEPORT_LB
#else
#define SPREAD	SO_REUSEPORT
#endif

static int
set(int fd, int level, int name, int value)
{
	return (setsockopt(fd, level, name, &value, sizeof(value)));
}

/* Ask for the address that a datagram was sent to; 0, or -1 with errno. */
static int
want_destination(int fd, int family)
{
	if (family == AF_INET6)
		return (set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
#ifdef IP_PKTINFO
	return (set(fd, IPPROTO_IP, IP_PKTINFO, 1));
#else
	return (set(fd, IPPROTO_IP, IP_RECVDSTADDR, 1));
#endif
}

/* A wish: more than the system allows is no error. */
static void
grow_buffer(int fd)
{
#ifdef SO_RCVBUFFORCE
	if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER) == 0)
		return;
#endif
	(void)set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
}

int
udp_socket(const struct sockaddr *sa, socklen_t len, int share)
{
	int fd, error;

	fd = socket(sa->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (fd == -1)
		return (-1);
	grow_buffer(fd);
	if ((sa->sa_family == AF_INET6 &&
	    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) == -1) ||
	    want_destination(fd, sa->sa_family) == -1 ||
	    (share && set(fd, SOL_SOCKET, SPREAD, 1) == -1) ||
	    bind(fd, sa, len) == -1) {
		error = errno;
		close(fd);
		errno = error;
		return (-1);
	}
	return (fd);
}
