/*
 * Tests of out.c, status.c and clienttable.c: the output of derpctl, without
 * control characters for a terminal.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clienttable.h"
#include "ctl.h"
#include "frame.h"

static char	*out;		/* the printed text */
static size_t	 outlen;

static FILE *
begin(void)
{
	FILE	*fp;

	free(out);
	out = NULL;
	ATF_REQUIRE((fp = open_memstream(&out, &outlen)) != NULL);
	return fp;
}

static const char *
text(const char *p, size_t len)
{
	FILE	*fp = begin();

	ctl_put_text(fp, p, len);
	fclose(fp);
	return out;
}

static const char *
json_str_of(const char *s)
{
	FILE		*fp = begin();
	struct json_out	 o;
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	json_out_init(&o, &w);
	json_out_str(&o, NULL, s);
	fwrite(w.p, 1, w.len, fp);
	ipc_wr_free(&w);
	fclose(fp);
	return out;
}

/* Print a document; NULL if it is refused. */
static const char *
doc(const char *s)
{
	FILE	*fp = begin();
	int	 rv;

	rv = ctl_put_json_doc(fp, s, strlen(s));
	fclose(fp);
	if (rv == -1) {
		ATF_CHECK_EQ(outlen, 0);
		return NULL;
	}
	return out;
}

ATF_TC_WITHOUT_HEAD(text_is_harmless);
ATF_TC_BODY(text_is_harmless, tc)
{
	ATF_CHECK_STREQ(text("plain ~", 7), "plain ~");
	ATF_CHECK_STREQ(text("\033[2J\a\r\n", 7),
	    "\\x1b[2J\\x07\\x0d\\x0a");
	ATF_CHECK_STREQ(text("a\0b", 3), "a\\x00b");
	ATF_CHECK_STREQ(text("\x7f", 1), "\\x7f");
	/* C1 in UTF-8, C1 as a byte, a truncated sequence. */
	ATF_CHECK_STREQ(text("\xc2\x9b" "A", 3), "\\xc2\\x9bA");
	ATF_CHECK_STREQ(text("\x9b" "A", 2), "\\x9bA");
	ATF_CHECK_STREQ(text("\xc3", 1), "\\xc3");
	/* Overlong slash, surrogate, beyond Unicode. */
	ATF_CHECK_STREQ(text("\xc0\xaf", 2), "\\xc0\\xaf");
	ATF_CHECK_STREQ(text("\xed\xa0\x80", 3), "\\xed\\xa0\\x80");
	ATF_CHECK_STREQ(text("\xf4\x90\x80\x80", 4), "\\xf4\\x90\\x80\\x80");
	ATF_CHECK_STREQ(text("\xc3\xa9\xe2\x82\xac", 5),
	    "\xc3\xa9\xe2\x82\xac");
}

/* Encode a code point from U+0080 to U+FFFF as UTF-8; its length in bytes. */
static size_t
encode(uint32_t cp, char dst[4])
{
	size_t	n = 0;

	if (cp < 0x800)
		dst[n++] = (char)(0xc0 | cp >> 6);
	else {
		dst[n++] = (char)(0xe0 | cp >> 12);
		dst[n++] = (char)(0x80 | (cp >> 6 & 0x3f));
	}
	dst[n++] = (char)(0x80 | (cp & 0x3f));
	dst[n] = '\0';
	return n;
}

/* How each output prints a code point: escaped if `hidden', else unchanged. */
static void
check_shown(uint32_t cp, int hidden)
{
	char	u[4], document[32], escaped[32], quoted[16], want[32];
	size_t	i, n = encode(cp, u);

	snprintf(quoted, sizeof(quoted), "\"%s\"", u);
	if (hidden)
		snprintf(quoted, sizeof(quoted), "\"\\u%04x\"", cp);
	escaped[0] = '\0';
	for (i = 0; i < n; i++)
		snprintf(escaped + 4 * i, sizeof(escaped) - 4 * i, "\\x%02x",
		    (unsigned char)u[i]);
	ATF_CHECK_STREQ_MSG(hidden ? escaped : u, text(u, n), "U+%04X", cp);
	ATF_CHECK_STREQ_MSG(quoted, json_str_of(u), "U+%04X", cp);
	snprintf(document, sizeof(document), "\"%s\"", u);
	snprintf(want, sizeof(want), "%s\n", quoted);
	ATF_CHECK_STREQ_MSG(want, doc(document), "U+%04X", cp);
}

