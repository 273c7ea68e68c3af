/*
 * json_out_test: Tests of the output of the JSON writer, and of its errors.
 */
#include <atf-c.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json_out.h"

static struct ipc_wr	 w;
static struct json_out	 o;

static void
begin(void)
{
	ipc_wr_free(&w);
	json_out_init(&o, &w);
}

/* Check that the output is `want', a complete and valid document. */
static void
is(const char *want)
{
	struct json_error	 e;
	struct json		*j;

	ATF_CHECK(json_out_whole(&o));
	ipc_wr_u8(&w, 0);
	ATF_REQUIRE(ipc_wr_ok(&w));
	ATF_CHECK_STREQ(want, (char *)w.p);
	j = json_parse((char *)w.p, w.len - 1, JSON_OUT_DEPTH, 4096, &e);
	ATF_CHECK_MSG(j != NULL, "%s: %s", want, e.what);
	json_free(j);
}

/* Check that the writer detected an error. */
static void
is_bad(const char *what)
{
	ATF_CHECK_MSG(!ipc_wr_ok(&w), "%s", what);
	ATF_CHECK_MSG(!json_out_whole(&o), "%s", what);
}

/* Write a string as the whole document and check the output. */
static void
string(const void *p, size_t len, const char *want)
{
	begin();
	json_out_strn(&o, NULL, p, len);
	is(want);
}

ATF_TC_WITHOUT_HEAD(values);
ATF_TC_BODY(values, tc)
{
	begin();
	json_out_object(&o, NULL);
	json_out_str(&o, "s", "text");
	json_out_str(&o, "none", NULL);
	json_out_int(&o, "least", INT64_MIN);
	json_out_uint(&o, "most", UINT64_MAX);
	json_out_bool(&o, "yes", 2);
	json_out_bool(&o, "no", 0);
	json_out_hex(&o, "hex", "\x00\x9f\xff", 3);
	json_out_hex(&o, "empty", NULL, 0);
	json_out_time(&o, "time", (time_t)1769860800);
	json_out_fmt(&o, "fmt", "%s \"%d\"", "a", 7);
	json_out_raw(&o, "raw", "[1]", 3);
	json_out_escaped(&o, "esc", "\\u0041", 6);
	json_out_end(&o);
	is("{\"s\":\"text\",\"none\":\"\",\"least\":-9223372036854775808,"
	    "\"most\":18446744073709551615,\"yes\":true,\"no\":false,"
	    "\"hex\":\"009fff\",\"empty\":\"\","
	    "\"time\":\"2026-01-31T12:00:00Z\",\"fmt\":\"a \\\"7\\\"\","
	    "\"raw\":[1],\"esc\":\"\\u0041\"}");
}

ATF_TC_WITHOUT_HEAD(nested);
ATF_TC_BODY(nested, tc)
{
	begin();
	json_out_array(&o, NULL);
	json_out_object(&o, NULL);
	json_out_array(&o, "a");
	json_out_end(&o);
	json_out_object(&o, "b");
	json_out_int(&o, "c", 1);
	json_out_end(&o);
	json_out_array(&o, "d");
	json_out_int(&o, NULL, 1);
	json_out_int(&o, NULL, 2);
	json_out_end(&o);
	json_out_end(&o);
	ATF_CHECK_EQ(1, json_out_depth(&o));
	json_out_str(&o, NULL, "x");
	json_out_end(&o);
	is("[{\"a\":[],\"b\":{\"c\":1},\"d\":[1,2]},\"x\"]");
}

/* Only the array itself has one item per line, not the arrays within. */
ATF_TC_WITHOUT_HEAD(lines);
ATF_TC_BODY(lines, tc)
{
	int	 i;

	begin();
	json_out_object(&o, NULL);
	json_out_lines(&o, "none");
	json_out_end(&o);
	json_out_lines(&o, "two");
	for (i = 0; i < 2; i++) {
		json_out_array(&o, NULL);
		json_out_int(&o, NULL, i);
		json_out_int(&o, NULL, i);
		json_out_end(&o);
	}
	json_out_end(&o);
	json_out_bool(&o, "ok", 1);
	json_out_end(&o);
	is("{\"none\":[],\"two\":[\n[0,0],\n[1,1]\n],\"ok\":true}");
}

