/*
 * bridgesock: the sockets of the bridge, which the parent makes for processes
 * that may make none.  All are close-on-exec.  Touches the network namespace of
 * the calling thread, for a moment.
 */
#ifndef BRIDGESOCK_H
#define BRIDGESOCK_H

#include <stddef.h>
#include <stdint.h>

/*
 * A UDP socket for the kernel's WireGuard: of all addresses of the loopback
 * interface, at *port (host order, 0: any), which is filled in; non-blocking,
 * with large buffers and the destination of each datagram.  -1 with errno.
 */
int	 bridge_sock_udp(uint16_t *port);

/*
 * A generic netlink socket of the network namespace whose file is `netns' (NULL
 * or "": this one).  -1 with errno; *call is what failed.
 */
int	 bridge_sock_genl(const char *netns, const char **call);

/* A stream that is connected to wireguard-go's socket.  -1 with errno. */
int	 bridge_sock_uapi(const char *path);

/*
 * A socket of `family' and `type' that is not connected, non-blocking, with the
 * mark (0: none) for policy routing, and for TCP without delay and with
 * keepalive.  -1 with errno; *call is what failed.
 */
int	 bridge_sock_out(int family, int type, uint32_t mark,
	    const char **call);

#endif
