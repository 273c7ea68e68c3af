/*
 * signer: the process that signs the TLS handshakes of one front, with
 * copies of the TLS keys that keys sends it.
 *
 *	signer.c        the process: its channels to the parent, keys and front
 *	signer_sign.c   the keys, and what they sign
 */
#ifndef SIGNER_H
#define SIGNER_H

#include <stddef.h>
#include <stdint.h>

#include "keyhash.h"

#define SIGNER_MAXDER	16384	/* bytes of a private key in DER */

/* Run the signer; starts with ipc_child_init(), never returns. */
void	signer_main(void) __attribute__((noreturn));

/* signer_sign.c */

/*
 * Add the private key of `len' bytes of DER at `der', which replaces an older
 * copy.  Returns 0, or -1: malformed, a key that TLS can't use, or no memory.
 */
int	signer_sign_add(const uint8_t *der, size_t len);

/* Return 1 when there is a key of this hash, else 0. */
int	signer_sign_has(const uint8_t hash[IPC_KEYHASH_LEN]);

/*
 * Zero and drop all keys except those of the `n' hashes of IPC_KEYHASH_LEN
 * bytes each at `hashes'.
 */
void	signer_sign_retain(const uint8_t *hashes, size_t n);

/*
 * Sign `in' with the key of `hash' and algorithm `alg' (enum ipc_signalg), if
 * TLS can request such a signature: a digest of 32, 48 or 64 bytes, a
 * DigestInfo with a digest of such a size, or a block of modulus size that is a
 * PSS encoding with a salt and hash of one such size (RFC 8446, 4.2.3).
 * Anything else would allow other uses of the key; an RSA key could even
 * decrypt.  Returns the bytes of the signature in `out' (KEYHASH_MAXSIG), or -1
 * when the key is missing or the request is refused.
 */
int	signer_sign_digest(const uint8_t hash[IPC_KEYHASH_LEN], uint8_t alg,
	    const uint8_t *in, size_t inlen, uint8_t out[KEYHASH_MAXSIG]);

/* 1 when the `len' bytes at `em' are a PSS encoding for `bits', else 0. */
int	signer_sign_is_pss(const uint8_t *em, size_t len, int bits);

/* 1 when the `len' bytes at `p' are a DigestInfo with SHA-256, -384, -512. */
int	signer_sign_is_digestinfo(const uint8_t *p, size_t len);

#endif
