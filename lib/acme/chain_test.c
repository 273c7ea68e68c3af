/*
 * chain_test: Tests of intact and damaged certificate chains from a directory.
 */
#include <atf-c.h>
#include <openssl/pem.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "keys.h"
#include "testcert.h"

static const char		 pem[] = ACME_TEST_CERT;
static struct acme_chain	 c;
static char			 err[256];

static int
read_text(const char *text)
{
	char	*copy = malloc(strlen(text) + 1);
	int	 rv;

	ATF_REQUIRE(copy != NULL);
	memcpy(copy, text, strlen(text));
	rv = acme_chain_read(copy, strlen(text), &c, err, sizeof(err));
	free(copy);
	return (rv);
}

ATF_TC_WITHOUT_HEAD(what_it_says);
ATF_TC_BODY(what_it_says, tc)
{
	ATF_REQUIRE_EQ_MSG(0, read_text(pem), "%s", err);
	ATF_CHECK_EQ(1, c.ncerts);
	ATF_CHECK_STREQ("test authority", c.issuer);
	ATF_CHECK_STREQ("test authority", c.root);
	ATF_CHECK_EQ(10000 * 86400LL, c.not_after - c.not_before);
	/* The serial number keeps its leading zero byte (it is positive). */
	ATF_CHECK_STREQ("yMHR6-8SGn6n5oaI4NJGmn6JsRs.AIdlQyEA", c.id);
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	static const char	 n[][IPC_ACME_NAMESIZE] = { "relay.test",
				    "192.0.2.1", "b.test", "192.0.2.2" };

	ATF_CHECK(acme_chain_lacks(pem, strlen(pem), n, 1) == NULL);
	ATF_CHECK(acme_chain_lacks(pem, strlen(pem), n, 2) == NULL);
	ATF_CHECK_STREQ("b.test", acme_chain_lacks(pem, strlen(pem), n, 3));
	ATF_CHECK_STREQ("b.test", acme_chain_lacks(pem, strlen(pem), n + 2, 1));
	ATF_CHECK_STREQ("192.0.2.2", acme_chain_lacks(pem, strlen(pem), n + 3,
	    1));
	ATF_CHECK_STREQ("", acme_chain_lacks("x", 1, n, 1));
}

ATF_TC_WITHOUT_HEAD(several);
ATF_TC_BODY(several, tc)
{
	static char	 text[(CHAIN_MAXCERTS + 2) * KEYS_PEMSIZE];
	char		 self[KEYS_PEMSIZE], name[] = "test authority";
	char		*list[] = { name };
	EVP_PKEY	*key;
	size_t		 n = 0;
	int		 i;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((key = keys_cert_new_key()) != NULL);
	ATF_REQUIRE(keys_cert_selfsign(key, list, 1, self, err,
	    sizeof(err)) > 0);
	EVP_PKEY_free(key);
	ATF_CHECK_EQ(0, read_text(self));
	ATF_CHECK_STREQ("", c.id);
	snprintf(text, sizeof(text), "%s\n \t\r\n%s", pem, self);
	ATF_CHECK_EQ_MSG(0, read_text(text), "%s", err);
	ATF_CHECK_EQ(2, c.ncerts);
	ATF_CHECK_STREQ("yMHR6-8SGn6n5oaI4NJGmn6JsRs.AIdlQyEA", c.id);
	snprintf(text, sizeof(text), "%s%s", self, pem);
	ATF_CHECK_EQ(-1, read_text(text));
	ATF_CHECK_MSG(strstr(err, "do not form a chain") != NULL, "%s", err);
	for (i = 0; i < CHAIN_MAXCERTS + 1; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", self);
	ATF_CHECK_EQ(-1, read_text(text));
	ATF_CHECK_MSG(strstr(err, "too many") != NULL, "%s", err);
}

ATF_TC_WITHOUT_HEAD(broken);
ATF_TC_BODY(broken, tc)
{
	static const char	*t[] = { "", " \n", "hello", "<html>",
	    "-----BEGIN CERTIFICATE-----",
	    "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
	    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" };
	char			 text[sizeof(pem) * 2 + 64];
	size_t			 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ATF_CHECK_EQ_MSG(-1, read_text(t[i]), "%s", t[i]);
		ATF_CHECK(err[0] != '\0');
	}
	snprintf(text, sizeof(text), "%shello", pem);
	ATF_CHECK_EQ(-1, read_text(text));
	snprintf(text, sizeof(text), "hello\n%s", pem);
	ATF_CHECK_EQ(-1, read_text(text));
	/* A damaged second certificate is an error, not an end of file. */
	snprintf(text, sizeof(text), "%s%s", pem, pem);
	text[sizeof(pem) + 60] ^= 3;
	ATF_CHECK_EQ(-1, read_text(text));
	snprintf(text, sizeof(text), "%s", pem);
	text[sizeof(pem) - 40] = '\0';
	ATF_CHECK_EQ(-1, read_text(text));
	ATF_CHECK_EQ(-1, acme_chain_read(pem, CHAIN_MAXPEM + 1, &c, err,
	    sizeof(err)));
}

#define NOW	1800000000LL
#define DAY	86400LL

/* Append a certificate for `key', signed by `by', valid `from' to `to'. */
static void
put_cert(char *dst, EVP_PKEY *key, const char *name, EVP_PKEY *by,
    const char *issuer, int64_t from, int64_t to)
{
	X509	*x = X509_new();
	BIO	*bio = BIO_new(BIO_s_mem());
	char	*p;
	long	 n;

	ATF_REQUIRE(x != NULL && bio != NULL);
	ATF_REQUIRE(ASN1_INTEGER_set(X509_get_serialNumber(x), 7));
	ATF_REQUIRE(ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from) &&
	    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)to));
	ATF_REQUIRE(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0));
	ATF_REQUIRE(X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)issuer, -1, -1, 0));
	ATF_REQUIRE(X509_set_pubkey(x, key));
	ATF_REQUIRE(X509_sign(x, by, EVP_sha256()) > 0);
	ATF_REQUIRE(PEM_write_bio_X509(bio, x));
	n = BIO_get_mem_data(bio, &p);
	dst += strlen(dst);
	memcpy(dst, p, (size_t)n);
	dst[n] = '\0';
	BIO_free(bio);
	X509_free(x);
}