/*
 * Code points that reorder text (UAX 9: marks, embeddings, overrides and
 * isolates) or break lines, and their neighbours.
 */
ATF_TC_WITHOUT_HEAD(text_order);
ATF_TC_BODY(text_order, tc)
{
	static const struct {
		uint32_t	first, last;
	} hidden[] = {
		{ 0x80, 0x9f }, { 0x61c, 0x61c }, { 0x200e, 0x200f },
		{ 0x2028, 0x202e }, { 0x2066, 0x2069 },
	};
	uint32_t	cp;
	size_t		i;

	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		for (cp = hidden[i].first; cp <= hidden[i].last; cp++)
			check_shown(cp, 1);
		if (hidden[i].first > 0x80)
			check_shown(hidden[i].first - 1, 0);
		check_shown(hidden[i].last + 1, 0);
	}
}

ATF_TC_WITHOUT_HEAD(json_strings);
ATF_TC_BODY(json_strings, tc)
{
	ATF_CHECK_STREQ(json_str_of("a\"b\\c"), "\"a\\\"b\\\\c\"");
	ATF_CHECK_STREQ(json_str_of("\n\x1b"), "\"\\u000a\\u001b\"");
	ATF_CHECK_STREQ(json_str_of("\xff\xc3\xa9"), "\"\\u00ff\xc3\xa9\"");
	ATF_CHECK_STREQ(json_str_of("\xc2\x9b"), "\"\\u009b\"");
}

ATF_TC_WITHOUT_HEAD(json_documents);
ATF_TC_BODY(json_documents, tc)
{
	ATF_CHECK_STREQ(doc("{\"a\":\r\n\t[1]}\n\n"), "{\"a\": \n\t[1]}\n");
	ATF_CHECK_STREQ(doc("[\"\x7f\xc2\x9b\"]"), "[\"\\u007f\\u009b\"]\n");
	ATF_CHECK(doc("") == NULL);
	ATF_CHECK(doc("{\"a\":1} x") == NULL);
	ATF_CHECK(doc("[\"\x1b\"]") == NULL);
}

ATF_TC_WITHOUT_HEAD(amounts);
ATF_TC_BODY(amounts, tc)
{
	static const struct {
		uint64_t	 n;
		const char	*bytes, *age;
	} t[] = {
		{ 0, "0", "0s" },
		{ 59, "59", "59s" },
		{ 60, "60", "1m00s" },
		{ 999, "999", "16m39s" },
		{ 1000, "0.9K", "16m40s" },
		{ 1024, "1.0K", "17m04s" },
		{ 3599, "3.5K", "59m59s" },
		{ 3600, "3.5K", "1h00m" },
		{ 86399, "84.3K", "23h59m" },
		{ 86400, "84.3K", "1d00h" },
		{ 1048576, "1.0M", "12d03h" },
		{ UINT64_MAX, "15.9E", "213503982334601d07h" },
	};
	char	buf[32];
	size_t	i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ctl_fmt_bytes(buf, sizeof(buf), t[i].n);
		ATF_CHECK_STREQ(buf, t[i].bytes);
		ctl_fmt_age(buf, sizeof(buf), t[i].n);
		ATF_CHECK_STREQ(buf, t[i].age);
	}
}

static int
status(const char *s)
{
	FILE	*fp = begin();
	int	 rv;

	rv = ctl_status_print(fp, s, strlen(s));
	fclose(fp);
	return rv;
}

ATF_TC_WITHOUT_HEAD(status_table);
ATF_TC_BODY(status_table, tc)
{
	ATF_REQUIRE_EQ(status("{\"version\":\"0.1\",\"uptime\":3725,\"pid\":7,"
	    "\"config\":\"/etc/derpd.conf\",\"nodekey\":\"nodekey:ab\","
	    "\"processes\":[{\"role\":\"keys\",\"pid\":8,"
	    "\"sandbox\":\"seccomp\",\"restarts\":1,\"uptime\":\"2m\"},"
	    "{\"role\":\"front\",\"worker\":0,\"pid\":10,"
	    "\"sandbox\":\"seccomp\",\"restarts\":2,\"uptime\":5},"
	    "{\"role\":\"relay\",\"worker\":1,\"pid\":9,\"sandbox\":\"none\","
	    "\"restarts\":0,\"uptime\":61}],"
	    "\"listen\":[\"0.0.0.0:443 tls\",\"0.0.0.0:80\"],"
	    "\"certificates\":[{\"names\":[\"a.example\",\"b.example\"],"
	    "\"not_after\":\"2030-01-01\",\"pin\":\"sha256-raw:cd\","
	    "\"days_left\":-3}]}"), 0);
	ATF_CHECK_STREQ(out,
	    "derpd          0.1, process 7, up 1h02m\n"
	    "configuration  /etc/derpd.conf\n"
	    "relay key      nodekey:ab\n"
	    "listening on   0.0.0.0:443 tls, 0.0.0.0:80\n"
	    "\n"
	    "PROCESS           PID RESTARTS       UP  SANDBOX\n"
	    "keys                8        1       2m  seccomp\n"
	    "front 0            10        2       5s  seccomp\n"
	    "relay 1             9        0    1m01s  none\n"
	    "\n"
	    "certificate    a.example, b.example\n"
	    "  valid until  2030-01-01 (days left: -3)\n"
	    "  pin          sha256-raw:cd\n");
}

