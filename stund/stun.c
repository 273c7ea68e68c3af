/*
 * stun: see stun.h.  Called by stund.c with each datagram.
 *
 * A server without authentication understands every attribute of RFC 8489 and
 * ignores their contents (12.1).  It refuses comprehension-required attributes
 * of other documents, such as CHANGE-REQUEST of RFC 5780.  Clients of RFC 3489,
 * which send no magic cookie, get no answer.
 */
#include <netinet/in.h>
#include <string.h>
#include <zlib.h>

#include "bigendian.h"
#include "stun.h"

#define COOKIE			0x2112a442U
#define BINDING_REQUEST		0x0001
#define BINDING_SUCCESS		0x0101
#define BINDING_ERROR		0x0111

#define MESSAGE_INTEGRITY	0x0008
#define ERROR_CODE		0x0009
#define UNKNOWN_ATTRIBUTES	0x000a
#define MESSAGE_INTEGRITY_SHA256 0x001c
#define XOR_MAPPED_ADDRESS	0x0020
#define FINGERPRINT		0x8028

#define OPTIONAL		0x8000	/* comprehension-optional from here
					   on */
#define FINGERPRINT_XOR		0x5354554eU

/* Returns 1 for a comprehension-required attribute of RFC 8489 itself. */
static int
is_known(uint16_t type)
{
	switch (type) {
	case 0x0001:			/* MAPPED-ADDRESS */
	case 0x0006:			/* USERNAME */
	case MESSAGE_INTEGRITY:
	case ERROR_CODE:
	case UNKNOWN_ATTRIBUTES:
	case 0x0014:			/* REALM */
	case 0x0015:			/* NONCE */
	case MESSAGE_INTEGRITY_SHA256:
	case 0x001d:			/* PASSWORD-ALGORITHM */
	case 0x001e:			/* USERHASH */
	case XOR_MAPPED_ADDRESS:
		return (1);
	}
	return (type >= OPTIONAL);
}

/* Add an unknown type once; types beyond the limit are dropped. */
static void
add_unknown(struct stund_request *q, uint16_t type)
{
	size_t i;

	for (i = 0; i < q->nunknown; i++)
		if (q->unknown[i] == type)
			return;
	if (q->nunknown < STUN_MAX_UNKNOWN)
		q->unknown[q->nunknown++] = type;
}

/* Is the last attribute correct: CRC-32 of everything before it (14.7)? */
static int
check_fingerprint(const uint8_t *p, size_t at, size_t len)
{
	if (base_get16(p + at + 2) != 4 || at + 8 != len)
		return (0);
	return ((crc32(0, p, (uInt)at) ^ FINGERPRINT_XOR) ==
	    base_get32(p + at + 4));
}

enum stund_kind
stund_parse(const uint8_t *p, size_t len, struct stund_request *q)
{
	size_t at = STUN_HEADER, size;
	int covered = 0;	/* behind a MESSAGE-INTEGRITY */
	uint16_t type;

	if (len < STUN_HEADER || len % 4 != 0 ||
	    base_get16(p) != BINDING_REQUEST || base_get32(p + 4) != COOKIE ||
	    base_get16(p + 2) != len - STUN_HEADER)
		return (STUN_JUNK);
	memcpy(q->id, p + 8, sizeof(q->id));
	q->nunknown = 0;
	while (at < len) {
		/* The rest is a multiple of 4: type and length are present. */
		type = base_get16(p + at);
		size = 4 + ((size_t)base_get16(p + at + 2) + 3) / 4 * 4;
		if (size > len - at)
			return (STUN_JUNK);
		if (type == FINGERPRINT && !check_fingerprint(p, at, len))
			return (STUN_JUNK);
		/*
		 * Attributes without integrity protection are ignored (14.5,
		 * 14.6).
		 */
		if (!covered && !is_known(type))
			add_unknown(q, type);
		covered |= type == MESSAGE_INTEGRITY ||
		    type == MESSAGE_INTEGRITY_SHA256;
		at += size;
	}
	return (q->nunknown > 0 ? STUN_REFUSED : STUN_BINDING);
}

static void
put_header(uint8_t *dst, unsigned int type, size_t len,
    const struct stund_request *q)
{
	base_put16(dst, type);
	base_put16(dst + 2, (unsigned int)(len - STUN_HEADER));
	base_put32(dst + 4, COOKIE);
	memcpy(dst + 8, q->id, sizeof(q->id));
}

/*
 * Write XOR-MAPPED-ADDRESS (14.2) with `addr' of 4 or 16 bytes.  Returns the
 * bytes of the answer.
 */
static size_t
put_mapped(const struct stund_request *q, uint8_t *dst, const uint8_t *addr,
    size_t size, uint16_t port)
{
	size_t i, len = STUN_HEADER + 8 + size;
	uint8_t *a = dst + STUN_HEADER;

	put_header(dst, BINDING_SUCCESS, len, q);
	base_put16(a, XOR_MAPPED_ADDRESS);
	base_put16(a + 2, (unsigned int)(4 + size));
	base_put16(a + 4, size == 4 ? 1 : 2);
	base_put16(a + 6, port ^ COOKIE >> 16);
	/* Cookie and transaction ID are adjacent. */
	for (i = 0; i < size; i++)
		a[8 + i] = addr[i] ^ dst[4 + i];
	return (len);
}

size_t
stund_success(const struct stund_request *q, const struct sockaddr *from,
    uint8_t dst[STUN_MAX_REPLY])
{
	const struct sockaddr_in *in;
	const struct sockaddr_in6 *in6;

	if (from->sa_family == AF_INET) {
		in = (const struct sockaddr_in *)from;
		return (put_mapped(q, dst, (const uint8_t *)&in->sin_addr, 4,
		    ntohs(in->sin_port)));
	}
	if (from->sa_family != AF_INET6)
		return (0);
	in6 = (const struct sockaddr_in6 *)from;
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return (put_mapped(q, dst, in6->sin6_addr.s6_addr + 12, 4,
		    ntohs(in6->sin6_port)));
	return (put_mapped(q, dst, in6->sin6_addr.s6_addr, 16,
	    ntohs(in6->sin6_port)));
}

size_t
stund_refusal(const struct stund_request *q, uint8_t dst[STUN_MAX_REPLY])
{
	size_t i, list = 2 * q->nunknown;
	size_t len = STUN_HEADER + 8 + 4 + (list + 3) / 4 * 4;
	uint8_t *a = dst + STUN_HEADER;

	put_header(dst, BINDING_ERROR, len, q);
	base_put16(a, ERROR_CODE);
	base_put16(a + 2, 4);
	base_put32(a + 4, 4 << 8 | 20);
	base_put16(a + 8, UNKNOWN_ATTRIBUTES);
	base_put16(a + 10, (unsigned int)list);
	for (i = 0; i < q->nunknown; i++)
		base_put16(a + 12 + 2 * i, q->unknown[i]);
	if (list % 4 != 0)
		base_put16(a + 12 + list, 0);
	return (len);
}
