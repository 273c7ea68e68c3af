/*
 * hostname: validate host names and addresses; see hostname.h.  Called by the
 * map checker and by derpd's configuration.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "hostname.h"

#define MAX_NAME	253
#define MAX_LABEL	63

static const char	digits[] = "0123456789";
static const char	inner[] = "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

int
net_hostname_is_name(const char *s)
{
	const char *label = s;
	size_t n;

	if (strlen(s) > MAX_NAME)
		return (0);
	for (;;) {
		n = strspn(label, inner);
		if (n == 0 || n > MAX_LABEL || label[0] == '-' ||
		    label[n - 1] == '-')
			return (0);
		if (label[n] == '\0')
			return (label[strspn(label, digits)] != '\0');
		if (label[n] != '.')
			return (0);
		label += n + 1;
	}
}

int
net_hostname_is_ipv4(const char *s)
{
	struct in_addr a;

	return (inet_pton(AF_INET, s, &a) == 1);
}

int
net_hostname_is_ipv6(const char *s)
{
	struct in6_addr a;

	return (inet_pton(AF_INET6, s, &a) == 1);
}
