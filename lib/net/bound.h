/*
 * bound: sockets bound to an address of the configuration, TCP or UDP.  Used by
 * the parent (listen.c) and udpsock.c.
 */
#ifndef BOUND_H
#define BOUND_H

#include <sys/socket.h>

/*
 * 1 when the kernel spreads the clients of TCP over several listening sockets
 * of one address; else 0, and one socket must be shared.
 */
int	net_spreads_clients(void);

/*
 * A socket of `type' (SOCK_STREAM or SOCK_DGRAM, with flags), close-on-exec and
 * bound to `sa' of `len' bytes, with IPv6 kept apart from IPv4.  `prepare'
 * (NULL none) sets options of the protocol before that: 0, or -1 with errno.
 * `share': other sockets of this user may be bound to the same address, and the
 * kernel spreads what arrives among them.  -1 with errno.
 */
int	net_bound(int type, const struct sockaddr *sa, socklen_t len,
	    int share, int (*prepare)(int fd, int family));

#endif
