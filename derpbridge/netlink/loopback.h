/*
 * loopback: addresses of a prefix of 127.0.0.0/8, one for each peer.  Pure.
 */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <stddef.h>
#include <stdint.h>

/* A network; addresses are in host order. */
struct wg_loopback {
	uint32_t	 net;		/* first address, which is not used */
	uint32_t	 size;		/* addresses, with the first and last */
};

/* Set the network: the prefix of `bits' (8 to 30) bits that has `addr'. */
void	 wg_loopback_init(struct wg_loopback *l, const uint8_t addr[4],
	    unsigned int bits);

/* Returns 1 when a peer may have this address, else 0. */
int	 wg_loopback_has(const struct wg_loopback *l, uint32_t addr);

/*
 * The address after `addr' that a peer may have, from the first one on again
 * after the last; the first one if `addr' is none of the network.
 */
uint32_t wg_loopback_next(const struct wg_loopback *l, uint32_t addr);

/*
 * An address that is likely the same for the same key of `len' bytes, so that
 * it stays when all that was saved is lost.
 */
uint32_t wg_loopback_for(const struct wg_loopback *l, const uint8_t *key,
	    size_t len);

#endif
