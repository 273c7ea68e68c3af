/*
 * json_test: Tests of json.c and json_check.c: valid and invalid JSON, and
 * access to values.
 */
#include <atf-c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static struct json_error	e;

static struct json *
parse(const char *s)
{
	return json_parse(s, strlen(s), 8, 100, &e);
}

/* Parse valid JSON. */
static struct json *
good(const char *s)
{
	struct json	*j = parse(s);

	ATF_REQUIRE_MSG(j != NULL, "%s: %zu: %s", s, e.offset, e.what);
	return j;
}

ATF_TC_WITHOUT_HEAD(accepts);
ATF_TC_BODY(accepts, tc)
{
	static const char	*t[] = { "{}", "[]", " [ ] ", "null", "true",
	    "false\n", "0", "-0", " 12", "1.5e+10", "-1E-2", "0.0", "\"\"",
	    "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\ud83d\\ude00\"",
	    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\"", "\"\x7f\"",
	    "{\"a\":{\"b\":[1,\"2\",{}]},\"c\":[]}", "[[],[[]],{}]",
	    "\t{ \"a\" :\r\n1 , \"a\" : 2 }", "[[[[[[[[]]]]]]]]", NULL };
	int			 i;

	for (i = 0; t[i] != NULL; i++)
		json_free(good(t[i]));
}

ATF_TC_WITHOUT_HEAD(refuses);
ATF_TC_BODY(refuses, tc)
{
	static const struct {
		const char	*text;
		size_t		 offset;
	} t[] = {
		{ "", 0 }, { " ", 1 }, { "{", 1 }, { "[", 1 }, { "}", 0 },
		{ "[}", 1 }, { "{]", 1 }, { "{\"a\"}", 4 }, { "{a:1}", 1 },
		{ "{\"a\" \"b\"}", 5 }, { "{\"a\":1,}", 7 }, { "[1,]", 3 },
		{ "[,1]", 1 }, { "[1 2]", 3 }, { "{\"a\":1 \"b\":2}", 7 },
		{ "{1:2}", 1 }, { "{\"a\":}", 5 }, { "01", 1 }, { "+1", 0 },
		{ "1.", 2 }, { ".5", 0 }, { "-", 1 }, { "1e", 2 },
		{ "1e+", 3 }, { "0x1", 1 }, { "tru", 0 }, { "True", 0 },
		{ "nul", 0 }, { "truex", 4 }, { "NaN", 0 }, { "{} {}", 3 },
		{ "[1]x", 3 }, { "\"a", 2 }, { "\"\n\"", 1 }, { "'a'", 0 },
		{ "\"\\x\"", 1 }, { "\"\\u12g4\"", 1 }, { "\"\\u12", 1 },
		{ "\"\\ud800\"", 1 }, { "\"\\ude00\"", 1 },
		{ "\"\\ud800\\u0041\"", 1 }, { "\"\x80\"", 1 },
		{ "\"\xc0\x80\"", 1 }, { "\"\xe0\x80\x80\"", 1 },
		{ "\"\xed\xa0\x80\"", 1 }, { "\"\xf4\x90\x80\x80\"", 1 },
		{ "\"\xf5\x80\x80\x80\"", 1 }, { "\"\xe2\x82\"", 1 },
		{ "\"\xc3", 1 }, { "\xef\xbb\xbf{}", 0 }, { "//\n1", 0 },
		{ "[[[[[[[[[]]]]]]]]]", 8 }, { "\"\\", 1 },
	};
	struct json	*j;
	size_t		 i;
	char		*copy;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		/* A buffer of the exact size, to detect an overread. */
		ATF_REQUIRE((copy = malloc(strlen(t[i].text) + 1)) != NULL);
		memcpy(copy, t[i].text, strlen(t[i].text));
		j = json_parse(copy, strlen(t[i].text), 8, 100, &e);
		ATF_CHECK_MSG(j == NULL, "%s", t[i].text);
		ATF_CHECK_EQ_MSG(e.offset, t[i].offset, "%s: %zu", t[i].text,
		    e.offset);
		free(copy);
		json_free(j);
	}
	ATF_CHECK(json_parse("{}\0", 3, 8, 8, &e) == NULL);
	ATF_CHECK(json_parse("\"a\0b\"", 5, 8, 8, &e) == NULL);
	ATF_CHECK(parse("{\n \"a\": x}") == NULL);
	ATF_CHECK_EQ(e.line, 2);
	ATF_CHECK_EQ(e.column, 7);
	ATF_CHECK_STREQ(e.what, "a value was expected");
}

