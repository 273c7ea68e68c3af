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
#define STUN_MAX_UNKNOWN 16		/* attributes that a 420 lists */

/* Largest answer: a 420 that lists as many attributes as it may. */
#define STUN_MAX_REPLY	(STUN_HEADER + 8 + 4 + 2 * STUN_MAX_UNKNOWN)

enum stund_kind {
	STUN_JUNK,		/* no Binding request: gets no answer */
	STUN_BINDING,
	STUN_REFUSED		/* has attributes that must be understood */
};

struct stund_request {
	uint8_t		 id[12];	/* transaction */
	uint16_t	 unknown[STUN_MAX_UNKNOWN]; /* of STUN_REFUSED */
	size_t		 nunknown;
};

/*
 * Judge the datagram of `len' bytes at `p' (RFC 8489, 6.3): header, length,
 * attributes and, if there is one, FINGERPRINT.  *q is filled in unless it is
 * STUN_JUNK.
 */
enum stund_kind stund_parse(const uint8_t *p, size_t len,
	    struct stund_request *q);

/*
 * The success response to a request from `from': XOR-MAPPED-ADDRESS alone, 32
 * bytes, or 44 for IPv6; an IPv4-mapped source is IPv4.  Bytes written to
 * `dst', 0 for a source of another family.
 */
size_t	 stund_success(const struct stund_request *q,
	    const struct sockaddr *from, uint8_t dst[STUN_MAX_REPLY]);

/*
 * The error response 420 with UNKNOWN-ATTRIBUTES (RFC 8489, 6.3.1) and no
 * reason phrase.  Bytes written to `dst'.
 */
size_t	 stund_refusal(const struct stund_request *q,
	    uint8_t dst[STUN_MAX_REPLY]);

#endif
