/*
 * names_test: Tests of lists of nodes as headscale 0.28 and tailscale 1.102
 * print them, of older forms, and of hostile ones.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

#define ZEROS	"00000000000000000000000000000000000000000000000000000000000000"
#define KEY(x)	"nodekey:" ZEROS x

/* A node of `headscale nodes list -o json'. */
#define NODE(key, name, given)						\
	"\t{\n\t\t\"id\": 1,\n"						\
	"\t\t\"machine_key\": \"mkey:" ZEROS "ff\",\n"			\
	"\t\t\"node_key\": \"" key "\",\n"				\
	"\t\t\"disco_key\": \"discokey:" ZEROS "fe\",\n"		\
	"\t\t\"ip_addresses\": [\n\t\t\t\"100.64.0.1\"\n\t\t],\n"	\
	"\t\t\"name\": \"" name "\",\n"					\
	"\t\t\"user\": {\n\t\t\t\"id\": 1,\n"				\
	"\t\t\t\"name\": \"u\"\n\t\t},\n"				\
	"\t\t\"expiry\": {\n\t\t\t\"seconds\": -62135596800\n\t\t},\n"	\
	"\t\t\"register_method\": 1,\n"					\
	"\t\t\"given_name\": \"" given "\",\n"				\
	"\t\t\"online\": true\n\t}"

/* A node of its API. */
#define API_NODE(key, name, given)					\
	"{\"id\":\"1\",\"machineKey\":\"mkey:" ZEROS "ff\","		\
	"\"nodeKey\":\"" key "\","					\
	"\"discoKey\":\"discokey:" ZEROS "fe\","			\
	"\"ipAddresses\":[\"100.64.0.1\"],\"name\":\"" name "\","	\
	"\"user\":{\"id\":\"1\",\"name\":\"u\"},"			\
	"\"givenName\":\"" given "\",\"online\":true,\"tags\":[]}"

/* A node of `tailscale status --json'. */
#define PEER(key, host, dns)						\
	"{\"ID\": \"1\", \"NodeID\": 1, \"PublicKey\": \"" key "\", "	\
	"\"HostName\": \"" host "\", \"DNSName\": \"" dns "\", "	\
	"\"OS\": \"linux\", \"Addrs\": null, \"Online\": true}"
#define STATUS(self, suffix, peer)					\
	"{\"Version\": \"1.102.5\", \"BackendState\": \"Running\", "	\
	"\"Self\": " self ", \"Health\": [], "				\
	"\"MagicDNSSuffix\": \"" suffix "\", \"Peer\": " peer ", "	\
	"\"User\": null}"

static char	why[512];

static struct clients_names *
empty(void)
{
	struct clients_names *n;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((n = clients_names_new()) != NULL);
	return (n);
}

static void
more(struct clients_names *n, const char *text)
{
	ATF_REQUIRE_MSG(clients_names_add(n, "f", text, strlen(text), why,
	    sizeof(why)) == 0, "%s", why);
}

static struct clients_names *
read_text(const char *text)
{
	struct clients_names *n = empty();

	more(n, text);
	return (n);
}

/* The key that ends with the byte `last' has this name. */
static void
is(const struct clients_names *n, uint8_t last, const char *name)
{
	const uint8_t key[CLIENTS_KEYLEN] = { [31] = last };
	const char *got = clients_names_find(n, key);

	ATF_CHECK_MSG(strcmp(got, name) == 0, "%02x: expected %s, got %s",
	    last, name, got);
}

static void
bad(const char *text, const char *want)
{
	struct clients_names *n = empty();

	ATF_CHECK_EQ_MSG(-1, clients_names_add(n, "f", text, strlen(text), why,
	    sizeof(why)), "accepted: %s", text);
	ATF_CHECK_MSG(strcmp(why, want) == 0, "expected %s, got %s", want, why);
	clients_names_free(n);
}

