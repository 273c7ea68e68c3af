/*
 * keytable: functions for tables of client keys.
 */
#ifndef KEYTABLE_H
#define KEYTABLE_H

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#include "frame.h"

/*
 * Return the hash of a key under a secret, so that clients can't choose keys
 * that collide.
 */
static inline unsigned int
derp_key_hash(const uint8_t key[FRAME_KEY_LEN],
    const unsigned char secret[crypto_shorthash_KEYBYTES])
{
	unsigned char h[crypto_shorthash_BYTES];
	unsigned int v;

	crypto_shorthash(h, key, FRAME_KEY_LEN, secret);
	memcpy(&v, h, sizeof(v));
	return (v);
}

/*
 * Return the place of a key among `n' recent ones, a power of two of at most
 * 65536; who chooses it gains nothing.
 */
static inline unsigned int
derp_key_recent(const uint8_t key[FRAME_KEY_LEN], unsigned int n)
{
	return ((unsigned int)(key[0] | key[1] << 8) & (n - 1));
}

#endif