/* Check a certificate valid from `from' to `to' (seconds after NOW). */
static const char *
judged(int64_t from, int64_t to)
{
	static const char	*bad;
	EVP_PKEY		*key = keys_cert_new_key();
	char			 text[CHAIN_MAXPEM] = "";

	put_cert(text, key, "a", key, "a", NOW + from, NOW + to);
	EVP_PKEY_free(key);
	bad = acme_chain_check(text, strlen(text), NOW);
	return (bad == NULL ? "" : bad);
}

ATF_TC_WITHOUT_HEAD(lifetime);
ATF_TC_BODY(lifetime, tc)
{
	ATF_CHECK_STREQ("", judged(-DAY, 89 * DAY));
	ATF_CHECK_STREQ("", judged(300, 1000));
	ATF_CHECK_STREQ("it is not valid yet: is the clock right?",
	    judged(301, 1000));
	ATF_CHECK_STREQ("", judged(-10, 1));
	ATF_CHECK_STREQ("it has expired: is the clock right?", judged(-10, 0));
	ATF_CHECK_STREQ("", judged(-DAY, 399 * DAY));
	ATF_CHECK_STREQ("it is valid for more than 400 days",
	    judged(-DAY, 399 * DAY + 1));
	ATF_CHECK_STREQ("its times make no sense", judged(10, -10));
	ATF_CHECK_STREQ("its times make no sense", judged(10, 10));
	/* A four-digit year whose seconds exceed 32 bits. */
	ATF_CHECK_STREQ("it is valid for more than 400 days",
	    judged(-DAY, 253402300799 - NOW));
	ATF_CHECK_STREQ("there is no certificate in it", acme_chain_check("", 0,
	    NOW));
}

ATF_TC_WITHOUT_HEAD(signatures);
ATF_TC_BODY(signatures, tc)
{
	EVP_PKEY	*leaf, *ca, *root, *other;
	char		 text[CHAIN_MAXPEM] = "", *p;

	ATF_REQUIRE((leaf = keys_cert_new_key()) != NULL);
	ATF_REQUIRE((ca = keys_cert_new_key()) != NULL);
	ATF_REQUIRE((root = keys_cert_new_key()) != NULL);
	ATF_REQUIRE((other = keys_cert_new_key()) != NULL);
	put_cert(text, leaf, "a", ca, "ca", NOW - DAY, NOW + DAY);
	put_cert(text, ca, "ca", root, "root", NOW - DAY, NOW + DAY);
	p = text + strlen(text);
	put_cert(text, root, "root", root, "root", NOW - DAY, NOW + DAY);
	ATF_CHECK(acme_chain_check(text, strlen(text), NOW) == NULL);
	/* The root has the issuer's name, but its key did not sign. */
	*p = '\0';
	put_cert(text, other, "root", root, "root", NOW - DAY, NOW + DAY);
	ATF_CHECK_EQ(0, read_text(text));
	ATF_CHECK_STREQ("a certificate in it is not signed by the next",
	    acme_chain_check(text, strlen(text), NOW));
	/* The same for the intermediate certificate authority. */
	text[0] = '\0';
	put_cert(text, leaf, "a", other, "ca", NOW - DAY, NOW + DAY);
	ATF_CHECK(acme_chain_check(text, strlen(text), NOW) == NULL);
	put_cert(text, ca, "ca", root, "root", NOW - DAY, NOW + DAY);
	ATF_CHECK_STREQ("a certificate in it is not signed by the next",
	    acme_chain_check(text, strlen(text), NOW));
	EVP_PKEY_free(leaf);
	EVP_PKEY_free(ca);
	EVP_PKEY_free(root);
	EVP_PKEY_free(other);
}

static int
asked(UI *ui)
{
	(void)ui;
	atf_tc_fail("a pass phrase is asked for");
}

/* A PEM block marked as encrypted is refused without a pass phrase prompt. */
ATF_TC_WITHOUT_HEAD(encrypted);
ATF_TC_BODY(encrypted, tc)
{
	static const char	 t[] = "-----BEGIN CERTIFICATE-----\n"
	    "Proc-Type: 4,ENCRYPTED\n"
	    "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
	    "MIIBeTCCASCgAwIBAgIGAIdlQyEAMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDnRl\n"
	    "-----END CERTIFICATE-----\n";
	UI_METHOD		*ui = UI_create_method("none");

	/* A pass phrase prompt would end the test. */
	ATF_REQUIRE(ui != NULL);
	UI_method_set_opener(ui, asked);
	UI_set_default_method(ui);
	ATF_CHECK_EQ(-1, read_text(t));
	ATF_CHECK_STREQ("", acme_chain_lacks(t, strlen(t), NULL, 0));
	ATF_CHECK_STREQ("there is no certificate in it", acme_chain_check(t,
	    strlen(t), NOW));
	UI_set_default_method(UI_OpenSSL());
	UI_destroy_method(ui);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_it_says);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, several);
	ATF_TP_ADD_TC(tp, broken);
	ATF_TP_ADD_TC(tp, lifetime);
	ATF_TP_ADD_TC(tp, signatures);
	ATF_TP_ADD_TC(tp, encrypted);
	return atf_no_error();
}
