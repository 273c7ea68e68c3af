/*
 * dnsserver: the addresses of a name by one DNS server, which the settings name
 * in place of those of resolv.conf, over sockets that the caller gives.  One
 * file a backend: dnsserver_cares.c, and dnsserver_none.c, which can't;
 * `configure' selects it.
 */
#ifndef DNSSERVER_H
#define DNSSERVER_H

#include <stdint.h>

#include "lookup.h"

/* Time for an answer with all repetitions, ms. */
#define RESOLVE_SERVER_MS	6000

/*
 * Get a socket of the family AF_INET, or AF_INET6 if `ipv6', for UDP, or TCP if
 * `tcp'; it is taken.  Returns it, or -1.
 */
typedef int (*resolve_lend)(int ipv6, int tcp, void *arg);

/*
 * Use the server at this address, IPv6 or IPv4-mapped, and port.  Reads files,
 * so it is called before confinement.  Returns 0, or -1 with a static line in
 * *why.
 */
int	 resolve_server_init(const uint8_t addr[IPC_ADDRLEN], uint16_t port,
	    resolve_lend lend, void *arg, const char **why);

/*
 * As resolve_lookup(), in the order of the answer; after resolve_server_init().
 */
void	 resolve_server_lookup(const char *name, struct resolve_answer *a);

#endif
