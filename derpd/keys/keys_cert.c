/*
 * keys_cert: makes certificates: the self-signed certificate of a node without
 * another one, the meta certificate that announces fast start, and those that
 * validate a name.  Called by keys_parent.c; touches no descriptor.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "frame.h"
#include "hex.h"
#include "keys.h"

#define DAY		86400L
#define SELF_DAYS	3652L		/* ten years */
/*
 * Clocks that were wrong when a self-signed certificate was made must not make
 * it useless: it is valid from 2020 on, and until ten years after 2026 at
 * least.
 */
#define SELF_FROM	1577836800L	/* 2020-01-01 00:00 UTC */
#define SELF_NOW	1767225600L	/* 2026-01-01 00:00 UTC */
#define META_DAYS	30L
#define MAXCN		64		/* RFC 5280, A.1, ub-common-name */
#define META_PREFIX	"derpkey"
#define VALIDATION_CN	"ACME validation"
#define ID_PE_ACME	"1.3.6.1.5.5.7.1.31"	/* RFC 8737 3 */

EVP_PKEY *
keys_cert_new_key(void)
{
	EVP_PKEY_CTX	*ctx;
	EVP_PKEY	*pkey = NULL;

	if ((ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL)) == NULL)
		return (NULL);
	if (EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx,
	    NID_X9_62_prime256v1) != 1 ||
	    EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE) != 1 ||
	    EVP_PKEY_keygen(ctx, &pkey) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return (pkey);
}

static EVP_PKEY *
new_ed25519(void)
{
	EVP_PKEY_CTX	*ctx;
	EVP_PKEY	*pkey = NULL;

	if ((ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, NULL)) == NULL)
		return (NULL);
	if (EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_keygen(ctx, &pkey) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return (pkey);
}

/*
 * Set subject and issuer.  The string type is explicit: libcrypto would
 * otherwise limit the meta certificate's name to 64 characters.
 */
static int
set_names(X509 *x, const char *cn)
{
	X509_NAME	*name;
	X509_NAME_ENTRY	*e;
	int		 ok;

	e = X509_NAME_ENTRY_create_by_NID(NULL, NID_commonName,
	    V_ASN1_UTF8STRING, (const unsigned char *)cn, (int)strlen(cn));
	if (e == NULL)
		return (0);
	ok = (name = X509_NAME_new()) != NULL &&
	    X509_NAME_add_entry(name, e, -1, 0) == 1 &&
	    X509_set_subject_name(x, name) == 1 &&
	    X509_set_issuer_name(x, name) == 1;
	X509_NAME_free(name);
	X509_NAME_ENTRY_free(e);
	return (ok);
}

/* Set a positive random serial number of 127 bits (RFC 5280, 4.1.2.2). */
static int
set_random_serial(X509 *x)
{
	BIGNUM		*bn;
	unsigned char	 raw[16];
	int		 ok;

	randombytes_buf(raw, sizeof(raw));
	raw[0] = (raw[0] & 0x7f) | 0x40;
	if ((bn = BN_bin2bn(raw, sizeof(raw), NULL)) == NULL)
		return (0);
	ok = BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)) != NULL;
	BN_free(bn);
	return (ok);
}

static int
add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION	*ext;
	int		 ok;

	if ((ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value)) == NULL)
		return (0);
	ok = X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return (ok);
}

/* One alternative name: an address if it parses as one, else a DNS name. */
static GENERAL_NAME *
alt_name(const char *name)
{
	GENERAL_NAME	*g;
	ASN1_STRING	*s;
	unsigned char	 addr[16];
	int		 ok, type = GEN_IPADD;

	if ((g = GENERAL_NAME_new()) == NULL)
		return (NULL);
	s = ASN1_STRING_type_new(V_ASN1_OCTET_STRING);
	if (s == NULL)
		ok = 0;
	else if (inet_pton(AF_INET, name, addr) == 1)
		ok = ASN1_STRING_set(s, addr, 4);
	else if (inet_pton(AF_INET6, name, addr) == 1)
		ok = ASN1_STRING_set(s, addr, 16);
	else {
		ASN1_STRING_free(s);
		type = GEN_DNS;
		s = ASN1_STRING_type_new(V_ASN1_IA5STRING);
		ok = s != NULL && ASN1_STRING_set(s, name, -1);
	}
	if (!ok) {
		ASN1_STRING_free(s);
		GENERAL_NAME_free(g);
		return (NULL);
	}
	GENERAL_NAME_set0_value(g, type, s);
	return (g);
}

GENERAL_NAMES *
keys_cert_alt_names(const char *const *names, size_t n)
{
	GENERAL_NAMES	*gens;
	GENERAL_NAME	*g;
	size_t		 i;

	gens = sk_GENERAL_NAME_new_null();
	for (i = 0; gens != NULL && i < n; i++) {
		g = alt_name(names[i]);
		if (g == NULL || sk_GENERAL_NAME_push(gens, g) <= 0) {
			GENERAL_NAME_free(g);
			GENERAL_NAMES_free(gens);
			gens = NULL;
		}
	}
	return (gens);
}

