/*
 * conf_acme_test: the acme section of the configuration: results of valid ones,
 * and errors.
 */
#include "conf_fixture.h"

#define DERP	"listen on 127.0.0.1 port 8080 derp\n"
#define ACME	"acme { contact \"you@example.org\" directory letsencrypt }\n"

ATF_TC_WITHOUT_HEAD(usual);
ATF_TC_BODY(usual, tc)
{
	struct conf *c = good(NAME ACME RELAY);
	const struct gram_name *n;
	const struct conf_cert *k;

	ATF_CHECK_EQ(1, c->acme.enabled);
	ATF_CHECK_STREQ("https://acme-v02.api.letsencrypt.org/directory",
	    c->acme.directory);
	ATF_REQUIRE((n = TAILQ_FIRST(&c->acme.contacts)) != NULL);
	ATF_CHECK_STREQ("mailto:you@example.org", n->name);
	ATF_CHECK(TAILQ_NEXT(n, entry) == NULL);
	ATF_CHECK(c->acme.profile == NULL && c->acme.eab_kid == NULL);
	/* The acme section adds a certificate. */
	ATF_REQUIRE((k = TAILQ_FIRST(&c->certs)) != NULL);
	ATF_CHECK(k->acme && k->cert == NULL);
	conf_free(c);
	c = good(NAME RELAY "acme { }\n");
	ATF_CHECK_STREQ("https://acme-v02.api.letsencrypt.org/directory",
	    c->acme.directory);
	ATF_CHECK(TAILQ_EMPTY(&c->acme.contacts));
	ATF_CHECK_EQ(CONF_CHALLENGE_ANY, c->acme.challenge);
	conf_free(c);
	c = good(NAME RELAY CERT);
	ATF_CHECK_EQ(0, c->acme.enabled);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(all);
ATF_TC_BODY(all, tc)
{
	struct conf *c = good(NAME "hostname \"192.0.2.1\"\n" RELAY
	    "acme {\n contact \"a@b.example\"\n contact \"mailto:c@d.example\""
	    "\n directory \"https://ca.example:14000/dir\"\n"
	    " profile \"shortlived\"\n chain \"Root X1\"\n"
	    " eab \"kid-1\" key file \"/etc/eab\"\n"
	    " ca file \"/etc/ca.pem\"\n import \"/var/lib/derper\"\n"
	    " challenge tls-alpn\n}\n");

	ATF_CHECK_STREQ("https://ca.example:14000/dir", c->acme.directory);
	ATF_CHECK_STREQ("mailto:c@d.example",
	    TAILQ_NEXT(TAILQ_FIRST(&c->acme.contacts), entry)->name);
	ATF_CHECK_STREQ("shortlived", c->acme.profile);
	ATF_CHECK_STREQ("Root X1", c->acme.issuer);
	ATF_CHECK_STREQ("kid-1", c->acme.eab_kid);
	ATF_CHECK_STREQ("/etc/eab", c->acme.eab_key);
	ATF_CHECK_STREQ("/etc/ca.pem", c->acme.ca_file);
	ATF_CHECK_STREQ("/var/lib/derper", c->acme.import);
	ATF_CHECK_EQ(CONF_CHALLENGE_TLS_ALPN, c->acme.challenge);
	conf_free(c);
	c = good(NAME RELAY "acme { directory letsencrypt-staging }\n");
	ATF_CHECK_STREQ("https://acme-staging-v02.api.letsencrypt.org/"
	    "directory", c->acme.directory);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	bad(NAME RELAY ACME "acme { }\n", 4, "acme is set a second time: "
	    "expected it once");
	bad(NAME RELAY "acme { directory \"http://ca.example/\" }\n", 3,
	    "acme directory \"http://ca.example/\": expected letsencrypt, "
	    "letsencrypt-staging or an https:// URL");
	bad(NAME RELAY "acme { directory zerossl }\n", 3, "acme "
	    "directory \"zerossl\": expected letsencrypt, letsencrypt-staging "
	    "or an https:// URL");
	bad(NAME RELAY "acme { directory letsencrypt\n directory letsencrypt "
	    "}\n", 4, "acme directory is set a second time: expected it "
	    "once");
	bad(NAME RELAY "acme { contact \"nobody\" }\n", 3, "contact "
	    "\"nobody\": expected a mail address");
	bad(NAME RELAY "acme { eab \"k\" key file \"mac\" }\n", 3, "eab key "
	    "file \"mac\": expected an absolute path of at most 1023 bytes");
	bad(NAME RELAY "acme { eab \"\" key file \"/mac\" }\n", 3, "acme eab "
	    "\"\": expected 1 to 255 characters of ASCII without quotes");
	bad(NAME RELAY "acme { ca file \"ca.pem\" }\n", 3, "acme ca "
	    "file \"ca.pem\": expected an absolute path of at most 1023 bytes");
	bad(NAME RELAY "acme { profile \"x\" profile \"y\" }\n", 3, "acme "
	    "profile is set a second time: expected it once");
}

/* What an acme section requires elsewhere. */
ATF_TC_WITHOUT_HEAD(needs);
ATF_TC_BODY(needs, tc)
{
	bad(NAME RELAY "listen on * port 443 tls\nacme { challenge http }\n",
	    4, "acme with challenge http needs port 80 for validation: "
	    "expected listen on * port 80");
	bad(NAME RELAY DERP "listen on * port 80\n"
	    "acme { challenge tls-alpn }\n", 5, "acme with challenge tls-alpn "
	    "needs port 443 for validation: expected listen on * port 443 "
	    "tls");
	bad(NAME RELAY DERP ACME, 4, "acme needs "
	    "port 80 or port 443 for validation: expected listen on * port "
	    "443 tls");
	conf_free(good(NAME RELAY "listen on * port 443 tls\n" ACME));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, usual);
	ATF_TP_ADD_TC(tp, all);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, needs);
	return atf_no_error();
}
