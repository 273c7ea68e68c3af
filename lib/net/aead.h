/*
 * aead: the three ciphers of TLS 1.3, behind one table a backend.  Pure: no
 * state but the expanded key that the caller keeps.  Called by record.c.
 *
 * aead_ipsecmb.c is by libipsec-mb, aead_evp.c by libcrypto.
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
#define NET_AEAD_KEY	32	/* bytes of the longest key */

/* The memory of an expanded key is aligned to so many bytes. */
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
	 * Prepare the backend; idempotent.  0, or -1: it can't be used on this
	 * CPU, or there is no memory.
	 */
	int	(*setup)(void);

	/*
	 * Expand the `alg's key `raw' (net_aead_key_len() bytes) to `key', of
	 * key_size bytes.  0, or -1 without memory.
	 */
	int	(*expand)(void *key, enum net_aead_alg alg, const uint8_t *raw);

	/* Give back what an expanded key holds, and zero it. */
	void	(*wipe)(void *key);

	/*
	 * Encrypt the `n' pieces of `v' one behind the other to `dst', the tag
	 * behind them.  A piece may lie at the very place in `dst' that its
	 * ciphertext takes, and nowhere else in it.  0, or -1: the library
	 * failed, and `dst' must not be used.
	 */
	int	(*seal)(void *key, const uint8_t iv[NET_AEAD_IV],
		    const uint8_t ad[NET_AEAD_AD], const struct iovec *v,
		    size_t n, uint8_t *dst);

	/*
	 * Decrypt the `n' bytes at `p' in place; the tag is behind them.  0, or
	 * -1: the tag is wrong, and the bytes must not be used.
	 */
	int	(*open)(void *key, const uint8_t iv[NET_AEAD_IV],
		    const uint8_t ad[NET_AEAD_AD], uint8_t *p, size_t n);
};

/* Bytes of an algorithm's key: 16 or 32 (RFC 8446 B.4). */
size_t	net_aead_key_len(enum net_aead_alg alg);

/*
 * The fastest backend that this build and this CPU have.  Never NULL: libcrypto
 * is always there.
 */
const struct net_aead *net_aead_best(void);

/* All backends of this build, for tests: the `i'th, or NULL behind the last. */
const struct net_aead *net_aead_get(size_t i);

#endif
