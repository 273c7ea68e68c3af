/*
 * stun: Binding requests and their answers (RFC 8489; derp(7), section 7).
 * Pure: bytes in, bytes out.
 */
#ifndef STUN_H
#define STUN_H

#include <sys/socket.h>
#include <stddef.h>
#include <stdint.h>

#define STUN_HEADER	20		/* bytes of a header */
#define STUN_MAX_UNKNOWN 16		/* attributes listed in a 420 */

/* Largest answer: a 420 with the maximum number of attributes. */
#define STUN_MAX_REPLY	(STUN_HEADER + 8 + 4 + 2 * STUN_MAX_UNKNOWN)

enum stund_kind {
	STUN_JUNK,		/* not a Binding request: no answer */
	STUN_BINDING,
	STUN_REFUSED		/* has unknown comprehension-required
				   attributes */
};

struct stund_request {
	uint8_t		 id[12];	/* transaction ID */
	uint16_t	 unknown[STUN_MAX_UNKNOWN]; /* of STUN_REFUSED */
	size_t		 nunknown;
};

/*
 * Parse the datagram of `len' bytes at `p' (RFC 8489, 6.3): header, length,
 * attributes and, if present, FINGERPRINT.  *q is filled in unless the result
 * is STUN_JUNK.
 */
enum stund_kind stund_parse(const uint8_t *p, size_t len,
	    struct stund_request *q);

/*
 * Make the success response to a request from `from': only XOR-MAPPED-ADDRESS,
 * 32 bytes, or 44 for IPv6; an IPv4-mapped source is treated as IPv4.  Returns
 * the bytes written to `dst', 0 for a source of another family.
 */
size_t	 stund_success(const struct stund_request *q,
	    const struct sockaddr *from, uint8_t dst[STUN_MAX_REPLY]);

/*
 * Make the error response 420 with UNKNOWN-ATTRIBUTES (RFC 8489, 6.3.1) and no
 * reason phrase.  Returns the bytes written to `dst'.
 */
size_t	 stund_refusal(const struct stund_request *q,
	    uint8_t dst[STUN_MAX_REPLY]);

#endif
