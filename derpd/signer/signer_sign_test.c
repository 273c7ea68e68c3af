/*
 * signer_sign_test: the digests that TLS keys sign, and those that they refuse.
 */

#include <atf-c.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "keyhash.h"
#include "keymake.h"
#include "signer.h"

static void
add(EVP_PKEY *pkey, uint8_t *hash)
{
	uint8_t		*der = NULL;
	int		 len = i2d_PrivateKey(pkey, &der);

	ATF_REQUIRE(len > 0);
	ATF_REQUIRE_EQ(0, base_keyhash_pkey(pkey, hash));
	ATF_REQUIRE_EQ(0, signer_sign_add(der, (size_t)len));
	ATF_CHECK_EQ(1, signer_sign_has(hash));
	OPENSSL_free(der);
}

static int
verify(EVP_PKEY *pkey, int padding, const EVP_MD *md, const uint8_t *digest,
    size_t len, const uint8_t *sig, int siglen)
{
	EVP_PKEY_CTX	*ctx;
	int		 ok;

	ATF_REQUIRE((ctx = EVP_PKEY_CTX_new(pkey, NULL)) != NULL);
	ATF_REQUIRE_EQ(1, EVP_PKEY_verify_init(ctx));
	if (padding != 0)
		ATF_REQUIRE_EQ(1, EVP_PKEY_CTX_set_rsa_padding(ctx, padding));
	ATF_REQUIRE_EQ(1, EVP_PKEY_CTX_set_signature_md(ctx, md));
	ok = EVP_PKEY_verify(ctx, sig, (size_t)siglen, digest, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return (ok);
}

static void
try_ecdsa(int nid)
{
	EVP_PKEY	*pkey = base_test_make(EVP_PKEY_EC, nid);
	uint8_t		 hash[IPC_KEYHASH_LEN], digest[65] = { 5 };
	uint8_t		 sig[KEYHASH_MAXSIG];
	size_t		 len;
	int		 n;

	add(pkey, hash);
	for (len = 0; len <= sizeof(digest); len++) {
		n = signer_sign_digest(hash, SIGN_ECDSA, digest, len, sig);
		if (len != 32 && len != 48 && len != 64) {
			ATF_CHECK_EQ_MSG(-1, n, "%zu bytes", len);
			continue;
		}
		ATF_REQUIRE(n > 0);
		ATF_CHECK(verify(pkey, 0, len == 32 ? EVP_sha256() :
		    len == 48 ? EVP_sha384() : EVP_sha512(), digest, len, sig,
		    n));
	}
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PKCS1, digest, 51,
	    sig));
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PSS, digest, 32,
	    sig));
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, 0, digest, 32, sig));
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, 99, digest, 32, sig));
	hash[31] ^= 1;
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_ECDSA, digest, 32, sig));
	EVP_PKEY_free(pkey);
}

ATF_TC_WITHOUT_HEAD(ecdsa);
ATF_TC_BODY(ecdsa, tc)
{
	try_ecdsa(NID_X9_62_prime256v1);
	try_ecdsa(NID_secp384r1);
}

/* A DigestInfo made by libcrypto: a signature opened with the public key. */
static size_t
digestinfo(EVP_PKEY *pkey, const EVP_MD *md, uint8_t *out)
{
	uint8_t		 digest[64] = { 7 }, sig[KEYHASH_MAXSIG],
	    em[KEYHASH_MAXSIG];
	size_t		 len = sizeof(sig), emlen = sizeof(em), i;
	EVP_PKEY_CTX	*ctx;

	ATF_REQUIRE((ctx = EVP_PKEY_CTX_new(pkey, NULL)) != NULL);
	ATF_REQUIRE_EQ(1, EVP_PKEY_sign_init(ctx));
	ATF_REQUIRE_EQ(1, EVP_PKEY_CTX_set_rsa_padding(ctx,
	    RSA_PKCS1_PADDING));
	ATF_REQUIRE_EQ(1, EVP_PKEY_CTX_set_signature_md(ctx, md));
	ATF_REQUIRE_EQ(1, EVP_PKEY_sign(ctx, sig, &len, digest,
	    (size_t)EVP_MD_size(md)));
	ATF_REQUIRE_EQ(1, EVP_PKEY_verify_recover_init(ctx));
	ATF_REQUIRE_EQ(1, EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING));
	ATF_REQUIRE_EQ(1, EVP_PKEY_verify_recover(ctx, em, &emlen, sig, len));
	EVP_PKEY_CTX_free(ctx);
	for (i = 2; i < emlen && em[i] == 0xff; i++)
		continue;
	i++;
	memcpy(out, em + i, emlen - i);
	return (emlen - i);
}