/* What a status says about admission. */
static const char *
admission(const char *object)
{
	char	*s;
	const char *p;

	ATF_REQUIRE(asprintf(&s, "{\"admission\":%s}", object) != -1);
	ATF_REQUIRE_EQ(status(s), 0);
	free(s);
	p = strstr(out, "\nadmission");
	ATF_REQUIRE(p != NULL);
	return p + 1;
}

ATF_TC_WITHOUT_HEAD(status_admission);
ATF_TC_BODY(status_admission, tc)
{
	ATF_CHECK_STREQ(admission("{\"on\":false,\"line\":\"everybody may "
	    "relay\",\"files\":[],\"error\":\"\"}"),
	    "admission      everybody may relay\n");
	ATF_CHECK_STREQ(admission("{\"on\":true,\"line\":\"clients may relay "
	    "that one of these admits: keys /k, url https://h/v\",\"files\":["
	    "{\"kind\":\"keys\",\"path\":\"/k\",\"since\":\"2026-01-01\"},"
	    "{\"kind\":\"names\",\"path\":\"/n\",\"since\":\"2026-01-02\"}],"
	    "\"error\":\"/k:3:1: \\u001b\",\"admit\":{\"state\":\"failing\","
	    "\"keys\":7,\"sources\":[{\"kind\":\"url\",\"name\":"
	    "\"https://h/v\",\"state\":\"failing\",\"since\":"
	    "\"2026-01-03\",\"error\":\"refused\"},{\"kind\":"
	    "\"tailscaled\",\"name\":\"/t\",\"state\":\"ok\","
	    "\"error\":\"\"}]}}"),
	    "admission      clients may relay that one of these admits: keys "
	    "/k, url https://h/v\n"
	    "  clients      /k, read at 2026-01-01 (keys: 7)\n"
	    "  names        /n, read at 2026-01-02\n"
	    "  url          https://h/v: failing since 2026-01-03: refused\n"
	    "  tailscaled   /t: ok\n"
	    "  error        changed files are not in force: /k:3:1: \\x1b\n");
	ATF_CHECK(strstr(admission("{\"on\":true,\"line\":\"x\"}"),
	    "state        not known") != NULL);
}

ATF_TC_WITHOUT_HEAD(status_odd);
ATF_TC_BODY(status_odd, tc)
{
	ATF_CHECK_EQ(status("[]"), -1);
	ATF_CHECK_EQ(status("{"), -1);
	ATF_REQUIRE_EQ(status("{}"), 0);
	ATF_CHECK(strstr(out, "configuration  -\n") != NULL);
	ATF_REQUIRE_EQ(status("{\"version\":\"\\u001b[2J\",\"processes\":"
	    "[{\"role\":\"a role that is longer than any of ours would be\"},"
	    "{\"role\":\"\\u001b\"},7]}"), 0);
	ATF_CHECK(strchr(out, '\033') == NULL);
	ATF_CHECK(strstr(out, "\\x1b[2J") != NULL);
}

static const struct ipc_msg_ctl_listed	sample = {
	.client = {
		.key = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xff },
		.addr = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2,
		    1 },
		.port = 40000, .worker = 3, .age_ms = 61999, .rx_bytes = 2048,
		.tx_bytes = 5, .rx_packets = 4, .tx_packets = 6, .drops = 7,
		.queued_packets = 8, .queued_bytes = 9,
		.flags = PEER_NOT_IDEAL, .home = 1, .dup = 1,
	},
	.name = "Anna's old laptop", .group = "office",
};

