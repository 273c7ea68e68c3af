/*
 * udpsock: a UDP socket that tells at which of this machine's addresses a
 * datagram came in, so that the answer can leave from there.
 */
#ifndef UDPSOCK_H
#define UDPSOCK_H

#include <sys/socket.h>

/*
 * A socket bound to `sa' of `len' bytes: non-blocking, close-on-exec, IPv6 kept
 * apart from IPv4, with a large receive buffer as far as the system allows, and
 * with the destination address in the control data of what is received.
 * `share': other sockets of this user may be bound to the same address, and the
 * kernel spreads what arrives among them.  -1 with errno.
 */
int	net_udp_socket(const struct sockaddr *sa, socklen_t len, int share);

#endif
