/*
 * conf_dns_test: the bootstrap-dns block.
 */
#include "conf_fixture.h"
#include "conf_option.h"

/* The names of a list, each with a blank behind it. */
static const char *
all(const struct gram_names *names)
{
	static char text[2][1024];
	static int which;
	const struct gram_name *n;

	which = !which;
	text[which][0] = '\0';
	TAILQ_FOREACH(n, names, entry) {
		strlcat(text[which], n->name, sizeof(text[which]));
		strlcat(text[which], " ", sizeof(text[which]));
	}
	return (text[which]);
}

ATF_TC_WITHOUT_HEAD(values);
ATF_TC_BODY(values, tc)
{
	struct conf *c, *other;

	c = good(NAME CERT RELAY);
	ATF_CHECK(!c->dns.enabled);
	ATF_CHECK_EQ(600, c->dns.every);
	other = good(NAME CERT RELAY "bootstrap-dns { name a.test }\n");
	ATF_CHECK(other->dns.enabled);
	ATF_CHECK(conf_needs_restart(c, other) == NULL);
	ATF_CHECK_STREQ("bootstrap-dns", conf_differs(c, other));
	conf_free(c);
	c = good(NAME CERT RELAY "bootstrap-dns {\n\tname \"b.test\"\n"
	    "\tunpublished name \"c.test\"\n\trefresh every 30\n"
	    "\tname \"a.test\"\n}\n");
	ATF_CHECK_STREQ("b.test a.test ", all(&c->dns.names));
	ATF_CHECK_STREQ("c.test ", all(&c->dns.unpublished));
	ATF_CHECK_EQ(30, c->dns.every);
	ATF_CHECK_STREQ("bootstrap-dns name", conf_differs(c, other));
	conf_free(other);
	conf_free(c);
}

/* It may be all that is served. */
ATF_TC_WITHOUT_HEAD(alone);
ATF_TC_BODY(alone, tc)
{
	struct conf *c;

	c = good(NAME CERT "bootstrap-dns { unpublished name a.test }\n");
	ATF_CHECK(!TAILQ_EMPTY(&c->listens));
	conf_free(c);
	bad(NAME CERT "listen on * port 80\n"
	    "bootstrap-dns { name a.test }\n", 1, "bootstrap-dns needs TLS: "
	    "expected a line such as listen on * port 443 tls, or "
	    "behind a reverse proxy listen on 127.0.0.1 port 8080 derp");
}

ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	char text[8192];
	int i;

	bad(NAME CERT RELAY "bootstrap-dns { }\n", 4, "bootstrap-dns { ... } "
	    "without a name: expected name \"NAME\" in it, such as that of "
	    "the control server");
	bad(NAME CERT RELAY "bootstrap-dns { refresh every 60 }\n", 4,
	    "bootstrap-dns { ... } without a name: expected name \"NAME\" in "
	    "it, such as that of the control server");
	bad(NAME CERT RELAY "bootstrap-dns { name 192.0.2.1 }\n", 4,
	    "bootstrap-dns name \"192.0.2.1\": expected a DNS name, not an "
	    "address");
	bad(NAME CERT RELAY "bootstrap-dns {\nname a.test\n"
	    "unpublished name A.test\n}\n", 6, "bootstrap-dns unpublished "
	    "name \"A.test\" is in both lists: expected it as published or as "
	    "unpublished");
	bad(NAME CERT RELAY "bootstrap-dns {\nunpublished name a.test\n"
	    "name a.test\n}\n", 6, "bootstrap-dns name \"a.test\" is in both "
	    "lists: expected it as published or as unpublished");
	bad(NAME CERT RELAY "bootstrap-dns {\nname a.test\nname a.test\n}\n",
	    6, "bootstrap-dns name \"a.test\" appears twice");
	bad(NAME CERT RELAY "bootstrap-dns {\nname a.test\n"
	    "refresh every 0\n}\n", 6, "bootstrap-dns refresh every (seconds) "
	    "0: expected 1 to 86400");
	strlcpy(text, NAME CERT RELAY "bootstrap-dns {\n", sizeof(text));
	for (i = 0; i <= CONF_MAXDNS; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "name n%d.test\n", i);
	strlcat(text, "}\n", sizeof(text));
	bad(text, 5 + CONF_MAXDNS, "bootstrap-dns name \"n64.test\": expected "
	    "at most 64 such lines");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, values);
	ATF_TP_ADD_TC(tp, alone);
	ATF_TP_ADD_TC(tp, errors);
	return (atf_no_error());
}