/* The table of two connections. */
static const char *
client_table_of(unsigned int width)
{
	struct ipc_msg_ctl_listed	 v = sample;
	struct ctl_table		 t;
	FILE				*fp = begin();

	ctl_clients_table(&t, width);
	ctl_table_head(&t, fp);
	ctl_clients_row(&t, fp, &v);
	memset(v.client.addr, 0, sizeof(v.client.addr));
	v.client.addr[0] = 0x20;
	v.client.addr[3] = 3;
	v.client.addr[15] = 1;
	v.client.flags = PEER_REGULAR;
	v.client.home = v.client.dup = 0;
	v.name = v.group = "";
	ctl_clients_row(&t, fp, &v);
	fclose(fp);
	return out;
}

ATF_TC_WITHOUT_HEAD(client_table);
ATF_TC_BODY(client_table, tc)
{
	ATF_CHECK_STREQ(client_table_of(80),
	    "NODEKEY  NAME         GROUP    ADDRESS             AGE     IN    "
	    "OUT DROPS KIND\n"
	    "01234567 Anna's old + office   192.0.2.1:40000   1m01s   2.0K    "
	    "  5     7 hnd\n"
	    "01234567 -            -        2000:3::1         1m01s   2.0K    "
	    "  5     7 \n");
	ATF_CHECK_STREQ(client_table_of(0),
	    "NODEKEY          NAME                     GROUP            "
	    "ADDRESS                   W     AGE     IN     PKTS    OUT     "
	    "PKTS  DROPS  QUEUE KIND\n"
	    "0123456789abcdef Anna's old laptop        office           "
	    "192.0.2.1:40000           3   1m01s   2.0K        4      5        "
	    "6      7      9 home,notideal,dup\n"
	    "0123456789abcdef -                        -                "
	    "[2000:3::1]:40000         3   1m01s   2.0K        4      5        "
	    "6      7      9 \n");
}

ATF_TC_WITHOUT_HEAD(client_json);
ATF_TC_BODY(client_json, tc)
{
	FILE		*fp = begin();
	struct json_out	 o;
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	json_out_init(&o, &w);
	ctl_clients_json(&o, &sample);
	ATF_CHECK(json_out_whole(&o));
	fwrite(w.p, 1, w.len, fp);
	ipc_wr_free(&w);
	fclose(fp);
	ATF_CHECK_STREQ(out, "{\"key\":\"nodekey:0123456789abcdefff000000"
	    "0000000000000000000000000000000000000000\","
	    "\"name\":\"Anna's old laptop\",\"group\":\"office\","
	    "\"address\":\"192.0.2.1:40000\",\"worker\":3,\"age_ms\":61999,"
	    "\"rx_bytes\":2048,\"rx_packets\":4,\"tx_bytes\":5,"
	    "\"tx_packets\":6,\"drops\":7,\"queued_packets\":8,"
	    "\"queued_bytes\":9,\"kind\":[\"home\",\"notideal\",\"dup\"]}");
}

/* How many nodes are linked, and which are not; this one is left out. */
ATF_TC_WITHOUT_HEAD(status_mesh);
ATF_TC_BODY(status_mesh, tc)
{
	ATF_REQUIRE_EQ(status("{\"mesh\":[{\"host\":\"a\",\"state\":\"up\"},"
	    "{\"host\":\"b\",\"state\":\"down\"},{\"host\":\"c\","
	    "\"state\":\"this node\"},{\"host\":\"d\\u001b\","
	    "\"state\":\"dialing\"}]}"), 0);
	ATF_CHECK_MSG(strstr(out, "\nmesh           1 of 3 nodes up, not: b, "
	    "d\\x1b\n") != NULL, "%s", out);
	ATF_REQUIRE_EQ(status("{\"mesh\":[]}"), 0);
	ATF_CHECK(strstr(out, "\nmesh ") == NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, text_is_harmless);
	ATF_TP_ADD_TC(tp, text_order);
	ATF_TP_ADD_TC(tp, json_strings);
	ATF_TP_ADD_TC(tp, json_documents);
	ATF_TP_ADD_TC(tp, amounts);
	ATF_TP_ADD_TC(tp, status_table);
	ATF_TP_ADD_TC(tp, status_mesh);
	ATF_TP_ADD_TC(tp, status_admission);
	ATF_TP_ADD_TC(tp, status_odd);
	ATF_TP_ADD_TC(tp, client_table);
	ATF_TP_ADD_TC(tp, client_json);
	return atf_no_error();
}
