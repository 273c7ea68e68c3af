/*
 * clientsedit_test: Tests of changes of a clients file, byte for byte.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "clientsedit.h"
#include "clientsfile.h"

#define ZEROS	"00000000000000000000000000000000000000000000000000000000000000"
#define A	"nodekey:" ZEROS "0a"
#define B	"nodekey:" ZEROS "0b"

static char	why[512];

/*
 * Change the key `last' of `text' to `want'; NULL: nothing changes.  A second
 * time nothing changes.
 */
static void
edit(const char *text, enum clients_kind kind, uint8_t last, const char *name,
    const char *group, const char *want)
{
	struct clients_change c = { kind, { [31] = last }, name, group };
	struct ipc_wr w, again;
	int rv;

	ATF_REQUIRE(sodium_init() != -1);
	ipc_wr_init(&w);
	rv = clients_edit("f", text, strlen(text), &c, &w, why, sizeof(why));
	ATF_REQUIRE_MSG(rv != -1, "%s: %s", text, why);
	ATF_CHECK_EQ_MSG(want != NULL, rv, "%s: changed %d", text, rv);
	if (rv == 1 && want != NULL) {
		ATF_CHECK_MSG(w.len == strlen(want) && (w.len == 0 ||
		    memcmp(w.p, want, w.len) == 0), "expected %s, got %.*s",
		    want, (int)w.len, (const char *)w.p);
		ipc_wr_init(&again);
		ATF_CHECK_EQ(0, clients_edit("f", (const char *)w.p, w.len, &c,
		    &again, why, sizeof(why)));
		ATF_CHECK_EQ(0, again.len);
		ipc_wr_free(&again);
	} else
		ATF_CHECK_EQ(0, w.len);
	ipc_wr_free(&w);
}

static void
bad(const char *text, const char *name, const char *group, const char *want)
{
	struct clients_change c = { CLIENTS_ALLOW, { [31] = 10 }, name, group };
	struct ipc_wr w;

	ATF_REQUIRE(sodium_init() != -1);
	ipc_wr_init(&w);
	ATF_CHECK_EQ_MSG(-1, clients_edit("f", text, strlen(text), &c, &w, why,
	    sizeof(why)), "accepted: %s", text);
	ATF_CHECK_MSG(strcmp(why, want) == 0, "expected %s, got %s", want, why);
	ipc_wr_free(&w);
}

#define add(text, name, group, want)					\
	edit(text, CLIENTS_ALLOW, 10, name, group, want)
#define deny(text, name, want)						\
	edit(text, CLIENTS_DENY, 10, name, NULL, want)
#define del(text, want)	edit(text, CLIENTS_BLANK, 10, NULL, NULL, want)

ATF_TC_WITHOUT_HEAD(new_key);
ATF_TC_BODY(new_key, tc)
{
	add("", NULL, NULL, A "\n");
	add("\xef\xbb\xbf", NULL, NULL, "\xef\xbb\xbf" A "\n");
	add("# all\n", "a", "g", "# all\n" A " group g name a\n");
	add("# all", "a", NULL, "# all\n" A " name a\n");
	add(B "\r\n\r\n", "", "", B "\r\n\r\n" A "\r\n");
	add(B "\r\n# last", "a", NULL, B "\r\n# last\r\n" A " name a\r\n");
	add("\n" B "\r\n", NULL, NULL, "\n" B "\r\n" A "\n");
	deny("", NULL, "deny " A "\n");
	deny(B, "a", B "\ndeny " A " name a\n");
}

ATF_TC_WITHOUT_HEAD(quotes);
ATF_TC_BODY(quotes, tc)
{
	add("", "a b", "c d", A " group \"c d\" name \"a b\"\n");
	add("", "#1", NULL, A " name \"#1\"\n");
	add("", "a\"\\", NULL, A " name \"a\\\"\\\\\"\n");
	add("", "a\\b", NULL, A " name a\\b\n");
	add("", "J\xc3\xb6rg", NULL, A " name J\xc3\xb6rg\n");
}

/* All but the statement stays: indentation, blanks, comment, line end. */
ATF_TC_WITHOUT_HEAD(changed);
ATF_TC_BODY(changed, tc)
{
	add("# 1\r\n \t" A "\tname  a \t # c\r\n" B, "b", NULL,
	    "# 1\r\n \t" A " name b \t # c\r\n" B);
	add(A " group g name a", NULL, "h", A " group h name a");
	add(A " name a group g", "b", NULL, A " group g name b");
	add(A " group g name a\n", "", NULL, A " group g\n");
	add(A " group g name a\n", NULL, "", A " name a\n");
	add("nodekey:" ZEROS "0A # c\n", "x", NULL, A " name x # c\n");
	add("deny " A " name a # c", NULL, NULL, A " name a # c");
	add("  deny  " A "\n", NULL, "g", "  " A " group g\n");
	deny(A " group g name a # c\n" B, NULL, "deny " A " name a # c\n" B);
	deny("deny " A " name a\n", "b", "deny " A " name b\n");
}

ATF_TC_WITHOUT_HEAD(unchanged);
ATF_TC_BODY(unchanged, tc)
{
	add(A, NULL, NULL, NULL);
	add(A, "", "", NULL);
	add("\tnodekey:" ZEROS "0A name  \"a\"  group g", "a", "g", NULL);
	add(A " name a", NULL, NULL, NULL);
	deny("deny  " A " name a", NULL, NULL);
	deny("deny  " A " name a", "a", NULL);
	del(B "\n", NULL);
	del("", NULL);
}

/* A comment that is the name stays the name, unless there is another one. */
ATF_TC_WITHOUT_HEAD(comment);
ATF_TC_BODY(comment, tc)
{
	add(A " # a", "a", NULL, NULL);
	add(A " # a", "", NULL, NULL);
	add(A " # a", "a", "g", A " group g # a");
	add(A " # a", "b", NULL, A " name b # a");
	add(A " name b # a", NULL, "g", A " group g name b # a");
	deny(A " # a", NULL, "deny " A " # a");
}

ATF_TC_WITHOUT_HEAD(removed);
ATF_TC_BODY(removed, tc)
{
	del(A, "");
	del(B "\n  " A " # a\r\n\ngroup g\n", B "\n\ngroup g\n");
	del("deny " A "\n" B, B);
	del(B "\n" A, B "\n");
	del("\xef\xbb\xbf" A "\n" B, "\xef\xbb\xbf" B);
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	size_t n = CLIENTS_MAX_SIZE - 10;
	char *text = malloc(n + 1);

	bad("\nx\n", NULL, NULL, "f:2:1: expected nodekey: and 64 hexadecimal "
	    "digits, deny or group, found \"x\"");
	bad(B "\n" B, NULL, NULL, "f:2:1: expected each key once, found this "
	    "one in line 1 already");
	bad("", "a\n", NULL, "name: expected 1 to 64 bytes of UTF-8 without "
	    "control characters");
	bad("", NULL, "\xff", "group: expected 1 to 64 bytes of UTF-8 without "
	    "control characters");
	ATF_REQUIRE(text != NULL);
	memset(text, '#', n);
	text[n] = '\0';
	bad(text, NULL, NULL, "f: expected at most 64 MiB, found more");
	free(text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, new_key);
	ATF_TP_ADD_TC(tp, quotes);
	ATF_TP_ADD_TC(tp, changed);
	ATF_TP_ADD_TC(tp, unchanged);
	ATF_TP_ADD_TC(tp, comment);
	ATF_TP_ADD_TC(tp, removed);
	ATF_TP_ADD_TC(tp, refused);
	return (atf_no_error());
}
