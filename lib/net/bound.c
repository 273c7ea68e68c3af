/*
 * bound: see bound.h.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <errno.h>
#include <unistd.h>

#include "bound.h"

/* The option that lets several sockets share one address. */
#if defined(SO_REUSEPORT_LB)
#define SHARE	SO_REUSEPORT_LB
#else
#define SHARE	SO_REUSEPORT
#endif

static int
set(int fd, int level, int name)
{
	int one = 1;

	return (setsockopt(fd, level, name, &one, sizeof(one)));
}

int
net_spreads_clients(void)
{
#if defined(SO_REUSEPORT_LB) || defined(__linux__)
	return (1);
#else
	return (0);
#endif
}

int
net_bound(int type, const struct sockaddr *sa, socklen_t len, int share,
    int (*prepare)(int fd, int family))
{
	int fd, error;

	if ((fd = socket(sa->sa_family, type | SOCK_CLOEXEC, 0)) == -1)
		return (-1);
	if ((sa->sa_family == AF_INET6 &&
	    set(fd, IPPROTO_IPV6, IPV6_V6ONLY) == -1) ||
	    (prepare != NULL && prepare(fd, sa->sa_family) == -1) ||
	    (share && set(fd, SOL_SOCKET, SHARE) == -1) ||
	    bind(fd, sa, len) == -1) {
		error = errno;
		close(fd);
		errno = error;
		return (-1);
	}
	return (fd);
}
