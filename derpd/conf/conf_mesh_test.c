/*
 * conf_mesh_test: the other nodes of the region.
 */
#include "conf_fixture.h"

#define HEX	"0123456789abcdef0123456789abcdef"
#define KEY	"key file \"/m\"\n"

#define USAGE	"with \"HOST\" [port NUMBER] [address ADDRESS] "	\
		"[certname \"NAME\"] [server key \"nodekey:HEX\"]"

/* The text in a mesh block with a key file, which begins on line 4. */
#define MESH(text)	NAME CERT RELAY "mesh {\n" KEY text "\n}\n"

ATF_TC_WITHOUT_HEAD(nodes);
ATF_TC_BODY(nodes, tc)
{
	const uint8_t key[IPC_KEYLEN] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
	    0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
	    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45,
	    0x67, 0x89, 0xab, 0xcd, 0xef };
	struct conf *c = good(MESH("ca file /ca with b.example.org\n"
	    "with 2001:db8::1 port 8443 address 192.0.2.1 certname "
	    "\"sha256-raw:" HEX HEX "\" server key \"nodekey:" HEX HEX "\" "
	    "with b.example.org port 444 certname x.example.org"));
	const struct conf_node *n = TAILQ_FIRST(&c->mesh.nodes);

	ATF_CHECK_STREQ("/m", c->mesh.key);
	ATF_CHECK_STREQ("/ca", c->mesh.cafile);
	ATF_REQUIRE(n != NULL);
	ATF_CHECK_STREQ("b.example.org", n->host);
	ATF_CHECK_EQ(443, n->port);
	ATF_CHECK(n->address == NULL && n->certname == NULL && !n->has_key);
	ATF_CHECK_EQ(6, n->pos.line);
	ATF_REQUIRE((n = TAILQ_NEXT(n, entry)) != NULL);
	ATF_CHECK_STREQ("2001:db8::1", n->host);
	ATF_CHECK_EQ(8443, n->port);
	ATF_CHECK_STREQ("192.0.2.1", n->address);
	ATF_CHECK_STREQ("sha256-raw:" HEX HEX, n->certname);
	ATF_CHECK(n->has_key && memcmp(n->key, key, sizeof(key)) == 0);
	ATF_REQUIRE((n = TAILQ_NEXT(n, entry)) != NULL);
	ATF_CHECK_EQ(444, n->port);
	ATF_CHECK_STREQ("x.example.org", n->certname);
	ATF_CHECK(TAILQ_NEXT(n, entry) == NULL);
	conf_free(c);
	c = good(NAME CERT RELAY);
	ATF_CHECK(c->mesh.key == NULL && TAILQ_EMPTY(&c->mesh.nodes));
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	bad(MESH("with \"https://b.example.org\""), 6, "mesh with "
	    "\"https://b.example.org\": expected a DNS name or an IP address: "
	    "write the name alone, without scheme and path");
	bad(MESH("with b.example.org port 0"), 6, "mesh with "
	    "\"b.example.org\" port 0: expected 1 to 65535");
	bad(MESH("with b.example.org port 65536"), 6, "mesh with "
	    "\"b.example.org\" port 65536: expected 1 to 65535");
	bad(MESH("with b.example.org address c.example.org"), 6, "mesh with "
	    "\"b.example.org\" address c.example.org: expected an IP address");
	bad(MESH("with b.example.org certname \"sha256-raw:" HEX "\""), 6,
	    "certname \"sha256-raw:" HEX "\": expected a host name, or "
	    "\"sha256-raw:\" and 64 hexadecimal digits");
	bad(MESH("with b.example.org certname \"*.example.org\""), 6,
	    "certname \"*.example.org\": expected a DNS name or an IP address: "
	    "write a line for each name that clients use; the certificate may "
	    "hold a wildcard");
	bad(MESH("with b.example.org server key \"nodekey:" HEX "\""), 6,
	    "server key \"nodekey:" HEX "\": expected \"nodekey:\" and 64 "
	    "hexadecimal digits, as `derpctl status' of that node shows it");
	bad(MESH("with b.example.org server key \"" HEX HEX "\""), 6,
	    "server key \"" HEX HEX "\": expected \"nodekey:\" and 64 "
	    "hexadecimal digits, as `derpctl status' of that node shows it");
	bad(MESH("with b.example.org address 192.0.2.1 port 5"), 6, "near "
	    "`port': expected " USAGE);
	bad(MESH("with b.example.org server"), 6, "at the end of the line: "
	    "expected " USAGE);
}

ATF_TC_WITHOUT_HEAD(several);
ATF_TC_BODY(several, tc)
{
	char text[4096] = NAME CERT RELAY "mesh {\n" KEY, line[64];
	struct conf *c;
	int i;

	bad(MESH("with b.example.org\nwith B.example.org port 443"), 7,
	    "mesh with \"B.example.org\" appears twice");
	bad(MESH("with b.example.org address ::1\nwith b.example.org address "
	    "::1"), 7, "mesh with \"b.example.org\" appears twice");
	/* Machines behind one name. */
	conf_free(good(MESH("with b.example.org address 192.0.2.1\n"
	    "with b.example.org address 192.0.2.2\nwith b.example.org")));
	for (i = 0; i < IPC_MAXNODES; i++) {
		snprintf(line, sizeof(line), "with n%d.example.org\n", i);
		strlcat(text, line, sizeof(text));
	}
	strlcat(text, "}\n", sizeof(text));
	c = good(text);
	conf_free(c);
	strlcpy(text + strlen(text) - 2, "with m.example.org\n}\n", 32);
	bad(text, 38, "mesh with \"m.example.org\": expected at most 32 such "
	    "lines");
}

ATF_TC_WITHOUT_HEAD(whole);
ATF_TC_BODY(whole, tc)
{
	bad(NAME CERT RELAY "mesh {\nwith b.example.org\n}\n", 5, "mesh with "
	    "\"b.example.org\" needs the key that the nodes share: expected "
	    "key file \"FILE\" in the mesh block");
	bad(NAME CERT "map /m\nmesh {\n" KEY "with b.example.org\n}\n", 6,
	    "mesh with \"b.example.org\", but there is no relay whose clients "
	    "it could reach: expected relay { ... }");
	conf_free(good(NAME CERT "map /m\nmesh {\n" KEY "}\n"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, nodes);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, several);
	ATF_TP_ADD_TC(tp, whole);
	return (atf_no_error());
}
