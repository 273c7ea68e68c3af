/*
 * certs_test: certificate files as the parent reads them.  The certificates are
 * made by keys_cert.c.
 */

#include <atf-c.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"
#include "keyhash.h"
#include "keys.h"

static char	 err[256];

/* Make a self-signed certificate for the names; returns its key. */
static EVP_PKEY *
make(char **names, size_t n, char *pem)
{
	EVP_PKEY	*pkey;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((pkey = keys_cert_new_key()) != NULL);
	ATF_REQUIRE_MSG(keys_cert_selfsign(pkey, names, n, pem, err,
	    sizeof(err)) > 0, "%s", err);
	return (pkey);
}

static void
put_file(const char *name, const char *text)
{
	FILE	*f;

	ATF_REQUIRE((f = fopen(name, "w")) != NULL);
	ATF_REQUIRE(fputs(text, f) >= 0);
	ATF_REQUIRE(fclose(f) == 0);
}

ATF_TC_WITHOUT_HEAD(load);
ATF_TC_BODY(load, tc)
{
	char		*names[] = { (char *)"relay.example.org",
			    (char *)"192.0.2.7", (char *)"2001:db8::7" };
	char			 pem[KEYS_PEMSIZE];
	uint8_t			 hash[IPC_KEYHASH_LEN];
	EVP_PKEY		*pkey;
	struct parent_cert	*c;
	unsigned char		 md[32];
	unsigned int		 mdlen;
	X509			*x;
	BIO			*bio;

	pkey = make(names, 3, pem);
	put_file("c.pem", pem);
	c = parent_cert_load("c.pem", err, sizeof(err));
	ATF_REQUIRE_MSG(c != NULL, "%s", err);
	ATF_CHECK_STREQ("c.pem", c->path);
	ATF_CHECK_STREQ(pem, c->pem);
	ATF_CHECK_EQ(strlen(pem), c->pem_len);
	ATF_REQUIRE_EQ(3, c->nnames);
	ATF_CHECK_STREQ("relay.example.org", c->names[0]);
	ATF_CHECK_STREQ("192.0.2.7", c->names[1]);
	ATF_CHECK_STREQ("2001:db8::7", c->names[2]);
	ATF_CHECK(parent_cert_covers(c, "RELAY.example.org"));
	ATF_CHECK(parent_cert_covers(c, "192.0.2.7"));
	/* The same address in another form. */
	ATF_CHECK(parent_cert_covers(c, "2001:DB8:0::0007"));
	ATF_CHECK(!parent_cert_covers(c, "2001:db8::70"));
	ATF_CHECK(!parent_cert_covers(c, "other.example.org"));
	ATF_REQUIRE_EQ(0, base_keyhash_pkey(pkey, hash));
	ATF_CHECK(memcmp(hash, c->hash, sizeof(hash)) == 0);

	/*
	 * The hash is libtls' own name for the key, the pin is the DER's
	 * SHA-256.
	 */
	ATF_REQUIRE((bio = BIO_new_mem_buf(pem, -1)) != NULL);
	ATF_REQUIRE((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL);
	ATF_REQUIRE_EQ(1, X509_pubkey_digest(x, EVP_sha256(), md, &mdlen));
	ATF_CHECK(memcmp(md, c->hash, sizeof(md)) == 0);
	ATF_REQUIRE_EQ(1, X509_digest(x, EVP_sha256(), md, &mdlen));
	ATF_CHECK_EQ(75, strlen(c->pin));
	ATF_CHECK(strncmp(c->pin, "sha256-raw:", 11) == 0);
	{
		char	 hex[65];

		sodium_bin2hex(hex, sizeof(hex), md, sizeof(md));
		ATF_CHECK_STREQ(hex, c->pin + 11);
	}
	X509_free(x);
	BIO_free(bio);

	ATF_CHECK_EQ(0, parent_cert_days_left(c, c->not_after));
	ATF_CHECK_EQ(0, parent_cert_days_left(c, c->not_after - 86399));
	ATF_CHECK_EQ(1, parent_cert_days_left(c, c->not_after - 86400));
	ATF_CHECK_EQ(-1, parent_cert_days_left(c, c->not_after + 1));
	ATF_CHECK_EQ(-2, parent_cert_days_left(c, c->not_after + 86401));
	parent_cert_free(c);
	EVP_PKEY_free(pkey);
}

ATF_TC_WITHOUT_HEAD(key_in_the_file_stays);
ATF_TC_BODY(key_in_the_file_stays, tc)
{
	char			*names[] = { (char *)"a.example.org" };
	char			 pem[KEYS_PEMSIZE], both[3 * KEYS_PEMSIZE],
	    *key;
	EVP_PKEY		*pkey;
	struct parent_cert	*c;
	BIO			*bio;
	long			 len;

	pkey = make(names, 1, pem);
	ATF_REQUIRE((bio = BIO_new(BIO_s_mem())) != NULL);
	ATF_REQUIRE_EQ(1, PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL,
	    0, NULL, NULL));
	len = BIO_get_mem_data(bio, &key);
	snprintf(both, sizeof(both), "%.*s%s%s", (int)len, key, pem, pem);
	c = parent_cert_parse("both.pem", both, strlen(both), err, sizeof(err));
	ATF_REQUIRE_MSG(c != NULL, "%s", err);
	ATF_CHECK(strstr(c->pem, "PRIVATE") == NULL);
	ATF_CHECK_EQ(2 * strlen(pem), c->pem_len);
	parent_cert_free(c);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
}

