/*
 * place: the addresses of a server, found by the resolver or known.  Used by
 * verify, mesh, fetch and the bridge's worker.
 */
#ifndef PLACE_H
#define PLACE_H

#include <sys/socket.h>
#include <netdb.h>
#include <stddef.h>
#include <stdint.h>

#define NET_MAXPLACES	8	/* of a server */

/* An address, of `len' bytes. */
struct net_place {
	struct sockaddr_storage	 ss;
	socklen_t		 len;
};

/* The functions of the resolver, as in libc. */
struct net_resolver {
	int	(*resolve)(const char *host, const char *port,
		    const struct addrinfo *hints, struct addrinfo **res);
	void	(*release)(struct addrinfo *res);
};

/* Those of libc. */
extern const struct net_resolver net_resolver_libc;

/*
 * Resolve `host', a name or an address, and keep the first addresses; with
 * `local', those of this machine alone.  Blocks as long as the resolver does.
 * Returns the number of addresses in `v', or -1 with one line in `why' of
 * `size' bytes.
 */
int	 net_place_find(const struct net_resolver *r, const char *host,
	    const char *port, int local, struct net_place v[NET_MAXPLACES],
	    char *why, size_t size);

/*
 * Make a place of an address as in messages, IPv6 or IPv4-mapped, and a port in
 * host order.
 */
void	 net_place_set(struct net_place *v, const uint8_t addr[16],
	    uint16_t port);

/*
 * Make a place of an IP address as text, with port 0.  Returns 1, or 0 when the
 * text is something else.
 */
int	 net_place_literal(struct net_place *v, const char *text);

/* Set the port, in host order, of an IP address. */
void	 net_place_port(struct net_place *v, uint16_t port);

/* Returns 1 when the two are the same address, else 0. */
int	 net_place_same(const struct net_place *a, const struct net_place *b);

/*
 * Write a place for messages: "192.0.2.1 port 443", or the path of a socket.
 */
void	 net_place_text(const struct net_place *v, char *buf, size_t size);

#endif
