/*
 * place: see place.h.  net_place_find() uses the resolver, which reads its
 * files and talks to its servers.
 */
#include <sys/types.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "place.h"
#include "url.h"

const struct net_resolver net_resolver_libc = { getaddrinfo, freeaddrinfo };

static int
keep(struct net_place v[NET_MAXPLACES], const struct addrinfo *ai, int local)
{
	int n = 0;

	for (; ai != NULL && n < NET_MAXPLACES; ai = ai->ai_next) {
		if ((ai->ai_family != AF_INET && ai->ai_family != AF_INET6) ||
		    ai->ai_addrlen > sizeof(v[n].ss) ||
		    (local && !net_url_loopback(ai->ai_addr)))
			continue;
		memset(&v[n], 0, sizeof(v[n]));
		memcpy(&v[n].ss, ai->ai_addr, ai->ai_addrlen);
		v[n++].len = ai->ai_addrlen;
	}
	return (n);
}

int
net_place_find(const struct net_resolver *r, const char *host,
    const char *port, int local, struct net_place v[NET_MAXPLACES], char *why,
    size_t size)
{
	struct addrinfo hints, *res;
	int e, n;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	if ((e = r->resolve(host, port, &hints, &res)) != 0) {
		snprintf(why, size, "can't resolve %.150s: %s", host,
		    gai_strerror(e));
		return (-1);
	}
	n = keep(v, res, local);
	r->release(res);
	if (n > 0)
		return (n);
	snprintf(why, size, "%.150s has no address%s", host,
	    local ? " of this machine" : "");
	return (-1);
}

void
net_place_set(struct net_place *v, const uint8_t addr[16], uint16_t port)
{
	void *ss = &v->ss;
	struct sockaddr_in6 *in6 = ss;
	struct sockaddr_in *in = ss;

	memset(v, 0, sizeof(*v));
	if (net_address_is_ipv4(addr)) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, addr + 12, 4);
		v->len = sizeof(*in);
		return;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, addr, 16);
	v->len = sizeof(*in6);
}

int
net_place_literal(struct net_place *v, const char *text)
{
	void *ss = &v->ss;
	struct sockaddr_in6 *in6 = ss;
	struct sockaddr_in *in = ss;

	memset(v, 0, sizeof(*v));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		v->len = sizeof(*in);
		return (1);
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) != 1)
		return (0);
	in6->sin6_family = AF_INET6;
	v->len = sizeof(*in6);
	return (1);
}

void
net_place_port(struct net_place *v, uint16_t port)
{
	void *ss = &v->ss;
	struct sockaddr_in6 *in6 = ss;
	struct sockaddr_in *in = ss;

	if (v->ss.ss_family == AF_INET)
		in->sin_port = htons(port);
	else
		in6->sin6_port = htons(port);
}

int
net_place_same(const struct net_place *a, const struct net_place *b)
{
	return (a->len == b->len && memcmp(&a->ss, &b->ss, a->len) == 0);
}

void
net_place_text(const struct net_place *v, char *buf, size_t size)
{
	const void *ss = &v->ss;
	const struct sockaddr_in6 *in6 = ss;
	const struct sockaddr_in *in = ss;
	char host[INET6_ADDRSTRLEN] = "?";

	if (v->ss.ss_family == AF_UNIX) {
		snprintf(buf, size, "%s",
		    ((const struct sockaddr_un *)ss)->sun_path);
		return;
	}
	if (v->ss.ss_family == AF_INET)
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
	else
		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
	snprintf(buf, size, "%s port %u", host, (unsigned int)ntohs(
	    v->ss.ss_family == AF_INET ? in->sin_port : in6->sin6_port));
}
