/*
 * keys_cert_test: the fields of the certificates that keys makes, read with
 * libcrypto.
 */

/* EVP_PKEY_cmp() is in LibreSSL too; OpenSSL 3.0 deprecates it. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <atf-c.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hex.h"
#include "keys.h"

static char	 err[256];

static X509 *
parse(const char *pem, int len)
{
	BIO	*bio;
	X509	*x;

	ATF_REQUIRE_EQ((int)strlen(pem), len);
	ATF_REQUIRE((bio = BIO_new_mem_buf(pem, len)) != NULL);
	ATF_REQUIRE((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL);
	BIO_free(bio);
	return (x);
}

/* Is the certificate valid `days' from now? */
static int
valid_in(X509 *x, long days)
{
	time_t	 t = time(NULL) + days * 86400;

	return (X509_cmp_time(X509_get0_notBefore(x), &t) < 0 &&
	    X509_cmp_time(X509_get0_notAfter(x), &t) > 0);
}

static void
common_name(X509 *x, char *cn, int size)
{
	ATF_REQUIRE(X509_NAME_get_text_by_NID(X509_get_subject_name(x),
	    NID_commonName, cn, size) > 0);
}

ATF_TC_WITHOUT_HEAD(selfsigned);
ATF_TC_BODY(selfsigned, tc)
{
	char		*names[] = { (char *)"relay.example.org",
			    (char *)"203.0.113.9", (char *)"2001:db8::9" };
	char		 pem[KEYS_PEMSIZE], cn[100];
	EVP_PKEY	*pkey;
	BIGNUM		*bn;
	X509		*x, *y;
	int		 len;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((pkey = keys_cert_new_key()) != NULL);
	ATF_CHECK_EQ(256, EVP_PKEY_bits(pkey));
	ATF_CHECK_EQ(EVP_PKEY_EC, EVP_PKEY_base_id(pkey));
	len = keys_cert_selfsign(pkey, names, 3, pem, err, sizeof(err));
	ATF_REQUIRE_MSG(len > 0, "%s", err);
	x = parse(pem, len);
	ATF_CHECK_EQ(1, X509_verify(x, pkey));
	ATF_CHECK_EQ(2, X509_get_version(x));
	common_name(x, cn, sizeof(cn));
	ATF_CHECK_STREQ("relay.example.org", cn);
	ATF_CHECK_EQ(1, X509_check_host(x, "relay.example.org", 0, 0, NULL));
	ATF_CHECK_EQ(0, X509_check_host(x, "example.org", 0, 0, NULL));
	ATF_CHECK_EQ(1, X509_check_ip_asc(x, "203.0.113.9", 0));
	ATF_CHECK_EQ(1, X509_check_ip_asc(x, "2001:db8::9", 0));
	ATF_CHECK_EQ(0, X509_check_ip_asc(x, "203.0.113.10", 0));
	ATF_CHECK(valid_in(x, 0));
	ATF_CHECK(valid_in(x, 3651));
	ATF_CHECK(!valid_in(x, 3653));
	/* A clock that was ahead when it was made does no harm. */
	ATF_CHECK(valid_in(x, -1500));
	ATF_CHECK_EQ(0, X509_check_ca(x));
	ATF_CHECK_EQ(XKU_SSL_SERVER, X509_get_extended_key_usage(x));
	ATF_REQUIRE((bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x),
	    NULL)) != NULL);
	ATF_CHECK_EQ(127, BN_num_bits(bn));
	BN_free(bn);

	/* Another certificate has another serial number. */
	len = keys_cert_selfsign(pkey, names, 3, pem, err, sizeof(err));
	y = parse(pem, len);
	ATF_CHECK(ASN1_INTEGER_cmp(X509_get0_serialNumber(x),
	    X509_get0_serialNumber(y)) != 0);
	X509_free(x);
	X509_free(y);
	EVP_PKEY_free(pkey);
}

ATF_TC_WITHOUT_HEAD(selfsigned_odd_names);
ATF_TC_BODY(selfsigned_odd_names, tc)
{
	char		 name[201], pem[KEYS_PEMSIZE], cn[100];
	char		*names[256];
	EVP_PKEY	*pkey;
	X509		*x;
	size_t		 i;
	int		 len;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((pkey = keys_cert_new_key()) != NULL);
	memset(name, 'a', sizeof(name) - 1);
	for (i = 50; i < 200; i += 51)
		name[i] = '.';
	name[200] = '\0';
	for (i = 0; i < 256; i++)
		names[i] = name;
	len = keys_cert_selfsign(pkey, names, 1, pem, err, sizeof(err));
	ATF_REQUIRE_MSG(len > 0, "%s", err);
	x = parse(pem, len);
	common_name(x, cn, sizeof(cn));
	ATF_CHECK_STREQ("derpd", cn);
	ATF_CHECK_EQ(1, X509_check_host(x, name, 0, 0, NULL));
	X509_free(x);

	ATF_CHECK_EQ(-1, keys_cert_selfsign(pkey, names, 0, pem, err,
	    sizeof(err)));
	ATF_CHECK_EQ(-1, keys_cert_selfsign(pkey, names, 256, pem, err,
	    sizeof(err)));
	ATF_CHECK_MSG(strstr(err, "too many names") != NULL, "%s", err);
	EVP_PKEY_free(pkey);
}