ATF_TC_WITHOUT_HEAD(rsa_pkcs1);
ATF_TC_BODY(rsa_pkcs1, tc)
{
	EVP_PKEY	*pkey = base_test_make(EVP_PKEY_RSA, 2048);
	const EVP_MD	*mds[] = { EVP_sha256(), EVP_sha384(), EVP_sha512() };
	uint8_t		 hash[IPC_KEYHASH_LEN], digest[64] = { 7 };
	uint8_t		 in[KEYHASH_MAXSIG], sig[KEYHASH_MAXSIG];
	size_t		 i, j, len;
	int		 n;

	add(pkey, hash);
	for (i = 0; i < 3; i++) {
		len = digestinfo(pkey, mds[i], in);
		ATF_CHECK_EQ(1, signer_sign_is_digestinfo(in, len));
		n = signer_sign_digest(hash, SIGN_RSA_PKCS1, in, len, sig);
		ATF_REQUIRE_EQ(256, n);
		ATF_CHECK(verify(pkey, RSA_PKCS1_PADDING, mds[i], digest,
		    (size_t)EVP_MD_size(mds[i]), sig, n));
		for (j = 0; j < 19; j++) {
			in[j] ^= 1;
			ATF_CHECK_EQ(0, signer_sign_is_digestinfo(in, len));
			in[j] ^= 1;
		}
		ATF_CHECK_EQ(0, signer_sign_is_digestinfo(in, len - 1));
		ATF_CHECK_EQ(0, signer_sign_is_digestinfo(in, 18));
	}
	/* SHA-1, MD5 with SHA-1 as in TLS 1.1, a bare digest. */
	len = digestinfo(pkey, EVP_sha1(), in);
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PKCS1, in, len,
	    sig));
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PKCS1, in, 36, sig));
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PKCS1, digest, 32,
	    sig));
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_ECDSA, digest, 32, sig));
	EVP_PKEY_free(pkey);
}

/* A PSS block made by libcrypto, in the same way. */
static size_t
pss_block(EVP_PKEY *pkey, const EVP_MD *md, int salt, uint8_t *em)
{
	uint8_t		 digest[64] = { 7 }, sig[KEYHASH_MAXSIG];
	size_t		 len = sizeof(sig), emlen = KEYHASH_MAXSIG;
	EVP_PKEY_CTX	*ctx;

	ATF_REQUIRE((ctx = EVP_PKEY_CTX_new(pkey, NULL)) != NULL);
	ATF_REQUIRE_EQ(1, EVP_PKEY_sign_init(ctx));
	ATF_REQUIRE_EQ(1, EVP_PKEY_CTX_set_rsa_padding(ctx,
	    RSA_PKCS1_PSS_PADDING));
	ATF_REQUIRE_EQ(1, EVP_PKEY_CTX_set_signature_md(ctx, md));
	ATF_REQUIRE_EQ(1, EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt));
	ATF_REQUIRE_EQ(1, EVP_PKEY_sign(ctx, sig, &len, digest,
	    (size_t)EVP_MD_size(md)));
	ATF_REQUIRE_EQ(1, EVP_PKEY_verify_recover_init(ctx));
	ATF_REQUIRE_EQ(1, EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING));
	ATF_REQUIRE_EQ(1, EVP_PKEY_verify_recover(ctx, em, &emlen, sig, len));
	EVP_PKEY_CTX_free(ctx);
	return (emlen);
}