/* Return the string that the JSON text `t' holds, NULL when it is invalid. */
static const char *
string_of(const char *t)
{
	static char	 buf[64];
	struct json	*j = parse(t);

	if (j == NULL) {
		ATF_CHECK_STREQ_MSG("a bad escape in a string", e.what, "%s",
		    t);
		return NULL;
	}
	ATF_CHECK_MSG(json_str(j, 0, buf, sizeof(buf)) != -1, "%s", t);
	json_free(j);
	return buf;
}

/* RFC 8259, section 7: surrogates come in pairs, high before low. */
ATF_TC_WITHOUT_HEAD(surrogates);
ATF_TC_BODY(surrogates, tc)
{
	static const char	*bad[] = { "\"\\ud800\"", "\"\\udbff\"",
	    "\"\\udc00\"", "\"\\udfff\"", "\"a\\ud83d\"",
	    "\"\\ud83dabcdefghij\"", "\"\\ude00abcdefghij\"",
	    "\"\\ude00\\ud83d\"", "\"\\ud83d\\ud83d\"",
	    "\"\\ude00\\ude00\"", "\"\\ud83d\\udbff\"",
	    "\"\\ud83d\\ue000\"", "\"\\ud83d\\u0041\"",
	    "\"\\ud83d\\n123456\"", "\"\\ud83dxude00\"",
	    "\"\\ud83d\\xde00\"", "\"\\ud83d\\ude0\"",
	    "\"\\ud83d\\ude0g\"", "\"\\ud83d\\u", "\"\\ud83d\\ude00\\ude00\"" };
	size_t			 i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_MSG(string_of(bad[i]) == NULL, "%s", bad[i]);
	ATF_CHECK_STREQ("\xf0\x90\x80\x80", string_of("\"\\ud800\\udc00\""));
	ATF_CHECK_STREQ("\xf4\x8f\xbf\xbf", string_of("\"\\uDBFF\\uDFFF\""));
	ATF_CHECK_STREQ("\xed\x9f\xbf\xee\x80\x80",
	    string_of("\"\\ud7ff\\ue000\""));
}

ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	struct json	*j;

	ATF_CHECK((j = json_parse("[1,2]", 5, 1, 3, &e)) != NULL);
	json_free(j);
	ATF_CHECK(json_parse("[1,2]", 5, 1, 2, &e) == NULL);
	ATF_CHECK_STREQ(e.what, "too many values");
	ATF_CHECK(json_parse("[[]]", 4, 1, 9, &e) == NULL);
	ATF_CHECK_STREQ(e.what, "nested too deeply");
	ATF_CHECK((j = json_parse("1", 1, 0, 1, &e)) != NULL);
	json_free(j);
	ATF_CHECK(json_parse("{}", 2, 0, 1, &e) == NULL);
}

ATF_TC_WITHOUT_HEAD(walk);
ATF_TC_BODY(walk, tc)
{
	struct json	*j = good("{\"a\":[1,[2,3],{\"x\":4},\"s\"],"
			    "\"b\":{\"c\":{}},\n \"d\":null}");
	json_ref	 k, v;
	unsigned int	 line, column;
	size_t		 n;
	int64_t		 i;

	ATF_CHECK_EQ(json_type(j, 0), JSON_OBJECT);
	ATF_CHECK_EQ(json_count(j, 0), 3);
	k = json_first(j, 0);
	ATF_CHECK(strncmp(json_raw(j, k, &n), "a", 1) == 0 && n == 1);
	v = json_value(j, k);
	ATF_CHECK_EQ(json_type(j, v), JSON_ARRAY);
	ATF_CHECK_EQ(json_count(j, v), 4);
	ATF_CHECK_EQ(json_next(j, v), -1);
	v = json_first(j, v);
	ATF_CHECK_EQ(json_int(j, v, &i), 0);
	ATF_CHECK_EQ(i, 1);
	v = json_next(j, v);
	ATF_CHECK_EQ(json_count(j, v), 2);
	v = json_next(j, v);
	ATF_CHECK_EQ(json_type(j, v), JSON_OBJECT);
	ATF_CHECK_EQ(json_int(j, json_get(j, v, "x"), &i), 0);
	ATF_CHECK_EQ(i, 4);
	v = json_next(j, v);
	ATF_CHECK_EQ(json_type(j, v), JSON_STRING);
	ATF_CHECK_EQ(json_value(j, v), -1);
	ATF_CHECK_EQ(json_first(j, v), -1);
	ATF_CHECK_EQ(json_next(j, v), -1);
	k = json_next(j, k);
	v = json_get(j, json_value(j, k), "c");
	ATF_CHECK_EQ(json_type(j, v), JSON_OBJECT);
	ATF_CHECK_EQ(json_first(j, v), -1);
	k = json_next(j, k);
	json_where(j, k, &line, &column);
	ATF_CHECK_EQ(line, 2);
	ATF_CHECK_EQ(column, 3);
	ATF_CHECK_EQ(json_type(j, json_value(j, k)), JSON_NULL);
	ATF_CHECK_EQ(json_next(j, k), -1);
	ATF_CHECK_EQ(json_type(j, -1), JSON_NONE);
	ATF_CHECK_EQ(json_next(j, -1), -1);
	ATF_CHECK_EQ(json_get(j, 0, "e"), -1);
	ATF_CHECK(json_raw(j, -1, &n) == NULL);
	json_free(j);

	j = good("{\"a\":1,\"\\u0061\":2}");
	ATF_CHECK_EQ(json_int(j, json_get(j, 0, "a"), &i), 0);
	ATF_CHECK_EQ(i, 2);
	json_free(j);
}

