/*
 * clientsline_test: Tests of single lines of a clients file: every error with
 * its column, and where the parts of a line are.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "clientsline.h"

#define ZEROS	"00000000000000000000000000000000000000000000000000000000000000"
#define A	"nodekey:" ZEROS "0a"

static struct clients_line	line;
static struct clients_wrong	wrong;

static int
parse_n(const char *text, size_t len)
{
	/* Without anything behind it, so that sanitizers see what is read. */
	char *copy = malloc(len > 0 ? len : 1);
	int rv;

	ATF_REQUIRE(copy != NULL);
	memcpy(copy, text, len);
	memset(&wrong, 0, sizeof(wrong));
	rv = clients_line_parse(&line, copy, len, &wrong);
	free(copy);
	return (rv);
}

static void
good(const char *text, enum clients_kind kind)
{
	ATF_REQUIRE_MSG(parse_n(text, strlen(text)) == 0, "%s: %s", text,
	    wrong.what);
	ATF_CHECK_EQ(kind, line.kind);
}

static void
bad(const char *text, size_t column, const char *want)
{
	ATF_CHECK_MSG(parse_n(text, strlen(text)) == -1, "accepted: %s", text);
	ATF_CHECK_MSG(strcmp(wrong.what, want) == 0, "%s: expected %s, got %s",
	    text, want, wrong.what);
	ATF_CHECK_MSG(wrong.column == column, "%s: column %zu", text,
	    wrong.column);
}

ATF_TC_WITHOUT_HEAD(parts);
ATF_TC_BODY(parts, tc)
{
	good("", CLIENTS_BLANK);
	good("\t # x", CLIENTS_BLANK);
	ATF_CHECK_EQ(2, line.first);
	good(" deny  " A " name x # c", CLIENTS_DENY);
	ATF_CHECK_EQ(1, line.first);
	ATF_CHECK_EQ(7, line.subject);
	ATF_CHECK_EQ(7 + 72 + 7, line.end);
	ATF_CHECK_EQ(1, line.named);
	good(A " # c", CLIENTS_ALLOW);
	ATF_CHECK_EQ(72, line.end);
	ATF_CHECK_EQ(0, line.named);
	ATF_CHECK_STREQ("c", line.name);
	good("group  \"a b\" rate 1", CLIENTS_GROUP);
	ATF_CHECK_EQ(7, line.subject);
	ATF_CHECK_EQ(19, line.end);
	ATF_CHECK_STREQ("a b", line.group);
}

#define KEY	"expected nodekey: and 64 hexadecimal digits, deny or group, "
#define DENIED	"expected nodekey: and 64 hexadecimal digits, "

#define DIGITS	"000000000000"	/* of a key, in errors */

ATF_TC_WITHOUT_HEAD(bad_keys);
ATF_TC_BODY(bad_keys, tc)
{
	/* Errors are logged: a private key or another file must not be. */
	bad("privkey:" ZEROS "0a", 1, KEY "found \"privkey:" DIGITS "\"...");
	bad("nodekey:" ZEROS "0", 1, KEY "found \"nodekey:" DIGITS "\"...");
	bad("nodekey:" ZEROS "0g", 1, KEY "found \"nodekey:" DIGITS "\"...");
	bad(A "0", 1, KEY "found \"nodekey:" DIGITS "\"...");
	bad(ZEROS "0a", 1, KEY "found \"00000000" DIGITS "\"...");
	bad("NODEKEY:" ZEROS "0a", 1, KEY "found \"NODEKEY:"
	    DIGITS "\"...");
	bad(" mkey:12", 2, KEY "found \"mkey:12\"");
	bad("\"" A "\"", 1, KEY "found \"nodekey:" DIGITS "\"...");
	bad("\"group\" a", 1, KEY "found \"group\"");
	bad("deny", 5, DENIED "found the end of the line");
	bad("deny # all", 6, DENIED "found the end of the line");
	bad("deny group g", 6, DENIED "found \"group\"");
	bad("deny deny " A, 6, DENIED "found \"deny\"");
	bad("Group a", 1, KEY "found \"Group\"");
}

ATF_TC_WITHOUT_HEAD(bad_names);
ATF_TC_BODY(bad_names, tc)
{
#define N64	"12345678901234567890123456789012"			\
	"34567890123456789012345678901234"
	bad(A " name", 78, "expected a name, found the end of the line");
	bad(A " name # alice", 79,
	    "expected a name, found the end of the line");
	bad(A " name \"\"", 79, "expected a name, found \"\"");
	bad(A " name " N64 "5", 79, "expected a name of at most 64 bytes, "
	    "found \"12345678901234567890\"...");
	bad(A " name " N64 N64 N64, 79, "expected a name of at most 64 bytes, "
	    "found \"12345678901234567890\"...");
	bad(A " name \"a", 79, "expected a second quote before the end of the "
	    "line, found none");
	bad(A " name \"a\\", 82, "expected \\\" or \\\\ in quotes, found "
	    "another character behind a backslash");
	bad(A " name \"a\\n\"", 82, "expected \\\" or \\\\ in quotes, found "
	    "another character behind a backslash");
	bad(A " name \"a\"b", 82, "expected a blank behind the quote, found "
	    "another character");
	bad(A " name a#b", 80, "expected a blank before a comment, and quotes "
	    "around a name with a quote or #, found # in a word");
	bad(A " name a\"b\"", 80, "expected a blank before a comment, and "
	    "quotes around a name with a quote or #, found \" in a word");
	bad(A " name a\x1b[31m", 80, "expected printable characters, found the "
	    "character U+001B");
	bad(A " name \"\xe2\x80\xae\"", 80, "expected printable characters, "
	    "found the character U+202E");
	bad(A " name a\xff", 80, "expected UTF-8, found the byte 0xff");
	bad(A " name \"\xc3", 80, "expected UTF-8, found the byte 0xc3");
	bad(A "\r", 73, "expected printable characters, found the character "
	    "U+000D");
	ATF_CHECK_EQ(-1, parse_n(A " name a\0b", 82));
	ATF_CHECK_STREQ("expected printable characters, found the character "
	    "U+0000", wrong.what);
	ATF_CHECK_EQ(-1, parse_n(A " name \"a\\\0\"", 84));
	bad(A " group", 79, "expected a name, found the end of the line");
	bad("group", 6, "expected a name, found the end of the line");
}