ATF_TC_WITHOUT_HEAD(headscale);
ATF_TC_BODY(headscale, tc)
{
	struct clients_names *n = read_text("[\n"
	    NODE(KEY("0a"), "laptop", "laptop-x1") ",\n"
	    NODE(KEY("0b"), "phone", "") ",\n"
	    NODE("", "no-key", "no-key") ",\n"
	    NODE(KEY("0c"), "", "") "\n]\n");

	ATF_CHECK_EQ(2, clients_names_count(n));
	is(n, 0x0a, "laptop-x1");
	is(n, 0x0b, "phone");
	is(n, 0x0c, "");
	is(n, 0xff, "");
	clients_names_free(n);
	/* Without nodes. */
	n = read_text("null\n");
	more(n, "[]");
	ATF_CHECK_EQ(0, clients_names_count(n));
	is(n, 0x0a, "");
	clients_names_free(n);
	clients_names_free(NULL);
}

ATF_TC_WITHOUT_HEAD(headscale_api);
ATF_TC_BODY(headscale_api, tc)
{
	struct clients_names *n = read_text("{\"nodes\":["
	    API_NODE(KEY("0a"), "laptop", "laptop-x1") ","
	    API_NODE(ZEROS "0b", "phone", "") "]}");

	ATF_CHECK_EQ(2, clients_names_count(n));
	is(n, 0x0a, "laptop-x1");
	is(n, 0x0b, "phone");
	clients_names_free(n);
	n = read_text("{\"nodes\":[]}");
	clients_names_free(n);
	/* An array of such nodes. */
	n = read_text("[" API_NODE(KEY("0a"), "laptop", "") "]");
	is(n, 0x0a, "laptop");
	clients_names_free(n);
}

ATF_TC_WITHOUT_HEAD(tailscale);
ATF_TC_BODY(tailscale, tc)
{
	struct clients_names *n = read_text(STATUS(
	    PEER(KEY("0a"), "a-host", "a.t.test."), "t.test",
	    "{\"" KEY("0b") "\": " PEER(KEY("0b"), "localhost", "b.t.test.")
	    ", \"" KEY("0c") "\": " PEER(KEY("0c"), "c", "c.other.test.")
	    ", \"" KEY("0d") "\": " PEER(KEY("0d"), "d's \\u00e4", "")
	    ", \"" KEY("0e") "\": " PEER(KEY("0e"), "e", "t.test.") "}"));

	ATF_CHECK_EQ(5, clients_names_count(n));
	is(n, 0x0a, "a");
	is(n, 0x0b, "b");
	is(n, 0x0c, "c.other.test");
	is(n, 0x0d, "d's \xc3\xa4");
	is(n, 0x0e, "t.test");
	clients_names_free(n);
	/* Before a login. */
	n = read_text(STATUS(PEER(KEY("00"), "vm", ""), "", "null"));
	ATF_CHECK_EQ(0, clients_names_count(n));
	is(n, 0, "");
	clients_names_free(n);
}

/* The first list that names a key wins. */
ATF_TC_WITHOUT_HEAD(several);
ATF_TC_BODY(several, tc)
{
	struct clients_names *n = read_text("[" NODE(KEY("0a"), "x", "first")
	    "," NODE(KEY("0a"), "x", "again") "]");

	more(n, "[" NODE(KEY("0a"), "x", "second") "," NODE(KEY("0b"), "x",
	    "new") "]");
	ATF_CHECK_EQ(2, clients_names_count(n));
	is(n, 0x0a, "first");
	is(n, 0x0b, "new");
	clients_names_free(n);
}

