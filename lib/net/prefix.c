/*
 * prefix: prefixes of IP addresses, see prefix.h.  Called by the configuration,
 * the parent and fronts.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prefix.h"

#define MAPPED_BITS	96

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static int
is_v4(const uint8_t addr[16])
{
	return (memcmp(addr, mapped, sizeof(mapped)) == 0);
}

/* Parse "24", at most `max'.  Return the number, or -1. */
static int
get_bits(const char *s, int max)
{
	size_t n = strlen(s);
	int v;

	if (n == 0 || n > 3 || strspn(s, "0123456789") != n ||
	    (n > 1 && s[0] == '0'))
		return (-1);
	v = (int)strtol(s, NULL, 10);
	return (v <= max ? v : -1);
}

/* Clear the bits beyond the prefix.  Return 1 when one of them was set. */
static int
mask(struct net_prefix *p)
{
	unsigned int i, keep;
	int cleared = 0;

	for (i = 0; i < 16; i++) {
		keep = p->bits >= (i + 1) * 8 ? 0xff :
		    p->bits <= i * 8 ? 0 :
		    0xff00U >> (p->bits - i * 8) & 0xff;
		cleared |= (p->addr[i] & ~keep) != 0;
		p->addr[i] &= (uint8_t)keep;
	}
	return (cleared);
}

int
net_prefix_parse(struct net_prefix *p, const char *s)
{
	char text[INET6_ADDRSTRLEN];
	size_t n = strcspn(s, "/");
	int bits, max;

	memset(p, 0, sizeof(*p));
	if (n >= sizeof(text))
		return (NET_PREFIX_BAD);
	memcpy(text, s, n);
	text[n] = '\0';
	if (inet_pton(AF_INET, text, p->addr + 12) == 1) {
		memcpy(p->addr, mapped, sizeof(mapped));
		max = 32;
	} else if (inet_pton(AF_INET6, text, p->addr) == 1)
		max = 128;
	else
		return (NET_PREFIX_BAD);
	bits = s[n] == '\0' ? max : get_bits(s + n + 1, max);
	if (bits == -1)
		return (NET_PREFIX_BAD);
	p->bits = (uint8_t)(bits + (max == 32 ? MAPPED_BITS : 0));
	return (mask(p) ? NET_PREFIX_HOST : 0);
}

void
net_prefix_text(const struct net_prefix *p, char dst[NET_PREFIX_TEXT])
{
	char text[INET6_ADDRSTRLEN] = "?";
	int v4 = is_v4(p->addr) && p->bits >= MAPPED_BITS;

	(void)inet_ntop(v4 ? AF_INET : AF_INET6, p->addr + (v4 ? 12 : 0), text,
	    sizeof(text));
	if (p->bits == 128)
		snprintf(dst, NET_PREFIX_TEXT, "%s", text);
	else
		snprintf(dst, NET_PREFIX_TEXT, "%s/%d", text,
		    p->bits - (v4 ? MAPPED_BITS : 0));
}

void
net_prefix_address(const uint8_t addr[16], char dst[NET_PREFIX_TEXT])
{
	struct net_prefix p = { .bits = 128 };

	memcpy(p.addr, addr, sizeof(p.addr));
	net_prefix_text(&p, dst);
}

int
net_prefix_has(const struct net_prefix *p, const uint8_t addr[16])
{
	struct net_prefix masked;

	if (is_v4(addr) && p->bits < MAPPED_BITS)
		return (0);
	memcpy(masked.addr, addr, sizeof(masked.addr));
	masked.bits = p->bits;
	(void)mask(&masked);
	return (memcmp(masked.addr, p->addr, sizeof(masked.addr)) == 0);
}
