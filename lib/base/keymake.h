/*
 * keymake: new keys for tests.
 */
#ifndef KEYMAKE_H
#define KEYMAKE_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <atf-c.h>

/* Make a key of `type': `arg' is the size in bits (RSA) or the curve (EC). */
static inline EVP_PKEY *
base_test_make(int type, int arg)
{
	EVP_PKEY_CTX	*ctx;
	EVP_PKEY	*pkey = NULL;

	ATF_REQUIRE((ctx = EVP_PKEY_CTX_new_id(type, NULL)) != NULL);
	ATF_REQUIRE_EQ(1, EVP_PKEY_keygen_init(ctx));
	if (type == EVP_PKEY_RSA)
		ATF_REQUIRE_EQ(1, EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, arg));
	if (type == EVP_PKEY_EC)
		ATF_REQUIRE_EQ(1, EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx,
		    arg));
	ATF_REQUIRE_EQ(1, EVP_PKEY_keygen(ctx, &pkey));
	EVP_PKEY_CTX_free(ctx);
	return (pkey);
}

#endif
