/*
 * clientrow: one client in the answer to `derpctl clients' (MSG_CTL_CLIENT).
 */
#ifndef CLIENTROW_H
#define CLIENTROW_H

#include <stdint.h>

#include "codec.h"

/* One client connection, as a worker sees it. */
struct client_info {
	uint8_t		key[32];
	uint8_t		addr[16];	/* IPv6 or IPv4-mapped */
	uint16_t	port;		/* host order */
	uint32_t	worker;
	uint64_t	age_ms;		/* since login */
	uint64_t	rx_bytes, tx_bytes;	/* of packets */
	uint64_t	rx_packets, tx_packets;
	uint64_t	drops;		/* packets for it that were dropped */
	uint32_t	queued_packets;
	uint32_t	queued_bytes;
	uint8_t		flags;		/* PEER_* of frame.h */
	uint8_t		home;		/* this is its home relay */
	uint8_t		dup;		/* one of several with its key */
};

/* Append to a message, all integers big endian; wr_ok() tells. */
void	client_info_put(struct wr *w, const struct client_info *c);

/* Read from a message; 0, or -1 when malformed. */
int	client_info_get(struct rd *r, struct client_info *c);

#endif
