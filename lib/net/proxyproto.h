/*
 * proxyproto: the header by which a load balancer says for which client it has
 * connected: the PROXY protocol, versions 1 (text) and 2 (binary).  The rules
 * are those of proxy-protocol.txt, section 2, in the source of HAProxy.  Pure.
 */
#ifndef PROXYPROTO_H
#define PROXYPROTO_H

#include <stddef.h>
#include <stdint.h>

/* Maximum bytes of a header of version 1, with CR and LF (section 2.1). */
#define NET_PROXYPROTO_LINE	107

/*
 * Maximum bytes of a header of version 2.  The specification allows 65551, but
 * wants one to fit into a segment of 536 bytes; a balancer that describes the
 * certificate of a client sends 1 to 2 KiB.  A header is kept until it is
 * whole, by connections of which nothing is known yet.
 */
#define NET_PROXYPROTO_MAX	4096

/* Bytes of net_proxyproto_put_local(). */
#define NET_PROXYPROTO_LOCAL	16

struct sockaddr_storage;

struct net_proxyproto {
	int		 known;		/* 0: the connection is the balancer's
					   own, or of a client without an IP
					   address */
	uint8_t		 addr[16];	/* of the client: IPv6 or IPv4-mapped */
	uint16_t	 port;		/* host order, may be 0 */
};

/*
 * Parse the header at the beginning of a connection, of which `n' bytes at `p'
 * have come so far.  Returns the bytes of the header with *h filled in; 0 when
 * it is not whole yet; -1 when no header begins like this.  Whatever follows
 * the header is not looked at.
 */
int	 net_proxyproto_parse(struct net_proxyproto *h, const uint8_t *p,
	    size_t n);

/*
 * Return 1 when the first of the `n' bytes at `p', as far as they have come,
 * are those of a header, whether the rest of it is valid or not.
 */
int	 net_proxyproto_begins(const uint8_t *p, size_t n);

/*
 * Write the header of a connection of the sender's own (version 2, LOCAL) to
 * `p', NET_PROXYPROTO_LOCAL bytes.
 */
void	 net_proxyproto_put_local(uint8_t p[NET_PROXYPROTO_LOCAL]);

/*
 * Write the header of a connection from `from' to `to', addresses of one family
 * (version 1, which more servers know).  Returns the length of the line, 0 when
 * they are no addresses of IP.
 */
size_t	 net_proxyproto_put_line(char line[NET_PROXYPROTO_LINE + 1],
	    const struct sockaddr_storage *from,
	    const struct sockaddr_storage *to);

#endif
