/*
 * testpackets: packets between two clients of the checks, and what becomes of
 * them.  Used only in this folder.
 *
 * A packet carries a token of its place, its number and bytes that follow from
 * both, so that a late one is told apart from one that was changed.
 */
#ifndef TESTPACKETS_H
#define TESTPACKETS_H

#include "client.h"

#define RUN_TOKEN	8
#define RUN_NUMBERED	12	/* bytes of the smallest packet with a token
				   and a number */

enum check_packet {
	RUN_ARRIVED,
	RUN_LOST,		/* until the deadline */
	RUN_CHANGED,
	RUN_OTHER_KEY,	/* it names another sender */
	RUN_SENDER_ENDED,	/* the session of the sender has ended */
	RUN_TAKER_ENDED
};

/* Packets from one client to another. */
struct check_packets {
	struct check_client	*from, *to;
	uint8_t			 token[RUN_TOKEN];
	uint32_t		 next;		/* number of the next packet */
	uint8_t			*out, *want;	/* FRAME_MAX_PACKET bytes */
};

/*
 * Prepare to send from one client to another, which may be the same.  Returns
 * 0, or -1 when out of memory; check_packets_free() is then allowed too.
 */
int	 check_packets_init(struct check_packets *p, struct check_client *from,
	    struct check_client *to);
void	 check_packets_free(struct check_packets *p);

/* Send the next packet, of `len' bytes, within `ms'.  Returns 0, or -1. */
int	 check_packets_send(struct check_packets *p, size_t len, int ms);

/*
 * Wait for one of the packets of `len' bytes from the number `first' on, and
 * skip earlier ones; *n is its number.  Packets without a number are not told
 * apart: *n is `first'.
 */
enum check_packet check_packets_wait(struct check_packets *p, size_t len,
	    uint32_t first, uint32_t *n, long long until);

/*
 * Send a packet of `len' bytes up to `tries' times until one has arrived, each
 * time for `ms'.
 */
enum check_packet check_packets_try(struct check_packets *p, size_t len,
	    int tries, int ms);

#endif
