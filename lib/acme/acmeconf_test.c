/*
 * acmeconf_test: Tests of certificate names, and of encoding and decoding its
 * configuration message.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "acmeconf.h"

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	static const char	*t[][2] = {
		{ "relay.example.org", "relay.example.org" },
		{ "Relay.EXAMPLE.org.", "relay.example.org" },
		{ "a_b.x-y.example", "a_b.x-y.example" },
		{ "localhost", "localhost" },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "192.0.2.1", "192.0.2.1" },
		{ "2001:DB8:0:0::1", "2001:db8::1" },
		{ "::1", "::1" },
		{ "1.2.3", "1.2.3" },
		{ "", NULL }, { ".", NULL }, { "a..b", NULL }, { ".a", NULL },
		{ "-a.b", NULL }, { "a-.b", NULL }, { "a.b-", NULL },
		{ "a b", NULL }, { "a\"b", NULL }, { "b\xc3\xbc", NULL },
		{ "*.example.org", NULL }, { "a/b", NULL }, { "[::1]", NULL },
		{ "a..", NULL }, { "a:b", NULL },
	};
	char			 dst[IPC_ACME_NAMESIZE];
	const char		*bad;
	size_t			 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bad = acme_name(t[i][0], dst);
		ATF_CHECK_EQ_MSG(t[i][1] == NULL, bad != NULL, "%s", t[i][0]);
		ATF_CHECK_STREQ(t[i][1] == NULL ? "" : t[i][1], dst);
	}
	ATF_CHECK_EQ(1, acme_name_is_address("::1"));
	ATF_CHECK_EQ(1, acme_name_is_address("192.0.2.1"));
	ATF_CHECK_EQ(0, acme_name_is_address("192.0.2"));
}

ATF_TC_WITHOUT_HEAD(lengths);
ATF_TC_BODY(lengths, tc)
{
	char	name[400], dst[IPC_ACME_NAMESIZE];
	int	i;

	memset(name, 'a', sizeof(name));
	name[63] = '\0';
	ATF_CHECK(acme_name(name, dst) == NULL);
	name[63] = 'a';
	name[64] = '\0';
	ATF_CHECK(acme_name(name, dst) != NULL);
	name[64] = 'a';
	for (i = 50; i < 400; i += 50)
		name[i] = '.';
	name[253] = '\0';
	ATF_CHECK(acme_name(name, dst) == NULL);
	name[253] = 'a';
	name[254] = '\0';
	ATF_CHECK(acme_name(name, dst) != NULL);
}

static void
fill(struct ipc_acme_conf *c)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->directory, sizeof(c->directory), "https://ca.example/d");
	snprintf(c->ca_file, sizeof(c->ca_file), "/etc/ca.pem");
	snprintf(c->profile, sizeof(c->profile), "shortlived");
	snprintf(c->issuer, sizeof(c->issuer), "Root X1");
	snprintf(c->eab_kid, sizeof(c->eab_kid), "kid");
	c->agreed = 1;
	c->ncontacts = 1;
	snprintf(c->contacts[0], sizeof(c->contacts[0]), "mailto:a@b.example");
	c->nnames = 2;
	snprintf(c->names[0], sizeof(c->names[0]), "a.example");
	snprintf(c->names[1], sizeof(c->names[1]), "192.0.2.1");
}

/* Encode and decode `c'.  Returns 0: equal, 1: different, -1: refused. */
static int
pass(const struct ipc_acme_conf *c, size_t cut)
{
	static struct ipc_acme_conf	 back;
	struct ipc_wr			 w;
	struct ipc_rd			 r;
	int				 rv;

	ipc_wr_init(&w);
	acme_conf_put(&w, c);
	ATF_REQUIRE(ipc_wr_ok(&w) && cut <= w.len);
	ipc_rd_init(&r, w.p, w.len - cut);
	rv = acme_conf_get(&r, &back);
	ipc_wr_free(&w);
	if (rv == 0)
		rv = memcmp(c, &back, sizeof(back)) != 0;
	return (rv);
}

ATF_TC_WITHOUT_HEAD(message);
ATF_TC_BODY(message, tc)
{
	static struct ipc_acme_conf	 c;
	size_t				 cut;

	fill(&c);
	ATF_CHECK_EQ(0, pass(&c, 0));
	for (cut = 1; cut < 100; cut++)
		ATF_CHECK_EQ(-1, pass(&c, cut));
	c.nnames = 0;
	ATF_CHECK_EQ(-1, pass(&c, 0));
	fill(&c);
	snprintf(c.names[0], sizeof(c.names[0]), "A.example");
	ATF_CHECK_EQ(-1, pass(&c, 0));
	fill(&c);
	snprintf(c.names[1], sizeof(c.names[1]), "a\",\"b");
	ATF_CHECK_EQ(-1, pass(&c, 0));
	fill(&c);
	snprintf(c.contacts[0], sizeof(c.contacts[0]), "mailto:\"");
	ATF_CHECK_EQ(-1, pass(&c, 0));
	fill(&c);
	snprintf(c.eab_kid, sizeof(c.eab_kid), "\\");
	ATF_CHECK_EQ(-1, pass(&c, 0));
	fill(&c);
	snprintf(c.profile, sizeof(c.profile), "\n");
	ATF_CHECK_EQ(-1, pass(&c, 0));
	fill(&c);
	c.directory[0] = '\0';
	ATF_CHECK_EQ(-1, pass(&c, 0));
}

/* RFC 8738 6; RFC 3596 2.5 */
ATF_TC_WITHOUT_HEAD(server_names);
ATF_TC_BODY(server_names, tc)
{
	char dst[IPC_ACME_NAMESIZE];

	acme_server_name("relay.example.org", dst);
	ATF_CHECK_STREQ("relay.example.org", dst);
	acme_server_name("192.0.2.17", dst);
	ATF_CHECK_STREQ("17.2.0.192.in-addr.arpa", dst);
	acme_server_name("2001:db8::a1", dst);
	ATF_CHECK_STREQ("1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	    "8.b.d.0.1.0.0.2.ip6.arpa", dst);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, server_names);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, lengths);
	ATF_TP_ADD_TC(tp, message);
	return atf_no_error();
}
