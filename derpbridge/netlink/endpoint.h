/*
 * endpoint: where the packets of a WireGuard peer go: address and port.  Pure.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

#define WG_ZONESIZE	16		/* of a zone, with its NUL */
#define WG_ENDPOINT_TEXT 80		/* of a text, with its NUL */

struct wg_endpoint {
	uint8_t		addr[16];	/* IPv6 or IPv4-mapped */
	uint16_t	port;		/* host order; 0: no endpoint */
	char		zone[WG_ZONESIZE]; /* of a link-local address: a
				   number or a name; "": none */
};

/*
 * Parse "192.0.2.1:51820", "[2001:db8::1]:51820" or "[fe80::1%eth0]:51820".
 * Returns 0, or -1 when the text is something else; port 0 is malformed.
 */
int	 wg_endpoint_parse(struct wg_endpoint *e, const char *s);

/* Write the endpoint as wg_endpoint_parse() reads it; "none" without one. */
void	 wg_endpoint_text(const struct wg_endpoint *e,
	    char dst[WG_ENDPOINT_TEXT]);

/* Returns 1 when the two are equal, else 0. */
int	 wg_endpoint_same(const struct wg_endpoint *a,
	    const struct wg_endpoint *b);

/* Make an endpoint of an IPv4 address and a port, both in host order. */
void	 wg_endpoint_ipv4(struct wg_endpoint *e, uint32_t addr, uint16_t port);

/* Set the zone to the number of an interface; 0: none. */
void	 wg_endpoint_scope(struct wg_endpoint *e, uint32_t ifindex);

/* The IPv4 address in host order; 0 when it is none. */
uint32_t wg_endpoint_get_ipv4(const struct wg_endpoint *e);

#endif
