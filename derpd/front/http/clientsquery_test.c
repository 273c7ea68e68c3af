/*
 * clientsquery_test: queries of /debug/clients/, and the links that repeat
 * them.  The expected results are derper's (1.104).
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "clientsquery.h"
#include "codec.h"

#define NOW	UINT64_C(1700000000000000000)
#define HEX	"000102030405060708090a0b0c0d0e0f"			\
		"101112131415161718191a1b1c1d1e1f"

static struct web_clients_query q;

/* Parse a query; "" if it is right, else what is wrong. */
static const char *
parse(const char *s)
{
	const char *why;

	return (web_clients_parse(&q, s, strlen(s), NOW, &why) == 0 ? "" :
	    why);
}

#define FINE(s)	ATF_REQUIRE_STREQ("", parse(s))
#define BAD(s, part)							\
	ATF_CHECK_MSG(strstr(parse(s), part) != NULL, "%s: %s", s, parse(s))

/* The link that repeats the query from its beginning, or behind `last'. */
static const char *
link_of(const struct ipc_list_row *last)
{
	static char text[2000];
	struct ipc_wr w;

	ipc_wr_fixed(&w, text, sizeof(text) - 1);
	web_clients_link(&q, q.q.sort, q.q.descending, last, &w);
	ATF_REQUIRE(ipc_wr_ok(&w));
	text[w.len] = '\0';
	return (text);
}

static const char *
description(void)
{
	static char text[2000];
	struct ipc_wr w;

	ipc_wr_fixed(&w, text, sizeof(text) - 1);
	web_clients_describe(&q, &w);
	ATF_REQUIRE(ipc_wr_ok(&w));
	text[w.len] = '\0';
	return (text);
}

ATF_TC_WITHOUT_HEAD(filters);
ATF_TC_BODY(filters, tc)
{
	const char *why;

	ATF_REQUIRE_EQ(0, web_clients_parse(&q, NULL, 0, NOW, &why));
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_NONE);
	FINE("");
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_NONE);
	FINE("format=json&sort=rx&limit=5");
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_NONE);
	ATF_CHECK(q.json);
	FINE("all");
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_ALL);
	ATF_CHECK_EQ(q.q.limit, 100);
	ATF_CHECK_STREQ("all clients", description());
	FINE("ip=192.0.2.7");
	ATF_CHECK_EQ(q.q.filter, IPC_LIST_PREFIX);
	ATF_CHECK_EQ(q.q.bits, 128);
	ATF_CHECK_STREQ("clients from 192.0.2.7", description());
	FINE("ip=2001:DB8::1");
	ATF_CHECK_STREQ("clients from 2001:db8::1", description());
	FINE("ip=::ffff:192.0.2.7");
	ATF_CHECK_STREQ("clients from 192.0.2.7", description());
	FINE("cidr=192.0.2.77%2F24");
	ATF_CHECK_EQ(q.q.bits, 120);
	ATF_CHECK_STREQ("clients from 192.0.2.0/24", description());
	FINE("cidr=192.0.2.7/32");
	ATF_CHECK_STREQ("clients from 192.0.2.7/32", description());
	FINE("cidr=::/0");
	ATF_CHECK_STREQ("clients from ::/0", description());
	FINE("key=nodekey:" HEX);
	ATF_CHECK_EQ(q.q.filter, IPC_LIST_KEY);
	ATF_CHECK_EQ(q.q.key[31], 31);
	ATF_CHECK_STREQ("connections for nodekey:" HEX, description());
	BAD("all&ip=192.0.2.1", "only one");
	BAD("cidr=192.0.2.0/24&key=nodekey:" HEX, "only one");
	BAD("ip=192.0.2.0/24", "bad ip");
	BAD("ip=x", "bad ip");
	BAD("cidr=192.0.2.1", "bad cidr");
	BAD("cidr=192.0.2.0/33", "bad cidr");
	BAD("key=" HEX, "bad key");
	BAD("key=nodekey:" HEX "0", "bad key");
	BAD("format=xml", "bad format");
}

