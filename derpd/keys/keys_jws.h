/*
 * keys_jws: signatures (RFC 7515) and keys (RFC 7517) as JSON, for ACME.  Used
 * by keys_acme.c and tests; pure except for libcrypto.
 *
 * Account keys are P-256 (ES256), P-384 (ES384) or RSA of at least 2048 bits
 * (RS256).  Texts that are copied into JSON must hold no character that JSON
 * would escape; keys_jws_plain() checks this.
 */
#ifndef KEYS_JWS_H
#define KEYS_JWS_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "codec.h"

#define JWS_JWKSIZE	2048	/* room for a public key: RSA of 8192 bits */
#define JWS_THUMBSIZE	44	/* room for a thumbprint */

struct keys_jws_header {
	const char	*url;
	const char	*nonce;		/* NULL: none */
	const char	*kid;		/* NULL: the public key itself as
					   "jwk" */
};

/* 1 when `s' is printable ASCII without quote and backslash, else 0. */
int	 keys_jws_plain(const char *s);

/*
 * Write the public half of `key' as JSON, with its members in the order of RFC
 * 7638.  Returns the characters written to `dst', or -1 for an unsupported key
 * or an error of libcrypto.
 */
int	 keys_jws_jwk(EVP_PKEY *key, char dst[JWS_JWKSIZE]);

/* Write the key's SHA-256 thumbprint (RFC 7638) to `dst'.  Returns 0, or -1. */
int	 keys_jws_thumbprint(EVP_PKEY *key, char dst[JWS_THUMBSIZE]);

/*
 * Append to `out' the `len' bytes at `payload', signed by `key' under the
 * header `h', as a flattened JWS (RFC 7515 7.2.2, RFC 8555 6.2).  Returns 0, or
 * -1 on an error of libcrypto or when out of memory; the content of `out' is
 * then undefined.
 */
int	 keys_jws_sign(struct ipc_wr *out, EVP_PKEY *key,
	    const struct keys_jws_header *h, const void *payload, size_t len);

/*
 * The same with HMAC-SHA-256 and the `maclen' bytes at `mac', for an External
 * Account Binding (RFC 8555 7.3.4).
 */
int	 keys_jws_mac(struct ipc_wr *out, const uint8_t *mac, size_t maclen,
	    const struct keys_jws_header *h, const void *payload, size_t len);

#endif
