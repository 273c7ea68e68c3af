/*
 * Tests of list.c, filter.c and pick.c: the order of clients, who is shown, and
 * whom a word names.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "list.h"
#include "pick.h"

static struct ctl_list	list;

/* Append a connection whose key begins with the bytes k0, k1. */
static struct ipc_client_info *
add(uint8_t k0, uint8_t k1, const char *name, const char *group)
{
	struct ipc_msg_ctl_listed	 v = { .name = name, .group = group };

	v.client.key[0] = k0;
	v.client.key[1] = k1;
	v.client.addr[10] = v.client.addr[11] = 0xff;
	v.client.addr[12] = 192;
	v.client.addr[14] = 2;
	v.client.addr[15] = k0;
	v.client.port = 4000;
	ATF_REQUIRE_EQ(ctl_list_add(&list, &v), 0);
	return &list.v[list.n - 1]->c;
}

/* The second bytes of the keys, in the order of the list. */
static const char *
order(enum ctl_order by, int reverse)
{
	static char	text[16];
	size_t		i;

	ctl_list_sort(&list, by, reverse);
	for (i = 0; i < list.n; i++)
		text[i] = (char)('0' + list.v[i]->c.key[1]);
	text[i] = '\0';
	return text;
}

ATF_TC_WITHOUT_HEAD(orders);
ATF_TC_BODY(orders, tc)
{
	struct ipc_client_info	*c;

	c = add(1, 1, "b", "");
	c->rx_bytes = 5, c->tx_bytes = 9, c->age_ms = 1, c->drops = 0;
	c = add(1, 2, "", "");
	c->rx_bytes = UINT64_MAX, c->tx_bytes = 0, c->age_ms = 3, c->drops = 1;
	c = add(1, 3, "A", "");
	c->rx_bytes = 6, c->tx_bytes = 8, c->age_ms = 2, c->drops = 1;
	ATF_CHECK_STREQ(order(CTL_BY_RX, 0), "231");
	ATF_CHECK_STREQ(order(CTL_BY_TX, 0), "132");
	ATF_CHECK_STREQ(order(CTL_BY_AGE, 0), "231");
	/* Of equal ones, the smaller key first. */
	ATF_CHECK_STREQ(order(CTL_BY_DROPS, 0), "231");
	/* Whatever their case; who has no name comes last. */
	ATF_CHECK_STREQ(order(CTL_BY_NAME, 0), "312");
	ATF_CHECK_STREQ(order(CTL_BY_NAME, 1), "213");
	ATF_CHECK_STREQ(order(CTL_BY_NONE, 1), "312");
	ctl_list_free(&list);
	ATF_CHECK_STREQ(order(CTL_BY_RX, 1), "");
	ATF_CHECK_EQ(ctl_list_order("drops"), CTL_BY_DROPS);
	ATF_CHECK_EQ(ctl_list_order("key"), -1);
	ATF_CHECK_EQ(ctl_list_order(""), -1);
}

/* Is the one client of the list shown with this filter? */
static int
shown(const char *word, const char *group)
{
	struct ctl_filter	f;

	ATF_REQUIRE_EQ(ctl_filter_set(&f, word, group), 0);
	return ctl_filter_has(&f, &list.v[0]->c, list.v[0]->name,
	    list.v[0]->group);
}

