/*
 * proxyproto: the PROXY protocol, see proxyproto.h.  Called by fronts, by the
 * health process and by checks.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxyproto.h"

#define V2_HEAD		16		/* signature, command, family, length */
#define V2_VERSION	0x20
#define V2_LOCAL	0
#define V2_PROXY	1
#define V2_TCP4		0x11
#define V2_TCP6		0x21

static const uint8_t signature[12] = {
	0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
};

/* Return 1 when the first bytes, as far as they are there, are those of `s'. */
static int
may_begin(const uint8_t *p, size_t n, const void *s, size_t len)
{
	return (memcmp(p, s, n < len ? n : len) == 0);
}

/* Copy an IPv4 address as IPv4-mapped. */
static void
put_mapped(uint8_t dst[16], const void *v4)
{
	memset(dst, 0, 10);
	dst[10] = dst[11] = 0xff;
	memcpy(dst + 12, v4, 4);
}

/*
 * Cut the field that ends with `end' from the line at *p.  Return it, with a
 * NUL in place of its end, or NULL: there is none.
 */
static char *
cut(char **p, char end)
{
	char *field = *p, *q = strchr(field, end);

	if (q == NULL)
		return (NULL);
	*p = q + 1;
	*q = '\0';
	return (field);
}

/* Parse an address of the family.  Return 0, or -1. */
static int
get_address(uint8_t dst[16], int family, const char *s)
{
	struct in_addr v4;

	if (s == NULL)
		return (-1);
	if (family == AF_INET6)
		return (inet_pton(AF_INET6, s, dst) == 1 ? 0 : -1);
	if (inet_pton(AF_INET, s, &v4) != 1)
		return (-1);
	put_mapped(dst, &v4);
	return (0);
}

/* Parse a port without zeros before it.  Return 0, or -1. */
static int
get_port(uint16_t *port, const char *s)
{
	unsigned long v;
	size_t n = s == NULL ? 0 : strlen(s);

	if (n == 0 || n > 5 || strspn(s, "0123456789") != n ||
	    (s[0] == '0' && n > 1) || (v = strtoul(s, NULL, 10)) > 65535)
		return (-1);
	*port = (uint16_t)v;
	return (0);
}

/* Parse "SOURCE DESTINATION PORT PORT\r", a whole line.  Return 0, or -1. */
static int
get_fields(struct net_proxyproto *h, int family, char *line)
{
	struct net_proxyproto to;

	if (get_address(h->addr, family, cut(&line, ' ')) == -1 ||
	    get_address(to.addr, family, cut(&line, ' ')) == -1 ||
	    get_port(&h->port, cut(&line, ' ')) == -1 ||
	    get_port(&to.port, cut(&line, '\r')) == -1 || *line != '\0')
		return (-1);
	h->known = 1;
	return (0);
}

/* Version 1, section 2.1. */
static int
parse_line(struct net_proxyproto *h, const uint8_t *p, size_t n)
{
	static const struct {
		const char	*begin;
		size_t		 len;
		int		 family;	/* 0: no address is known */
	} kinds[] = {
		{ "PROXY TCP4 ", 11, AF_INET },
		{ "PROXY TCP6 ", 11, AF_INET6 },
		{ "PROXY UNKNOWN ", 14, 0 },
		{ "PROXY UNKNOWN\r\n", 15, 0 }
	};
	const size_t nkinds = sizeof(kinds) / sizeof(kinds[0]);
	const uint8_t *end;
	char line[NET_PROXYPROTO_LINE + 1];
	size_t i, len;

	for (i = 0; i < nkinds; i++)
		if (may_begin(p, n, kinds[i].begin, kinds[i].len))
			break;
	if (i == nkinds)
		return (-1);
	len = n < NET_PROXYPROTO_LINE ? n : NET_PROXYPROTO_LINE;
	if ((end = memmem(p, len, "\r\n", 2)) == NULL)
		return (n < NET_PROXYPROTO_LINE ? 0 : -1);
	len = (size_t)(end - p) + 2;
	if (kinds[i].family == 0)
		return ((int)len);
	/* Without the LF; a NUL in the line makes it a shorter, broken one. */
	memcpy(line, p, len - 1);
	line[len - 1] = '\0';
	if (strlen(line) != len - 1 ||
	    get_fields(h, kinds[i].family, line + kinds[i].len) == -1)
		return (-1);
	return ((int)len);
}

