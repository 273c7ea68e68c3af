/*
 * Tests of tlsfetch.c: cached results are those of libcrypto, and only for the
 * same request.  With LibreSSL there is nothing to test.
 */
#include <atf-c.h>
#include <openssl/evp.h>
#include <string.h>

#include "tlsfetch.h"

#if !defined(LIBRESSL_VERSION_NUMBER) && OPENSSL_VERSION_MAJOR >= 3

#include <openssl/kdf.h>

/* All names of a kind of key, a space behind each. */
static void
add_name(const char *name, void *arg)
{
	char	*list = arg;

	strlcat(list, name, 1024);
	strlcat(list, " ", 1024);
}

ATF_TC_WITHOUT_HEAD(digests);
ATF_TC_BODY(digests, tc)
{
	unsigned char	 hash[32], again[32];
	EVP_MD		*a, *b;
	int		 i;

	ATF_REQUIRE((a = EVP_MD_fetch(NULL, "SHA256", NULL)) != NULL);
	ATF_REQUIRE_EQ(1, EVP_Digest("x", 1, hash, NULL, a, NULL));
	front_tlsfetch_enable();
	/* More often than the cache has room for, and freed each time. */
	for (i = 0; i < 100; i++) {
		ATF_REQUIRE((b = EVP_MD_fetch(NULL, "SHA256", "")) != NULL);
		ATF_CHECK(EVP_MD_is_a(b, "SHA2-256"));
		ATF_REQUIRE_EQ(1, EVP_Digest("x", 1, again, NULL, b, NULL));
		ATF_CHECK_EQ(0, memcmp(hash, again, sizeof(hash)));
		EVP_MD_free(b);
	}
	EVP_MD_free(a);
	ATF_REQUIRE((a = EVP_MD_fetch(NULL, "SHA384", NULL)) != NULL);
	ATF_CHECK_EQ(48, EVP_MD_get_size(a));
	EVP_MD_free(a);
}

ATF_TC_WITHOUT_HEAD(not_kept);
ATF_TC_BODY(not_kept, tc)
{
	OSSL_LIB_CTX	*ctx;
	EVP_MD		*md;

	front_tlsfetch_enable();
	ATF_REQUIRE((md = EVP_MD_fetch(NULL, "SHA256", NULL)) != NULL);
	EVP_MD_free(md);
	/* Other properties, another context, another name. */
	ATF_CHECK(EVP_MD_fetch(NULL, "SHA256", "provider=none") == NULL);
	ATF_REQUIRE((ctx = OSSL_LIB_CTX_new()) != NULL);
	ATF_REQUIRE((md = EVP_MD_fetch(ctx, "SHA256", NULL)) != NULL);
	EVP_MD_free(md);
	ATF_CHECK(EVP_MD_fetch(NULL, "no such digest", NULL) == NULL);
	ATF_CHECK(EVP_MD_fetch(NULL, "no such digest", NULL) == NULL);
	ATF_CHECK(EVP_MAC_fetch(NULL, "SHA256", NULL) == NULL);
	ATF_CHECK(EVP_KDF_fetch(NULL, "SHA256", NULL) == NULL);
}

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	static const char	*names[] = { "SHA1", "SHA224", "SHA256",
	    "SHA384", "SHA512", "SHA512-224", "SHA512-256", "SHA3-224",
	    "SHA3-256", "SHA3-384", "SHA3-512", "SHAKE128", "SHAKE256",
	    "BLAKE2B-512", "BLAKE2S-256", "SHA2-224", "SHA2-256", "SHA2-384",
	    "SHA2-512", "SHA-1" };
	EVP_MD			*md;
	size_t			 i, k;

	front_tlsfetch_enable();
	for (k = 0; k < 3; k++)
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			md = EVP_MD_fetch(NULL, names[i], NULL);
			ATF_REQUIRE_MSG(md != NULL, "%s", names[i]);
			ATF_CHECK_MSG(EVP_MD_is_a(md, names[i]), "%s",
			    names[i]);
			EVP_MD_free(md);
		}
}

ATF_TC_WITHOUT_HEAD(others);
ATF_TC_BODY(others, tc)
{
	EVP_MAC	*mac;
	EVP_KDF	*kdf;
	int	 i;

	front_tlsfetch_enable();
	for (i = 0; i < 10; i++) {
		ATF_REQUIRE((mac = EVP_MAC_fetch(NULL, "HMAC", NULL)) != NULL);
		ATF_CHECK(EVP_MAC_is_a(mac, "HMAC"));
		EVP_MAC_free(mac);
		ATF_REQUIRE((kdf = EVP_KDF_fetch(NULL, "HKDF", NULL)) != NULL);
		ATF_CHECK(EVP_KDF_is_a(kdf, "HKDF"));
		EVP_KDF_free(kdf);
	}
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	static const char	*kinds[] = { "EC", "RSA", "X25519", "ED25519",
	    "X448", "DH" };
	char			 before[6][1024], after[1024];
	EVP_KEYMGMT		*k[6];
	size_t			 i, n;

	for (i = 0; i < 6; i++) {
		k[i] = EVP_KEYMGMT_fetch(NULL, kinds[i], NULL);
		ATF_REQUIRE_MSG(k[i] != NULL, "%s", kinds[i]);
		before[i][0] = '\0';
		ATF_REQUIRE_EQ(1, EVP_KEYMGMT_names_do_all(k[i], add_name,
		    before[i]));
		ATF_REQUIRE_MSG(strstr(before[i], kinds[i]) != NULL,
		    "%s is not in %s", kinds[i], before[i]);
	}
	front_tlsfetch_enable();
	for (n = 0; n < 3; n++)
		for (i = 0; i < 6; i++) {
			after[0] = '\0';
			ATF_CHECK_EQ(1, EVP_KEYMGMT_names_do_all(k[i],
			    add_name, after));
			ATF_CHECK_STREQ(before[i], after);
		}
	for (i = 0; i < 6; i++)
		EVP_KEYMGMT_free(k[i]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, digests);
	ATF_TP_ADD_TC(tp, not_kept);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, others);
	ATF_TP_ADD_TC(tp, names);
	return (atf_no_error());
}

#else

ATF_TC_WITHOUT_HEAD(nothing);
ATF_TC_BODY(nothing, tc)
{
	front_tlsfetch_enable();
	atf_tc_skip("only OpenSSL 3 looks things up by name in a handshake");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, nothing);
	return (atf_no_error());
}

#endif
