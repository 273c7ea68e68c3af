/*
 * stunclient: see stunclient.h.
 */
#include <string.h>

#include "bigendian.h"
#include "stunclient.h"

#define COOKIE			0x2112a442U
#define BINDING_REQUEST		0x0001
#define BINDING_SUCCESS		0x0101
#define BINDING_ERROR		0x0111
#define HEADER			20	/* bytes */

#define MAPPED_ADDRESS		0x0001
#define ERROR_CODE		0x0009
#define XOR_MAPPED_ADDRESS	0x0020
#define XOR_MAPPED_ADDRESS_OLD	0x8020
#define SOFTWARE		0x8022
#define FINGERPRINT		0x8028

#define FINGERPRINT_XOR		0x5354554eU

/*
 * The CRC-32 of RFC 8489, 14.7: bit by bit, because a request is short and the
 * programs that ask are not linked with zlib.
 */
static uint32_t
crc32_of(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffffU;
	int bit;

	for (; len > 0; len--)
		for (crc ^= *p++, bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	return (~crc);
}

size_t
net_stun_request(enum net_stun_style style, const uint8_t id[NET_STUN_ID],
    uint8_t dst[NET_STUN_REQUEST])
{
	static const char software[8] = { 't', 'a', 'i', 'l', 'n', 'o', 'd',
	    'e' };
	size_t len = HEADER;

	base_put16(dst, BINDING_REQUEST);
	base_put16(dst + 2, style == NET_STUN_BARE ? 0 :
	    NET_STUN_REQUEST - HEADER);
	base_put32(dst + 4, COOKIE);
	memcpy(dst + 8, id, NET_STUN_ID);
	if (style == NET_STUN_BARE)
		return (len);
	base_put16(dst + len, SOFTWARE);
	base_put16(dst + len + 2, sizeof(software));
	memcpy(dst + len + 4, software, sizeof(software));
	len += 4 + sizeof(software);
	base_put32(dst + len + 4, crc32_of(dst, len) ^ FINGERPRINT_XOR);
	base_put16(dst + len, FINGERPRINT);
	base_put16(dst + len + 2, 4);
	return (len + 8);
}

/*
 * Read the address of an attribute of `size' bytes at `v', XORed with the 16
 * bytes at `mask', or not (NULL).  Returns 0, or -1.
 */
static int
read_address(const uint8_t *v, size_t size, const uint8_t *mask,
    struct net_stun_answer *a)
{
	const size_t n = size > 1 && v[1] == 2 ? 16 : 4;
	uint8_t *dst = a->addr + 16 - n;
	size_t i;

	if (size < 4 + n || (v[1] != 1 && v[1] != 2))
		return (-1);
	memset(a->addr, 0, 10);
	memset(a->addr + 10, 0xff, 2);
	for (i = 0; i < n; i++)
		dst[i] = v[4 + i] ^ (mask == NULL ? 0 : mask[i]);
	a->port = base_get16(v + 2);
	if (mask != NULL)
		a->port ^= base_get16(mask);
	return (0);
}

/* Is there an address, and where did it come from? */
enum address { NONE, PLAIN, XORED };

/* Read one attribute of `size' bytes at `v'.  Returns 0, or -1. */
static int
read_attribute(unsigned int type, const uint8_t *v, size_t size,
    const uint8_t *cookie, enum address *have, struct net_stun_answer *a)
{
	switch (type) {
	case XOR_MAPPED_ADDRESS:
	case XOR_MAPPED_ADDRESS_OLD:
		*have = XORED;
		return (read_address(v, size, cookie, a));
	case MAPPED_ADDRESS:
		if (*have == XORED)
			return (0);
		*have = PLAIN;
		return (read_address(v, size, NULL, a));
	case ERROR_CODE:
		if (size >= 4)
			a->code = (v[2] & 7) * 100U + v[3];
		return (0);
	}
	return (0);
}

/*
 * Read the attributes between `at' and `len'.  Returns 0, or -1 when they are
 * malformed.
 */
static int
read_attributes(const uint8_t *p, size_t at, size_t len, enum address *have,
    struct net_stun_answer *a)
{
	size_t size;

	while (at < len) {
		if (len - at < 4)
			return (-1);
		size = base_get16(p + at + 2);
		if ((size + 3) / 4 * 4 > len - at - 4 ||
		    read_attribute(base_get16(p + at), p + at + 4, size, p + 4,
		    have, a) == -1)
			return (-1);
		at += 4 + (size + 3) / 4 * 4;
	}
	return (0);
}

static enum net_stun_kind
broken(struct net_stun_answer *a, const char *why)
{
	a->why = why;
	return (NET_STUN_BROKEN);
}

enum net_stun_kind
net_stun_parse(const uint8_t *p, size_t len, struct net_stun_answer *a)
{
	enum address have = NONE;
	unsigned int type;

	memset(a, 0, sizeof(*a));
	if (len < HEADER || (p[0] & 0xc0) != 0 || base_get32(p + 4) != COOKIE)
		return (broken(a, "it is no STUN message"));
	memcpy(a->id, p + 8, NET_STUN_ID);
	type = base_get16(p);
	if (type != BINDING_SUCCESS && type != BINDING_ERROR)
		return (broken(a, "it is no response to a Binding request"));
	if (base_get16(p + 2) > len - HEADER)
		return (broken(a, "it is cut short"));
	if (read_attributes(p, HEADER, HEADER + base_get16(p + 2), &have,
	    a) == -1)
		return (broken(a, "its attributes are malformed"));
	if (type == BINDING_ERROR)
		return (NET_STUN_ERROR);
	if (have == NONE)
		return (broken(a, "it has no XOR-MAPPED-ADDRESS"));
	if (a->port == 0)
		return (broken(a, "it says port 0"));
	return (NET_STUN_MAPPED);
}
