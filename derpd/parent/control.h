/*
 * control: what derpctl and derpd tell each other; see MSG_CTL_* in msg.h.
 */
#ifndef CONTROL_H
#define CONTROL_H

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

/*
 * MSG_CTL_TEXT payloads.  For MSG_CTL_STATUS: one JSON object
 * {"version":s,"uptime":seconds,"pid":n,"config":s,"nodekey":s,
 *  "processes":[{"role":s,"worker":n,"pid":n,"sandbox":s,"restarts":n,
 *                "uptime":seconds}],
 *  "listen":[s], "certificates":[{"names":[s],"not_after":s,"pin":s,
 *  "days_left":n}],
 *  "stun":{"listen":[s],"always":b,"answering":b,"why":s,"answered":n,
 *  "silent":n},
 *  "maps":[{"path":s,"source":s,"state":s,"error":s}]}; the last two only
 * where they are served.
 * For MSG_CTL_NODE: the map node as JSON.
 * For MSG_CTL_CERT: {"certificates":[{"names":[s],"issuer":s,"source":s,
 *  "kind":"file"|"self-signed"|"acme"|"temporary","not_before":s,"not_after":s,
 *  "days_left":n,"pin":s,"renewal":s,"next_try":s,"error":s}]}; times as
 *  "2026-01-31T12:00:00Z", "" where there is none.
 * For MSG_CTL_MAP, ages in seconds, hashes in hexadecimal digits or "":
 * {"maps":[{"path":s,"hosts":[s],"source":s,"state":"good"|"last good"|"none",
 *  "hash":s,"bytes":n,"age":n,"since":s,"checked":n,"error":s,"warnings":[s],
 *  "summary":{see map_summary()},"compare":[{"url":s,
 *  "state":"same"|"drift"|"unknown","hash":s,"error":s,"checked":n}]}]}.
 */

#endif
