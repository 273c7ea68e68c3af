/*
 * address: see address.h.
 */
#include <netinet/in.h>
#include <string.h>

#include "address.h"
#include "prefix.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

uint16_t
net_address_get(const struct sockaddr *sa, uint8_t addr[16])
{
	const struct sockaddr_in6 *s6;
	const struct sockaddr_in *s4;

	if (sa->sa_family == AF_INET6) {
		s6 = (const struct sockaddr_in6 *)(const void *)sa;
		memcpy(addr, &s6->sin6_addr, 16);
		return (ntohs(s6->sin6_port));
	}
	s4 = (const struct sockaddr_in *)(const void *)sa;
	memcpy(addr, mapped, sizeof(mapped));
	memcpy(addr + sizeof(mapped), &s4->sin_addr, 4);
	return (ntohs(s4->sin_port));
}

int
net_address_is_ipv4(const uint8_t addr[16])
{
	return (memcmp(addr, mapped, sizeof(mapped)) == 0);
}

void
net_address_source(const uint8_t addr[16], unsigned int v4, unsigned int v6,
    uint8_t source[16])
{
	unsigned int bits = v6, i;

	if (net_address_is_ipv4(addr))
		bits = v4 < 32 ? 96 + v4 : 128;
	memcpy(source, addr, 16);
	for (i = bits / 8; i < 16; i++)
		source[i] &= i == bits / 8 ? (uint8_t)(0xff00 >> bits % 8) : 0;
}

/* Blocks of addresses that are not globally reachable. */
static const struct {
	uint32_t	 net, mask;
} special[] = {
	{ 0x00000000, 0xff000000 },	/* 0.0.0.0/8 */
	{ 0x0a000000, 0xff000000 },	/* 10.0.0.0/8 */
	{ 0x64400000, 0xffc00000 },	/* 100.64.0.0/10 */
	{ 0x7f000000, 0xff000000 },	/* 127.0.0.0/8 */
	{ 0xa9fe0000, 0xffff0000 },	/* 169.254.0.0/16 */
	{ 0xac100000, 0xfff00000 },	/* 172.16.0.0/12 */
	{ 0xc0000000, 0xffffff00 },	/* 192.0.0.0/24 */
	{ 0xc0000200, 0xffffff00 },	/* 192.0.2.0/24 */
	{ 0xc0a80000, 0xffff0000 },	/* 192.168.0.0/16 */
	{ 0xc6120000, 0xfffe0000 },	/* 198.18.0.0/15 */
	{ 0xc6336400, 0xffffff00 },	/* 198.51.100.0/24 */
	{ 0xcb007100, 0xffffff00 },	/* 203.0.113.0/24 */
	{ 0xe0000000, 0xe0000000 }	/* 224.0.0.0 and above */
};

static int
is_public4(const struct in_addr *a)
{
	uint32_t v = ntohl(a->s_addr);
	size_t i;

	for (i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if ((v & special[i].mask) == special[i].net)
			return (0);
	return (1);
}

/* 2000::/3 without 2001:db8::/32 and the blocks of IPv4 tunnels. */
static int
is_public6(const struct in6_addr *a)
{
	static const uint8_t documentation[4] = { 0x20, 0x01, 0x0d, 0xb8 };
	static const uint8_t teredo[4] = { 0x20, 0x01, 0, 0 };
	static const uint8_t sixtofour[2] = { 0x20, 0x02 };

	return ((a->s6_addr[0] & 0xe0) == 0x20 &&
	    memcmp(a, documentation, sizeof(documentation)) != 0 &&
	    memcmp(a, teredo, sizeof(teredo)) != 0 &&
	    memcmp(a, sixtofour, sizeof(sixtofour)) != 0);
}

int
net_address_is_public(const struct sockaddr *sa)
{
	switch (sa->sa_family) {
	case AF_INET:
		return (is_public4(&((const struct sockaddr_in *)
		    (const void *)sa)->sin_addr));
	case AF_INET6:
		return (is_public6(&((const struct sockaddr_in6 *)
		    (const void *)sa)->sin6_addr));
	default:
		return (0);
	}
}

/* The IPv4-mapped ones, fc00::/7, fe80::/10 and ::1. */
static const struct net_prefix private[] = {
	{ { [10] = 0xff, 0xff, 10 }, 96 + 8 },
	{ { [10] = 0xff, 0xff, 100, 64 }, 96 + 10 },
	{ { [10] = 0xff, 0xff, 127 }, 96 + 8 },
	{ { [10] = 0xff, 0xff, 169, 254 }, 96 + 16 },
	{ { [10] = 0xff, 0xff, 172, 16 }, 96 + 12 },
	{ { [10] = 0xff, 0xff, 192, 168 }, 96 + 16 },
	{ { 0xfc }, 7 },
	{ { 0xfe, 0x80 }, 10 },
	{ { [15] = 1 }, 128 }
};

int
net_address_is_private(const uint8_t addr[16])
{
	size_t i;

	for (i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		if (net_prefix_has(&private[i], addr))
			return (1);
	return (0);
}