ATF_TC_WITHOUT_HEAD(strings);
ATF_TC_BODY(strings, tc)
{
	struct json	*j = good("[\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC"
			    "\\ud83d\\uDE00\xc3\xa9\",\"\\u0000\",\"abc\",1]");
	json_ref	 r = json_first(j, 0);
	char		 buf[64];

	ATF_CHECK_EQ(json_str(j, r, buf, sizeof(buf)), 20);
	ATF_CHECK_STREQ(buf, "a\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac"
	    "\xf0\x9f\x98\x80\xc3\xa9");
	ATF_CHECK_EQ(json_str(j, r, buf, 21), 20);
	ATF_CHECK_EQ(json_str(j, r, buf, 20), -1);
	r = json_next(j, r);
	ATF_CHECK_EQ(json_str(j, r, buf, sizeof(buf)), -1);
	r = json_next(j, r);
	ATF_CHECK_EQ(json_str(j, r, buf, 4), 3);
	ATF_CHECK_STREQ(buf, "abc");
	ATF_CHECK_EQ(json_str(j, r, buf, 3), -1);
	ATF_CHECK_EQ(json_str(j, r, buf, 0), -1);
	r = json_next(j, r);
	ATF_CHECK_EQ(json_str(j, r, buf, sizeof(buf)), -1);
	json_free(j);
	j = good("\"\"");
	ATF_CHECK_EQ(json_str(j, 0, buf, 1), 0);
	ATF_CHECK_EQ(json_str(j, 0, buf, 0), -1);
	json_free(j);
}

ATF_TC_WITHOUT_HEAD(numbers);
ATF_TC_BODY(numbers, tc)
{
	static const struct {
		const char	*text;
		int		 ok;
		int64_t		 v;
	} t[] = {
		{ "0", 1, 0 }, { "-0", 1, 0 }, { " 42 ", 1, 42 },
		{ "9223372036854775807", 1, INT64_MAX },
		{ "-9223372036854775808", 1, INT64_MIN },
		{ "9223372036854775808", 0, 0 },
		{ "-9223372036854775809", 0, 0 },
		{ "18446744073709551617", 0, 0 },
		{ "1.0", 0, 0 }, { "1e3", 0, 0 }, { "\"1\"", 0, 0 },
		{ "null", 0, 0 }, { "true", 0, 0 },
	};
	struct json	*j;
	int64_t		 v;
	size_t		 i;
	int		 b;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		j = good(t[i].text);
		v = 77;
		ATF_CHECK_EQ_MSG(json_int(j, 0, &v), t[i].ok ? 0 : -1, "%s",
		    t[i].text);
		ATF_CHECK_EQ(v, t[i].ok ? t[i].v : 77);
		json_free(j);
	}
	j = good("[true,false,null]");
	ATF_CHECK_EQ(json_bool(j, 1, &b), 0);
	ATF_CHECK_EQ(b, 1);
	ATF_CHECK_EQ(json_bool(j, 2, &b), 0);
	ATF_CHECK_EQ(b, 0);
	ATF_CHECK_EQ(json_bool(j, 3, &b), -1);
	ATF_CHECK_EQ(json_bool(j, -1, &b), -1);
	json_free(j);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, accepts);
	ATF_TP_ADD_TC(tp, refuses);
	ATF_TP_ADD_TC(tp, surrogates);
	ATF_TP_ADD_TC(tp, bounds);
	ATF_TP_ADD_TC(tp, walk);
	ATF_TP_ADD_TC(tp, strings);
	ATF_TP_ADD_TC(tp, numbers);

	return atf_no_error();
}