ATF_TC_WITHOUT_HEAD(apps);
ATF_TC_BODY(apps, tc)
{
	FINE("app=a&app=b+c&app=");
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_ALL);
	ATF_CHECK(q.q.by_app);
	ATF_REQUIRE_EQ(q.q.napps, 3);
	ATF_CHECK_STREQ("b c", q.q.apps[1]);
	ATF_CHECK_STREQ("all clients with app a or b c or (none)",
	    description());
	ATF_CHECK_STREQ("?all=1&app=a&app=b+c&app=&sort=key", link_of(NULL));
	FINE("ip=192.0.2.1&app=x");
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_IP);
	FINE("app=1&app=2&app=3&app=4&app=5&app=6&app=7&app=8");
	BAD("app=1&app=2&app=3&app=4&app=5&app=6&app=7&app=8&app=9",
	    "at most 8");
	FINE("app=" "123456789012345678901234567890123456789012345678901234567"
	    "890123");
	BAD("app=" "123456789012345678901234567890123456789012345678901234567"
	    "8901234", "63 bytes");
}

ATF_TC_WITHOUT_HEAD(orders);
ATF_TC_BODY(orders, tc)
{
	static const char *const names[] = { "key", "ip", "conn", "connected",
	    "rx", "tx", "rxpkts", "txpkts" };
	char text[64];
	unsigned int i;

	for (i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "all&sort=%s", names[i]);
		FINE(text);
		ATF_CHECK_EQ(q.q.sort, i);
		ATF_CHECK_EQ(q.q.descending, 0);
		snprintf(text, sizeof(text), "all&sort=-%s", names[i]);
		FINE(text);
		ATF_CHECK_EQ(q.q.sort, i);
		ATF_CHECK_EQ(q.q.descending, 1);
		ATF_CHECK_STREQ(web_clients_sort(q.q.sort), names[i]);
	}
	BAD("all&sort=age", "bad sort");
	BAD("all&sort=-", "bad sort");
	BAD("all&sort=--rx", "bad sort");
	FINE("all&limit=1");
	ATF_CHECK_EQ(q.q.limit, 1);
	FINE("all&limit=18446744073709551615");
	ATF_CHECK_EQ(q.q.limit, 1000);
	BAD("all&limit=0", "bad limit");
	BAD("all&limit=-1", "bad limit");
	BAD("all&limit=18446744073709551616", "bad limit");
	BAD("all&limit=7x", "bad limit");
}

ATF_TC_WITHOUT_HEAD(cursors);
ATF_TC_BODY(cursors, tc)
{
	static const uint8_t v4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };

	FINE("all");
	ATF_CHECK(!q.q.after);
	FINE("all&after=nodekey:" HEX);
	ATF_CHECK(q.q.after && !q.q.after_conn);
	ATF_CHECK_EQ(q.q.after_key[1], 1);
	FINE("all&after=nodekey%3A" HEX "&afterconn=77");
	ATF_CHECK(q.q.after_conn);
	ATF_CHECK_EQ(q.q.after_number, 77);
	BAD("all&after=x", "bad after");
	BAD("all&after=nodekey:" HEX "&afterconn=x", "bad afterconn");
	FINE("all&afterconn=x");	/* alone it means nothing */
	FINE("all&sort=ip&after=192.0.2.1:443");
	ATF_CHECK_EQ(memcmp(q.q.after_addr, v4, 16), 0);
	ATF_CHECK_EQ(q.q.after_port, 443);
	FINE("all&sort=ip&after=192.0.2.1");
	ATF_CHECK_EQ(q.q.after_port, 65535);
	FINE("all&sort=-ip&after=192.0.2.1");
	ATF_CHECK_EQ(q.q.after_port, 0);
	FINE("all&sort=ip&after=[2001:db8::1]:80");
	ATF_CHECK_EQ(q.q.after_addr[15], 1);
	ATF_CHECK_EQ(q.q.after_port, 80);
	FINE("all&sort=ip&after=2001:db8::1");
	ATF_CHECK_EQ(q.q.after_port, 65535);
	BAD("all&sort=ip&after=192.0.2.1:65536", "bad after");
	BAD("all&sort=ip&after=192.0.2.1:", "bad after");
	BAD("all&sort=ip&after=[2001:db8::1]", "bad after");
	BAD("all&sort=ip&after=[2001:db8::1:80", "bad after");
	BAD("all&sort=ip&after=192.0.2.0/24", "bad after");
	BAD("all&sort=ip&after=[:1", "bad after");
	FINE("all&sort=conn&after=5&afterconn=6");
	ATF_CHECK_EQ(q.q.after_number, 5);
	FINE("all&sort=conn&after=-5");
	ATF_CHECK_EQ(q.q.after_number, 0);
	FINE("all&sort=tx&after=18446744073709551615");
	ATF_CHECK_EQ(q.q.after_n, UINT64_MAX);
	BAD("all&sort=tx&after=-1", "bad after");
	FINE("all&sort=connected&after=1700000000000000001");
	ATF_CHECK_EQ(q.q.after_n, NOW + 1);
	FINE("all&sort=connected&after=30m");
	ATF_CHECK_EQ(q.q.after_n, NOW - UINT64_C(1800000000000));
	FINE("all&sort=connected&after=1h1.5s");
	ATF_CHECK_EQ(q.q.after_n, NOW - UINT64_C(3601500000000));
	FINE("all&sort=connected&after=250ms");
	ATF_CHECK_EQ(q.q.after_n, NOW - 250000000);
	FINE("all&sort=connected&after=2000000h");
	ATF_CHECK_EQ(q.q.after_n, 0);
	FINE("all&sort=connected&after=30");
	ATF_CHECK_EQ(q.q.after_n, 30);
	BAD("all&sort=connected&after=m", "bad after");
	BAD("all&sort=connected&after=1.5", "bad after");
	BAD("all&sort=connected&after=99999999999999h", "bad after");
}

