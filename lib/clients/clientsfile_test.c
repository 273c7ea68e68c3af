/*
 * clientsfile_test: Tests of clients files: keys, names, groups, errors, and
 * what a large file costs.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bounds.h"
#include "clientsfile.h"
#include "hex.h"

#define ZEROS	"00000000000000000000000000000000000000000000000000000000000000"
#define A	"nodekey:" ZEROS "0a"
#define B	"nodekey:" ZEROS "0b"

static const uint8_t	key_a[CLIENTS_KEYLEN] = { [31] = 0x0a };
static const uint8_t	key_b[CLIENTS_KEYLEN] = { [31] = 0x0b };
static char		why[512];

static struct clients_file *
parse_n(const char *text, size_t len)
{
	/* Without anything behind it, so that sanitizers see what is read. */
	struct clients_file *f;
	char *copy = malloc(len > 0 ? len : 1);

	ATF_REQUIRE(copy != NULL && sodium_init() != -1);
	memcpy(copy, text, len);
	why[0] = '\0';
	f = clients_file_parse("f", copy, len, why, sizeof(why));
	free(copy);
	return (f);
}

static struct clients_file *
parse(const char *text)
{
	return (parse_n(text, strlen(text)));
}

static struct clients_file *
good(const char *text)
{
	struct clients_file *f = parse(text);

	ATF_REQUIRE_MSG(f != NULL, "%s: %s", text, why);
	ATF_CHECK_STREQ("", why);
	return (f);
}

static void
bad(const char *text, const char *want)
{
	struct clients_file *f = parse(text);

	ATF_CHECK_MSG(f == NULL, "accepted: %s", text);
	ATF_CHECK_MSG(strcmp(why, want) == 0, "expected %s, got %s", want, why);
	clients_file_free(f);
}

/* The one key of this text has this name. */
static void
named(const char *text, const char *name)
{
	struct clients_file *f = good(text);
	const struct clients_entry *e = clients_file_find(f, key_a);

	ATF_REQUIRE_MSG(e != NULL, "%s", text);
	ATF_CHECK_MSG(strcmp(e->name, name) == 0, "expected %s, got %s", name,
	    e->name);
	clients_file_free(f);
}

ATF_TC_WITHOUT_HEAD(keys);
ATF_TC_BODY(keys, tc)
{
	struct clients_file *f = good("# who\n\n" A "\r\n  \t\ndeny " B
	    " name \"Bob B\"");
	const struct clients_entry *e;

	ATF_CHECK_EQ(1, clients_file_count(f));
	ATF_CHECK_EQ(0, clients_file_ngroups(f));
	ATF_REQUIRE((e = clients_file_find(f, key_a)) != NULL);
	ATF_CHECK_EQ(e, clients_file_entry(f, 0));
	ATF_CHECK_EQ(0, memcmp(e->key, key_a, sizeof(key_a)));
	ATF_CHECK_EQ(0, e->deny);
	ATF_CHECK_EQ(0, e->group);
	ATF_CHECK_EQ(3, e->line);
	ATF_CHECK_STREQ("", e->name);
	ATF_REQUIRE((e = clients_file_find(f, key_b)) != NULL);
	ATF_CHECK_EQ(e, clients_file_entry(f, 1));
	ATF_CHECK_EQ(1, e->deny);
	ATF_CHECK_EQ(5, e->line);
	ATF_CHECK_STREQ("Bob B", e->name);
	ATF_CHECK_EQ(NULL, clients_file_entry(f, 2));
	ATF_CHECK_EQ(NULL, clients_file_find(f, (const uint8_t[32]){ 1 }));
	clients_file_free(f);
}

