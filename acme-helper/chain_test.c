/*
 * chain_test: certificates from a directory, whole and broken.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "keys.h"

/*
 * For relay.test and 192.0.2.1, of "test authority", serial 0x8765432100; made
 * with openssl(1).
 */
static const char pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBeTCCASCgAwIBAgIGAIdlQyEAMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDnRl\n"
    "c3QgYXV0aG9yaXR5MCAXDTI2MTEyMzE0NTY1NloYDzIwNTQwNDEwMTQ1NjU2WjAM\n"
    "MQowCAYDVQQDDAF4MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEEqzi7RV3Jfl\n"
    "LB45OF0BbsK+OxaJ0fbSZMEiLAvMktyKmBvr3xAWf96BRC366vfdZm1yNcfSOYqz\n"
    "aWAMQVrTMqNfMF0wGwYDVR0RBBQwEoIKcmVsYXkudGVzdIcEwAACATAfBgNVHSME\n"
    "GDAWgBTIwdHr7xIafqfmhojg0kaafomxGzAdBgNVHQ4EFgQUddo/t7GHJ/latRnf\n"
    "7lgDWRurvcgwCgYIKoZIzj0EAwIDRwAwRAIgFGGZB37/zBc2b5c8puy52KM/4rcL\n"
    "E/rihtlxJm4blcECICHabZ8egeAVf7AEaRdpnsX3htgs5E1yBqv4eegPO6U+\n"
    "-----END CERTIFICATE-----\n";

static struct chain	 c;
static char		 err[256];

static int
read_text(const char *text)
{
	char	*copy = malloc(strlen(text) + 1);
	int	 rv;

	ATF_REQUIRE(copy != NULL);
	memcpy(copy, text, strlen(text));
	rv = chain_read(copy, strlen(text), &c, err, sizeof(err));
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
	/* The serial number keeps the zero that makes it positive. */
	ATF_CHECK_STREQ("yMHR6-8SGn6n5oaI4NJGmn6JsRs.AIdlQyEA", c.id);
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	static const char	 n[][ACME_NAMESIZE] = { "relay.test",
				    "192.0.2.1", "b.test", "192.0.2.2" };

	ATF_CHECK(chain_lacks(pem, strlen(pem), n, 1) == NULL);
	ATF_CHECK(chain_lacks(pem, strlen(pem), n, 2) == NULL);
	ATF_CHECK_STREQ("b.test", chain_lacks(pem, strlen(pem), n, 3));
	ATF_CHECK_STREQ("b.test", chain_lacks(pem, strlen(pem), n + 2, 1));
	ATF_CHECK_STREQ("192.0.2.2", chain_lacks(pem, strlen(pem), n + 3, 1));
	ATF_CHECK_STREQ("", chain_lacks("x", 1, n, 1));
}

ATF_TC_WITHOUT_HEAD(several);
ATF_TC_BODY(several, tc)
{
	static char	 text[(CHAIN_MAXCERTS + 2) * CERT_PEMSIZE];
	char		 self[CERT_PEMSIZE], name[] = "test authority";
	char		*list[] = { name };
	EVP_PKEY	*key;
	size_t		 n = 0;
	int		 i;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((key = cert_new_key()) != NULL);
	ATF_REQUIRE(cert_selfsign(key, list, 1, self, err, sizeof(err)) > 0);
	EVP_PKEY_free(key);
	ATF_CHECK_EQ(0, read_text(self));
	ATF_CHECK_STREQ("", c.id);
	snprintf(text, sizeof(text), "%s\n \t\r\n%s", pem, self);
	ATF_CHECK_EQ_MSG(0, read_text(text), "%s", err);
	ATF_CHECK_EQ(2, c.ncerts);
	ATF_CHECK_STREQ("yMHR6-8SGn6n5oaI4NJGmn6JsRs.AIdlQyEA", c.id);
	snprintf(text, sizeof(text), "%s%s", self, pem);
	ATF_CHECK_EQ(-1, read_text(text));
	ATF_CHECK_MSG(strstr(err, "do not follow") != NULL, "%s", err);
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
	/* A second one that is damaged does not pass for the end. */
	snprintf(text, sizeof(text), "%s%s", pem, pem);
	text[sizeof(pem) + 60] ^= 3;
	ATF_CHECK_EQ(-1, read_text(text));
	snprintf(text, sizeof(text), "%s", pem);
	text[sizeof(pem) - 40] = '\0';
	ATF_CHECK_EQ(-1, read_text(text));
	ATF_CHECK_EQ(-1, chain_read(pem, CHAIN_MAXPEM + 1, &c, err,
	    sizeof(err)));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_it_says);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, several);
	ATF_TP_ADD_TC(tp, broken);
	return atf_no_error();
}
