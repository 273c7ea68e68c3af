/*
 * meshset_test: the numbers of nodes over reloads, and mesh keys.
 */
#include <sodium.h>

#include "conf_fixture.h"
#include "meshset.h"

static struct meshset	 m;

/* The nodes of a mesh block with this text; the numbers that changed. */
static uint32_t
assign(const char *text)
{
	char	 all[4096];
	struct conf *c;
	uint32_t changed;

	snprintf(all, sizeof(all), NAME CERT RELAY "mesh { key file /m\n"
	    "%s\n}\n", text);
	c = good(all);
	changed = meshset_assign(&m, c);
	conf_free(c);
	return (changed);
}

static const char *
host(unsigned int n)
{
	return (m.nodes[n].conf.host);
}

ATF_TC_WITHOUT_HEAD(numbers);
ATF_TC_BODY(numbers, tc)
{
	ATF_CHECK_EQ(7, assign("with a with b with c"));
	ATF_CHECK_STREQ("a", host(0));
	ATF_CHECK_STREQ("b", host(1));
	ATF_CHECK_STREQ("c", host(2));
	ATF_CHECK_EQ(443, m.nodes[0].conf.port);
	m.nodes[1].links = 5;
	ATF_CHECK_EQ(0, assign("with a with b with c"));
	/* Who stays keeps its number, whatever the order. */
	ATF_CHECK_EQ(0, assign("with c with b with a"));
	ATF_CHECK_EQ(1, assign("with b with c"));
	ATF_CHECK_STREQ("", host(0));
	ATF_CHECK_STREQ("b", host(1));
	ATF_CHECK_EQ(5, m.nodes[1].links);
	/* A new one gets the first number that is free. */
	ATF_CHECK_EQ(1, assign("with b with c with d"));
	ATF_CHECK_STREQ("d", host(0));
	/* What is known of another node is forgotten. */
	ATF_CHECK_EQ(2, assign("with e with c with d"));
	ATF_CHECK_STREQ("e", host(1));
	ATF_CHECK_EQ(0, m.nodes[1].links);
	ATF_CHECK_EQ(7, assign(""));
	ATF_CHECK_EQ(0, assign(""));
}

/* Every setting counts. */
ATF_TC_WITHOUT_HEAD(settings);
ATF_TC_BODY(settings, tc)
{
	static const char *const t[] = { "with a", "with a port 444",
	    "with a address ::1", "with a address ::2", "with a certname x.y",
	    "with a server key \"nodekey:0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef\"",
	    "with a server key \"nodekey:0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdee\"",
	    "ca file /c with a", "ca file /d with a" };
	size_t	 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ATF_CHECK_EQ_MSG(1, assign(t[i]), "%s", t[i]);
		ATF_CHECK_EQ_MSG(0, assign(t[i]), "%s", t[i]);
	}
	ATF_CHECK_STREQ("/d", m.nodes[0].conf.cafile);
}

ATF_TC_WITHOUT_HEAD(all);
ATF_TC_BODY(all, tc)
{
	char	 text[2048] = "", *p = text;
	int	 i;

	for (i = 0; i < IPC_MAXNODES; i++)
		p += sprintf(p, "with n%d ", i);
	ATF_CHECK_EQ(UINT32_MAX, assign(text));
	ATF_CHECK_STREQ("n31", host(31));
	ATF_CHECK_EQ(UINT32_MAX, assign(""));
}

ATF_TC_WITHOUT_HEAD(keys);
ATF_TC_BODY(keys, tc)
{
	const uint8_t	 a[IPC_MESHHASH_LEN] = { 1 };
	const uint8_t	 b[IPC_MESHHASH_LEN] = { 2 };
	struct meshset_key none = { .number = 0 }, x, y;

	ATF_CHECK_EQ(0, meshset_key_read(&x, &none, NULL, 0));
	ATF_CHECK_EQ(0, x.number);
	ATF_CHECK_EQ(0, meshset_key_read(&x, &none, a, sizeof(a)));
	ATF_CHECK_EQ(1, x.number);
	ATF_CHECK_EQ(0, meshset_key_read(&y, &x, a, sizeof(a)));
	ATF_CHECK_EQ(1, y.number);
	ATF_CHECK_EQ(0, meshset_key_read(&y, &x, b, sizeof(b)));
	ATF_CHECK_EQ(2, y.number);
	ATF_CHECK_EQ(0, meshset_key_read(&x, &y, NULL, 0));
	ATF_CHECK_EQ(3, x.number);
	ATF_CHECK_EQ(-1, meshset_key_read(&y, &x, a, 5));
	ATF_CHECK_EQ(3, y.number);
}

/* Another parent's numbers of the same nodes. */
ATF_TC_WITHOUT_HEAD(match);
ATF_TC_BODY(match, tc)
{
	static uint8_t list[IPC_MAXNODES * IPC_NODE_LEN];
	uint8_t map[IPC_MAXNODES];
	unsigned int i;

	assign("with a with b port 8443 with c with d with e address ::1");
	ATF_REQUIRE_EQ(5, meshset_list(&m, list));
	for (i = 0; i < 5; i++)
		ATF_CHECK_EQ(i, list[i * IPC_NODE_LEN]);
	meshset_match(&m, list, 5, map);
	for (i = 0; i < IPC_MAXNODES; i++)
		ATF_CHECK_EQ(i < 5 ? i : IPC_NONODE, map[i]);
	memset(&m, 0, sizeof(m));
	assign("with f with e address ::1 with c with b with a");
	meshset_match(&m, list, 5, map);
	ATF_CHECK_EQ(4, map[0]);
	ATF_CHECK_EQ(IPC_NONODE, map[1]);	/* another port */
	ATF_CHECK_EQ(2, map[2]);
	ATF_CHECK_EQ(IPC_NONODE, map[3]);
	ATF_CHECK_EQ(1, map[4]);
	/* Which of them the workers of the other parent had. */
	ATF_CHECK_EQ(1U << 4 | 1U << 2 | 1U << 1, meshset_links(0, 2, map));
	ATF_CHECK_EQ(0, meshset_links(1, 2, map));
	ATF_CHECK_EQ(0xaaaaaaaa, meshset_links(1, 2, NULL));
	ATF_CHECK_EQ(1U << 31, meshset_links(31, 64, NULL));
	ATF_CHECK_EQ(0, meshset_links(32, 64, NULL));
	/* A number that is none, of a hostile parent. */
	list[0] = IPC_MAXNODES;
	meshset_match(&m, list, 5, map);
	ATF_CHECK_EQ(IPC_NONODE, map[0]);
}

/* The hash is that of each build: of these bytes. */
ATF_TC_WITHOUT_HEAD(hash);
ATF_TC_BODY(hash, tc)
{
	static const uint8_t text[] = "a\0" "192.0.2.1\0" "\0" "\0"
	    "\0\0\1\273" "\0" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	uint8_t list[IPC_MAXNODES * IPC_NODE_LEN];
	uint8_t want[IPC_NODEHASH_LEN];

	assign("with a address 192.0.2.1");
	ATF_REQUIRE_EQ(1, meshset_list(&m, list));
	crypto_generichash(want, sizeof(want), text, sizeof(text), NULL, 0);
	ATF_CHECK_EQ(0, memcmp(want, list + 1, sizeof(want)));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, numbers);
	ATF_TP_ADD_TC(tp, settings);
	ATF_TP_ADD_TC(tp, all);
	ATF_TP_ADD_TC(tp, keys);
	ATF_TP_ADD_TC(tp, match);
	ATF_TP_ADD_TC(tp, hash);
	return (atf_no_error());
}
