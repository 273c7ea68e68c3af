/*
 * testaddr: socket addresses for tests.
 */
#ifndef TESTADDR_H
#define TESTADDR_H

#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <string.h>

/* The loopback address of `family', or its wildcard, port 0; its length. */
static inline socklen_t
net_test_local(struct sockaddr_storage *ss, int family, int wildcard)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		in->sin_addr.s_addr = htonl(wildcard ? INADDR_ANY :
		    INADDR_LOOPBACK);
		return (sizeof(*in));
	}
	in6->sin6_addr = wildcard ? in6addr_any : in6addr_loopback;
	return (sizeof(*in6));
}

/* The address `addr' as text, IPv4 or IPv6, with a port; `ss'. */
static inline const struct sockaddr *
net_test_address(struct sockaddr_storage *ss, const char *addr, uint16_t port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (strchr(addr, ':') == NULL) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		ATF_REQUIRE_EQ(1, inet_pton(AF_INET, addr, &in->sin_addr));
	} else {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		ATF_REQUIRE_EQ(1, inet_pton(AF_INET6, addr, &in6->sin6_addr));
	}
	return ((const struct sockaddr *)ss);
}

#endif
