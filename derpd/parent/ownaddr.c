/*
 * ownaddr: see ownaddr.h.  Called by ownnode.c for the map node.
 */
#include <sys/socket.h>
#include <sys/types.h>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "address.h"
#include "ownaddr.h"

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
		    !net_address_is_public(i->ifa_addr) ||
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