/* The next page. */
ATF_TC_WITHOUT_HEAD(links);
ATF_TC_BODY(links, tc)
{
	struct ipc_list_row r = { .number = 42, .port = 5, .since = 11,
	    .rx_bytes = 12, .tx_bytes = 13, .rx_packets = 14,
	    .tx_packets = 15, .addr = { [10] = 0xff, 0xff, 192, 0, 2, 1 } };

	memset(r.key, 0xab, sizeof(r.key));
	FINE("all=x&format=json&limit=7");
	ATF_CHECK_STREQ("?after=nodekey%3Aabababababababababababababababab"
	    "abababababababababababababababab&afterconn=42&all=1&format=json"
	    "&limit=7&sort=key", link_of(&r));
	FINE("cidr=192.0.0.0/16&sort=-ip&limit=100");
	ATF_CHECK_STREQ("?after=192.0.2.1%3A5&afterconn=42&"
	    "cidr=192.0.0.0%2F16&sort=-ip", link_of(&r));
	memset(r.addr, 0, sizeof(r.addr));
	ATF_CHECK_STREQ("?after=%5B%3A%3A%5D%3A5&afterconn=42&"
	    "cidr=192.0.0.0%2F16&sort=-ip", link_of(&r));
	FINE("key=nodekey:" HEX "&sort=conn&after=7");
	ATF_CHECK_STREQ("?after=42&key=nodekey%3A" HEX "&sort=conn",
	    link_of(&r));
	ATF_CHECK_STREQ("?key=nodekey%3A" HEX "&sort=conn", link_of(NULL));
	FINE("ip=2001:db8::1&sort=connected");
	ATF_CHECK_STREQ("?after=11&afterconn=42&ip=2001%3Adb8%3A%3A1&"
	    "sort=connected", link_of(&r));
	FINE("all&sort=rx");
	ATF_CHECK_STREQ("?after=12&afterconn=42&all=1&sort=rx", link_of(&r));
	FINE("all&sort=txpkts");
	ATF_CHECK_STREQ("?after=15&afterconn=42&all=1&sort=txpkts",
	    link_of(&r));
	FINE("app=a%26b%3F&sort=-tx");
	ATF_CHECK_STREQ("?after=13&afterconn=42&all=1&app=a%26b%3F&sort=-tx",
	    link_of(&r));
}

/* What is malformed is ignored; the first of several counts. */
ATF_TC_WITHOUT_HEAD(forms);
ATF_TC_BODY(forms, tc)
{
	char text[1000];

	FINE("&&all&");
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_ALL);
	FINE("a%6cl=&ip=%zz&ip=;&ip=%00&ip=%4");
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_ALL);
	FINE("ip=&ip=192.0.2.1&all");
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_ALL);
	FINE("ip=192.0.2.1&ip=192.0.2.2&ip=x");
	ATF_CHECK_STREQ("clients from 192.0.2.1", description());
	FINE("=all");
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_NONE);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	FINE(text);
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_NONE);
	memcpy(text, "all&ip=", 7);
	FINE(text);
	ATF_CHECK_EQ(q.filter, WEB_CLIENTS_ALL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, filters);
	ATF_TP_ADD_TC(tp, apps);
	ATF_TP_ADD_TC(tp, orders);
	ATF_TP_ADD_TC(tp, cursors);
	ATF_TP_ADD_TC(tp, links);
	ATF_TP_ADD_TC(tp, forms);
	return (atf_no_error());
}
