/*
 * genl: WireGuard's generic netlink protocol of Linux (linux/wireguard.h), with
 * constants of its own, so that it is built and tested everywhere.  Two
 * commands alone are made here: read a device, and set the endpoint of a peer
 * that exists.  Pure.
 */
#ifndef GENL_H
#define GENL_H

#include <stddef.h>
#include <stdint.h>

#include "dump.h"

#define WG_GENL_REQUEST	256		/* room for any request */
#define WG_IFNAMSIZE	16		/* of a name, with its NUL */

/*
 * Write a request to `dst' of WG_GENL_REQUEST bytes, and return its length.
 * `seq' comes back in the answer, `family' is what the kernel calls WireGuard's
 * family, which wg_genl_family() asks for.  A name longer than WG_IFNAMSIZE - 1
 * is cut.
 */
size_t	 wg_genl_family(uint8_t *dst, uint32_t seq);
size_t	 wg_genl_get(uint8_t *dst, uint32_t seq, uint16_t family,
	    const char *ifname);

/*
 * Set the endpoint of the peer with this key.  The kernel ignores the request
 * when the interface has no such peer.
 */
size_t	 wg_genl_set(uint8_t *dst, uint32_t seq, uint16_t family,
	    const char *ifname, const uint8_t key[WG_KEYLEN],
	    const struct wg_endpoint *e);

/* What a datagram from the kernel was. */
enum wg_genl_end {
	WG_GENL_MORE,		/* read, and more will come */
	WG_GENL_DONE,		/* the answer is complete */
	WG_GENL_ERROR,		/* the kernel refused: *error is its errno */
	WG_GENL_AGAIN,		/* the device changed meanwhile: ask again */
	WG_GENL_JUNK		/* malformed */
};

/*
 * Read the messages of one datagram of `len' bytes.  Those with another `seq'
 * are answers to an earlier request and ignored.  wg_genl_read_family() stores
 * the family's number, wg_genl_read_device() adds to the dump what it finds;
 * of a message that is malformed nothing may be used, nor of an earlier one.
 * *error is set with WG_GENL_ERROR alone.
 */
enum wg_genl_end wg_genl_read_family(const uint8_t *p, size_t len, uint32_t seq,
	    uint16_t *family, int *error);
enum wg_genl_end wg_genl_read_device(const uint8_t *p, size_t len, uint32_t seq,
	    uint16_t family, struct wg_dump *d, int *error);

/* The same for the answer to wg_genl_set(). */
enum wg_genl_end wg_genl_read_ack(const uint8_t *p, size_t len, uint32_t seq,
	    int *error);

#endif
