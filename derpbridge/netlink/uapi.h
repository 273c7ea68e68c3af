/*
 * uapi: the configuration protocol of wireguard-go, lines of KEY=VALUE over a
 * stream (wireguard.com/xplatform).  Two commands alone are made here: read a
 * device, and set the endpoint of a peer that exists.  Pure.
 */
#ifndef UAPI_H
#define UAPI_H

#include <stddef.h>
#include <stdint.h>

#include "dump.h"

#define WG_UAPI_REQUEST	256		/* room for any request */
#define WG_UAPI_LINE	256		/* of a line of an answer */

/*
 * Write a request to `dst' of WG_UAPI_REQUEST bytes, and return its length; the
 * second one sets the endpoint of the peer with this key, if there is one.
 */
size_t	 wg_uapi_get(char *dst);
size_t	 wg_uapi_set(char *dst, const uint8_t key[WG_KEYLEN],
	    const struct wg_endpoint *e);

/* What an answer has come to. */
enum wg_uapi_end {
	WG_UAPI_MORE,		/* more will come */
	WG_UAPI_DONE,		/* it is complete */
	WG_UAPI_ERROR,		/* it is complete: `error' is its errno */
	WG_UAPI_JUNK		/* malformed */
};

/* An answer that is being read.  It may hold a private key. */
struct wg_uapi_in {
	struct wg_dump	*dump;		/* NULL: of a set, without lines */
	struct wg_dumped *peer;		/* of the lines to come; NULL: none */
	int		 in_peers;	/* the device's own lines have ended */
	int64_t		 sec;		/* of its last handshake */
	int		 status;	/* the last line but an empty one */
	int		 error;
	size_t		 n;
	char		 line[WG_UAPI_LINE];
};

/* Begin to read an answer; a dump is added to, and may be NULL. */
void	 wg_uapi_begin(struct wg_uapi_in *in, struct wg_dump *d);

/*
 * Read `len' more bytes.  Nothing may follow the end of an answer.  The public
 * key of the interface is calculated from its private one.
 */
enum wg_uapi_end wg_uapi_read(struct wg_uapi_in *in, const char *p, size_t len);

/* Zero it. */
void	 wg_uapi_end(struct wg_uapi_in *in);

#endif
