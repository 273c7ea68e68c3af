/*
 * lookup: see lookup.h.  Called by resolve.c.  Uses the resolver, which reads
 * its files and talks to its servers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "lookup.h"

static const struct resolve_ops libc = {
	getaddrinfo, freeaddrinfo, arc4random_uniform
};

static int
has(const struct resolve_answer *a, const uint8_t addr[IPC_ADDRLEN])
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (memcmp(a->addrs[i], addr, IPC_ADDRLEN) == 0)
			return (1);
	return (0);
}

void
resolve_answer_add(struct resolve_answer *a, const struct sockaddr *sa)
{
	uint8_t addr[IPC_ADDRLEN];

	(void)net_address_get(sa, addr);
	if (a->n < IPC_DNS_MAXADDRS && !has(a, addr))
		memcpy(a->addrs[a->n++], addr, sizeof(addr));
}

static void
keep(struct resolve_answer *a, const struct addrinfo *ai)
{
	for (; ai != NULL; ai = ai->ai_next)
		if (ai->ai_family == AF_INET || ai->ai_family == AF_INET6)
			resolve_answer_add(a, ai->ai_addr);
}

/* Each order is as likely as any other (Fisher and Yates). */
static void
shuffle(const struct resolve_ops *ops, struct resolve_answer *a)
{
	uint8_t addr[IPC_ADDRLEN];
	size_t i, k;

	for (i = a->n; i > 1; i--) {
		k = ops->below((uint32_t)i);
		memcpy(addr, a->addrs[k], sizeof(addr));
		memcpy(a->addrs[k], a->addrs[i - 1], sizeof(addr));
		memcpy(a->addrs[i - 1], addr, sizeof(addr));
	}
}

void
resolve_lookup(const struct resolve_ops *ops, const char *name,
    struct resolve_answer *a)
{
	struct addrinfo hints, *res = NULL;
	int e;

	if (ops == NULL)
		ops = &libc;
	memset(a, 0, sizeof(*a));
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;	/* each address once */
	if ((e = ops->resolve(name, NULL, &hints, &res)) != 0) {
		snprintf(a->why, sizeof(a->why), "can't resolve: %s",
		    gai_strerror(e));
		return;
	}
	keep(a, res);
	ops->release(res);
	if (a->n == 0)
		strlcpy(a->why, "it has no address", sizeof(a->why));
	shuffle(ops, a);
}
