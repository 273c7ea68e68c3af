/*
 * frame: the DERP frame codec (derp(7), section 1).  Pure: no I/O, no
 * state beyond its arguments.  All integers are big endian.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_HDR_LEN		5	/* type(1) length(4) */
#define FRAME_KEY_LEN		32
#define FRAME_NONCE_LEN		24
#define FRAME_BOX_OVERHEAD	16
#define FRAME_MAX_PACKET	65536	/* bytes of a relayed packet */
#define FRAME_MAX_CLIENTINFO	(256 * 1024)
#define FRAME_MAX_PING		1000
#define FRAME_MAX_SERVER	(1024 * 1024)	/* of any frame to a client */
#define FRAME_PING_LEN		8
#define FRAME_MAGIC		"DERP\xf0\x9f\x94\x91"
#define FRAME_MAGIC_LEN		8
#define FRAME_DERP_VERSION	2

/* A number for each row of frames.def. */
enum net_frame_type {
#define FRAME(TYPE, number, name, title, sender, least, largest)	\
	FRAME_##TYPE = number,
#include "frames.def"
	FRAME_TYPE_END			/* above all numbers */
};

#define PEER_GONE_DISCONNECTED	0x00
#define PEER_GONE_NOT_HERE	0x01

#define PEER_REGULAR		0x01
#define PEER_MESH		0x02
#define PEER_PROBER		0x04
#define PEER_NOT_IDEAL		0x08

/* The sender of a frame type, from frames.def. */
enum net_frame_sender {
	FRAME_FROM_NOBODY,	/* the type is unknown */
	FRAME_FROM_LOGIN,	/* a client before its login */
	FRAME_FROM_CLIENT,	/* a logged-in client */
	FRAME_FROM_MESH,	/* a logged-in client with the mesh key */
	FRAME_FROM_SERVER
};

/* How a server handles a frame header from a client. */
enum net_frame_verdict {
	FRAME_VALID,		/* known type, valid length: read the payload */
	FRAME_SKIP,		/* not a client's type: skip the payload */
	FRAME_BAD		/* malformed: close the connection */
};

/* Read a header of FRAME_HDR_LEN bytes: *type, and *len payload bytes. */
void	 net_frame_get_hdr(const uint8_t *p, uint8_t *type, uint32_t *len);

/* Write a header of FRAME_HDR_LEN bytes for `len' payload bytes to `p'. */
void	 net_frame_put_hdr(uint8_t *p, uint8_t type, uint32_t len);

/*
 * Validate the header of a frame from the client `from' (section 1).  Before
 * the login only ClientInfo is valid, and every other type is malformed.  After
 * the login the lengths of client and mesh frames are checked, and other types
 * are skipped.  The permission to send a mesh frame is checked with
 * net_frame_allowed() once the frame is complete.
 */
enum net_frame_verdict net_frame_check(enum net_frame_sender from,
	    uint8_t type, uint32_t len);

/* May `from' send a frame of this type?  Returns 1 or 0. */
int	 net_frame_allowed(enum net_frame_sender from, uint8_t type);

/* Name of a type for log lines, as in derp(7), or "unknown frame". */
const char *net_frame_name(uint8_t type);

/*
 * Returns 1 when the packet of `len' bytes is a disco packet (section 3), else
 * 0.
 */
int	 net_frame_is_disco(const uint8_t *p, size_t len);

/*
 * Write complete frames of fixed size, including the header, to `p', which has
 * room for the given size.  Each function returns the bytes written.
 */
#define FRAME_SERVER_KEY_SIZE	(FRAME_HDR_LEN + FRAME_MAGIC_LEN + \
				    FRAME_KEY_LEN)
#define FRAME_PEER_GONE_SIZE	(FRAME_HDR_LEN + FRAME_KEY_LEN + 1)
#define FRAME_PEER_PRESENT_SIZE	(FRAME_HDR_LEN + FRAME_KEY_LEN + 16 + 2 + 1)
#define FRAME_PONG_SIZE		(FRAME_HDR_LEN + FRAME_PING_LEN)
#define FRAME_RESTARTING_SIZE	(FRAME_HDR_LEN + 8)

/* ServerKey: the magic and the public key of the server. */
size_t	 net_frame_put_server_key(uint8_t *p, const uint8_t key[FRAME_KEY_LEN]);

/* PeerGone of `key'; `reason' is PEER_GONE_*. */
size_t	 net_frame_put_peer_gone(uint8_t *p, const uint8_t key[FRAME_KEY_LEN],
	    uint8_t reason);

/*
 * PeerPresent: `addr' is IPv6 or IPv4-mapped, `port' in host order, `flags'
 * PEER_*.
 */
size_t	 net_frame_put_peer_present(uint8_t *p,
	    const uint8_t key[FRAME_KEY_LEN],
	    const uint8_t addr[16], uint16_t port, uint8_t flags);

/* Pong with the `data' of the ping. */
size_t	 net_frame_put_pong(uint8_t *p, const uint8_t data[FRAME_PING_LEN]);

/*
 * Restarting: milliseconds until a client should reconnect, and how long it
 * should try, milliseconds.
 */
size_t	 net_frame_put_restarting(uint8_t *p, uint32_t reconnect_ms,
	    uint32_t try_ms);

#endif
