/*
 * keys_jws: signatures and keys as JSON; see keys_jws.h.
 */

/* The key structures of OpenSSL 1.1 and LibreSSL, deprecated in OpenSSL 3.0. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"
#include "json_out.h"
#include "keyhash.h"
#include "keys.h"
#include "keys_jws.h"

#define MAXCOORD	48		/* bytes of a coordinate: P-384 */
#define MAXMODULUS	1024		/* bytes: RSA of 8192 bits */

/* Signature algorithm of a kind of key. */
struct alg {
	const char	*name;		/* RFC 7518 3.1 */
	const char	*curve;		/* NULL: RSA */
	size_t		 coord;		/* bytes of a coordinate */
	const EVP_MD	*md;
};

/* Returns 0, or -1 for an unsupported key. */
static int
alg_of(EVP_PKEY *key, struct alg *a)
{
	EC_KEY	*ec;
	int	 nid = NID_undef;

	memset(a, 0, sizeof(*a));
	a->md = EVP_sha256();
	switch (EVP_PKEY_base_id(key)) {
	case EVP_PKEY_RSA:
		a->name = "RS256";
		return (EVP_PKEY_bits(key) < 2048 ||
		    EVP_PKEY_bits(key) > 8 * MAXMODULUS ? -1 : 0);
	case EVP_PKEY_EC:
		ec = EVP_PKEY_get1_EC_KEY(key);
		if (ec != NULL && EC_KEY_get0_group(ec) != NULL)
			nid = EC_GROUP_get_curve_name(EC_KEY_get0_group(ec));
		EC_KEY_free(ec);
		break;
	}
	if (nid == NID_X9_62_prime256v1) {
		a->name = "ES256";
		a->curve = "P-256";
		a->coord = 32;
		return (0);
	}
	if (nid == NID_secp384r1) {
		a->name = "ES384";
		a->curve = "P-384";
		a->coord = 48;
		a->md = EVP_sha384();
		return (0);
	}
	return (-1);
}

int
keys_jws_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
			return (0);
	return (1);
}

/* Get x and y of the public point, of `coord' bytes each.  Returns 0, or -1. */
static int
point_of(EVP_PKEY *key, size_t coord, uint8_t oct[1 + 2 * MAXCOORD])
{
	EC_KEY	*ec = EVP_PKEY_get1_EC_KEY(key);
	size_t	 n = 0;

	if (ec != NULL && EC_KEY_get0_public_key(ec) != NULL)
		n = EC_POINT_point2oct(EC_KEY_get0_group(ec),
		    EC_KEY_get0_public_key(ec), POINT_CONVERSION_UNCOMPRESSED,
		    oct, 1 + 2 * MAXCOORD, NULL);
	EC_KEY_free(ec);
	return (n == 1 + 2 * coord ? 0 : -1);
}

/*
 * Encode a positive number without leading zeros (RFC 7518 2, Base64urlUInt).
 */
static int
number(const BIGNUM *bn, char dst[BASE64URL_LEN(MAXMODULUS) + 1])
{
	uint8_t	 raw[MAXMODULUS];
	int	 n;

	if (bn == NULL || BN_num_bytes(bn) > MAXMODULUS ||
	    (n = BN_bn2bin(bn, raw)) <= 0)
		return (-1);
	base64url_put(dst, raw, (size_t)n);
	return (0);
}

static int
put_rsa(struct json_out *o, EVP_PKEY *key)
{
	char		 n[BASE64URL_LEN(MAXMODULUS) + 1];
	char		 e[BASE64URL_LEN(MAXMODULUS) + 1];
	const BIGNUM	*bn = NULL, *be = NULL;
	RSA		*rsa = EVP_PKEY_get1_RSA(key);
	int		 rv = -1;

	if (rsa != NULL)
		RSA_get0_key(rsa, &bn, &be, NULL);
	if (number(bn, n) == 0 && number(be, e) == 0) {
		json_out_str(o, "e", e);
		json_out_str(o, "kty", "RSA");
		json_out_str(o, "n", n);
		rv = 0;
	}
	RSA_free(rsa);
	return (rv);
}

