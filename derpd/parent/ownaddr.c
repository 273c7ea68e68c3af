/*
 * ownaddr: see ownaddr.h.  Called by ownnode.c for the map node.
 */
#include <sys/socket.h>
#include <sys/types.h>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "ownaddr.h"

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
parent_ownaddr_is_public(const struct sockaddr *sa)
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

static const void *
bytes_of(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return (&((const struct sockaddr_in *)
		    (const void *)sa)->sin_addr);
	return (&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
}

int
parent_ownaddr_find(int family, char *dst, size_t size)
{
	struct ifaddrs *all, *i;
	char text[INET6_ADDRSTRLEN];
	int n = 0;

	if (getifaddrs(&all) == -1)
		return (-1);
	for (i = all; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL || (i->ifa_flags & IFF_UP) == 0 ||
		    i->ifa_addr->sa_family != family ||
		    !parent_ownaddr_is_public(i->ifa_addr) ||
		    inet_ntop(family, bytes_of(i->ifa_addr), text,
		    sizeof(text)) == NULL)
			continue;
		if (n > 0 && strcmp(text, dst) == 0)
			continue;
		strlcpy(dst, text, size);
		n++;
	}
	freeifaddrs(all);
	return (n == 1 ? 0 : -1);
}
