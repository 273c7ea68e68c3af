/*
 * keyhash: the identifier of a TLS key in messages between processes: SHA-256
 * of its public half.  For an RSA key and for an uncompressed EC point it
 * equals X509_pubkey_digest() of the certificate.  An EC point is always hashed
 * uncompressed, whatever form a file uses.
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
#define KEYHASH_MAXSIG	1024	/* bytes of a signature of such a key */

/*
 * Hash the public half of a key.  Returns 0, or -1 when the key has none or
 * memory runs out.
 */
int	 base_keyhash_rsa(const RSA *rsa, uint8_t hash[IPC_KEYHASH_LEN]);
int	 base_keyhash_ec(const EC_KEY *ec, uint8_t hash[IPC_KEYHASH_LEN]);

/* The same for either type of key.  Returns -1 for other types, too. */
int	 base_keyhash_pkey(EVP_PKEY *pkey, uint8_t hash[IPC_KEYHASH_LEN]);

/*
 * Returns NULL when the suite can sign TLS handshakes with `pkey' (RSA of 2048
 * to 8192 bits, P-256, P-384), else a static line that says what is wrong.
 */
const char *base_keyhash_usable(EVP_PKEY *pkey);

#endif
