/*
 * signer_sign: the TLS keys of a signer, and what they sign; see signer.h.
 * Called by signer.c with a front's request, which is untrusted input; touches
 * no descriptor.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "keyhash.h"
#include "keyset.h"
#include "signer.h"

static struct base_keyset	tls_keys;

int
signer_sign_add(const uint8_t *der, size_t len)
{
	const unsigned char *p = der;
	uint8_t hash[IPC_KEYHASH_LEN];
	EVP_PKEY *pkey;

	if (len > SIGNER_MAXDER)
		return (-1);
	pkey = d2i_AutoPrivateKey(NULL, &p, (long)len);
	ERR_clear_error();
	if (pkey == NULL)
		return (-1);
	if (base_keyhash_usable(pkey) != NULL) {
		EVP_PKEY_free(pkey);
		return (-1);
	}
	return (base_keyset_add(&tls_keys, pkey, hash));
}

int
signer_sign_has(const uint8_t hash[IPC_KEYHASH_LEN])
{
	return (base_keyset_find(&tls_keys, hash) != NULL);
}

void
signer_sign_retain(const uint8_t *hashes, size_t n)
{
	base_keyset_retain(&tls_keys, hashes, n);
}

/* The digests of TLS 1.2 and 1.3, without SHA-1 (RFC 9155). */
static const EVP_MD *
md_of_size(size_t len)
{
	switch (len) {
	case 32:
		return (EVP_sha256());
	case 48:
		return (EVP_sha384());
	case 64:
		return (EVP_sha512());
	default:
		return (NULL);
	}
}

int
signer_sign_is_digestinfo(const uint8_t *p, size_t len)
{
	/* RFC 8017, 9.2, note 1: all use the same DER except for four bytes. */
	uint8_t	 head[19] = { 0x30, 0, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
		    0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0, 0x05, 0x00, 0x04,
		    0 };
	size_t	 dlen;

	if (len < sizeof(head))
		return (0);
	dlen = len - sizeof(head);
	switch (dlen) {
	case 32:
		head[14] = 1;
		break;
	case 48:
		head[14] = 2;
		break;
	case 64:
		head[14] = 3;
		break;
	default:
		return (0);
	}
	head[1] = (uint8_t)(len - 2);
	head[18] = (uint8_t)dlen;
	return (memcmp(p, head, sizeof(head)) == 0);
}

/* XOR the MGF1 mask made from `seed' into `p' (RFC 8017, B.2.1). */
static int
mgf1_xor(uint8_t *p, size_t len, const uint8_t *seed, const EVP_MD *md)
{
	size_t		 i, n, at, hlen = (size_t)EVP_MD_size(md);
	uint8_t		 block[EVP_MAX_MD_SIZE], in[EVP_MAX_MD_SIZE + 4];
	uint32_t	 counter = 0;

	memcpy(in, seed, hlen);
	for (at = 0; at < len; at += n, counter++) {
		in[hlen] = (uint8_t)(counter >> 24);
		in[hlen + 1] = (uint8_t)(counter >> 16);
		in[hlen + 2] = (uint8_t)(counter >> 8);
		in[hlen + 3] = (uint8_t)counter;
		if (EVP_Digest(in, hlen + 4, block, NULL, md, NULL) != 1)
			return (-1);
		n = len - at < hlen ? len - at : hlen;
		for (i = 0; i < n; i++)
			p[at + i] ^= block[i];
	}
	return (0);
}

/*
 * Is `em' of emLen `len' an encoding with this hash and a salt of its size?
 * The checks follow the order of RFC 8017, 9.1.2, steps 4 to 10; the digest
 * itself is unknown here.
 */
static int
is_pss_with(const uint8_t *em, size_t len, int embits, const EVP_MD *md)
{
	uint8_t	 db[KEYHASH_MAXSIG];
	size_t	 i, hlen = (size_t)EVP_MD_size(md), dblen, pad;
	uint8_t	 unused = (uint8_t)(0xff << (8 - (8 * len - (size_t)embits)));

	if (8 * len == (size_t)embits)
		unused = 0;
	if (len < 2 * hlen + 2 || em[len - 1] != 0xbc ||
	    (em[0] & unused) != 0)
		return (0);
	dblen = len - hlen - 1;
	memcpy(db, em, dblen);
	if (mgf1_xor(db, dblen, em + dblen, md) == -1)
		return (0);
	db[0] &= (uint8_t)~unused;
	pad = len - 2 * hlen - 2;
	for (i = 0; i < pad; i++)
		if (db[i] != 0)
			return (0);
	return (db[pad] == 0x01);
}

int
signer_sign_is_pss(const uint8_t *em, size_t len, int bits)
{
	int	 embits = bits - 1;
	size_t	 hlen;

	if (bits < KEYHASH_MINRSA || len > KEYHASH_MAXSIG ||
	    len != ((size_t)bits + 7) / 8)
		return (0);
	if (embits % 8 == 0) {		/* emLen is one less than the block */
		if (em[0] != 0)
			return (0);
		em++;
		len--;
	}
	for (hlen = 32; hlen <= 64; hlen += 16)
		if (is_pss_with(em, len, embits, md_of_size(hlen)))
			return (1);
	return (0);
}

/*
 * May `pkey' sign this input, and with which RSA padding (0: not an RSA key)?
 */
static int
is_tls(EVP_PKEY *pkey, uint8_t alg, const uint8_t *in, size_t inlen,
    int *padding)
{
	int	 rsa = EVP_PKEY_base_id(pkey) == EVP_PKEY_RSA;

	*padding = 0;
	switch (alg) {
	case SIGN_ECDSA:
		return (!rsa && md_of_size(inlen) != NULL);
	case SIGN_RSA_PKCS1:
		*padding = RSA_PKCS1_PADDING;
		return (rsa && signer_sign_is_digestinfo(in, inlen));
	case SIGN_RSA_PSS:
		*padding = RSA_NO_PADDING;
		return (rsa && signer_sign_is_pss(in, inlen,
		    EVP_PKEY_bits(pkey)));
	default:
		return (0);
	}
}

/*
 * The context for signing with this padding.  It is kept: making one costs as
 * much as half a signature.  Returns NULL when it can't be made.
 */
static EVP_PKEY_CTX *
ready(struct base_key *k, int padding)
{
	if (k->ctx != NULL && k->padding == padding)
		return (k->ctx);
	EVP_PKEY_CTX_free(k->ctx);
	k->padding = padding;
	k->ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	if (k->ctx != NULL && (EVP_PKEY_sign_init(k->ctx) != 1 ||
	    (padding != 0 &&
	    EVP_PKEY_CTX_set_rsa_padding(k->ctx, padding) != 1))) {
		EVP_PKEY_CTX_free(k->ctx);
		k->ctx = NULL;
	}
	return (k->ctx);
}

int
signer_sign_digest(const uint8_t hash[IPC_KEYHASH_LEN], uint8_t alg,
    const uint8_t *in, size_t inlen, uint8_t out[KEYHASH_MAXSIG])
{
	struct base_key	*k;
	EVP_PKEY_CTX	*ctx;
	size_t		 len = KEYHASH_MAXSIG;
	int		 padding, ok;

	if ((k = base_keyset_find(&tls_keys, hash)) == NULL ||
	    !is_tls(k->pkey, alg, in, inlen, &padding))
		return (-1);
	ok = (ctx = ready(k, padding)) != NULL &&
	    EVP_PKEY_sign(ctx, out, &len, in, inlen) == 1;
	ERR_clear_error();
	return (ok ? (int)len : -1);
}
