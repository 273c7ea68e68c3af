/*
 * memory_test: the state file.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define DAY	20000

static struct wg_memory	memory;

static struct wg_memo *
memo(const char *ifname, unsigned int n)
{
	uint8_t key[WG_KEYLEN] = { 0 };

	memcpy(key, &n, sizeof(n));
	return (wg_memory_get(&memory, ifname, key));
}

/* Remember a peer, which is present. */
static void
remember(const char *ifname, unsigned int n, uint32_t local, const char *text)
{
	struct wg_memo *o = memo(ifname, n);
	struct wg_endpoint e;

	ATF_REQUIRE(o != NULL);
	o->users = 1;
	wg_memo_local(&memory, o, local);
	if (text == NULL)
		return;
	ATF_REQUIRE_EQ(0, wg_endpoint_parse(&e, text));
	wg_memo_direct(&memory, o, &e);
}

static const char *
text(uint32_t day)
{
	static char buf[65536];
	size_t n, left_out;

	n = wg_memory_text(&memory, buf, sizeof(buf) - 1, day, &left_out);
	ATF_CHECK_EQ(0, left_out);
	buf[n] = '\0';
	return (buf);
}

static const char *
direct(const struct wg_memo *o)
{
	static char buf[WG_ENDPOINT_TEXT];

	wg_endpoint_text(&o->direct, buf);
	return (buf);
}

static void
reload(const char *p, uint32_t day)
{
	wg_memory_free(&memory);
	ATF_REQUIRE_EQ(0, wg_memory_load(&memory, p, strlen(p), day));
}

ATF_TC_WITHOUT_HEAD(there_and_back);
ATF_TC_BODY(there_and_back, tc)
{
	char *first;

	ATF_CHECK_STREQ("derpbridge state 1\n", text(DAY));
	remember("wg0", 1, 0x7f800001, "192.0.2.1:51820");
	remember("wg0", 2, 0x7f800002, NULL);
	remember("wg1", 1, 0x7f800001, "[fe80::1%eth0]:1");
	ATF_CHECK(memory.dirty && memo("wg0", 1)->dirty);
	ATF_CHECK_STREQ("derpbridge state 1\n"
	    "wg0 AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 127.128.0.1 "
	    "192.0.2.1:51820 20000\n"
	    "wg0 AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 127.128.0.2 "
	    "none 20000\n"
	    "wg1 AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 127.128.0.1 "
	    "[fe80::1%eth0]:1 20000\n", text(DAY));
	ATF_CHECK(!memory.dirty && !memo("wg0", 1)->dirty);
	ATF_REQUIRE((first = strdup(text(DAY))) != NULL);
	reload(first, DAY);
	ATF_CHECK(!memory.dirty);
	ATF_CHECK_EQ(0x7f800001, memo("wg0", 1)->local);
	ATF_CHECK_STREQ("192.0.2.1:51820", direct(memo("wg0", 1)));
	ATF_CHECK_STREQ("none", direct(memo("wg0", 2)));
	ATF_CHECK_STREQ("[fe80::1%eth0]:1", direct(memo("wg1", 1)));
	ATF_CHECK_STREQ(first, text(DAY));
	/* The same again changes nothing. */
	remember("wg0", 1, 0x7f800001, "192.0.2.1:51820");
	ATF_CHECK(!memory.dirty);
	remember("wg0", 1, 0x7f800001, "192.0.2.1:51821");
	ATF_CHECK(memory.dirty && memo("wg0", 1)->dirty);
	free(first);
	wg_memory_free(&memory);
}

