/*
 * address: IP addresses as 16 bytes, IPv6 or IPv4-mapped; public ones.  Pure.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <sys/socket.h>
#include <stdint.h>

/*
 * Write the address of `sa', of AF_INET6 or else AF_INET, to `addr'.  Returns
 * its port in host order.
 */
uint16_t net_address_get(const struct sockaddr *sa, uint8_t addr[16]);

/* Returns 1 when `addr' is IPv4-mapped, else 0. */
int	 net_address_is_ipv4(const uint8_t addr[16]);

/*
 * Write the source that `addr' belongs to: its first `v4' bits if it is IPv4,
 * else its first `v6' bits, and zeros.  More bits than there are count as all.
 */
void	 net_address_source(const uint8_t addr[16], unsigned int v4,
	    unsigned int v6, uint8_t source[16]);

/*
 * Returns 1 when the address is globally reachable: neither loopback,
 * link-local, multicast nor of a private, shared, documentation or other
 * special block (RFC 6890), else 0.
 */
int	 net_address_is_public(const struct sockaddr *sa);

/*
 * Returns 1 when the address (IPv6 or IPv4-mapped) is of a private or shared
 * network, link-local or loopback, else 0.
 */
int	 net_address_is_private(const uint8_t addr[16]);

#endif
