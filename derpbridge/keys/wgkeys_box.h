/*
 * wgkeys_box: the private keys of interfaces while logins are made, and the
 * logins.  Pure but for its memory, which is locked and excluded from core
 * dumps; the caller brings the clock, in monotonic milliseconds.  Part of the
 * bridge's keys, whose process wgkeys.c is.
 */
#ifndef WGKEYS_BOX_H
#define WGKEYS_BOX_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define WGKEYS_KEEP_MS	9000	/* from the arrival of a key to its end */
#define WGKEYS_FRESH_MS	500	/* so long a key is surely that of its
				   interface */
#define WGKEYS_INFOSIZE	256	/* room for the payload of a ClientInfo */

/* Set up the memory.  Returns 0, or -1 with errno. */
int	 wgkeys_box_preload(void);

/*
 * Keep the private key of interface `iface' (below IPC_BRIDGE_MAXIFACES) until
 * WGKEYS_KEEP_MS after `now'.  Returns 0, or -1: the key is all zeros, which is
 * none; then there is none.
 */
int	 wgkeys_box_set(unsigned int iface, const uint8_t secret[IPC_KEYLEN],
	    uint64_t now);

/* 1 when the private key of the interface is here, else 0. */
int	 wgkeys_box_has(unsigned int iface);

/* 1 when it is here and is that of this public key, else 0. */
int	 wgkeys_box_is(unsigned int iface, const uint8_t key[IPC_KEYLEN]);

/*
 * 1 when the one that is here is not that of this public key, and did not come
 * just now: the interface may have another one, or be another one.
 */
int	 wgkeys_box_outdated(unsigned int iface, const uint8_t key[IPC_KEYLEN],
	    uint64_t now);

/* Zero the private key of the interface. */
void	 wgkeys_box_forget(unsigned int iface);

/*
 * Zero the keys whose time has come at `now'.  Returns the number of those that
 * are left.
 */
unsigned int wgkeys_box_expire(uint64_t now);

/*
 * Make the payload of the frame ClientInfo for the relay with the key `server',
 * with the private key of the interface, which must be here: public key, nonce
 * and box.  Returns its bytes in `info', or 0 with a static line in *why.
 */
size_t	 wgkeys_box_login(unsigned int iface, const uint8_t server[IPC_KEYLEN],
	    uint8_t info[WGKEYS_INFOSIZE], const char **why);

#endif