/* Peers that are away are forgotten some weeks later. */
ATF_TC_WITHOUT_HEAD(days);
ATF_TC_BODY(days, tc)
{
	char *first;

	remember("wg0", 1, 0x7f800001, "192.0.2.1:51820");
	ATF_REQUIRE((first = strdup(text(DAY))) != NULL);
	reload(first, DAY + WG_MEMORY_DAYS);
	ATF_CHECK_EQ(1, HASH_COUNT(memory.table));
	/* It was not there, so its day stays. */
	ATF_CHECK_STREQ(first, text(DAY + WG_MEMORY_DAYS));
	memo("wg0", 1)->users = 1;
	ATF_CHECK(strcmp(first, text(DAY + 1)) != 0);
	reload(first, DAY + WG_MEMORY_DAYS + 1);
	ATF_CHECK_EQ(0, HASH_COUNT(memory.table));
	/* The clock was wrong. */
	reload(first, DAY - 1000);
	ATF_CHECK_EQ(DAY - 1000, memo("wg0", 1)->day);
	free(first);
	wg_memory_free(&memory);
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
#define FIRST	"derpbridge state 1\n"
#define KEY	"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define GOOD	"wg0 " KEY " 127.128.0.1 192.0.2.1:1 20000\n"
	static const char *const bad[] = { "", "x", "derpbridge state 2\n",
	    "derpbridge state 1", FIRST "\n", FIRST "wg0\n", FIRST GOOD "x",
	    FIRST "wg0 " KEY " 127.128.0.1 192.0.2.1:1\n",
	    FIRST "wg0 " KEY " 127.128.0.1 192.0.2.1:1 1 1\n",
	    FIRST "wg0  " KEY " 127.128.0.1 192.0.2.1:1 1\n",
	    FIRST "wg0 " KEY "x 127.128.0.1 192.0.2.1:1 1\n",
	    FIRST "wg0 AQ== 127.128.0.1 192.0.2.1:1 1\n",
	    FIRST "wg0 " KEY " 127.128.0 192.0.2.1:1 1\n",
	    FIRST "wg0 " KEY " 127.128.0.1 192.0.2.1 1\n",
	    FIRST "wg0 " KEY " 127.128.0.1 192.0.2.1:1 -1\n",
	    FIRST "wg0 " KEY " 127.128.0.1 192.0.2.1:1 x\n",
	    FIRST "abcdefghijklmnop " KEY " 127.128.0.1 192.0.2.1:1 1\n" };
	char line[600];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(-1, wg_memory_load(&memory, bad[i],
		    strlen(bad[i]), DAY), "%s", bad[i]);
	wg_memory_free(&memory);
	/* What stood before is kept. */
	ATF_CHECK_EQ(-1, wg_memory_load(&memory, FIRST GOOD "junk\n",
	    strlen(FIRST GOOD "junk\n"), DAY));
	ATF_CHECK_EQ(1, HASH_COUNT(memory.table));
	wg_memory_free(&memory);
	/* A NUL, and a line that does not end. */
	memcpy(line, FIRST "\0\n", strlen(FIRST) + 2);
	ATF_CHECK_EQ(-1, wg_memory_load(&memory, line, strlen(FIRST) + 2, DAY));
	memset(line, 'a', sizeof(line));
	memcpy(line, FIRST, strlen(FIRST));
	line[sizeof(line) - 1] = '\n';
	ATF_CHECK_EQ(-1, wg_memory_load(&memory, line, sizeof(line), DAY));
}

/* Those that are present come first, and the others make room. */
ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	char buf[200];
	size_t n, left_out;
	unsigned int i;

	remember("wg0", 1, 0x7f800001, "192.0.2.1:1");
	memo("wg0", 1)->users = 0;
	remember("wg0", 2, 0x7f800002, "192.0.2.2:1");
	remember("wg0", 3, 0x7f800003, "192.0.2.3:1");
	n = wg_memory_text(&memory, buf, sizeof(buf), DAY, &left_out);
	ATF_CHECK_EQ(1, left_out);
	ATF_CHECK(n < sizeof(buf));
	ATF_CHECK(memmem(buf, n, "192.0.2.2:1 20000\n", 18) != NULL);
	ATF_CHECK(memmem(buf, n, "192.0.2.3:1 20000\n", 18) != NULL);
	ATF_CHECK_EQ('\n', buf[n - 1]);
	for (i = 4; i <= WG_MEMORY_MAX; i++)
		ATF_REQUIRE(memo("wg1", i) != NULL);
	ATF_CHECK_EQ(WG_MEMORY_MAX, HASH_COUNT(memory.table));
	ATF_CHECK(memo("wg2", 1) != NULL);
	ATF_CHECK_EQ(3, HASH_COUNT(memory.table));
	ATF_CHECK_EQ(0x7f800002, memo("wg0", 2)->local);
	wg_memory_free(&memory);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, there_and_back);
	ATF_TP_ADD_TC(tp, days);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, full);
	return (atf_no_error());
}
