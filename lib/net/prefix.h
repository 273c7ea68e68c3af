/*
 * prefix: prefixes of IP addresses, such as 192.0.2.0/24.  Pure.
 */
#ifndef PREFIX_H
#define PREFIX_H

#include <stddef.h>
#include <stdint.h>

#define NET_PREFIX_TEXT	64		/* bytes of a text, with its NUL */

struct net_prefix {
	uint8_t	 addr[16];	/* IPv6 or IPv4-mapped; 0 beyond `bits' */
	uint8_t	 bits;		/* 0 to 128; of IPv4 96 more than written */
};

/* Results of net_prefix_parse(). */
#define NET_PREFIX_BAD	(-1)	/* not a prefix */
#define NET_PREFIX_HOST	(-2)	/* the address has bits beyond the prefix */

/*
 * Parse an address with "/" and its number of bits, or a single address.
 * Returns 0 with *p filled in, or NET_PREFIX_*; with NET_PREFIX_HOST, *p is the
 * prefix that the address is within.
 */
int	 net_prefix_parse(struct net_prefix *p, const char *s);

/*
 * Write the prefix as net_prefix_parse() reads it; without "/" when it is a
 * single address.
 */
void	 net_prefix_text(const struct net_prefix *p, char dst[NET_PREFIX_TEXT]);

/* Write one address, IPv6 or IPv4-mapped, in the same way. */
void	 net_prefix_address(const uint8_t addr[16], char dst[NET_PREFIX_TEXT]);

/*
 * Returns 1 when `addr' (IPv6 or IPv4-mapped) is within the prefix, else 0.  An
 * IPv4 address is within no prefix of IPv6, ::/0 included.
 */
int	 net_prefix_has(const struct net_prefix *p, const uint8_t addr[16]);

#endif