/* The digits may be capital letters, and a file may be empty. */
ATF_TC_WITHOUT_HEAD(small);
ATF_TC_BODY(small, tc)
{
	struct clients_file *f = good("nodekey:" ZEROS "0A\n");

	ATF_CHECK(clients_file_find(f, key_a) != NULL);
	clients_file_free(f);
	ATF_CHECK((f = clients_file_parse("f", NULL, 0, why,
	    sizeof(why))) != NULL);
	clients_file_free(f);
	f = good("");
	ATF_CHECK_EQ(0, clients_file_count(f));
	ATF_CHECK_EQ(NULL, clients_file_entry(f, 0));
	ATF_CHECK_EQ(NULL, clients_file_find(f, key_a));
	ATF_CHECK_EQ(0, clients_file_find_group(f, "a"));
	clients_file_free(f);
	f = good("\xef\xbb\xbf" A);
	ATF_CHECK_EQ(1, clients_file_count(f));
	clients_file_free(f);
	clients_file_free(NULL);
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
#define N64	"12345678901234567890123456789012"			\
	"34567890123456789012345678901234"
	_Static_assert(CLIENTS_NAMESIZE == IPC_ADMIT_NAMESIZE,
	    "names fit in messages");
	named(A " name alice", "alice");
	named(A " name \"al ice\" # c", "al ice");
	named(A " name \"#\\\"\\\\\"", "#\"\\");
	named(A " name a\\b", "a\\b");
	named(A " name group group name", "group");
	named(A " name " N64, N64);
	named(A " name \"J\xc3\xb6rg\"", "J\xc3\xb6rg");
	named(A " #", "");
	named(A "\t#  alice's laptop \t\r\n", "alice's laptop");
	named(A " # a\tb\x1b[31m\xff\xe2\x80\xae" "c", "a b[31mc");
	named(A " # " N64 "5", N64);
	/* A character that does not fit is left out as a whole. */
	named(A " # " N64 "\b\b", N64);
	named(A " # 123456789012345678901234567890123456789012345678901234567"
	    "890123\xc3\xb6", "123456789012345678901234567890123456789012345"
	    "678901234567890123");
	named(A " group g # c", "c");
	named("deny " A " # c", "c");
}

ATF_TC_WITHOUT_HEAD(groups);
ATF_TC_BODY(groups, tc)
{
	struct clients_file *f = good(A " group late\n"
	    "group idle\n"
	    "group late rate 10M burst 20M quota 2T connections 5 # text\n"
	    B " name b group \"with blanks\"\n"
	    "group least rate 1 burst 65568 quota 1 connections 1\n"
	    "group other connections 7 quota 1k rate 2g\n");
	const struct clients_group *g;

	ATF_REQUIRE_EQ(5, clients_file_ngroups(f));
	ATF_CHECK_EQ(1, clients_file_find(f, key_a)->group);
	ATF_CHECK_EQ(3, clients_file_find(f, key_b)->group);
	ATF_REQUIRE((g = clients_file_group(f, 1)) != NULL);
	ATF_CHECK_STREQ("late", g->name);
	ATF_CHECK_EQ(10 << 20, g->rate);
	ATF_CHECK_EQ(20 << 20, g->burst);
	ATF_CHECK_EQ(UINT64_C(2) << 40, g->quota);
	ATF_CHECK_EQ(5, g->connections);
	ATF_CHECK_EQ(3, g->line);
	ATF_REQUIRE((g = clients_file_group(f, 3)) != NULL);
	ATF_CHECK_STREQ("with blanks", g->name);
	ATF_CHECK_EQ(0, g->line);
	ATF_CHECK(g->rate == 0 && g->burst == 0 && g->quota == 0 &&
	    g->connections == 0);
	ATF_REQUIRE((g = clients_file_group(f, 5)) != NULL);
	ATF_CHECK(g->rate == UINT64_C(2) << 30 && g->burst == 0 &&
	    g->quota == 1024 && g->connections == 7);
	ATF_CHECK_EQ(2, clients_file_find_group(f, "idle"));
	ATF_CHECK_EQ(0, clients_file_find_group(f, "none"));
	ATF_CHECK_EQ(NULL, clients_file_group(f, 0));
	ATF_CHECK_EQ(NULL, clients_file_group(f, 6));
	clients_file_free(f);
}

