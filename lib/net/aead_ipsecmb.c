/*
 * aead_ipsecmb: the ciphers of TLS 1.3 with libipsec-mb, which is several times
 * as fast as OpenSSL 3.0 at the size of a packet; see aead.h.
 */
#ifdef HAVE_IPSECMB
#include <intel-ipsec-mb.h>
#include <sodium.h>
#include <string.h>

#include "aead_backends.h"

/* The library writes a key with aligned instructions. */
struct mb_key {
	union {
		_Alignas(NET_AEAD_ALIGN) struct gcm_key_data gcm;
		uint8_t			 chacha[NET_AEAD_KEY];
	} u;
	enum net_aead_alg	 alg;
};

static IMB_MGR	*mgr;	/* the library's table of functions, for this CPU */

/*
 * The library needs AES and carry-less multiplication; SSE alone is emulated.
 */
static int
mb_setup(void)
{
	const uint64_t need = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ |
	    IMB_FEATURE_SSE4_2;
	IMB_MGR *m;

	if (mgr != NULL)
		return (0);
	if ((m = alloc_mb_mgr(0)) == NULL)
		return (-1);
	if ((m->features & need) != need) {
		free_mb_mgr(m);
		return (-1);
	}
	init_mb_mgr_auto(m, NULL);
	if (imb_get_errno(m) != 0) {
		free_mb_mgr(m);
		return (-1);
	}
	mgr = m;
	return (0);
}

static int
mb_expand(void *key, enum net_aead_alg alg, const uint8_t *raw)
{
	struct mb_key *k = key;

	k->alg = alg;
	switch (alg) {
	case NET_AEAD_AES128_GCM:
		IMB_AES128_GCM_PRE(mgr, raw, &k->u.gcm);
		break;
	case NET_AEAD_AES256_GCM:
		IMB_AES256_GCM_PRE(mgr, raw, &k->u.gcm);
		break;
	default:
		memcpy(k->u.chacha, raw, NET_AEAD_KEY);
	}
	return (0);
}

static void
mb_wipe(void *key)
{
	explicit_bzero(key, sizeof(struct mb_key));
}

static void
seal_aes128(const struct mb_key *k, const uint8_t *iv, const uint8_t *ad,
    const struct iovec *v, size_t n, uint8_t *dst)
{
	struct gcm_context_data ctx;
	size_t i;

	IMB_AES128_GCM_INIT(mgr, &k->u.gcm, &ctx, iv, ad, NET_AEAD_AD);
	for (i = 0; i < n; i++) {
		IMB_AES128_GCM_ENC_UPDATE(mgr, &k->u.gcm, &ctx, dst,
		    v[i].iov_base, v[i].iov_len);
		dst += v[i].iov_len;
	}
	IMB_AES128_GCM_ENC_FINALIZE(mgr, &k->u.gcm, &ctx, dst, NET_AEAD_TAG);
	explicit_bzero(&ctx, sizeof(ctx));
}

static void
seal_aes256(const struct mb_key *k, const uint8_t *iv, const uint8_t *ad,
    const struct iovec *v, size_t n, uint8_t *dst)
{
	struct gcm_context_data ctx;
	size_t i;

	IMB_AES256_GCM_INIT(mgr, &k->u.gcm, &ctx, iv, ad, NET_AEAD_AD);
	for (i = 0; i < n; i++) {
		IMB_AES256_GCM_ENC_UPDATE(mgr, &k->u.gcm, &ctx, dst,
		    v[i].iov_base, v[i].iov_len);
		dst += v[i].iov_len;
	}
	IMB_AES256_GCM_ENC_FINALIZE(mgr, &k->u.gcm, &ctx, dst, NET_AEAD_TAG);
	explicit_bzero(&ctx, sizeof(ctx));
}

static void
seal_chacha(const struct mb_key *k, const uint8_t *iv, const uint8_t *ad,
    const struct iovec *v, size_t n, uint8_t *dst)
{
	struct chacha20_poly1305_context_data ctx;
	size_t i;

	IMB_CHACHA20_POLY1305_INIT(mgr, k->u.chacha, &ctx, iv, ad,
	    NET_AEAD_AD);
	for (i = 0; i < n; i++) {
		IMB_CHACHA20_POLY1305_ENC_UPDATE(mgr, k->u.chacha, &ctx, dst,
		    v[i].iov_base, v[i].iov_len);
		dst += v[i].iov_len;
	}
	IMB_CHACHA20_POLY1305_ENC_FINALIZE(mgr, &ctx, dst, NET_AEAD_TAG);
	explicit_bzero(&ctx, sizeof(ctx));
}

static int
mb_seal(void *key, const uint8_t iv[NET_AEAD_IV],
    const uint8_t ad[NET_AEAD_AD], const struct iovec *v, size_t n,
    uint8_t *dst)
{
	const struct mb_key *k = key;

	switch (k->alg) {
	case NET_AEAD_AES128_GCM:
		seal_aes128(k, iv, ad, v, n, dst);
		break;
	case NET_AEAD_AES256_GCM:
		seal_aes256(k, iv, ad, v, n, dst);
		break;
	default:
		seal_chacha(k, iv, ad, v, n, dst);
	}
	return (0);
}

static void
open_chacha(const struct mb_key *k, const uint8_t *iv, const uint8_t *ad,
    uint8_t *p, size_t n, uint8_t tag[NET_AEAD_TAG])
{
	struct chacha20_poly1305_context_data ctx;

	IMB_CHACHA20_POLY1305_INIT(mgr, k->u.chacha, &ctx, iv, ad,
	    NET_AEAD_AD);
	IMB_CHACHA20_POLY1305_DEC_UPDATE(mgr, k->u.chacha, &ctx, p, p, n);
	IMB_CHACHA20_POLY1305_DEC_FINALIZE(mgr, &ctx, tag, NET_AEAD_TAG);
	explicit_bzero(&ctx, sizeof(ctx));
}

static int
mb_open(void *key, const uint8_t iv[NET_AEAD_IV],
    const uint8_t ad[NET_AEAD_AD], uint8_t *p, size_t n)
{
	const struct mb_key *k = key;
	struct gcm_context_data ctx;
	uint8_t tag[NET_AEAD_TAG];

	switch (k->alg) {
	case NET_AEAD_AES128_GCM:
		IMB_AES128_GCM_DEC(mgr, &k->u.gcm, &ctx, p, p, n, iv, ad,
		    NET_AEAD_AD, tag, NET_AEAD_TAG);
		break;
	case NET_AEAD_AES256_GCM:
		IMB_AES256_GCM_DEC(mgr, &k->u.gcm, &ctx, p, p, n, iv, ad,
		    NET_AEAD_AD, tag, NET_AEAD_TAG);
		break;
	default:
		open_chacha(k, iv, ad, p, n, tag);
	}
	explicit_bzero(&ctx, sizeof(ctx));
	return (sodium_memcmp(tag, p + n, sizeof(tag)));
}

const struct net_aead net_aead_ipsecmb = {
	.name = "libipsec-mb",
	.key_size = sizeof(struct mb_key),
	.setup = mb_setup,
	.expand = mb_expand,
	.wipe = mb_wipe,
	.seal = mb_seal,
	.open = mb_open
};
#else
/* ISO C requires a declaration. */
typedef int aead_ipsecmb_not_built;
#endif