ATF_TC_WITHOUT_HEAD(bad_options);
ATF_TC_BODY(bad_options, tc)
{
#define ALLOWED	"expected group NAME, name NAME or a comment, "
	bad(A " alice", 74, ALLOWED "found \"alice\"");
	bad(A " rate 1", 74, ALLOWED "found \"rate\"");
	bad(A " \"name\" a", 74, ALLOWED "found \"name\"");
	bad(A " name a b", 81, ALLOWED "found \"b\"");
	bad(A " name a name b", 81, "expected name once, found it a second "
	    "time");
	bad(A " group a name b group a", 89, "expected group once, found it a "
	    "second time");
	bad("deny " A " group g", 79, "expected name NAME or a comment, found "
	    "\"group\"");
#define LIMITED	"expected rate SIZE, burst SIZE, quota SIZE, connections " \
	"NUMBER or a comment, "
	bad("group g name a", 9, LIMITED "found \"name\"");
	bad("group g burst 1M", 9, "expected rate SIZE before burst, found "
	    "none");
	bad("group g rate 1 quota 1 burst 1M", 24, "expected rate SIZE before "
	    "burst, found none");
	bad("group g rate 1 rate 1", 16, "expected rate once, found it a "
	    "second time");
}

ATF_TC_WITHOUT_HEAD(bad_numbers);
ATF_TC_BODY(bad_numbers, tc)
{
#define SIZE	"expected a number of bytes, optionally with K, M, G "	\
	"or T behind it, "
	bad("group g rate", 13, SIZE "found the end of the line");
	bad("group g rate x", 14, SIZE "found \"x\"");
	bad("group g rate 1.5M", 14, SIZE "found \"1.5M\"");
	bad("group g rate \"1\"", 14, SIZE "found \"1\"");
	bad("group g rate -1", 14, SIZE "found \"-1\"");
	bad("group g rate 0", 14, "expected 1 to 8589934592 bytes, found 0");
	bad("group g rate 8589934593", 14, "expected 1 to 8589934592 bytes, "
	    "found 8589934593");
	good("group g rate 8G", CLIENTS_GROUP);
	bad("group g rate 1 burst 65567", 22, "expected 65568 to 8589934592 "
	    "bytes, found 65567");
	bad("group g quota 0K", 15, "expected 1 to 9223372036854775807 bytes, "
	    "found 0K");
	bad("group g quota 8388608T", 15, SIZE "found \"8388608T\"");
#define NUMBER	"expected a number from 1 to 10000000, "
	bad("group g connections", 20, NUMBER "found the end of the line");
	bad("group g connections 0", 21, NUMBER "found \"0\"");
	bad("group g connections 10000001", 21, NUMBER "found \"10000001\"");
	bad("group g connections +1", 21, NUMBER "found \"+1\"");
	bad("group g connections 1K", 21, NUMBER "found \"1K\"");
	bad("group g connections \"1\"", 21, NUMBER "found \"1\"");
	good("group g connections 10000000", CLIENTS_GROUP);
}

ATF_TC_WITHOUT_HEAD(split);
ATF_TC_BODY(split, tc)
{
	static const char text[] = "\xef\xbb\xbf" "a\r\n\r\n\nb\rc\n\r";
	static const char *const want[] = { "a", "", "", "b\rc", "" };
	struct clients_lines it;
	size_t i;

	clients_lines_begin(&it, text, sizeof(text) - 1);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		ATF_REQUIRE_EQ(1, clients_lines_next(&it));
		ATF_CHECK_EQ(i + 1, it.number);
		ATF_CHECK_MSG(it.len == strlen(want[i]) &&
		    memcmp(it.p, want[i], it.len) == 0, "line %zu", i + 1);
	}
	ATF_CHECK_EQ(0, clients_lines_next(&it));
	clients_lines_begin(&it, text, 0);
	ATF_CHECK_EQ(0, clients_lines_next(&it));
}

ATF_TC_WITHOUT_HEAD(key_text);
ATF_TC_BODY(key_text, tc)
{
	char text[CLIENTS_KEYTEXT + 1];
	uint8_t key[CLIENTS_KEYLEN];

	ATF_CHECK_EQ(0, clients_key_parse(key, A, 72, 0));
	clients_key_text(text, key);
	ATF_CHECK_STREQ(A, text);
	ATF_CHECK_EQ(0, clients_key_parse(key, &A[8], 64, 1));
	ATF_CHECK_EQ(-1, clients_key_parse(key, &A[8], 64, 0));
	ATF_CHECK_EQ(-1, clients_key_parse(key, A, 71, 1));
	ATF_CHECK_EQ(-1, clients_key_parse(key, &A[1], 72, 1));
	ATF_CHECK_EQ(-1, clients_key_parse(key, "", 0, 1));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, parts);
	ATF_TP_ADD_TC(tp, bad_keys);
	ATF_TP_ADD_TC(tp, bad_names);
	ATF_TP_ADD_TC(tp, bad_options);
	ATF_TP_ADD_TC(tp, bad_numbers);
	ATF_TP_ADD_TC(tp, split);
	ATF_TP_ADD_TC(tp, key_text);
	return (atf_no_error());
}