ATF_TC_WITHOUT_HEAD(cleaned);
ATF_TC_BODY(cleaned, tc)
{
#define L50	"12345678901234567890123456789012345678901234567890"
	struct clients_names *n = read_text("["
	    NODE(KEY("0a"), "x", "a\\u001b[31m\\u202eb\\n") ","
	    NODE(KEY("0b"), "host", "\\u200f\\n \\t") ","
	    NODE(KEY("0c"), "x", L50 L50) ","
	    NODE(KEY("0d"), "host", "a\\u0000b") ","
	    NODE(KEY("0e"), "x", L50 "1234567890123\\u00e4") "]");

	is(n, 0x0a, "a[31mb");
	is(n, 0x0b, "host");
	is(n, 0x0c, L50 "12345678901234");
	is(n, 0x0d, "host");
	is(n, 0x0e, L50 "1234567890123");
	clients_names_free(n);
}

/* Values of other types are skipped. */
ATF_TC_WITHOUT_HEAD(types);
ATF_TC_BODY(types, tc)
{
	struct clients_names *n = read_text("[1, null, \"x\", [], {}, "
	    "{\"node_key\": 1, \"name\": \"n\"}, "
	    "{\"node_key\": \"" KEY("0a") "\", \"given_name\": {}, "
	    "\"name\": \"n\"}, "
	    "{\"node_key\": \"" KEY("0b") "\", \"name\": 7}, "
	    "{\"node_key\": \"" KEY("0") "\", \"name\": \"n\"}]");

	ATF_CHECK_EQ(1, clients_names_count(n));
	is(n, 0x0a, "n");
	clients_names_free(n);
	n = read_text(STATUS("{}", "", "[7, {\"PublicKey\": \"" KEY("0a")
	    "\", \"HostName\": \"n\"}]"));
	is(n, 0x0a, "n");
	clients_names_free(n);
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
#define OTHER	"f:1:1: expected the output of \"headscale nodes list "	\
	"-o json\" or \"tailscale status --json\", found another document"
	size_t size = CLIENTS_MAX_LIST + 1;
	char *text = malloc(size + 1);

	bad("", "f:1:1: not JSON: a value was expected");
	bad("[\n  x]", "f:2:3: not JSON: a value was expected");
	bad("{}", OTHER);
	bad("7", OTHER);
	bad("{\"nodes\": {}}", OTHER);
	bad("{\"Self\": null}", OTHER);
	bad("[{\"id\": 1, \"name\": \"u\"}]", "f:1:1: expected nodes with "
	    "node_key or nodeKey, found none");
	ATF_REQUIRE(text != NULL);
	memset(text, ' ', size);
	text[size] = '\0';
	bad(text, "f: expected at most 64 MiB, found more");
	free(text);
}

/* 20,000 nodes are all found, and take less than 100 bytes each. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	const size_t each = 600, count = 20000;
	char *text = malloc(each * count), name[32];
	struct clients_names *n = empty();
	uint8_t key[CLIENTS_KEYLEN] = { 0 };
	size_t len = 0, i;

	ATF_REQUIRE(text != NULL);
	for (i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, each * count - len,
		    "%s{\"node_key\":\"nodekey:%060d%04zx\",\"name\":\"n%zu\","
		    "\"user\":{\"id\":1}}", i == 0 ? "[" : ",", 0, i + 1, i);
	text[len++] = ']';
	ATF_REQUIRE_EQ_MSG(0, clients_names_add(n, "f", text, len, why,
	    sizeof(why)), "%s", why);
	ATF_CHECK_EQ(count, clients_names_count(n));
	ATF_CHECK_MSG(clients_names_memory(n) < 100 * count, "%zu bytes",
	    clients_names_memory(n));
	for (i = 0; i < count; i++) {
		key[30] = (uint8_t)((i + 1) >> 8);
		key[31] = (uint8_t)(i + 1);
		snprintf(name, sizeof(name), "n%zu", i);
		ATF_REQUIRE_STREQ(name, clients_names_find(n, key));
	}
	clients_names_free(n);
	free(text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, headscale);
	ATF_TP_ADD_TC(tp, headscale_api);
	ATF_TP_ADD_TC(tp, tailscale);
	ATF_TP_ADD_TC(tp, several);
	ATF_TP_ADD_TC(tp, cleaned);
	ATF_TP_ADD_TC(tp, types);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}
