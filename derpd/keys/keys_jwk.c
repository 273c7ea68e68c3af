/*
 * keys_jwk: parses private keys in JSON; see keys_acme.h.  Pure except for
 * libcrypto.
 */

/* The key structures of OpenSSL 1.1 and LibreSSL, deprecated in OpenSSL 3.0. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base64url.h"
#include "json.h"
#include "keys_acme.h"

#define MAXNUMBER	1024	/* bytes: a modulus of 8192 bits */
#define MAXTOKENS	64

/* Parse the number in the member `name'; NULL when there is none. */
static BIGNUM *
number(const struct json *j, const char *name)
{
	uint8_t		 raw[MAXNUMBER];
	const char	*text;
	BIGNUM		*bn = NULL;
	size_t		 len;
	long		 n = -1;

	text = json_raw(j, json_get(j, 0, name), &len);
	if (text != NULL)
		n = base64url_get(raw, sizeof(raw), text, len);
#ifndef LIBRESSL_VERSION_NUMBER
	if (n > 0 && (bn = BN_secure_new()) != NULL &&
	    BN_bin2bn(raw, (int)n, bn) == NULL) {
		BN_free(bn);
		bn = NULL;
	}
#else
	if (n > 0)
		bn = BN_bin2bn(raw, (int)n, NULL);
#endif
	explicit_bzero(raw, sizeof(raw));
	return (bn);
}

/* 1 when the member `name' is the string `want'. */
static int
is(const struct json *j, const char *name, const char *want)
{
	char	 text[16];

	return (json_str(j, json_get(j, 0, name), text, sizeof(text)) != -1 &&
	    strcmp(text, want) == 0);
}

/* Set the numbers of the RSA key.  Returns 0, or -1 when some are missing. */
static int
fill_rsa(const struct json *j, RSA *rsa)
{
	static const char *const name[8] = { "n", "e", "d", "p", "q", "dp",
	    "dq", "qi" };
	BIGNUM	*v[8];
	int	 i, all = 1;

	for (i = 0; i < 8; i++)
		all &= (v[i] = number(j, name[i])) != NULL;
	/* Numbers that are set belong to the key. */
	if (all && RSA_set0_key(rsa, v[0], v[1], v[2]) == 1)
		v[0] = v[1] = v[2] = NULL;
	if (all && RSA_set0_factors(rsa, v[3], v[4]) == 1)
		v[3] = v[4] = NULL;
	if (all && RSA_set0_crt_params(rsa, v[5], v[6], v[7]) == 1)
		v[5] = v[6] = v[7] = NULL;
	for (i = 0; i < 8; i++) {
		all &= v[i] == NULL;
		BN_clear_free(v[i]);
	}
	return (all ? 0 : -1);
}

static EVP_PKEY *
rsa_key(const struct json *j)
{
	EVP_PKEY	*pkey = EVP_PKEY_new();
	RSA		*rsa = RSA_new();

	if (pkey != NULL && rsa != NULL && fill_rsa(j, rsa) == 0 &&
	    EVP_PKEY_set1_RSA(pkey, rsa) == 1) {
		RSA_free(rsa);
		return (pkey);
	}
	RSA_free(rsa);
	EVP_PKEY_free(pkey);
	return (NULL);
}

static EVP_PKEY *
ec_key(const struct json *j)
{
	BIGNUM		*d = number(j, "d"), *x = number(j, "x");
	BIGNUM		*y = number(j, "y");
	EVP_PKEY	*pkey = EVP_PKEY_new();
	EC_KEY		*ec;
	int		 ok;

	ec = EC_KEY_new_by_curve_name(is(j, "crv", "P-384") ?
	    NID_secp384r1 : NID_X9_62_prime256v1);
	ok = (is(j, "crv", "P-256") || is(j, "crv", "P-384")) &&
	    d != NULL && x != NULL && y != NULL && pkey != NULL &&
	    ec != NULL &&
	    EC_KEY_set_public_key_affine_coordinates(ec, x, y) == 1 &&
	    EC_KEY_set_private_key(ec, d) == 1 &&
	    EVP_PKEY_set1_EC_KEY(pkey, ec) == 1;
	BN_clear_free(d);
	BN_free(x);
	BN_free(y);
	EC_KEY_free(ec);
	if (ok)
		return (pkey);
	EVP_PKEY_free(pkey);
	return (NULL);
}

EVP_PKEY *
keys_jwk_private(const char *text, size_t len)
{
	struct json_error	 e;
	struct json		*j;
	EVP_PKEY		*pkey = NULL;

	if ((j = json_parse(text, len, 2, MAXTOKENS, &e)) == NULL)
		return (NULL);
	if (is(j, "kty", "RSA"))
		pkey = rsa_key(j);
	else if (is(j, "kty", "EC"))
		pkey = ec_key(j);
	json_free(j);
	ERR_clear_error();
	return (pkey);
}