static void
try_pss(int bits)
{
	EVP_PKEY	*pkey = base_test_make(EVP_PKEY_RSA, bits);
	const EVP_MD	*mds[] = { EVP_sha256(), EVP_sha384(), EVP_sha512() };
	uint8_t		 hash[IPC_KEYHASH_LEN], digest[64] = { 7 };
	uint8_t		 em[KEYHASH_MAXSIG], sig[KEYHASH_MAXSIG];
	size_t		 i, len;
	int		 n;

	add(pkey, hash);
	for (i = 0; i < 3; i++) {
		len = pss_block(pkey, mds[i], RSA_PSS_SALTLEN_DIGEST, em);
		n = signer_sign_digest(hash, SIGN_RSA_PSS, em, len, sig);
		ATF_REQUIRE_EQ((int)len, n);
		ATF_CHECK(verify(pkey, RSA_PKCS1_PSS_PADDING, mds[i], digest,
		    (size_t)EVP_MD_size(mds[i]), sig, n));
		/* Any change of the block makes the encoding invalid. */
		em[len / 4] ^= 0x10;
		ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PSS, em, len,
		    sig));
		em[len / 4] ^= 0x10;
		em[len - 3] ^= 1;
		ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PSS, em, len,
		    sig));
		em[len - 3] ^= 1;
		ATF_CHECK_EQ(0, signer_sign_is_pss(em, len - 1, bits));
		em[0] |= 0x80;
		ATF_CHECK_EQ(0, signer_sign_is_pss(em, len, bits));
	}
	len = pss_block(pkey, EVP_sha256(), 20, em);
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PSS, em, len, sig));
	len = pss_block(pkey, EVP_sha1(), RSA_PSS_SALTLEN_DIGEST, em);
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PSS, em, len, sig));
	EVP_PKEY_free(pkey);
}

ATF_TC_WITHOUT_HEAD(rsa_pss);
ATF_TC_BODY(rsa_pss, tc)
{
	try_pss(2048);
	try_pss(2049);		/* the block is one byte longer than emLen */
	try_pss(2056);
	try_pss(3072);
}

ATF_TC_WITHOUT_HEAD(no_decryption);
ATF_TC_BODY(no_decryption, tc)
{
	EVP_PKEY	*pkey = base_test_make(EVP_PKEY_RSA, 2048);
	EVP_PKEY_CTX	*ctx;
	uint8_t		 hash[IPC_KEYHASH_LEN], sig[KEYHASH_MAXSIG], box[256];
	size_t		 len = sizeof(box);

	add(pkey, hash);
	ATF_REQUIRE((ctx = EVP_PKEY_CTX_new(pkey, NULL)) != NULL);
	ATF_REQUIRE_EQ(1, EVP_PKEY_encrypt_init(ctx));
	ATF_REQUIRE_EQ(1, EVP_PKEY_encrypt(ctx, box, &len,
	    (const uint8_t *)"premaster", 9));
	EVP_PKEY_CTX_free(ctx);
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PSS, box, len, sig));
	memset(box, 0, sizeof(box));
	box[255] = 0xbc;
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PSS, box, len, sig));
	ATF_CHECK_EQ(-1, signer_sign_digest(hash, SIGN_RSA_PSS, box, 0, sig));
	EVP_PKEY_free(pkey);
}

ATF_TC_WITHOUT_HEAD(retain);
ATF_TC_BODY(retain, tc)
{
	EVP_PKEY	*pkey;
	uint8_t		 hash[3][IPC_KEYHASH_LEN], keep[IPC_KEYHASH_LEN];
	uint8_t		 digest[32] = { 1 }, sig[KEYHASH_MAXSIG];
	int		 i;

	for (i = 0; i < 3; i++) {
		pkey = base_test_make(EVP_PKEY_EC, NID_X9_62_prime256v1);
		add(pkey, hash[i]);
		add(pkey, keep);		/* again: replaced */
		ATF_CHECK(memcmp(keep, hash[i], sizeof(keep)) == 0);
		EVP_PKEY_free(pkey);
	}
	for (i = 0; i < 3; i++)
		ATF_CHECK(signer_sign_digest(hash[i], SIGN_ECDSA, digest, 32,
		    sig) > 0);
	signer_sign_retain(hash[1], 1);
	ATF_CHECK_EQ(-1, signer_sign_digest(hash[0], SIGN_ECDSA, digest, 32,
	    sig));
	ATF_CHECK(signer_sign_digest(hash[1], SIGN_ECDSA, digest, 32, sig) > 0);
	ATF_CHECK_EQ(-1, signer_sign_digest(hash[2], SIGN_ECDSA, digest, 32,
	    sig));
	signer_sign_retain(NULL, 0);
	ATF_CHECK_EQ(-1, signer_sign_digest(hash[1], SIGN_ECDSA, digest, 32,
	    sig));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ecdsa);
	ATF_TP_ADD_TC(tp, rsa_pkcs1);
	ATF_TP_ADD_TC(tp, rsa_pss);
	ATF_TP_ADD_TC(tp, no_decryption);
	ATF_TP_ADD_TC(tp, retain);
	return (atf_no_error());
}
