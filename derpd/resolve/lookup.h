/*
 * lookup: the addresses of a name, by libc's resolver, which blocks.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <sys/types.h>
#include <sys/socket.h>
#include <netdb.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

/* The functions of the resolver, as in libc, and of random numbers. */
struct resolve_ops {
	int	 (*resolve)(const char *host, const char *port,
		    const struct addrinfo *hints, struct addrinfo **res);
	void	 (*release)(struct addrinfo *res);
	uint32_t (*below)(uint32_t n);	/* any number from 0 to n - 1 */
};

/* What a name resolves to. */
struct resolve_answer {
	uint8_t	 addrs[IPC_DNS_MAXADDRS][IPC_ADDRLEN];
	size_t	 n;			/* 0: why not */
	char	 why[IPC_WHYSIZE];
};

/*
 * Add the address of `sa', of AF_INET or AF_INET6, unless it is there already
 * or there are IPC_DNS_MAXADDRS.
 */
void	resolve_answer_add(struct resolve_answer *a, const struct sockaddr *sa);

/*
 * Resolve `name': each of its addresses once, up to IPC_DNS_MAXADDRS, in random
 * order: a client takes the first one, and the order of the resolver would send
 * all clients to one.  `ops' NULL: libc's.
 */
void	resolve_lookup(const struct resolve_ops *ops, const char *name,
	    struct resolve_answer *a);

#endif