/* No byte of a string ends the string or controls a terminal. */
ATF_TC_WITHOUT_HEAD(escaped);
ATF_TC_BODY(escaped, tc)
{
	unsigned char	 all[256], back[1024];
	struct json_error e;
	struct json	*j;
	size_t		 i;

	string("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"");
	string("\n\x1b\x7f", 3, "\"\\u000a\\u001b\\u007f\"");
	string("a\0b", 3, "\"a\\u0000b\"");
	string("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
	    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
	/* A C1 control, a direction mark, an isolate. */
	string("\xc2\x9b\xd8\x9c\xe2\x81\xa6", 7,
	    "\"\\u009b\\u061c\\u2066\"");
	/* Invalid UTF-8: single byte, truncated, overlong, surrogate. */
	string("\xff\xc3", 2, "\"\\u00ff\\u00c3\"");
	string("\xc0\xaf", 2, "\"\\u00c0\\u00af\"");
	string("\xed\xa0\x80", 3, "\"\\u00ed\\u00a0\\u0080\"");
	begin();
	json_out_object(&o, NULL);
	json_out_int(&o, "a\"b\n", 1);
	json_out_end(&o);
	is("{\"a\\\"b\\u000a\":1}");
	for (i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)(255 - i);
	begin();
	json_out_strn(&o, NULL, all, sizeof(all) - 1);	/* without the NUL */
	ATF_REQUIRE(json_out_whole(&o));
	ATF_REQUIRE((j = json_parse((char *)w.p, w.len, 4, 16, &e)) != NULL);
	/* Each byte above 0x7f becomes a character of two bytes. */
	ATF_CHECK_EQ(128 * 2 + 127, json_str(j, 0, (char *)back,
	    sizeof(back)));
	json_free(j);
}

/* A misplaced item is an error, and all later calls fail. */
ATF_TC_WITHOUT_HEAD(misplaced);
ATF_TC_BODY(misplaced, tc)
{
	begin();
	ATF_CHECK_MSG(!json_out_whole(&o), "nothing is no document");
	json_out_object(&o, NULL);
	ATF_CHECK_MSG(!json_out_whole(&o), "it is open");
	ATF_CHECK(ipc_wr_ok(&w));
	json_out_int(&o, NULL, 1);
	json_out_end(&o);
	is_bad("no name in an object");
	begin();
	json_out_array(&o, NULL);
	json_out_int(&o, "name", 1);
	json_out_end(&o);
	is_bad("a name in an array");
	begin();
	json_out_int(&o, "name", 1);
	is_bad("a name outside");
	begin();
	json_out_end(&o);
	is_bad("an end without a beginning");
	begin();
	json_out_int(&o, NULL, 1);
	json_out_int(&o, NULL, 2);
	is_bad("a second document");
	begin();
	json_out_object(&o, NULL);
	json_out_end(&o);
	json_out_object(&o, NULL);
	is_bad("a second object");
	/* The writer tracks the kind of every level of nesting. */
	begin();
	json_out_object(&o, NULL);
	json_out_array(&o, "a");
	json_out_object(&o, NULL);
	json_out_end(&o);
	json_out_int(&o, NULL, 1);
	json_out_end(&o);
	json_out_int(&o, NULL, 1);
	is_bad("no name, behind an array");
}

ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	char	 text[1025];
	int	 i;

	begin();
	for (i = 0; i < JSON_OUT_DEPTH; i++)
		json_out_array(&o, NULL);
	ATF_CHECK_EQ(JSON_OUT_DEPTH, json_out_depth(&o));
	for (i = 0; i < JSON_OUT_DEPTH; i++)
		json_out_end(&o);
	is("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
	begin();
	for (i = 0; i < JSON_OUT_DEPTH + 1; i++)
		json_out_array(&o, NULL);
	is_bad("nested too deep");
	memset(text, 'a', sizeof(text));
	text[1023] = '\0';
	begin();
	json_out_fmt(&o, NULL, "%s", text);
	ATF_CHECK(json_out_whole(&o));
	ATF_CHECK_EQ(1025, w.len);
	text[1023] = 'a';
	text[1024] = '\0';
	begin();
	json_out_fmt(&o, NULL, "%s", text);
	is_bad("more than fits");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, values);
	ATF_TP_ADD_TC(tp, nested);
	ATF_TP_ADD_TC(tp, lines);
	ATF_TP_ADD_TC(tp, escaped);
	ATF_TP_ADD_TC(tp, misplaced);
	ATF_TP_ADD_TC(tp, bounds);
	return (atf_no_error());
}