ATF_TC_WITHOUT_HEAD(filters);
ATF_TC_BODY(filters, tc)
{
	struct ctl_filter	 f;
	struct ipc_client_info	*c;
	char			 word[CTL_WORD_SIZE + 1];

	add(0xab, 0xc0, "Anna's laptop", "office");
	ATF_CHECK(shown(NULL, NULL));
	ATF_CHECK(shown("laptop", NULL));
	ATF_CHECK(shown("LAPTOP", NULL));
	ATF_CHECK(shown("office", NULL));
	ATF_CHECK(!shown("offic", NULL));
	ATF_CHECK(shown("abc", NULL));
	ATF_CHECK(shown("ABC0", NULL));
	ATF_CHECK(shown("nodekey:abc0", NULL));
	ATF_CHECK(!shown("bc0", NULL));
	ATF_CHECK(!shown("nodekey:", NULL));
	ATF_CHECK(shown("192.0.2.171", NULL));
	ATF_CHECK(shown("192.0.2.171:4000", NULL));
	ATF_CHECK(!shown("192.0.2.171:400", NULL));
	ATF_CHECK(shown("192.0.2.0/24", NULL));
	ATF_CHECK(shown("192.0.2.9/24", NULL));
	ATF_CHECK(!shown("192.0.3.0/24", NULL));
	ATF_CHECK(!shown("::/0", NULL));
	ATF_CHECK(shown(NULL, "office"));
	ATF_CHECK(!shown(NULL, "other"));
	ATF_CHECK(!shown(NULL, ""));
	ATF_CHECK(shown("laptop", "office"));
	ATF_CHECK(!shown("laptop", "other"));
	ATF_CHECK(!shown("phone", "office"));
	c = &list.v[0]->c;
	memset(c->addr, 0, sizeof(c->addr));
	c->addr[0] = 0x20;
	c->addr[15] = 1;
	ATF_CHECK(shown("2000::/16", NULL));
	ATF_CHECK(shown("2000::1", NULL));
	ATF_CHECK(shown("[2000::1]:4000", NULL));
	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	ATF_CHECK_EQ(ctl_filter_set(&f, word, NULL), -1);
}

/* Whom the word names: the second byte of the key; 0 with a reason. */
static uint8_t
picked(const char *word, size_t connections, const char *reason)
{
	char		why[CTL_PICK_WHY] = "";
	struct ctl_pick	p;

	if (ctl_pick(&p, &list, word, why) == 0) {
		ATF_CHECK_EQ_MSG(p.connections, connections, "%s", word);
		return p.key[1];
	}
	ATF_CHECK_MSG(strstr(why, reason) != NULL, "%s", why);
	return 0;
}

ATF_TC_WITHOUT_HEAD(picks);
ATF_TC_BODY(picks, tc)
{
	char	key[73], why[CTL_PICK_WHY];
	struct ctl_pick	p;
	uint8_t	i;

	memset(key, '0', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	memcpy(key, "ab01", 4);
	key[64] = '\0';
	add(0xab, 1, "laptop", "");
	add(0xcd, 2, "phone", "");
	add(0xab, 1, "laptop", "");
	add(0xae, 3, "", "");
	/* Who calls himself like the key of another one. */
	add(0xee, 4, key, "");
	add(0xee, 5, "ab", "");
	ATF_CHECK_EQ(picked("laptop", 2, ""), 1);
	ATF_CHECK_EQ(picked("cd", 1, ""), 2);
	ATF_CHECK_EQ(picked("AE03", 1, ""), 3);
	ATF_CHECK_EQ(picked("nodekey:ab", 2, ""), 1);
	ATF_CHECK_EQ(picked(key, 2, ""), 1);
	ATF_CHECK_EQ(picked("ab", 0, "2 clients match; name one by more of its "
	    "key: nodekey:ab01000000000000... (laptop), "
	    "nodekey:ee05000000000000... (ab)"), 0);
	ATF_CHECK_EQ(picked("a", 0, "2 clients match"), 0);
	ATF_CHECK_EQ(picked("lap", 0, "no client"), 0);
	ATF_CHECK_EQ(picked("", 0, "no client"), 0);
	ATF_CHECK_EQ(picked("nodekey:", 0, "no client"), 0);
	for (i = 10; i < 40; i++)
		add(0xff, i, "phone", "");
	ATF_REQUIRE_EQ(ctl_pick(&p, &list, "phone", why), -1);
	ATF_CHECK_MSG(strstr(why, "31 clients match") != NULL, "%s", why);
	ATF_CHECK_MSG(strstr(why, " and 25 more") != NULL, "%s", why);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, orders);
	ATF_TP_ADD_TC(tp, filters);
	ATF_TP_ADD_TC(tp, picks);
	return atf_no_error();
}