ATF_TC_WITHOUT_HEAD(meta);
ATF_TC_BODY(meta, tc)
{
	uint8_t		 pub[KEYS_NODELEN];
	char		 pem[KEYS_PEMSIZE], cn[100];
	char		 want[7 + 64 + 1] = "derpkey";
	X509		*x, *y;
	int		 len;

	ATF_REQUIRE(sodium_init() != -1);
	randombytes_buf(pub, sizeof(pub));
	base_hex_put(want + 7, pub, sizeof(pub));
	len = keys_cert_meta(pub, pem, err, sizeof(err));
	ATF_REQUIRE_MSG(len > 0, "%s", err);
	x = parse(pem, len);
	common_name(x, cn, sizeof(cn));
	ATF_CHECK_STREQ(want, cn);
	ATF_CHECK_EQ(0, X509_NAME_cmp(X509_get_subject_name(x),
	    X509_get_issuer_name(x)));
	ATF_CHECK_EQ(2, ASN1_INTEGER_get(X509_get0_serialNumber(x)));
	ATF_CHECK_EQ(EVP_PKEY_ED25519,
	    EVP_PKEY_base_id(X509_get0_pubkey(x)));
	ATF_CHECK_EQ(1, X509_verify(x, X509_get0_pubkey(x)));
	ATF_CHECK_EQ(1, X509_get_ext_count(x));
	ATF_CHECK_EQ(0, X509_get_ext_by_NID(x, NID_basic_constraints, -1));
	ATF_CHECK(valid_in(x, 29));
	ATF_CHECK(valid_in(x, -29));
	ATF_CHECK(!valid_in(x, 31));
	ATF_CHECK(!valid_in(x, -31));

	/* Every certificate has a key of its own. */
	len = keys_cert_meta(pub, pem, err, sizeof(err));
	y = parse(pem, len);
	ATF_CHECK(EVP_PKEY_cmp(X509_get0_pubkey(x), X509_get0_pubkey(y)) != 1);
	X509_free(x);
	X509_free(y);
}

/* The digest of "auth", as the value of the extension (RFC 8737 3). */
static const uint8_t digest[] = { 4, 32,
    0xbd, 0xf4, 0x9c, 0x3c, 0x38, 0x82, 0x10, 0x2f, 0xc0, 0x17, 0xff, 0xb6,
    0x61, 0x10, 0x8c, 0x63, 0xa8, 0x36, 0xd0, 0x65, 0x88, 0x8a, 0x40, 0x93,
    0x99, 0x43, 0x98, 0xcc, 0x55, 0xc2, 0xea, 0x2f };

/* Check a certificate that validates `name'. */
static void
validates(EVP_PKEY *pkey, const char *name, int type)
{
	char		 pem[KEYS_PEMSIZE];
	ASN1_OBJECT	*oid = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
	GENERAL_NAMES	*gens;
	X509_EXTENSION	*ext;
	X509		*x;
	const ASN1_OCTET_STRING *s;
	int		 i, len;

	len = keys_cert_validation(pkey, name, "auth", pem, err, sizeof(err));
	ATF_REQUIRE_MSG(len > 0, "%s", err);
	x = parse(pem, len);
	ATF_CHECK_EQ(1, X509_verify(x, pkey));
	ATF_CHECK(valid_in(x, 0) && !valid_in(x, 2));
	ATF_REQUIRE((i = X509_get_ext_by_OBJ(x, oid, -1)) >= 0);
	ext = X509_get_ext(x, i);
	ATF_CHECK_EQ(1, X509_EXTENSION_get_critical(ext));
	s = X509_EXTENSION_get_data(ext);
	ATF_REQUIRE_EQ((int)sizeof(digest), ASN1_STRING_length(s));
	ATF_CHECK(memcmp(digest, ASN1_STRING_get0_data(s),
	    sizeof(digest)) == 0);
	gens = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	ATF_REQUIRE_EQ(1, sk_GENERAL_NAME_num(gens));
	ATF_CHECK_EQ(type, sk_GENERAL_NAME_value(gens, 0)->type);
	GENERAL_NAMES_free(gens);
	ASN1_OBJECT_free(oid);
	X509_free(x);
}

ATF_TC_WITHOUT_HEAD(validation);
ATF_TC_BODY(validation, tc)
{
	EVP_PKEY	*pkey;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((pkey = keys_cert_new_key()) != NULL);
	validates(pkey, "relay.test", GEN_DNS);
	validates(pkey, "2001:db8::1", GEN_IPADD);
	EVP_PKEY_free(pkey);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, validation);
	ATF_TP_ADD_TC(tp, selfsigned);
	ATF_TP_ADD_TC(tp, selfsigned_odd_names);
	ATF_TP_ADD_TC(tp, meta);
	return (atf_no_error());
}