static int
add_alt_names(X509 *x, char **names, size_t n)
{
	GENERAL_NAMES	*gens;
	int		 ok;

	gens = keys_cert_alt_names((const char *const *)names, n);
	ok = gens != NULL && X509_add1_ext_i2d(x, NID_subject_alt_name, gens,
	    0, X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(gens);
	return (ok);
}

/* The common part of both kinds; valid from `from' to `to'. */
static X509 *
new_cert(EVP_PKEY *pkey, const char *cn, time_t from, time_t to)
{
	X509	*x;

	if ((x = X509_new()) == NULL)
		return (NULL);
	if (X509_set_version(x, 2) == 1 &&	/* counted from 0: version 3 */
	    ASN1_TIME_set(X509_getm_notBefore(x), from) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(x), to) != NULL &&
	    X509_set_pubkey(x, pkey) == 1 && set_names(x, cn) &&
	    add_extension(x, NID_basic_constraints, "critical,CA:FALSE"))
		return (x);
	X509_free(x);
	return (NULL);
}

/*
 * Sign `x' (`md' NULL for Ed25519) and write it as PEM.  Returns bytes, or -1.
 */
static int
finish(X509 *x, EVP_PKEY *pkey, const EVP_MD *md, char pem[KEYS_PEMSIZE])
{
	BIO	*bio;
	char	*p;
	long	 len = -1;

	if (X509_sign(x, pkey, md) <= 0)
		return (-1);
	if ((bio = BIO_new(BIO_s_mem())) == NULL)
		return (-1);
	if (PEM_write_bio_X509(bio, x) == 1)
		len = BIO_get_mem_data(bio, &p);
	if (len > 0 && len < KEYS_PEMSIZE) {
		memcpy(pem, p, (size_t)len);
		pem[len] = '\0';
	} else
		len = -1;
	BIO_free(bio);
	return ((int)len);
}

int
keys_cert_selfsign(EVP_PKEY *pkey, char **names, size_t n,
    char pem[KEYS_PEMSIZE], char *err, size_t errsize)
{
	const time_t	 now = time(NULL);
	X509		*x;
	const char	*cn;
	int		 len = -1;

	if (n == 0) {
		snprintf(err, errsize, "can't make a certificate: no names"
		    " given");
		return (-1);
	}
	/* Clients verify the alternative names only. */
	cn = strlen(names[0]) <= MAXCN ? names[0] : "derpd";
	x = new_cert(pkey, cn, now - DAY < SELF_FROM ? now - DAY : SELF_FROM,
	    (now > SELF_NOW ? now : SELF_NOW) + SELF_DAYS * DAY);
	if (x != NULL && set_random_serial(x) &&
	    add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(x, NID_ext_key_usage, "serverAuth") &&
	    add_alt_names(x, names, n))
		len = finish(x, pkey, EVP_sha256(), pem);
	if (len == -1)
		snprintf(err, errsize, "can't make a certificate for %s: %s",
		    names[0], ERR_peek_error() == 0 ? "too many names" :
		    ERR_reason_error_string(ERR_peek_error()));
	X509_free(x);
	ERR_clear_error();
	return (len);
}

/* The critical extension with the digest of the key authorization. */
static int
add_acme_identifier(X509 *x, const char *auth)
{
	unsigned char		 der[2 + 32] = { V_ASN1_OCTET_STRING, 32 };
	unsigned int		 n;
	ASN1_OBJECT		*oid = OBJ_txt2obj(ID_PE_ACME, 1);
	ASN1_OCTET_STRING	*value = ASN1_OCTET_STRING_new();
	X509_EXTENSION		*ext = NULL;
	int			 ok;

	ok = oid != NULL && value != NULL &&
	    EVP_Digest(auth, strlen(auth), der + 2, &n, EVP_sha256(),
	    NULL) == 1 && ASN1_OCTET_STRING_set(value, der, sizeof(der)) == 1 &&
	    (ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value)) != NULL &&
	    X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	return (ok);
}

int
keys_cert_validation(EVP_PKEY *pkey, const char *name, const char *auth,
    char pem[KEYS_PEMSIZE], char *err, size_t errsize)
{
	char		*names[] = { (char *)(uintptr_t)name };
	time_t		 now = time(NULL);
	X509		*x;
	int		 len = -1;

	x = new_cert(pkey, VALIDATION_CN, now - DAY, now + DAY);
	if (x != NULL && set_random_serial(x) && add_alt_names(x, names, 1) &&
	    add_acme_identifier(x, auth))
		len = finish(x, pkey, EVP_sha256(), pem);
	if (len == -1)
		snprintf(err, errsize, "can't make the certificate that "
		    "validates %s", name);
	X509_free(x);
	ERR_clear_error();
	return (len);
}

int
keys_cert_meta(const uint8_t pub[KEYS_NODELEN], char pem[KEYS_PEMSIZE],
    char *err, size_t errsize)
{
	const time_t	 now = time(NULL);
	EVP_PKEY	*pkey;
	X509		*x = NULL;
	char		 cn[sizeof(META_PREFIX) + 2 * KEYS_NODELEN];
	int		 len = -1;

	memcpy(cn, META_PREFIX, sizeof(META_PREFIX) - 1);
	base_hex_put(cn + sizeof(META_PREFIX) - 1, pub, KEYS_NODELEN);
	if ((pkey = new_ed25519()) != NULL &&
	    (x = new_cert(pkey, cn, now - META_DAYS * DAY,
	    now + META_DAYS * DAY)) != NULL &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x),
	    FRAME_DERP_VERSION) == 1)
		len = finish(x, pkey, NULL, pem);
	if (len == -1)
		snprintf(err, errsize, "can't make the meta certificate");
	X509_free(x);
	EVP_PKEY_free(pkey);	/* its private half is discarded */
	ERR_clear_error();
	return (len);
}