static int
put_ec(struct json_out *o, EVP_PKEY *key, const struct alg *a)
{
	uint8_t		 oct[1 + 2 * MAXCOORD];
	char		 x[BASE64URL_LEN(MAXCOORD) + 1];
	char		 y[BASE64URL_LEN(MAXCOORD) + 1];

	if (point_of(key, a->coord, oct) == -1)
		return (-1);
	base64url_put(x, oct + 1, a->coord);
	base64url_put(y, oct + 1 + a->coord, a->coord);
	json_out_str(o, "crv", a->curve);
	json_out_str(o, "kty", "EC");
	json_out_str(o, "x", x);
	json_out_str(o, "y", y);
	return (0);
}

/* Members are sorted by name, as RFC 7638 requires. */
int
keys_jws_jwk(EVP_PKEY *key, char dst[JWS_JWKSIZE])
{
	struct json_out	 o;
	struct alg	 a;
	struct ipc_wr	 w;
	int		 rv;

	if (alg_of(key, &a) == -1)
		return (-1);
	ipc_wr_init(&w);
	json_out_init(&o, &w);
	json_out_object(&o, NULL);
	rv = a.curve == NULL ? put_rsa(&o, key) : put_ec(&o, key, &a);
	json_out_end(&o);
	if (rv == 0 && json_out_whole(&o) && w.len < JWS_JWKSIZE) {
		memcpy(dst, w.p, w.len);
		dst[w.len] = '\0';
		rv = (int)w.len;
	} else
		rv = -1;
	ipc_wr_free(&w);
	return (rv);
}

int
keys_jws_thumbprint(EVP_PKEY *key, char dst[JWS_THUMBSIZE])
{
	char	 jwk[JWS_JWKSIZE];
	uint8_t	 digest[SHA256_DIGEST_LENGTH];
	int	 n;

	if ((n = keys_jws_jwk(key, jwk)) == -1)
		return (-1);
	SHA256((const unsigned char *)jwk, (size_t)n, digest);
	base64url_put(dst, digest, sizeof(digest));
	return (0);
}

/* Append the `n' bytes at `p' in base64url. */
static void
put64(struct ipc_wr *w, const void *p, size_t n)
{
	char	*text;

	if ((text = malloc(BASE64URL_LEN(n) + 1)) == NULL) {
		w->bad = 1;
		return;
	}
	base64url_put(text, p, n);
	ipc_wr_bytes(w, text, strlen(text));
	free(text);
}

/* Append the header in base64url; with `key' NULL without a public key. */
static void
put_header(struct ipc_wr *w, const char *alg, EVP_PKEY *key,
    const struct keys_jws_header *h)
{
	char		 jwk[JWS_JWKSIZE];
	struct json_out	 o;
	struct ipc_wr	 t;
	int		 n;

	ipc_wr_init(&t);
	json_out_init(&o, &t);
	json_out_object(&o, NULL);
	json_out_str(&o, "alg", alg);
	if (h->kid != NULL)
		json_out_str(&o, "kid", h->kid);
	else if (key != NULL && (n = keys_jws_jwk(key, jwk)) != -1)
		json_out_raw(&o, "jwk", jwk, (size_t)n);
	else
		t.bad = 1;
	if (h->nonce != NULL)
		json_out_str(&o, "nonce", h->nonce);
	json_out_str(&o, "url", h->url);
	json_out_end(&o);
	if (json_out_whole(&o))
		put64(w, t.p, t.len);
	else
		w->bad = 1;
	ipc_wr_free(&t);
}

/*
 * Convert an ECDSA signature from DER to two numbers of fixed size (RFC 7518
 * 3.4).
 */
