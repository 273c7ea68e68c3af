/*
 * aead_evp: the ciphers of TLS 1.3 with libcrypto; see aead.h.
 */
#include <openssl/evp.h>
#include <limits.h>
#include <string.h>

#include "aead_backends.h"

/*
 * An expanded key: a context with cipher and key.  libcrypto allocates it, so
 * it is not in the pages that record_mem.c excludes from core dumps; it is
 * zeroed when it is freed, and children of derpd dump no core
 * (lib/ipc/child.c).  One context for all keys, with the key set before each
 * record, would need half as much time again for a packet of 100 bytes.
 */
struct evp_key {
	EVP_CIPHER_CTX	*ctx;
};

static const EVP_CIPHER *
cipher(enum net_aead_alg alg)
{
	switch (alg) {
	case NET_AEAD_AES128_GCM:
		return (EVP_aes_128_gcm());
	case NET_AEAD_AES256_GCM:
		return (EVP_aes_256_gcm());
	case NET_AEAD_CHACHA20_POLY1305:
		return (EVP_chacha20_poly1305());
	default:
		return (NULL);
	}
}

static int
evp_setup(void)
{
	return (0);
}

static int
evp_expand(void *key, enum net_aead_alg alg, const uint8_t *raw)
{
	struct evp_key *k = key;

	if ((k->ctx = EVP_CIPHER_CTX_new()) == NULL)
		return (-1);
	if (EVP_CipherInit_ex(k->ctx, cipher(alg), NULL, raw, NULL, 1) != 1) {
		EVP_CIPHER_CTX_free(k->ctx);
		k->ctx = NULL;
		return (-1);
	}
	return (0);
}

static void
evp_wipe(void *key)
{
	struct evp_key *k = key;

	EVP_CIPHER_CTX_free(k->ctx);	/* zeroes the key */
	k->ctx = NULL;
}

static int
evp_seal(void *key, const uint8_t iv[NET_AEAD_IV],
    const uint8_t ad[NET_AEAD_AD], const struct iovec *v, size_t n,
    uint8_t *dst)
{
	EVP_CIPHER_CTX *ctx = ((struct evp_key *)key)->ctx;
	size_t i;
	int k;

	if (EVP_CipherInit_ex(ctx, NULL, NULL, NULL, iv, 1) != 1 ||
	    EVP_CipherUpdate(ctx, NULL, &k, ad, NET_AEAD_AD) != 1)
		return (-1);
	for (i = 0; i < n; i++) {
		if (v[i].iov_len > INT_MAX ||
		    EVP_CipherUpdate(ctx, dst, &k, v[i].iov_base,
		    (int)v[i].iov_len) != 1)
			return (-1);
		dst += v[i].iov_len;
	}
	if (EVP_CipherFinal_ex(ctx, dst, &k) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, NET_AEAD_TAG,
	    dst) != 1)
		return (-1);
	return (0);
}

static int
evp_open(void *key, const uint8_t iv[NET_AEAD_IV],
    const uint8_t ad[NET_AEAD_AD], uint8_t *p, size_t n)
{
	EVP_CIPHER_CTX *ctx = ((struct evp_key *)key)->ctx;
	uint8_t rest[NET_AEAD_TAG];
	int k;

	if (n > INT_MAX ||
	    EVP_CipherInit_ex(ctx, NULL, NULL, NULL, iv, 0) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, NET_AEAD_TAG,
	    p + n) != 1 ||
	    EVP_CipherUpdate(ctx, NULL, &k, ad, NET_AEAD_AD) != 1 ||
	    EVP_CipherUpdate(ctx, p, &k, p, (int)n) != 1 ||
	    EVP_CipherFinal_ex(ctx, rest, &k) != 1)
		return (-1);
	return (0);
}

const struct net_aead net_aead_evp = {
	.name = "libcrypto",
	.key_size = sizeof(struct evp_key),
	.setup = evp_setup,
	.expand = evp_expand,
	.wipe = evp_wipe,
	.seal = evp_seal,
	.open = evp_open
};