/* The bytes of both addresses and ports of a family; 0: it has none. */
static size_t
block_size(uint8_t family)
{
	static const size_t sizes[] = { 0, 12, 36, 216 };

	return ((family & 0x0f) == 0 ? 0 : sizes[family >> 4]);
}

/*
 * Version 2, section 2.2.  The bytes after the addresses (TLVs) are skipped,
 * the optional checksum among them: TCP has one.
 */
static int
parse_binary(struct net_proxyproto *h, const uint8_t *p, size_t n)
{
	const uint8_t *block = p + V2_HEAD;
	size_t len;

	if (n > 12 && p[12] != (V2_VERSION | V2_LOCAL) &&
	    p[12] != (V2_VERSION | V2_PROXY))
		return (-1);
	/* The family of LOCAL is ignored. */
	if (n > 13 && p[12] == (V2_VERSION | V2_PROXY) &&
	    (p[13] >> 4 > 3 || (p[13] & 0x0f) > 2))
		return (-1);
	if (n < V2_HEAD)
		return (0);
	len = (size_t)p[14] << 8 | p[15];
	if (len > NET_PROXYPROTO_MAX - V2_HEAD ||
	    (p[12] == (V2_VERSION | V2_PROXY) && len < block_size(p[13])))
		return (-1);
	if (n < V2_HEAD + len)
		return (0);
	if (p[12] == (V2_VERSION | V2_PROXY) && p[13] == V2_TCP4) {
		put_mapped(h->addr, block);
		h->port = (uint16_t)(block[8] << 8 | block[9]);
		h->known = 1;
	} else if (p[12] == (V2_VERSION | V2_PROXY) && p[13] == V2_TCP6) {
		memcpy(h->addr, block, 16);
		h->port = (uint16_t)(block[32] << 8 | block[33]);
		h->known = 1;
	}
	return ((int)(V2_HEAD + len));
}

int
net_proxyproto_parse(struct net_proxyproto *h, const uint8_t *p, size_t n)
{
	memset(h, 0, sizeof(*h));
	if (n == 0)
		return (0);
	return (may_begin(p, n, signature, sizeof(signature)) ?
	    parse_binary(h, p, n) : parse_line(h, p, n));
}

int
net_proxyproto_begins(const uint8_t *p, size_t n)
{
	static const char line[] = "PROXY ";

	return (may_begin(p, n, signature, sizeof(signature)) ||
	    may_begin(p, n, line, sizeof(line) - 1));
}

void
net_proxyproto_put_local(uint8_t p[NET_PROXYPROTO_LOCAL])
{
	memset(p, 0, NET_PROXYPROTO_LOCAL);
	memcpy(p, signature, sizeof(signature));
	p[12] = V2_VERSION | V2_LOCAL;
}

/* The text of an address, and its port.  Returns 0, or -1 when it is not IP. */
static int
address(const struct sockaddr_storage *ss, char text[INET6_ADDRSTRLEN],
    unsigned int *port)
{
	const struct sockaddr_in6 *s6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *s4 = (const struct sockaddr_in *)ss;
	const int is4 = ss->ss_family == AF_INET;

	if (!is4 && ss->ss_family != AF_INET6)
		return (-1);
	*port = ntohs(is4 ? s4->sin_port : s6->sin6_port);
	return (inet_ntop(ss->ss_family, is4 ? (const void *)&s4->sin_addr :
	    (const void *)&s6->sin6_addr, text, INET6_ADDRSTRLEN) == NULL ? -1 :
	    0);
}

size_t
net_proxyproto_put_line(char line[NET_PROXYPROTO_LINE + 1],
    const struct sockaddr_storage *from, const struct sockaddr_storage *to)
{
	char source[INET6_ADDRSTRLEN], target[INET6_ADDRSTRLEN];
	unsigned int sport, tport;
	int n;

	if (from->ss_family != to->ss_family ||
	    address(from, source, &sport) == -1 ||
	    address(to, target, &tport) == -1)
		return (0);
	n = snprintf(line, NET_PROXYPROTO_LINE + 1,
	    "PROXY TCP%d %s %s %u %u\r\n", from->ss_family == AF_INET ? 4 : 6,
	    source, target, sport, tport);
	return (n < 0 || n > NET_PROXYPROTO_LINE ? 0 : (size_t)n);
}
