/*
 * bound: sockets bound to a configured address, TCP or UDP.  Used by the parent
 * (listen.c) and udpsock.c.
 */
#ifndef BOUND_H
#define BOUND_H

#include <sys/socket.h>

/*
 * Returns 1 when the kernel distributes TCP connections among several listening
 * sockets of one address; else 0, and processes must share one socket.
 */
int	net_spreads_clients(void);

/*
 * Make a socket of `type' (SOCK_STREAM or SOCK_DGRAM, with flags),
 * close-on-exec and bound to `sa' of `len' bytes; IPv6 sockets do not accept
 * IPv4.  `prepare' (NULL: none) sets protocol options before the bind and
 * returns 0, or -1 with errno.  `share': other sockets of this user may bind to
 * the same address, and the kernel distributes the traffic among them.  Returns
 * -1 with errno on failure.
 */
int	net_bound(int type, const struct sockaddr *sa, socklen_t len,
	    int share, int (*prepare)(int fd, int family));

#endif
