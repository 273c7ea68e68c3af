/*
 * logline_test: Tests the forms of lines of the log: fields, escaping, bounds,
 * and that JSON stays valid whatever bytes a line has.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "logline.h"

#define V4	"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x07"
#define V6	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
#define HEX	"616161616161616161616161616161616161616161616161616161" \
		"6161616161"

static const uint8_t	key[32] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static char		out[LOGLINE_SIZE];

static struct log_line
line(const char *message, const struct log_about *about)
{
	struct log_line l = { "derpd", "relay 2", message, about, LOG_INFO,
	    4321, { 1700000000, 45000000 } };

	return l;
}

/* Bytes as addresses. */
static const uint8_t *
addr(const char *bytes)
{
	return (const uint8_t *)bytes;
}

static void
text_is(const char *want, const struct log_line *l)
{
	size_t	n = log_line_text(out, l);

	ATF_CHECK_STREQ(want, out);
	ATF_CHECK_EQ(strlen(out), n);
}

static void
json_is(const char *want, const struct log_line *l)
{
	size_t	n = log_line_json(out, l);

	ATF_CHECK_STREQ(want, out);
	ATF_CHECK_EQ(strlen(out), n);
}

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	struct log_about	a = { addr(V4), 41234, key };
	struct log_line		l = line("login refused: why", &a);

	text_is("derpd relay 2: login refused: why client=192.0.2.7:41234 "
	    "key=nodekey:" HEX "\n", &l);
	a.key = NULL;
	a.addr = addr(V6);
	text_is("derpd relay 2: login refused: why client=[2001:db8::7]:41234"
	    "\n", &l);
	a.port = 0;
	l.program = "";
	text_is("relay 2: login refused: why client=2001:db8::7\n", &l);
	a.addr = addr(V4);
	l.process = "";
	text_is("login refused: why client=192.0.2.7\n", &l);
	l.about = NULL;
	l.program = "derpd";
	text_is("derpd: login refused: why\n", &l);
}

/* What others say, such as a mesh node, is no field. */
ATF_TC_WITHOUT_HEAD(forged);
ATF_TC_BODY(forged, tc)
{
	const struct log_about	a = { addr(V4), 0, NULL };
	struct log_line		l = line("says: a=b client=192.0.2.9:1 "
				    "key=nodekey:00", NULL);

	l.program = "";
	text_is("relay 2: says: a=b client\\x3d192.0.2.9:1 "
	    "key\\x3dnodekey:00\n", &l);
	l.message = "client=192.0.2.9";
	l.about = &a;
	text_is("relay 2: client\\x3d192.0.2.9 client=192.0.2.7\n", &l);
}

ATF_TC_WITHOUT_HEAD(json);
ATF_TC_BODY(json, tc)
{
	struct log_about	a = { addr(V6), 41234, key };
	struct log_line		l = line("say \"a\\x0ab\"", &a);

	json_is("{\"time\":\"2023-11-14T22:13:20.045Z\",\"level\":\"info\","
	    "\"process\":\"relay 2\",\"pid\":4321,"
	    "\"message\":\"say \\\"a\\\\x0ab\\\"\","
	    "\"client\":\"[2001:db8::7]:41234\","
	    "\"key\":\"nodekey:" HEX "\"}\n", &l);
	l.about = NULL;
	l.process = "";
	l.message = "";
	l.level = LOG_WARNING;
	json_is("{\"time\":\"2023-11-14T22:13:20.045Z\",\"level\":\"warning\","
	    "\"process\":\"derpd\",\"pid\":4321,\"message\":\"\"}\n", &l);
	l.level = LOG_ERR;
	(void)log_line_json(out, &l);
	ATF_CHECK(strstr(out, "\"level\":\"error\"") != NULL);
	l.level = LOG_DEBUG;
	(void)log_line_json(out, &l);
	ATF_CHECK(strstr(out, "\"level\":\"debug\"") != NULL);
}

/* The longest lines: the text is cut, the fields are whole. */
ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	static const uint8_t	ones[16] = "aaaaaaaaaaaaaaa";
	const struct log_about	a = { ones, 65535, key };
	char			big[4096];
	struct log_line		l = line(big, &a);
	size_t			n;

	memset(big, '"', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	l.process = l.program = big;
	n = log_line_text(out, &l);
	ATF_CHECK_MSG(n <= LOGLINE_TEXT, "%zu bytes", n);
	ATF_CHECK_MSG(n > LOGLINE_TEXT - 64, "%zu bytes", n);
	ATF_CHECK(strstr(out, "\" client=[6161:") != NULL);
	ATF_CHECK_STREQ(" key=nodekey:" HEX "\n", strstr(out, " key="));
	n = log_line_json(out, &l);
	ATF_CHECK_MSG(n < LOGLINE_SIZE - 64, "%zu bytes", n);
	ATF_CHECK_STREQ(",\"key\":\"nodekey:" HEX "\"}\n",
	    strstr(out, ",\"key\""));
}

ATF_TC_WITHOUT_HEAD(escape);
ATF_TC_BODY(escape, tc)
{
	char	dst[12] = "";
	size_t	n = 0;

	log_line_escape(dst, sizeof(dst), &n, "a\n");
	ATF_CHECK_STREQ("a\\x0a", dst);
	log_line_escape(dst, sizeof(dst), &n, "\xff" "b");
	ATF_CHECK_STREQ("a\\x0a\\xff", dst);
	ATF_CHECK_EQ(9, n);
	log_line_escape(dst, sizeof(dst), &n, "\x1b");
	ATF_CHECK_STREQ("a\\x0a\\xff", dst);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, text);
	ATF_TP_ADD_TC(tp, forged);
	ATF_TP_ADD_TC(tp, json);
	ATF_TP_ADD_TC(tp, bounds);
	ATF_TP_ADD_TC(tp, escape);
	return atf_no_error();
}
