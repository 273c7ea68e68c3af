/*
 * udpsock: a UDP socket that reports the local address of each datagram, so
 * that the answer can leave from it; and the control data that says so.
 */
#ifndef UDPSOCK_H
#define UDPSOCK_H

#include <sys/socket.h>

/*
 * Make a socket bound to `sa' of `len' bytes: non-blocking, close-on-exec, IPv6
 * without IPv4, with a receive buffer as large as the system permits, and with
 * the destination address in the control data of received datagrams.  `share':
 * other sockets of this user may bind to the same address, and the kernel
 * distributes datagrams among them.  Returns -1 with errno on failure.
 */
int	net_udp_socket(const struct sockaddr *sa, socklen_t len, int share);

/*
 * Set the receive buffer and the control data of such a socket, of the address
 * family `family', again.  0, or -1 with errno.
 */
int	net_udp_options(int fd, int family);

/*
 * Append `len' bytes of control data at `p' to a message, whose control buffer
 * has room for CMSG_SPACE(len) bytes more.
 */
void	net_udp_control(struct msghdr *m, int level, int type, const void *p,
	    size_t len);

#endif
