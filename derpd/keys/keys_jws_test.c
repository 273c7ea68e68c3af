/*
 * keys_jws_test: signatures and keys as JSON, with the test vectors of the RFCs
 * for deterministic algorithms.
 */

/* OpenSSL 1.1 and LibreSSL have these structures; 3.0 deprecates them. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <atf-c.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"
#include "json.h"
#include "keys_jws.h"

static EVP_PKEY *
ec_key(int nid)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	EVP_PKEY	*key = NULL;

	ATF_REQUIRE(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, nid) == 1 &&
	    EVP_PKEY_keygen(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return (key);
}

static EVP_PKEY *
rsa_key(int bits)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
	EVP_PKEY	*key = NULL;

	ATF_REQUIRE(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) == 1 &&
	    EVP_PKEY_keygen(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return (key);
}

/* Get a string member, decoded from base64url if `raw'; free it. */
static char *
member(const struct ipc_wr *w, const char *name, int raw, size_t *len)
{
	struct json_error	 e;
	struct json		*j;
	const char		*p;
	char			*out;
	long			 n;
	size_t			 size;

	j = json_parse((const char *)w->p, w->len, 4, 100, &e);
	ATF_REQUIRE_MSG(j != NULL, "%.*s: %s", (int)w->len,
	    (const char *)w->p, e.what);
	p = json_raw(j, json_get(j, 0, name), &size);
	ATF_REQUIRE_MSG(p != NULL, "no %s", name);
	ATF_REQUIRE((out = calloc(1, size + 1)) != NULL);
	n = (long)size;
	if (raw)
		n = base64url_get((uint8_t *)out, size, p, size);
	else
		memcpy(out, p, size);
	ATF_REQUIRE_MSG(n != -1, "%s: %.*s", name, (int)size, p);
	json_free(j);
	*len = (size_t)n;
	return (out);
}

/* Does `key' verify the JWS? */
static int
verified(const struct ipc_wr *w, EVP_PKEY *key, const EVP_MD *md, size_t coord)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	ECDSA_SIG	*es;
	unsigned char	*der = NULL;
	char		*prot, *pay, *sig, *in;
	size_t		 nprot, npay, nsig, n;
	int		 derlen, ok;

	prot = member(w, "protected", 0, &nprot);
	pay = member(w, "payload", 0, &npay);
	sig = member(w, "signature", 1, &nsig);
	n = nprot + npay + 1;
	ATF_REQUIRE((in = malloc(n + 1)) != NULL);
	snprintf(in, n + 1, "%s.%s", prot, pay);
	ATF_REQUIRE(EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1);
	if (coord > 0) {
		ATF_REQUIRE_EQ(2 * coord, nsig);
		ATF_REQUIRE((es = ECDSA_SIG_new()) != NULL);
		ECDSA_SIG_set0(es, BN_bin2bn((unsigned char *)sig,
		    (int)coord, NULL), BN_bin2bn((unsigned char *)sig + coord,
		    (int)coord, NULL));
		ATF_REQUIRE((derlen = i2d_ECDSA_SIG(es, &der)) > 0);
		ok = EVP_DigestVerify(ctx, der, (size_t)derlen,
		    (unsigned char *)in, n) == 1;
		OPENSSL_free(der);
		ECDSA_SIG_free(es);
	} else
		ok = EVP_DigestVerify(ctx, (unsigned char *)sig, nsig,
		    (unsigned char *)in, n) == 1;
	EVP_MD_CTX_free(ctx);
	free(prot);
	free(pay);
	free(sig);
	free(in);
	return (ok);
}

