/*
 * keyhash: the name under which a TLS key goes between processes: SHA-256 of
 * the public key.  For an RSA key and for an uncompressed EC point this is
 * what X509_pubkey_digest() gives for the certificate; an EC point is always
 * hashed uncompressed, so that it does not matter how a file spells it.
 */
#ifndef KEYHASH_H
#define KEYHASH_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

#define KEYHASH_MINRSA	2048	/* bits */
#define KEYHASH_MAXRSA	8192

/* Hash the public half of a key.  0, or -1 when there is none or no memory. */
int	 base_keyhash_rsa(const RSA *rsa, uint8_t hash[IPC_KEYHASH_LEN]);
int	 base_keyhash_ec(const EC_KEY *ec, uint8_t hash[IPC_KEYHASH_LEN]);

/* The same for either kind of key; -1 for any other, too. */
int	 base_keyhash_pkey(EVP_PKEY *pkey, uint8_t hash[IPC_KEYHASH_LEN]);

/*
 * NULL when `pkey' is of a kind that the suite signs TLS with (RSA of 2048 to
 * 8192 bits, P-256, P-384), else a static line that says what is wrong.
 */
const char *base_keyhash_usable(EVP_PKEY *pkey);

#endif