static void
refuse(const char *text, const char *want)
{
	err[0] = '\0';
	ATF_CHECK(parent_cert_parse("bad.pem", text, strlen(text), err,
	    sizeof(err)) == NULL);
	ATF_CHECK_MSG(strncmp(err, "bad.pem: ", 9) == 0, "%s", err);
	ATF_CHECK_MSG(strstr(err, want) != NULL, "\"%s\" lacks \"%s\"", err,
	    want);
}

ATF_TC_WITHOUT_HEAD(bad);
ATF_TC_BODY(bad, tc)
{
	char		*names[] = { (char *)"a.example.org" };
	char		 pem[KEYS_PEMSIZE], two[2 * KEYS_PEMSIZE + 4], *big;
	uint8_t		 pub[KEYS_NODELEN] = { 1 };
	EVP_PKEY	*pkey;

	refuse("", "no PEM certificate");
	refuse("hello\n", "no PEM certificate");
	refuse("-----BEGIN CERTIFICATE-----\nAAAA\n"
	    "-----END CERTIFICATE-----\n", "malformed");
	pkey = make(names, 1, pem);
	snprintf(two, sizeof(two), "\xef\xbb\xbf%s%s", pem, pem);
	refuse(two, "begins with a byte order mark");
	snprintf(two, sizeof(two), "%s-----BEGIN CERTIFICATE-----\nMII", pem);
	refuse(two, "malformed");
	/* Ed25519: keys does not sign with it. */
	ATF_REQUIRE(keys_cert_meta(pub, pem, err, sizeof(err)) > 0);
	refuse(pem, "kind of key");
	EVP_PKEY_free(pkey);

	ATF_REQUIRE((big = calloc(1, CERT_MAXFILE + 1)) != NULL);
	ATF_CHECK(parent_cert_parse("big.pem", big, CERT_MAXFILE + 1, err,
	    sizeof(err)) == NULL);
	free(big);
	ATF_CHECK(parent_cert_load("none.pem", err, sizeof(err)) == NULL);
	ATF_CHECK_MSG(strstr(err, "No such file") != NULL, "%s", err);
	ATF_CHECK(parent_cert_load(".", err, sizeof(err)) == NULL);
	ATF_CHECK_MSG(strstr(err, "regular") != NULL, "%s", err);
}

ATF_TC_WITHOUT_HEAD(wildcard);
ATF_TC_BODY(wildcard, tc)
{
	char			*names[] = { (char *)"*.example.org" };
	char			 pem[KEYS_PEMSIZE];
	EVP_PKEY		*pkey;
	struct parent_cert	*c;

	pkey = make(names, 1, pem);
	c = parent_cert_parse("w.pem", pem, strlen(pem), err, sizeof(err));
	ATF_REQUIRE(c != NULL);
	ATF_CHECK(parent_cert_covers(c, "a.example.org"));
	ATF_CHECK(!parent_cert_covers(c, "example.org"));
	ATF_CHECK(!parent_cert_covers(c, ".example.org"));
	ATF_CHECK(!parent_cert_covers(c, "a.b.example.org"));
	parent_cert_free(c);
	EVP_PKEY_free(pkey);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, load);
	ATF_TP_ADD_TC(tp, key_in_the_file_stays);
	ATF_TP_ADD_TC(tp, bad);
	ATF_TP_ADD_TC(tp, wildcard);
	return (atf_no_error());
}
