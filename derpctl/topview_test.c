/*
 * Tests of topview.c, topstatus.c and topkeys.c: what is shown, and what keys
 * do to it.
 */
#include <atf-c.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen.h"
#include "table.h"
#include "topkeys.h"
#include "topview.h"

static struct ctl_top_view	view;
static struct ctl_list		list;
static char			*out;
static size_t			 outlen;

static void
add(uint8_t k, const char *name, const char *group)
{
	struct ipc_msg_ctl_listed	 v = { .name = name, .group = group };

	v.client.key[0] = k;
	v.client.age_ms = 61000;
	v.client.addr[10] = v.client.addr[11] = 0xff;
	v.client.addr[12] = 192;
	v.client.addr[15] = k;
	ATF_REQUIRE_EQ(ctl_list_add(&list, &v), 0);
}

/* A view of these clients. */
static void
look(void)
{
	size_t	i;

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		atf_tc_skip("no locale with UTF-8");
	ATF_REQUIRE_EQ(ctl_rates_make(&view.rates, NULL, &list, 1), 0);
	for (i = 0; i < view.rates.n; i++)
		view.rates.v[i].rate.rx = 2048 * (view.rates.n - i);
	view.rates.all.rx = 1234567;
	view.rates.all.tx_packets = 99;
	view.rates.all.drops = 3;
	strlcpy(view.status.version, "0.9", sizeof(view.status.version));
	view.status.uptime = 3725;
	strlcpy(view.status.health, "healthy", sizeof(view.status.health));
	strlcpy(view.time, "14:03:22", sizeof(view.time));
}

/* What is shown; each line must fit, and there must be `rows' of them. */
static const char *
print(unsigned int columns, unsigned int rows, size_t shown)
{
	const char	*p, *end;
	unsigned int	 n = 0;
	FILE		*fp;

	free(out);
	ATF_REQUIRE((fp = open_memstream(&out, &outlen)) != NULL);
	ATF_CHECK_EQ(ctl_top_print(fp, &view, columns, rows), shown);
	fclose(fp);
	for (p = out; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		n++;
		ATF_CHECK_MSG(columns == 0 ||
		    ctl_table_width(p, (size_t)(end - p)) <= columns, "%s", p);
	}
	ATF_CHECK_MSG(rows == 0 || n == rows || rows < 7, "%u lines:\n%s", n,
	    out);
	return out;
}

ATF_TC_WITHOUT_HEAD(screen);
ATF_TC_BODY(screen, tc)
{
	add(1, "Anna's laptop", "office");
	add(2, "\xe6\x97\xa5\xe6\x9c\xac\033[2J", "");
	add(3, "", "");
	look();
	ATF_CHECK_STREQ(print(80, 10, 3),
	    "derpd 0.9, up 1h02m, healthy                                   "
	    "         14:03:22\n"
	    "3 clients, 3 connections\n"
	    "in 1.1M/s, 0 packets/s; out 0/s, 99 packets/s; drops 3/s\n"
	    "by in (3 shown)\n"
	    "NAME                 GROUP    NODEKEY  CONN     AGE   IN/s  "
	    "OUT/s DROPS/s  QUEUE\n"
	    "Anna's laptop        office   01000000    1   1m01s   6.0K  "
	    "    0       0      0\n"
	    "\xe6\x97\xa5\xe6\x9c\xac\\x1b[2J          -        02000000    1  "
	    " 1m01s   4.0K      0       0      0\n"
	    "-                    -        03000000    1   1m01s   2.0K  "
	    "    0       0      0\n"
	    "\n"
	    "q quit  s sort  r reverse  / filter  p pause  h help\n");
	/* Once, to a file: all of it, without keys. */
	ATF_CHECK(strstr(print(0, 0, 3), "quit") == NULL);
	ATF_CHECK(strstr(out, "192.0.0.3") != NULL);
}

ATF_TC_WITHOUT_HEAD(sizes);
ATF_TC_BODY(sizes, tc)
{
	unsigned int	columns, rows;
	size_t		i;

	for (i = 0; i < 100; i++)
		add((uint8_t)i, "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5", "g");
	look();
	/* Numbers that are wider than their columns. */
	view.rates.v[0].rate.tx_packets = UINT64_MAX;
	view.rates.v[0].rate.drops = UINT64_MAX;
	view.first = 0;
	for (columns = 1; columns < 200; columns += 7)
		for (rows = 1; rows < 60; rows += 5)
			print(columns, rows, 100);
	view.help = 1;
	print(80, 24, 100);
	ATF_CHECK(strstr(out, "sort by the next column") != NULL);
	print(20, 10, 100);
}

