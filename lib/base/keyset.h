/*
 * keyset: a set of TLS private keys, each found by the hash of its public half.
 * For keys, which has all of them, and for signers, which have copies.  Touches
 * memory alone.
 */
#ifndef KEYSET_H
#define KEYSET_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct base_key {
	uint8_t		 hash[IPC_KEYHASH_LEN];
	EVP_PKEY	*pkey;
	EVP_PKEY_CTX	*ctx;		/* of the caller, for its operations;
					   freed with the key; NULL: none */
	int		 padding;	/* of ctx; the caller's */
};

/* Zero-initialised: empty. */
struct base_keyset {
	struct base_key	*v;
	size_t		 n;
};

/*
 * Add a key under the hash of its public half, which is stored in `hash'; an
 * older key with that hash is replaced.  Takes ownership of the key, also on
 * failure.  Returns 0, or -1 when out of memory.
 */
int	base_keyset_add(struct base_keyset *s, EVP_PKEY *pkey,
	    uint8_t hash[IPC_KEYHASH_LEN]);

/* Return the key with this hash, valid until the set changes; or NULL. */
struct base_key *base_keyset_find(const struct base_keyset *s,
	    const uint8_t hash[IPC_KEYHASH_LEN]);

/*
 * Zero and free all keys except those of the `n' hashes of IPC_KEYHASH_LEN
 * bytes each at `hashes'.
 */
void	base_keyset_retain(struct base_keyset *s, const uint8_t *hashes,
	    size_t n);

#endif
