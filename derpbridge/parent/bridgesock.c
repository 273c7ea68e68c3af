/*
 * bridgesock: see bridgesock.h.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/netlink.h>
#include <sched.h>
#endif

#include "bridgesock.h"
#include "log.h"
#include "udpsock.h"

#define BUFFER	(8 * 1024 * 1024)	/* of the UDP socket, each way */

static int
set(int fd, int level, int name, int value)
{
	return (setsockopt(fd, level, name, &value, sizeof(value)));
}

/* Close `fd', keep errno.  Returns -1. */
static int
fail(int fd)
{
	const int error = errno;

	if (fd != -1)
		close(fd);
	errno = error;
	return (-1);
}

/* Best effort: without CAP_NET_ADMIN the system's limit counts. */
static void
grow_buffers(int fd)
{
#ifdef SO_RCVBUFFORCE
	if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER) == -1)
#endif
		(void)set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER);
#ifdef SO_SNDBUFFORCE
	if (set(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER) == -1)
#endif
		(void)set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER);
}

/* Nothing from another machine, whatever its routes are.  0, or -1. */
static int
loopback_only(int fd)
{
#ifdef SO_BINDTODEVICE
	return (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo",
	    sizeof("lo")));
#else
	(void)fd;
	return (0);
#endif
}

int
bridge_sock_udp(uint16_t *port)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(*port);
	fd = net_udp_socket((const struct sockaddr *)&sin, sizeof(sin), 0);
	if (fd == -1)
		return (-1);
	/* An old kernel wants CAP_NET_RAW: the worker looks at the source. */
	if (loopback_only(fd) == -1 && errno != EPERM)
		return (fail(fd));
	grow_buffers(fd);
	if (getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		return (fail(fd));
	*port = ntohs(sin.sin_port);
	return (fd);
}

#ifdef __linux__
/*
 * Enter the network namespace of the file `netns'.  Returns a descriptor of the
 * old one, or -1.
 */
static int
enter(const char *netns)
{
	int old, fd;

	old = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (old == -1)
		return (-1);
	/* One that is no namespace, a FIFO say, must not hold up all. */
	if ((fd = open(netns, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return (fail(old));
	if (setns(fd, CLONE_NEWNET) == -1) {
		(void)fail(fd);
		return (fail(old));
	}
	close(fd);
	return (old);
}

int
bridge_sock_genl(const char *netns, const char **call)
{
	const int away = netns != NULL && *netns != '\0';
	int old = -1, fd, error;

	*call = "setns";
	if (away && (old = enter(netns)) == -1)
		return (-1);
	*call = "socket of NETLINK_GENERIC";
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	error = errno;
	/* Elsewhere all later sockets would be in the wrong place. */
	if (away && setns(old, CLONE_NEWNET) == -1)
		fatal("can't return from the network namespace %s (setns)",
		    netns);
	if (old != -1)
		close(old);
	errno = error;
	return (fd);
}
#else
int
bridge_sock_genl(const char *netns, const char **call)
{
	(void)netns;
	*call = "generic netlink, which Linux alone has";
	errno = EPROTONOSUPPORT;
	return (-1);
}
#endif

int
bridge_sock_uapi(const char *path)
{
	struct sockaddr_un sun;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	/* Non-blocking: one that does not accept must not hold up others. */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 || connect(fd, (const struct sockaddr *)&sun,
	    sizeof(sun)) == -1)
		return (fail(fd));
	return (fd);
}

/* 0, or -1 with errno. */
static int
mark_socket(int fd, uint32_t mark)
{
	if (mark == 0)
		return (0);
#ifdef SO_MARK
	return (setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)));
#else
	(void)fd;
	errno = ENOPROTOOPT;
	return (-1);
#endif
}

int
bridge_sock_out(int family, int type, uint32_t mark, const char **call)
{
	int fd;

	*call = "socket";
	fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (-1);
	*call = "setsockopt SO_MARK, which needs CAP_NET_ADMIN";
	if (mark_socket(fd, mark) == -1)
		return (fail(fd));
	if (type == SOCK_STREAM) {
		(void)set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
		(void)set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	}
	return (fd);
}