ATF_TC_WITHOUT_HEAD(part);
ATF_TC_BODY(part, tc)
{
	size_t	i;

	for (i = 0; i < 9; i++)
		add((uint8_t)(i + 1), i % 2 ? "odd" : "even", "");
	look();
	ATF_REQUIRE_EQ(ctl_filter_set(&view.filter, "odd", NULL), 0);
	print(80, 9, 4);
	ATF_CHECK(strstr(out, "9 clients") != NULL);
	ATF_CHECK(strstr(out, "; only \"odd\" (4 shown)") != NULL);
	ATF_CHECK(strstr(out, "even") == NULL);
	ATF_CHECK(strstr(out, "06000000") != NULL);
	ATF_CHECK(strstr(out, "08000000") == NULL);
	view.first = 2;
	print(80, 9, 4);
	ATF_CHECK(strstr(out, "04000000") == NULL);
	ATF_CHECK(strstr(out, "06000000") != NULL);
	ATF_CHECK(strstr(out, "08000000") != NULL);
	view.typing = 1;
	ATF_CHECK(strstr(print(80, 9, 4), "\n/odd\n") != NULL);
	view.typing = 0;
	view.paused = view.reverse = 1;
	ATF_CHECK(strstr(print(80, 9, 4), "\npaused; by in, reversed;") !=
	    NULL);
	strlcpy(view.note, "no \033 more", sizeof(view.note));
	ATF_CHECK(strstr(print(80, 9, 4), "\nno \\x1b more\n") != NULL);
}

/* Type these keys; what the last one did. */
static enum ctl_top_does
keys(const char *s)
{
	enum ctl_top_does	does = CTL_TOP_NOTHING;

	for (; *s != '\0'; s++)
		does = ctl_top_key(&view, (unsigned char)*s, 20, 5);
	return does;
}

ATF_TC_WITHOUT_HEAD(orders);
ATF_TC_BODY(orders, tc)
{
	ATF_CHECK_EQ(keys("s"), CTL_TOP_SORT);
	ATF_CHECK_EQ(view.order, CTL_TOP_BY_TX);
	keys("sssss");
	ATF_CHECK_EQ(view.order, CTL_TOP_BY_RX);
	ATF_CHECK_EQ(keys("r"), CTL_TOP_SORT);
	ATF_CHECK_EQ(view.reverse, 1);
	ATF_CHECK_EQ(keys("rp"), CTL_TOP_SHOW);
	ATF_CHECK_EQ(view.reverse, 0);
	ATF_CHECK_EQ(view.paused, 1);
	keys("p");
	ATF_CHECK_EQ(view.paused, 0);
	ATF_CHECK_EQ(keys("x"), CTL_TOP_NOTHING);
	ATF_CHECK_EQ(keys("h"), CTL_TOP_SHOW);
	ATF_CHECK_EQ(view.help, 1);
	/* The key that ends the help does nothing else. */
	keys("s");
	ATF_CHECK_EQ(view.help, 0);
	ATF_CHECK_EQ(view.order, CTL_TOP_BY_RX);
	ATF_CHECK_EQ(keys("hq"), CTL_TOP_QUIT);
	ATF_CHECK_EQ(keys("q"), CTL_TOP_QUIT);
}

ATF_TC_WITHOUT_HEAD(word);
ATF_TC_BODY(word, tc)
{
	int	i;

	view.first = 7;
	keys("/q1");
	ATF_CHECK_EQ(view.typing, 1);
	ATF_CHECK_STREQ(view.filter.word, "q1");
	ATF_CHECK_EQ(view.first, 0);
	ctl_top_key(&view, 0x65e5, 20, 5);
	ctl_top_key(&view, 0x1f600, 20, 5);
	ctl_top_key(&view, 0xfc, 20, 5);
	ATF_CHECK_STREQ(view.filter.word, "q1\xe6\x97\xa5\xf0\x9f\x98\x80"
	    "\xc3\xbc");
	/* No control character, and no key that is none. */
	ctl_top_key(&view, 0x1, 20, 5);
	ctl_top_key(&view, 0x202e, 20, 5);
	ctl_top_key(&view, CTL_KEY_UP, 20, 5);
	for (i = 0; i < 3; i++)
		ctl_top_key(&view, CTL_KEY_BACKSPACE, 20, 5);
	ATF_CHECK_STREQ(view.filter.word, "q1");
	ctl_top_key(&view, CTL_KEY_ENTER, 20, 5);
	ATF_CHECK_EQ(view.typing, 0);
	ATF_CHECK_STREQ(view.filter.word, "q1");
	ATF_CHECK_EQ(keys("q"), CTL_TOP_QUIT);
	keys("/ab");
	ctl_top_key(&view, CTL_KEY_ESCAPE, 20, 5);
	ATF_CHECK_EQ(view.typing, 0);
	ATF_CHECK_STREQ(view.filter.word, "");
	keys("/");
	ctl_top_key(&view, CTL_KEY_BACKSPACE, 20, 5);
	ATF_CHECK_STREQ(view.filter.word, "");
	for (i = 0; i < 2 * CTL_WORD_SIZE; i++)
		keys("a");
	ATF_CHECK_EQ(strlen(view.filter.word), CTL_WORD_SIZE - 1);
}