static int
ec_raw(uint8_t *sig, size_t *len, size_t coord)
{
	const uint8_t	*p = sig;
	ECDSA_SIG	*s;
	const BIGNUM	*r, *q;
	int		 ok;

	if ((s = d2i_ECDSA_SIG(NULL, &p, (long)*len)) == NULL)
		return (-1);
	ECDSA_SIG_get0(s, &r, &q);
	ok = BN_bn2binpad(r, sig, (int)coord) != -1 &&
	    BN_bn2binpad(q, sig + coord, (int)coord) != -1;
	*len = 2 * coord;
	ECDSA_SIG_free(s);
	return (ok ? 0 : -1);
}

/*
 * Sign the `len' bytes at `in'; stores *siglen bytes in `sig'.  Returns 0, or
 * -1.
 */
static int
sign(EVP_PKEY *key, const struct alg *a, const uint8_t *in, size_t len,
    uint8_t sig[KEYHASH_MAXSIG], size_t *siglen)
{
	EVP_MD_CTX	*ctx;
	int		 ok;

	*siglen = KEYHASH_MAXSIG;
	if ((ctx = EVP_MD_CTX_new()) == NULL)
		return (-1);
	ok = EVP_DigestSignInit(ctx, NULL, a->md, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, siglen, in, len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	if (!ok)
		return (-1);
	return (a->curve == NULL ? 0 : ec_raw(sig, siglen, a->coord));
}

/*
 * Append the JWS of the header and payload in `in', separated by the dot at
 * `dot'.
 */
static void
put_jws(struct ipc_wr *w, const struct ipc_wr *in, size_t dot,
    const uint8_t *sig, size_t siglen)
{
	struct json_out	 o;
	struct ipc_wr	 s;

	ipc_wr_init(&s);
	put64(&s, sig, siglen);
	json_out_init(&o, w);
	json_out_object(&o, NULL);
	json_out_strn(&o, "protected", in->p, dot);
	json_out_strn(&o, "payload", in->p + dot + 1, in->len - dot - 1);
	json_out_strn(&o, "signature", s.p, s.len);
	json_out_end(&o);
	if (!ipc_wr_ok(&s))
		w->bad = 1;
	ipc_wr_free(&s);
}

int
keys_jws_sign(struct ipc_wr *out, EVP_PKEY *key,
    const struct keys_jws_header *h, const void *payload, size_t len)
{
	struct alg	 a;
	struct ipc_wr	 in;
	uint8_t		 sig[KEYHASH_MAXSIG];
	size_t		 dot, siglen;
	int		 rv = -1;

	if (alg_of(key, &a) == -1)
		return (-1);
	ipc_wr_init(&in);
	put_header(&in, a.name, key, h);
	dot = in.len;
	ipc_wr_bytes(&in, ".", 1);
	put64(&in, payload, len);
	if (ipc_wr_ok(&in) && sign(key, &a, in.p, in.len, sig, &siglen) == 0) {
		put_jws(out, &in, dot, sig, siglen);
		rv = ipc_wr_ok(out) ? 0 : -1;
	}
	ipc_wr_free(&in);
	return (rv);
}

int
keys_jws_mac(struct ipc_wr *out, const uint8_t *mac, size_t maclen,
    const struct keys_jws_header *h, const void *payload, size_t len)
{
	struct ipc_wr	 in;
	uint8_t		 sig[EVP_MAX_MD_SIZE];
	unsigned int	 siglen = 0;
	size_t		 dot;
	int		 rv = -1;

	ipc_wr_init(&in);
	put_header(&in, "HS256", NULL, h);
	dot = in.len;
	ipc_wr_bytes(&in, ".", 1);
	put64(&in, payload, len);
	if (ipc_wr_ok(&in) && HMAC(EVP_sha256(), mac, (int)maclen, in.p, in.len,
	    sig, &siglen) != NULL) {
		put_jws(out, &in, dot, sig, siglen);
		rv = ipc_wr_ok(out) ? 0 : -1;
	}
	ipc_wr_free(&in);
	return (rv);
}
