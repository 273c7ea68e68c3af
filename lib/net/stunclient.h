/*
 * stunclient: Binding requests of STUN clients, and their answers (RFC 8489).
 * Used by stunask.c.  Pure: bytes in, bytes out.
 */
#ifndef STUNCLIENT_H
#define STUNCLIENT_H

#include <stddef.h>
#include <stdint.h>

#define NET_STUN_ID	12	/* bytes of a transaction ID */
#define NET_STUN_REQUEST 40	/* bytes of the largest request */

enum net_stun_style {
	NET_STUN_TAILSCALE,	/* SOFTWARE "tailnode" and FINGERPRINT: derper
				   answers no other */
	NET_STUN_BARE		/* without attributes */
};

enum net_stun_kind {
	NET_STUN_MAPPED,	/* a success response with an address */
	NET_STUN_ERROR,		/* an error response */
	NET_STUN_BROKEN		/* something else */
};

struct net_stun_answer {
	uint8_t		 id[NET_STUN_ID];	/* zeros if it has none */
	uint8_t		 addr[16];		/* of NET_STUN_MAPPED: IPv6 or
						   IPv4-mapped */
	uint16_t	 port;
	unsigned int	 code;			/* of NET_STUN_ERROR; 0: it has
						   none */
	const char	*why;			/* of NET_STUN_BROKEN: static */
};

/* Make a request.  Returns its bytes. */
size_t	 net_stun_request(enum net_stun_style style,
	    const uint8_t id[NET_STUN_ID], uint8_t dst[NET_STUN_REQUEST]);

/*
 * Parse the datagram of `len' bytes at `p' as an answer, by the rules of
 * Tailscale's clients: XOR-MAPPED-ADDRESS, also by its old number 0x8020, else
 * MAPPED-ADDRESS; bytes beyond the message are ignored; an IPv4-mapped address
 * counts as IPv4.  The caller compares the transaction ID.
 */
enum net_stun_kind net_stun_parse(const uint8_t *p, size_t len,
	    struct net_stun_answer *a);

#endif
