/*
 * aead: the three ciphers of TLS 1.3, one table for each backend.  Pure: the
 * only state is the expanded key, which the caller stores.  Called by record.c.
 *
 * aead_ipsecmb.c uses libipsec-mb, aead_evp.c libcrypto.
 */
#ifndef AEAD_H
#define AEAD_H

#include <sys/uio.h>
#include <stddef.h>
#include <stdint.h>

#define NET_AEAD_IV	12	/* bytes of a nonce (RFC 8446 5.3) */
#define NET_AEAD_TAG	16	/* bytes of a tag */
#define NET_AEAD_AD	5	/* bytes of additional data: a record's \
				   header */
#define NET_AEAD_KEY	32	/* maximum bytes of a key */

/* The alignment of an expanded key's memory, in bytes. */
#define NET_AEAD_ALIGN	64

enum net_aead_alg {
	NET_AEAD_AES128_GCM,
	NET_AEAD_AES256_GCM,
	NET_AEAD_CHACHA20_POLY1305,
	NET_AEAD_MAX
};

struct net_aead {
	const char	*name;		/* for logs */
	size_t		 key_size;	/* bytes of an expanded key */

	/*
	 * Prepare the backend; idempotent.  Return 0, or -1: it does not work
	 * on this CPU, or there is no memory.
	 */
	int	(*setup)(void);

	/*
	 * Expand the key `raw' of `alg' (net_aead_key_len() bytes) to `key', of
	 * key_size bytes.  Return 0, or -1 without memory.
	 */
	int	(*expand)(void *key, enum net_aead_alg alg, const uint8_t *raw);

	/* Zero an expanded key, and free what it refers to. */
	void	(*wipe)(void *key);

	/*
	 * Encrypt the `n' pieces of `v' contiguously to `dst', followed by the
	 * tag.  A piece may overlap `dst' only at the exact place of its own
	 * ciphertext.  Return 0, or -1: the library failed, and `dst' must not
	 * be used.
	 */
	int	(*seal)(void *key, const uint8_t iv[NET_AEAD_IV],
		    const uint8_t ad[NET_AEAD_AD], const struct iovec *v,
		    size_t n, uint8_t *dst);

	/*
	 * Decrypt the `n' bytes at `p', followed by the tag, in place.  Return
	 * 0, or -1: the tag is wrong, and the bytes must not be used.
	 */
	int	(*open)(void *key, const uint8_t iv[NET_AEAD_IV],
		    const uint8_t ad[NET_AEAD_AD], uint8_t *p, size_t n);
};

/* Return the key length of an algorithm: 16 or 32 bytes (RFC 8446 B.4). */
size_t	net_aead_key_len(enum net_aead_alg alg);

/*
 * Return the fastest backend of this build for this CPU.  Never NULL: libcrypto
 * is always available.
 */
const struct net_aead *net_aead_best(void);

/*
 * Return the `i'th backend of this build, or NULL after the last.  For tests.
 */
const struct net_aead *net_aead_get(size_t i);

#endif