ATF_TC_WITHOUT_HEAD(repeated);
ATF_TC_BODY(repeated, tc)
{
	bad(A "\n\n" A " name x", "f:3:1: expected each key once, found this "
	    "one in line 1 already");
	bad("deny " A "\ndeny  " A, "f:2:7: expected each key once, found this "
	    "one in line 1 already");
	bad(A "\n" "deny " A, "f:2:6: expected a key to be either listed or "
	    "denied, found this one listed in line 1");
	bad("deny " A "\n" A, "f:2:1: expected a key to be either listed or "
	    "denied, found this one denied in line 1");
	bad("group a\n" A " group a\ngroup a rate 1", "f:3:7: expected one "
	    "line about each group, found \"a\" in line 1 already");
}

/* A bad line makes the whole file bad; line and column are those of a word. */
ATF_TC_WITHOUT_HEAD(lines);
ATF_TC_BODY(lines, tc)
{
	bad("\xef\xbb\xbf" A "\r\n\n  keys", "f:3:3: expected nodekey: and 64 "
	    "hexadecimal digits, deny or group, found \"keys\"");
	bad("\xff\xfe" "n\0", "f: begins with a byte order mark, it is UTF-16: "
	    "save it as UTF-8 without a byte order mark (BOM)");
}

ATF_TC_WITHOUT_HEAD(limits);
ATF_TC_BODY(limits, tc)
{
	size_t n = 0, size = CLIENTS_MAX_SIZE + 1, i;
	char *text = malloc(size);
	struct clients_file *f;

	ATF_REQUIRE(text != NULL);
	memset(text, '#', size);
	ATF_CHECK_EQ(NULL, parse_n(text, size));
	ATF_CHECK_STREQ("f: expected at most 64 MiB, found more", why);
	ATF_CHECK((f = parse_n(text, size - 1)) != NULL);
	clients_file_free(f);
	for (i = 0; i < CLIENTS_MAX_GROUPS; i++)
		n += (size_t)snprintf(text + n, size - n, "group %zu\n", i);
	ATF_CHECK((f = parse_n(text, n)) != NULL);
	ATF_CHECK_EQ(CLIENTS_MAX_GROUPS, clients_file_ngroups(f));
	clients_file_free(f);
	n += (size_t)snprintf(text + n, size - n, A " group x\n");
	ATF_CHECK_EQ(NULL, parse_n(text, n));
	ATF_CHECK_STREQ("f:65537:1: expected at most 65536 groups, found one "
	    "more", why);
	free(text);
}

/* 100,000 keys are all found, and take less than 100 bytes each. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	const size_t each = 110, count = 100000;
	char *text = malloc(each * count), hex[65];
	uint8_t key[CLIENTS_KEYLEN] = { 0 };
	struct clients_file *f;
	size_t n = 0;
	uint32_t i;

	ATF_REQUIRE(text != NULL);
	for (i = 0; i < count; i++) {
		memcpy(key + 8, &i, sizeof(i));
		base_hex_put(hex, key, sizeof(key));
		n += (size_t)snprintf(text + n, each * count - n,
		    "nodekey:%s group g%u # client %u\n", hex, i % 7, i);
	}
	f = parse_n(text, n);
	ATF_REQUIRE_MSG(f != NULL, "%s", why);
	ATF_CHECK_EQ(count, clients_file_count(f));
	ATF_CHECK_EQ(7, clients_file_ngroups(f));
	ATF_CHECK_MSG(clients_file_memory(f) < 100 * count, "%zu bytes",
	    clients_file_memory(f));
	for (i = 0; i < count; i++) {
		memcpy(key + 8, &i, sizeof(i));
		ATF_REQUIRE_EQ(clients_file_entry(f, i),
		    clients_file_find(f, key));
	}
	clients_file_free(f);
	free(text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keys);
	ATF_TP_ADD_TC(tp, small);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, groups);
	ATF_TP_ADD_TC(tp, repeated);
	ATF_TP_ADD_TC(tp, lines);
	ATF_TP_ADD_TC(tp, limits);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}
