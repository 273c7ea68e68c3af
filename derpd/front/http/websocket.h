/*
 * websocket: the server's side of RFC 6455 for browsers that speak DERP
 * (derp(7), section 2).  Binary messages carry the DERP byte stream; their
 * boundaries have no meaning.  No I/O: bytes in, call-backs out.
 */
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"

/*
 * Largest message that is accepted, bytes: a few frames of the largest packet.
 * The reference server's limit is 32768, which its own clients exceed.
 */
#define WS_MAX_MESSAGE	(128 * 1024)

/* Sec-WebSocket-Accept: 28 characters and a NUL. */
#define WS_ACCEPT_SIZE	29

/* Bytes of the largest header that web_ws_wrap() makes. */
#define WS_MAX_HDR	10

/* Result of web_ws_check(). */
enum web_ws_check {
	WS_OK,
	WS_NO_UPGRADE,		/* not HTTP/1.1, or Connection lacks Upgrade */
	WS_BAD_METHOD,		/* not GET */
	WS_BAD_VERSION,		/* Sec-WebSocket-Version is not 13 */
	WS_BAD_KEY,		/* Sec-WebSocket-Key is not 16 bytes, base64 */
	WS_BAD_PROTOCOL		/* "derp" is not among the subprotocols */
};

/*
 * Validate an opening handshake (RFC 6455 4.2.1); the caller has checked that
 * Upgrade is "websocket".  With WS_OK, `accept' is set to Sec-WebSocket-Accept.
 * Any Origin is accepted: DERP authenticates by key, not by cookie.
 */
enum web_ws_check	web_ws_check(const struct net_http_head *h,
		    char accept[WS_ACCEPT_SIZE]);

/* The receiving state of one connection, a few KiB. */
struct web_ws;

/*
 * Handle `len' bytes of the DERP stream.  Return 0, or -1 to end (web_ws_feed()
 * then returns -1).
 */
typedef int (*web_ws_data_cb)(const uint8_t *p, size_t len, void *arg);

/* Send `len' bytes, a complete control frame, to the client. */
typedef void (*web_ws_out_cb)(const uint8_t *p, size_t len, void *arg);

/* Create a state; NULL with errno without memory. */
struct web_ws	*web_ws_new(web_ws_data_cb data, web_ws_out_cb out, void *arg);

/* Free it; NULL is permitted.  Not to be called within its call-backs. */
void	 web_ws_free(struct web_ws *ws);

/*
 * Handle `len' bytes from the client.  Payload of binary messages is passed to
 * `data' as it arrives, unmasked.  A close is answered; of the pings in one
 * call only the last is answered (RFC 6455 5.5.3).  Return 0 to continue.
 * Return -1 when the connection is over, by a close frame of the client or one
 * that was passed to `out', or because `data' returned -1: send pending output
 * and close.  All further calls return -1.
 */
int	 web_ws_feed(struct web_ws *ws, const uint8_t *p, size_t len);

/*
 * Return 1 when web_ws_feed() has returned -1: no data may follow the close
 * frame that was sent (RFC 6455 5.5.1).  Else 0.
 */
int	 web_ws_is_over(const struct web_ws *ws);

/*
 * Write the header of an unmasked binary message of `len' bytes to `hdr'.
 * Return the bytes of the header.
 */
size_t	 web_ws_wrap(uint8_t hdr[WS_MAX_HDR], uint64_t len);

/*
 * Write a complete close frame with the status `code' to `frame'.  Return its
 * bytes.  Codes for a server that ends a session: 1001 going away, 1011 error.
 */
#define WS_CLOSE_SIZE	4
size_t	 web_ws_close(uint8_t frame[WS_CLOSE_SIZE], uint16_t code);

#endif
