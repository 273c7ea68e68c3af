/*
 * udpsock: see udpsock.h.  The sockets are made by the parents, for stund and
 * the bridge's worker, which write the control data.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <string.h>

#include "bound.h"
#include "udpsock.h"

#define RECEIVE_BUFFER	(4 * 1024 * 1024)

static int
set(int fd, int level, int name, int value)
{
	return (setsockopt(fd, level, name, &value, sizeof(value)));
}

/*
 * Request the destination address of each datagram.  Returns 0, or -1 with
 * errno.
 */
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

/* Best effort: the system may grant less. */
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
net_udp_options(int fd, int family)
{
	grow_buffer(fd);
	return (want_destination(fd, family));
}

int
net_udp_socket(const struct sockaddr *sa, socklen_t len, int share)
{
	return (net_bound(SOCK_DGRAM | SOCK_NONBLOCK, sa, len, share,
	    net_udp_options));
}

void
net_udp_control(struct msghdr *m, int level, int type, const void *p,
    size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)((uint8_t *)m->msg_control +
	    m->msg_controllen);

	memset(c, 0, CMSG_SPACE(len));
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), p, len);
	m->msg_controllen += CMSG_SPACE(len);
}