ATF_TC_WITHOUT_HEAD(scrolling);
ATF_TC_BODY(scrolling, tc)
{
	keys("k");
	ATF_CHECK_EQ(view.first, 0);
	keys("jjj");
	ATF_CHECK_EQ(view.first, 3);
	keys("k  ");
	ATF_CHECK_EQ(view.first, 12);
	keys("  ");
	ATF_CHECK_EQ(view.first, 17);
	keys("jjjjjj");
	ATF_CHECK_EQ(view.first, 19);
	keys("b");
	ATF_CHECK_EQ(view.first, 14);
	ctl_top_stay(&view, 3);
	ATF_CHECK_EQ(view.first, 2);
	keys("b");
	ATF_CHECK_EQ(view.first, 0);
	keys("jjg");
	ATF_CHECK_EQ(view.first, 0);
	ctl_top_stay(&view, 0);
	ATF_CHECK_EQ(view.first, 0);
}

/* The health that a status means. */
static const char *
health(const char *json)
{
	static struct ctl_top_status	s;

	ATF_REQUIRE_EQ(ctl_top_status_read(&s, json, strlen(json)), 0);
	return s.health;
}

ATF_TC_WITHOUT_HEAD(status);
ATF_TC_BODY(status, tc)
{
	struct ctl_top_status	s;

	ATF_CHECK_EQ(ctl_top_status_read(&s, "[]", 2), -1);
	ATF_CHECK_EQ(ctl_top_status_read(&s, "{", 1), -1);
	ATF_REQUIRE_EQ(ctl_top_status_read(&s,
	    "{\"version\":\"1\",\"uptime\":7}", 26), 0);
	ATF_CHECK_STREQ(s.version, "1");
	ATF_CHECK_EQ(s.uptime, 7);
	ATF_CHECK_STREQ(s.health, "");
	ATF_CHECK_STREQ(health("{\"stun\":{\"always\":false,"
	    "\"answering\":true,\"why\":\"\"}}"), "healthy");
	ATF_CHECK_STREQ(health("{\"stun\":{\"always\":false,"
	    "\"answering\":false,\"why\":\"no TLS\"}}"), "unhealthy: no TLS");
	ATF_CHECK_STREQ(health("{\"stun\":{\"always\":true,"
	    "\"answering\":true,\"why\":\"\"}}"), "");
	ATF_CHECK_STREQ(health("{\"processes\":[{\"sandbox\":\"seccomp\"},"
	    "{\"sandbox\":\"not running\"}]}"), "1 process not running");
	ATF_CHECK_STREQ(health("{\"admission\":{\"on\":true,\"error\":\"\","
	    "\"admit\":{\"state\":\"failing\"}}}"),
	    "a source of admission fails");
	ATF_CHECK_STREQ(health("{\"admission\":{\"on\":true,\"error\":\"\","
	    "\"admit\":{\"state\":\"ok\"}}}"), "");
	/* Nobody has logged in yet. */
	ATF_CHECK_STREQ(health("{\"admission\":{\"on\":true,\"error\":\"\","
	    "\"admit\":{\"state\":\"no source has answered yet\"}}}"), "");
	ATF_CHECK_STREQ(health("{\"admission\":{\"on\":true,"
	    "\"error\":\"clients:3\"},\"stun\":{\"always\":false,"
	    "\"answering\":true,\"why\":\"\"}}"),
	    "healthy, a file of clients or names is not in force");
}

ATF_TC_WITHOUT_HEAD(json);
ATF_TC_BODY(json, tc)
{
	struct json_out	o;
	struct ipc_wr	w;

	add(1, "a\033", "g");
	add(2, "b", "");
	look();
	ATF_REQUIRE_EQ(ctl_filter_set(&view.filter, "01", NULL), 0);
	ipc_wr_init(&w);
	json_out_init(&o, &w);
	json_out_object(&o, NULL);
	ctl_top_json(&o, &view);
	json_out_end(&o);
	ATF_CHECK(json_out_whole(&o));
	ipc_wr_u8(&w, 0);
	ATF_CHECK_STREQ((char *)w.p, "{\"version\":\"0.9\",\"uptime\":3725,"
	    "\"health\":\"healthy\",\"connections\":2,\"rx_rate\":1234567,"
	    "\"rx_packet_rate\":0,\"tx_rate\":0,\"tx_packet_rate\":99,"
	    "\"drop_rate\":3,\"clients\":[\n"
	    "{\"key\":\"nodekey:0100000000000000000000000000000000000000"
	    "000000000000000000000000\",\"name\":\"a\\u001b\",\"group\":\"g\","
	    "\"connections\":1,\"age_ms\":61000,\"rx_rate\":4096,"
	    "\"rx_packet_rate\":0,\"tx_rate\":0,\"tx_packet_rate\":0,"
	    "\"drop_rate\":0,\"queued_bytes\":0}\n]}");
	ipc_wr_free(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, screen);
	ATF_TP_ADD_TC(tp, sizes);
	ATF_TP_ADD_TC(tp, part);
	ATF_TP_ADD_TC(tp, orders);
	ATF_TP_ADD_TC(tp, word);
	ATF_TP_ADD_TC(tp, scrolling);
	ATF_TP_ADD_TC(tp, status);
	ATF_TP_ADD_TC(tp, json);
	return atf_no_error();
}
