/*
 * resolverfixture: A resolver for tests, which gives what the test says.
 */
#ifndef RESOLVERFIXTURE_H
#define RESOLVERFIXTURE_H

#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "places.h"

static struct sockaddr_storage	answers[16];
static size_t			nanswers;
static int			resolver_error;	/* of getaddrinfo(3), 0: none */
static int			resolved;	/* number of calls */

/* Append an address to the answer. */
static inline void
answer_with(const char *addr, uint16_t port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&answers[nanswers];
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&answers[nanswers];

	memset(in6, 0, sizeof(answers[0]));
	if (strchr(addr, ':') == NULL) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		ATF_REQUIRE_EQ(1, inet_pton(AF_INET, addr, &in->sin_addr));
	} else {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		ATF_REQUIRE_EQ(1, inet_pton(AF_INET6, addr, &in6->sin6_addr));
	}
	nanswers++;
}

static inline int
test_resolve(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **res)
{
	struct addrinfo *list;
	size_t i;

	(void)host;
	(void)port;
	ATF_CHECK_EQ(SOCK_STREAM, hints->ai_socktype);
	resolved++;
	if (resolver_error != 0)
		return (resolver_error);
	ATF_REQUIRE((list = calloc(nanswers + 1, sizeof(*list))) != NULL);
	for (i = 0; i < nanswers; i++) {
		list[i].ai_family = answers[i].ss_family;
		list[i].ai_addr = (struct sockaddr *)&answers[i];
		list[i].ai_addrlen = answers[i].ss_family == AF_INET ?
		    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
		list[i].ai_next = i + 1 < nanswers ? &list[i + 1] : NULL;
	}
	*res = list;
	return (0);
}

static inline void
test_release(struct addrinfo *res)
{
	free(res);
}

static const struct net_resolver test_resolver = {
	test_resolve, test_release
};

#endif
