/*
 * endpoint: see endpoint.h.  Called by the codecs, the state file and the
 * interfaces of derpbridge-netlink.  Touches its arguments alone.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "bigendian.h"
#include "endpoint.h"
#include "prefix.h"

/* A zone is printable and is one word. */
static int
get_zone(struct wg_endpoint *e, const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		if (!isgraph((unsigned char)*p) || *p == ']' || *p == '%')
			return (-1);
	if (p == s || strlcpy(e->zone, s, sizeof(e->zone)) >= sizeof(e->zone))
		return (-1);
	return (0);
}

/* The text between the brackets, or before the colon. */
static int
get_address(struct wg_endpoint *e, char *host, int v6)
{
	char *zone;

	if (!v6) {
		memset(e->addr + 10, 0xff, 2);
		return (inet_pton(AF_INET, host, e->addr + 12) == 1 ? 0 : -1);
	}
	if ((zone = strchr(host, '%')) != NULL) {
		*zone++ = '\0';
		if (get_zone(e, zone) == -1)
			return (-1);
	}
	return (inet_pton(AF_INET6, host, e->addr) == 1 ? 0 : -1);
}

int
wg_endpoint_parse(struct wg_endpoint *e, const char *s)
{
	char text[WG_ENDPOINT_TEXT], *host = text, *port;
	const char *error;
	int v6;

	memset(e, 0, sizeof(*e));
	if (strlcpy(text, s, sizeof(text)) >= sizeof(text) ||
	    (port = strrchr(text, ':')) == NULL)
		return (-1);
	*port++ = '\0';
	if ((v6 = *host == '[')) {
		host++;
		if (port - host < 2 || port[-2] != ']')
			return (-1);
		port[-2] = '\0';
	}
	/* strtonum(3) would take a sign and white space. */
	if (!isdigit((unsigned char)*port) || get_address(e, host, v6) == -1)
		return (-1);
	e->port = (uint16_t)strtonum(port, 1, UINT16_MAX, &error);
	return (error == NULL ? 0 : -1);
}

void
wg_endpoint_text(const struct wg_endpoint *e, char dst[WG_ENDPOINT_TEXT])
{
	char addr[NET_PREFIX_TEXT];

	if (e->port == 0) {
		strlcpy(dst, "none", WG_ENDPOINT_TEXT);
		return;
	}
	net_prefix_address(e->addr, addr);
	if (net_address_is_ipv4(e->addr))
		snprintf(dst, WG_ENDPOINT_TEXT, "%.45s:%u", addr,
		    (unsigned int)e->port);
	else
		snprintf(dst, WG_ENDPOINT_TEXT, "[%.45s%s%.15s]:%u", addr,
		    e->zone[0] != '\0' ? "%" : "", e->zone,
		    (unsigned int)e->port);
}

int
wg_endpoint_same(const struct wg_endpoint *a, const struct wg_endpoint *b)
{
	return (a->port == b->port && memcmp(a->addr, b->addr,
	    sizeof(a->addr)) == 0 && strcmp(a->zone, b->zone) == 0);
}

void
wg_endpoint_ipv4(struct wg_endpoint *e, uint32_t addr, uint16_t port)
{
	memset(e, 0, sizeof(*e));
	memset(e->addr + 10, 0xff, 2);
	base_put32(e->addr + 12, addr);
	e->port = port;
}

void
wg_endpoint_scope(struct wg_endpoint *e, uint32_t ifindex)
{
	if (ifindex == 0)
		e->zone[0] = '\0';
	else
		snprintf(e->zone, sizeof(e->zone), "%u", ifindex);
}

uint32_t
wg_endpoint_get_ipv4(const struct wg_endpoint *e)
{
	return (net_address_is_ipv4(e->addr) ? base_get32(e->addr + 12) : 0);
}