/* Sign, then check the members and the signature. */
static void
check(EVP_PKEY *key, const char *alg, const EVP_MD *md, size_t coord)
{
	struct keys_jws_header	 h = { "https://ca.example/o", "Nonce_1",
				    NULL };
	struct ipc_wr		 w;
	char			 want[JWS_JWKSIZE + 256], jwk[JWS_JWKSIZE];
	char			*text;
	size_t			 n;
	int			 i;

	ATF_REQUIRE(keys_jws_jwk(key, jwk) > 0);
	/* Repeat: the integers of a signature may begin with zeros. */
	for (i = 0; i < (coord > 0 ? 600 : 1); i++) {
		ipc_wr_init(&w);
		ATF_REQUIRE_EQ(0, keys_jws_sign(&w, key, &h, "{\"a\":1}", 7));
		ATF_REQUIRE(verified(&w, key, md, coord));
		if (i == 0) {
			text = member(&w, "payload", 1, &n);
			ATF_CHECK_STREQ("{\"a\":1}", text);
			free(text);
			text = member(&w, "protected", 1, &n);
			snprintf(want, sizeof(want), "{\"alg\":\"%s\","
			    "\"jwk\":%s,\"nonce\":\"Nonce_1\",\"url\":"
			    "\"https://ca.example/o\"}", alg, jwk);
			ATF_CHECK_STREQ(want, text);
			free(text);
		}
		ipc_wr_free(&w);
	}
	h.kid = "https://ca.example/a/7";
	h.nonce = NULL;
	ipc_wr_init(&w);
	ATF_REQUIRE_EQ(0, keys_jws_sign(&w, key, &h, "", 0));
	ATF_REQUIRE(verified(&w, key, md, coord));
	text = member(&w, "payload", 0, &n);
	ATF_CHECK_STREQ("", text);
	free(text);
	text = member(&w, "protected", 1, &n);
	snprintf(want, sizeof(want), "{\"alg\":\"%s\",\"kid\":"
	    "\"https://ca.example/a/7\",\"url\":\"https://ca.example/o\"}",
	    alg);
	ATF_CHECK_STREQ(want, text);
	free(text);
	ipc_wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(es256);
ATF_TC_BODY(es256, tc)
{
	EVP_PKEY	*key = ec_key(NID_X9_62_prime256v1);

	check(key, "ES256", EVP_sha256(), 32);
	EVP_PKEY_free(key);
}

ATF_TC_WITHOUT_HEAD(es384);
ATF_TC_BODY(es384, tc)
{
	EVP_PKEY	*key = ec_key(NID_secp384r1);

	check(key, "ES384", EVP_sha384(), 48);
	EVP_PKEY_free(key);
}

ATF_TC_WITHOUT_HEAD(rs256);
ATF_TC_BODY(rs256, tc)
{
	EVP_PKEY	*key = rsa_key(2048);

	check(key, "RS256", EVP_sha256(), 0);
	EVP_PKEY_free(key);
}

ATF_TC_WITHOUT_HEAD(refused_keys);
ATF_TC_BODY(refused_keys, tc)
{
	struct keys_jws_header	 h = { "https://ca.example/o", NULL, NULL };
	EVP_PKEY		*keys[2];
	struct ipc_wr		 w;
	char			 jwk[JWS_JWKSIZE], thumb[JWS_THUMBSIZE];
	int			 i;

	keys[0] = rsa_key(1024);
	keys[1] = ec_key(NID_secp521r1);
	for (i = 0; i < 2; i++) {
		ipc_wr_init(&w);
		ATF_CHECK_EQ(-1, keys_jws_sign(&w, keys[i], &h, "", 0));
		ATF_CHECK_EQ(-1, keys_jws_jwk(keys[i], jwk));
		ATF_CHECK_EQ(-1, keys_jws_thumbprint(keys[i], thumb));
		ipc_wr_free(&w);
		EVP_PKEY_free(keys[i]);
	}
}

/* RFC 7638 3.1 */
ATF_TC_WITHOUT_HEAD(thumbprint);
ATF_TC_BODY(thumbprint, tc)
{
	static const char	 n[] = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2"
	    "aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZC"
	    "iFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-6"
	    "5YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajr"
	    "n1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ"
	    "-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
	uint8_t			 raw[256];
	char			 thumb[JWS_THUMBSIZE];
	EVP_PKEY		*key = EVP_PKEY_new();
	RSA			*rsa = RSA_new();
	BIGNUM			*e = BN_new();

	ATF_REQUIRE_EQ(256, base64url_get(raw, sizeof(raw), n, strlen(n)));
	ATF_REQUIRE(BN_set_word(e, 65537) == 1);
	ATF_REQUIRE(RSA_set0_key(rsa, BN_bin2bn(raw, 256, NULL), e, NULL) ==
	    1);
	ATF_REQUIRE(EVP_PKEY_assign_RSA(key, rsa) == 1);
	ATF_REQUIRE_EQ(0, keys_jws_thumbprint(key, thumb));
	ATF_CHECK_STREQ("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", thumb);
	EVP_PKEY_free(key);
}

/* The key of RFC 7515 A.1 over our own header, computed elsewhere. */
ATF_TC_WITHOUT_HEAD(mac);
ATF_TC_BODY(mac, tc)
{
	static const char	 k[] = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-E"
	    "stJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
	struct keys_jws_header	 h = { "https://ca.example/a", NULL,
				    "kid-1" };
	uint8_t			 key[64];
	struct ipc_wr		 w;
	char			*text;
	size_t			 n;

	ATF_REQUIRE_EQ(64, base64url_get(key, sizeof(key), k, strlen(k)));
	ipc_wr_init(&w);
	ATF_REQUIRE_EQ(0, keys_jws_mac(&w, key, sizeof(key), &h, "{}", 2));
	text = member(&w, "protected", 1, &n);
	ATF_CHECK_STREQ("{\"alg\":\"HS256\",\"kid\":\"kid-1\",\"url\":"
	    "\"https://ca.example/a\"}", text);
	free(text);
	text = member(&w, "signature", 0, &n);
	ATF_CHECK_STREQ("gw1LH10zehCiA8V48FtlxdDOGzkciJF0b0vzRMCMkus", text);
	free(text);
	ipc_wr_free(&w);
	h.kid = NULL;
	ipc_wr_init(&w);
	ATF_CHECK_EQ(-1, keys_jws_mac(&w, key, sizeof(key), &h, "{}", 2));
	ipc_wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(plain);
ATF_TC_BODY(plain, tc)
{
	ATF_CHECK_EQ(1, keys_jws_plain(""));
	ATF_CHECK_EQ(1, keys_jws_plain("https://a/~ b"));
	ATF_CHECK_EQ(0, keys_jws_plain("a\"b"));
	ATF_CHECK_EQ(0, keys_jws_plain("a\\b"));
	ATF_CHECK_EQ(0, keys_jws_plain("a\nb"));
	ATF_CHECK_EQ(0, keys_jws_plain("a\x7f"));
	ATF_CHECK_EQ(0, keys_jws_plain("\xc3\xa9"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, es256);
	ATF_TP_ADD_TC(tp, es384);
	ATF_TP_ADD_TC(tp, rs256);
	ATF_TP_ADD_TC(tp, refused_keys);
	ATF_TP_ADD_TC(tp, thumbprint);
	ATF_TP_ADD_TC(tp, mac);
	ATF_TP_ADD_TC(tp, plain);
	return atf_no_error();
}
