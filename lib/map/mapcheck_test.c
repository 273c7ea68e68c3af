/*
 * mapcheck_test: Tests of the map checker: valid maps, the findings for invalid
 * ones with their positions, and the summary.  (For warnings about own nodes
 * see mapown_test.c.)
 */
#include <stdlib.h>

#include "json.h"
#include "mapfixture.h"

/* Read a file into a string. */
static void
read_file(const char *path, char *text, size_t size)
{
	FILE *f;
	size_t n;

	ATF_REQUIRE_MSG((f = fopen(path, "r")) != NULL, "%s", path);
	n = fread(text, 1, size - 1, f);
	ATF_REQUIRE(!ferror(f) && feof(f));
	fclose(f);
	text[n] = '\0';
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	static const char *const t[] = {
		NODE_MAP(""),
		" \n" NODE_MAP("") "\n",
		MAP(",\"omitDefaultRegions\":true", REGION("", NODE("a", ""))),
		MAP(",\"omitDefaultRegions\":null,\"HomeParams\":null",
		    REGION("", NODE("a", ""))),
		MAP(",\"HomeParams\":{}", REGION("", NODE("a", ""))),
		MAP(",\"HomeParams\":{\"RegionScore\":{\"900\":0.5}}",
		    REGION("", NODE("a", ""))),
		MAP("", REGION(",\"Latitude\":-90,\"Longitude\":180.0,"
		    "\"Avoid\":false,\"NoMeasureNoHome\":true",
		    NODE("a", "") "," NODE("b", ""))),
		NODE_MAP(",\"CertName\":\"" PIN "\""),
		NODE_MAP(",\"CertName\":\"\",\"IPv4\":\"\",\"IPv6\":\"\""),
		NODE_MAP(",\"CertName\":\"other.example.org\""),
		NODE_MAP(",\"IPv4\":\"192.0.2.1\",\"IPv6\":\"2001:db8::1\""),
		NODE_MAP(",\"IPv4\":\"none\",\"IPv6\":null"),
		NODE_MAP(",\"STUNPort\":-1,\"DERPPort\":443"),
		NODE_MAP(",\"STUNPort\":0,\"DERPPort\":0,\"CanPort80\":true"),
		NODE_MAP(",\"STUNPort\":65535,\"STUNOnly\":true"),
		/* Unknown fields may have any value. */
		NODE_MAP(",\"x\":[{\"Name\":1},null],\"y\":{\"Nodes\":2}"),
		MAP(",\"x\":1", REGION(",\"y\":\"\\u0000\"", NODE("a", ""))),
		MAP("", REGION("", NODE("\\u0061", "") "," NODE("b", ""))),
		MAP("", REGION("", NODE("\xc3\xa9", ""))),
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		fine(t[i], NULL);
}

ATF_TC_WITHOUT_HEAD(no_json);
ATF_TC_BODY(no_json, tc)
{
	static char big[MAP_MAX_SIZE + 1];
	char deep[2 * MAP_MAX_DEPTH + 8];

	finds("", NULL, "error: f:1:1: not JSON: a value was expected");
	finds("{\n  \"Regions\": {},\n}", NULL, "error: f:3:1: not JSON: "
	    "a name in quotes was expected");
	finds("[]", NULL, "error: f:1:1: expected an object with Regions in "
	    "it, found an array");
	memset(deep, '[', sizeof(deep));
	deep[sizeof(deep) - 1] = '\0';
	check(deep, NULL);
	ATF_CHECK(strstr(found, "nested too deeply") != NULL);
	found[0] = '\0';
	memset(big, ' ', sizeof(big));
	memcpy(big, NODE_MAP(""), strlen(NODE_MAP("")));
	ATF_CHECK_EQ(0, map_check(big, sizeof(big) - 1, "f", NULL, collect,
	    NULL));
	ATF_CHECK_EQ(-1, map_check(big, sizeof(big), "f", NULL, collect,
	    NULL));
	ATF_CHECK(strstr(found, "expected at most 512 KiB") != NULL);
}

static const struct {
	const char	*text;
	const char	*line;
} top[] = {
	{ "{}", "error: f:1:1: Regions: expected this field, found nothing" },
	{ "{\"Regions\":null}",
	    "error: f:1:12: Regions: expected this field, found null" },
	{ "{\"Regions\":{}}",
	    "error: f:1:12: Regions: expected at least one region, found "
	    "none" },
	{ "{\"Regions\":[]}",
	    "error: f:1:12: Regions: expected an object of regions, found an "
	    "array" },
	{ "{\"regions\":{}}",
	    "error: f:1:3: Regions: expected the name with exactly "
	    "these capital and small letters, found \"regions\"" },
	{ "{\"Regions\":{\"900\":null}}",
	    "error: f:1:19: Regions.900: expected a region, which is an "
	    "object, found null" },
	{ MAP(",\"omitDefaultRegions\":1", REGION("", NODE("a", ""))),
	    "error: f:1:165: omitDefaultRegions: expected true or false, "
	    "found 1" },
	{ MAP(",\"HomeParams\":[]", REGION("", NODE("a", ""))),
	    "error: f:1:157: HomeParams: expected an object, found an array" },
	{ MAP(",\"HomeParams\":{\"RegionScore\":7}",
	    REGION("", NODE("a", ""))),
	    "error: f:1:172: HomeParams.RegionScore: expected an object, "
	    "found 7" },
	{ MAP(",\"HomeParams\":{\"RegionScore\":{\"900\":0}}",
	    REGION("", NODE("a", ""))),
	    "error: f:1:179: HomeParams.RegionScore.900: expected a number "
	    "above 0: clients ignore other values, found 0" },
	{ MAP(",\"HomeParams\":{\"RegionScore\":{\"900\":1e999}}",
	    REGION("", NODE("a", ""))),
	    "error: f:1:179: HomeParams.RegionScore.900: expected a number "
	    "above 0: clients ignore other values, found 1e999" },
	{ MAP(",\"HomeParams\":{\"RegionScore\":{\"901\":1}}",
	    REGION("", NODE("a", ""))),
	    "error: f:1:174: HomeParams.RegionScore.901: expected the id of "
	    "a region of this map as the name, found \"901\"" },
	/* Go would use the last one. */
	{ MAP(",\"Regions\":{}", REGION("", NODE("a", ""))),
	    "error: f:1:145: expected each name once, found \"Regions\" "
	    "again, first in line 1" },
};

ATF_TC_WITHOUT_HEAD(top_level);
ATF_TC_BODY(top_level, tc)
{
	size_t i;

	for (i = 0; i < sizeof(top) / sizeof(top[0]) - 1; i++)
		finds(top[i].text, NULL, top[i].line);
	check(top[i].text, NULL);
	ATF_CHECK_MSG(strncmp(found, top[i].line, strlen(top[i].line)) == 0,
	    "%s", found);
}

/* A region `key' with the fields `fields', on its own line. */
#define R(key, fields)	"{\"Regions\":{\n\"" key "\":{" fields "}}}"
#define GOOD_NODES	"\"Nodes\":[" NODE("a", "") "]"
#define LABELS		"\"RegionCode\":\"own\",\"RegionName\":\"Own\","

static const struct {
	const char	*text;
	const char	*line;
} regions[] = {
	{ R("900", LABELS GOOD_NODES),
	    "error: f:2:7: Regions.900.RegionID: expected this field, found "
	    "nothing" },
	{ R("900", "\"RegionID\":901," LABELS GOOD_NODES),
	    "error: f:2:19: Regions.900.RegionID: expected 900 as in the name "
	    "of the region, found 901" },
	{ R("900", "\"RegionID\":\"900\"," LABELS GOOD_NODES),
	    "error: f:2:20: Regions.900.RegionID: expected 900 as in the name "
	    "of the region, found \"900\"" },
	{ R("900", "\"RegionID\":900.0," LABELS GOOD_NODES),
	    "error: f:2:19: Regions.900.RegionID: expected 900 as in the name "
	    "of the region, found 900.0" },
	{ R("0900", "\"RegionID\":900," LABELS GOOD_NODES),
	    "error: f:2:2: Regions.0900: expected a region's id as the name, "
	    "a decimal number from 1 to 9007199254740991, found \"0900\"" },
	{ R("own", "\"RegionID\":900," LABELS GOOD_NODES),
	    "error: f:2:2: Regions.own: expected a region's id as the name, "
	    "a decimal number from 1 to 9007199254740991, found \"own\"" },
	{ R("9007199254740992", "\"RegionID\":900," LABELS GOOD_NODES),
	    "error: f:2:2: Regions.9007199254740992: expected a region's id "
	    "as the name, a decimal number from 1 to 9007199254740991, found "
	    "\"9007199254740992\"" },
	{ R("900", "\"RegionID\":900," LABELS "\"x\":1"),
	    "error: f:2:7: Regions.900.Nodes: expected this field, found "
	    "nothing" },
	{ R("900", "\"RegionID\":900," LABELS "\"Nodes\":[]"),
	    "error: f:2:69: Regions.900.Nodes: expected at least one node, "
	    "found none: clients could not use the region" },
	{ R("900", "\"RegionID\":900," LABELS "\"Nodes\":{}"),
	    "error: f:2:69: Regions.900.Nodes: expected an array of nodes, "
	    "found an object" },
	{ R("900", "\"RegionID\":900," LABELS "\"Nodes\":[null]"),
	    "error: f:2:70: Regions.900.Nodes[0]: expected a node, which is "
	    "an object, found null" },
	{ R("900", "\"RegionID\":900,\"RegionCode\":1,"
	    "\"RegionName\":\"Own\"," GOOD_NODES),
	    "error: f:2:36: Regions.900.RegionCode: expected a string, found "
	    "1" },
	{ R("900", "\"RegionID\":900,\"RegionCode\":\"own\","
	    "\"RegionName\":\"a\\nb\"," GOOD_NODES),
	    "error: f:2:56: Regions.900.RegionName: expected at most 255 "
	    "bytes without control characters, found \"a\\nb\"" },
	{ R("900", "\"RegionID\":900,\"Latitude\":90.5," LABELS GOOD_NODES),
	    "error: f:2:34: Regions.900.Latitude: expected degrees from -90 "
	    "to 90, found 90.5" },
	{ R("900", "\"RegionID\":900,\"Longitude\":\"1\"," LABELS GOOD_NODES),
	    "error: f:2:36: Regions.900.Longitude: expected degrees from -180 "
	    "to 180, found \"1\"" },
	{ R("900", "\"RegionID\":900,\"NoMeasureNoHome\":1," LABELS
	    GOOD_NODES),
	    "error: f:2:41: Regions.900.NoMeasureNoHome: expected true or "
	    "false, found 1" },
	/* Warnings. */
	{ R("900", "\"RegionID\":900,\"RegionName\":\"\","
	    "\"RegionCode\":\"own\"," GOOD_NODES),
	    "warning: f:2:7: Regions.900.RegionName: this is missing or "
	    "empty: users will see the region without it" },
	{ R("900", "\"RegionID\":900,\"Avoid\":true," LABELS GOOD_NODES),
	    "warning: f:2:31: Regions.900.Avoid: clients interpret this "
	    "differently: use NoMeasureNoHome" },
};

ATF_TC_WITHOUT_HEAD(region);
ATF_TC_BODY(region, tc)
{
	size_t i;

	for (i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		finds(regions[i].text, NULL, regions[i].line);
}

/* A map with the single node `node', on its own line. */
#define N(node)		MAP("", REGION("", "\n" node))
#define BEGIN		"{\"Name\":\"a\",\"RegionID\":900,\"HostName\":\"h\""
#define AT		"Regions.900.Nodes[0]"
#define NAMELESS	"{\"Name\":\"a\",\"RegionID\":900"
#define NO_NAME		"warning: f:2:1: " AT ".HostName: this is missing or " \
			"empty: clients will connect by address and verify " \
			"no name but CertName; write the name that the " \
			"certificate holds, or the address"

static const struct {
	const char	*text;
	const char	*line;
} nodes[] = {
	{ N("{\"RegionID\":900,\"HostName\":\"h\"}"),
	    "error: f:2:1: " AT ".Name: expected this field, found nothing" },
	{ N("{\"Name\":\"\",\"RegionID\":900,\"HostName\":\"h\"}"),
	    "error: f:2:10: " AT ".Name: expected a non-empty name, "
	    "found \"\"" },
	{ N("{\"Name\":7,\"RegionID\":900,\"HostName\":\"h\"}"),
	    "error: f:2:9: " AT ".Name: expected a string, found 7" },
	{ N("{\"Name\":\"a\",\"HostName\":\"h\"}"),
	    "error: f:2:1: " AT ".RegionID: expected this field, found "
	    "nothing" },
	{ N("{\"Name\":\"a\",\"RegionID\":901,\"HostName\":\"h\"}"),
	    "error: f:2:24: " AT ".RegionID: expected the id of the region, "
	    "900, found 901" },
	{ N("{\"Name\":\"a\",\"RegionID\":900}"),
	    "error: f:2:1: " AT ".HostName: expected this field, found "
	    "nothing" },
	{ N("{\"Name\":\"a\",\"RegionID\":900,\"HostName\":\"\"}"),
	    "error: f:2:40: " AT ".HostName: expected a host name or an IP "
	    "address, found \"\"" },
	{ N(NAMELESS ",\"IPv4\":\"none\"}"),
	    "error: f:2:1: " AT ".HostName: expected this field, found "
	    "nothing" },
	{ N("{\"Name\":\"a\",\"RegionID\":900,\"hostname\":\"h\"}"),
	    "error: f:2:29: " AT ".HostName: expected the name with exactly "
	    "these capital and small letters, found \"hostname\"" },
	{ N("{\"Name\":\"a\",\"RegionID\":900,\"HostName\":\"a b\"}"),
	    "error: f:2:40: " AT ".HostName: expected a host name or an IP "
	    "address, found \"a b\"" },
	{ N("{\"Name\":\"a\",\"RegionID\":900,\"HostName\":[]}"),
	    "error: f:2:39: " AT ".HostName: expected a host name or an IP "
	    "address, found an array" },
	{ N(BEGIN ",\"CertName\":\"sha256-raw:00\"}"),
	    "error: f:2:55: " AT ".CertName: expected a host name, or "
	    "\"sha256-raw:\" and 64 lower-case hexadecimal digits, "
	    "found \"sha256-raw:00\"" },
	{ N(BEGIN ",\"CertName\":\"-\"}"),
	    "error: f:2:55: " AT ".CertName: expected a host name, or "
	    "\"sha256-raw:\" and 64 lower-case hexadecimal digits, "
	    "found \"-\"" },
	{ N(BEGIN ",\"IPv4\":\"2001:db8::1\"}"),
	    "error: f:2:51: " AT ".IPv4: expected an IPv4 address or "
	    "\"none\", found \"2001:db8::1\"" },
	{ N(BEGIN ",\"IPv6\":\"192.0.2.1\"}"),
	    "error: f:2:51: " AT ".IPv6: expected an IPv6 address or "
	    "\"none\", found \"192.0.2.1\"" },
	{ N(BEGIN ",\"IPv4\":false}"),
	    "error: f:2:50: " AT ".IPv4: expected an IPv4 address or "
	    "\"none\", found false" },
	{ N(BEGIN ",\"STUNPort\":-2}"),
	    "error: f:2:54: " AT ".STUNPort: expected an integer from -1 to "
	    "65535, found -2" },
	{ N(BEGIN ",\"STUNPort\":\"3478\"}"),
	    "error: f:2:55: " AT ".STUNPort: expected an integer from -1 to "
	    "65535, found \"3478\"" },
	{ N(BEGIN ",\"DERPPort\":65536}"),
	    "error: f:2:54: " AT ".DERPPort: expected an integer from 0 to "
	    "65535, found 65536" },
	{ N(BEGIN ",\"STUNOnly\":0}"),
	    "error: f:2:54: " AT ".STUNOnly: expected true or false, found 0" },
	{ N(BEGIN ",\"CanPort80\":\"yes\"}"),
	    "error: f:2:56: " AT ".CanPort80: expected true or false, found "
	    "\"yes\"" },
	{ N(BEGIN ",\"STUNTestIP\":\"x\"}"),
	    "error: f:2:57: " AT ".STUNTestIP: expected an IP address, found "
	    "\"x\"" },
	{ N(BEGIN ",\"stunport\":1,\"STUNPort\":2}"),
	    "error: f:2:44: " AT ".STUNPort: expected only this spelling: Go "
	    "programs treat both as one name, found \"stunport\"" },
	{ N(BEGIN ",\"x\":{\"y\":1,\n\"y\":2}}"),
	    "error: f:3:2: " AT ".x: expected each name once, found \"y\" "
	    "again, first in line 2" },
	{ N(BEGIN ",\"x\":{\"y\":1,\n\"\\u0079\":2}}"),
	    "error: f:3:2: " AT ".x: expected each name once, found \"y\" "
	    "again, first in line 2" },
	/* Warnings. */
	{ N(NAMELESS ",\"IPv4\":\"192.0.2.7\",\"IPv6\":\"none\"}"),
	    NO_NAME },
	{ N(NAMELESS ",\"IPv4\":\"none\",\"IPv6\":\"2001:db8::1\","
	    "\"HostName\":\"\"}"), NO_NAME },
	{ N(BEGIN ",\"stunport\":1}"),
	    "warning: f:2:44: " AT ".STUNPort: write the name with exactly "
	    "these capital and small letters: programs not written in Go may "
	    "ignore other spellings" },
	{ N(BEGIN ",\"InsecureForTests\":true}"),
	    "warning: f:2:62: " AT ".InsecureForTests: clients will not "
	    "verify the certificate of this node: use CertName with a pin "
	    "instead" },
	{ N(BEGIN ",\"STUNTestIP\":\"::1\"}"),
	    "warning: f:2:57: " AT ".STUNTestIP: this is for tests: clients "
	    "will use this address for STUN, not the node's" },
	{ N(BEGIN ",\"DERPPort\":8443}"),
	    "warning: f:2:54: " AT ".DERPPort: clients in networks that "
	    "permit no port but 443 will not reach port 8443" },
	{ N(BEGIN ",\"IPv4\":\"none\",\"IPv6\":\"none\"}"),
	    "warning: f:2:1: " AT ": no client can reach this node: IPv4 and "
	    "IPv6 are both \"none\"" },
	{ N(BEGIN ",\"STUNOnly\":true,\"STUNPort\":-1}"),
	    "warning: f:2:1: " AT ": this node has no use: STUNOnly is "
	    "true, and STUNPort -1 disables STUN" },
};

ATF_TC_WITHOUT_HEAD(node);
ATF_TC_BODY(node, tc)
{
	size_t i;

	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		finds(nodes[i].text, NULL, nodes[i].line);
}

/* The host name, if any, is resolved for a family without an address. */
ATF_TC_WITHOUT_HEAD(nameless);
ATF_TC_BODY(nameless, tc)
{
	static const char v4[] = N(NAMELESS ",\"IPv4\":\"192.0.2.7\"}");
	static const char v6[] = N(NAMELESS ",\"IPv6\":\"2001:db8::1\","
	    "\"HostName\":null}");

	finds_too(v4, NULL, NO_NAME);
	finds_too(v4, NULL, "warning: f:2:1: " AT ".IPv6: this is missing, and "
	    "there is no HostName: clients will also try IPv6 on their own "
	    "machine; write \"none\"");
	ATF_CHECK_EQ(nwarnings, 2);
	finds_too(v6, NULL, NO_NAME);
	finds_too(v6, NULL, "warning: f:2:1: " AT ".IPv4: this is missing, and "
	    "there is no HostName: clients will also try IPv4 on their own "
	    "machine; write \"none\"");
	ATF_CHECK_EQ(nwarnings, 2);
}

/* The client can make no URL of this host name. */
ATF_TC_WITHOUT_HEAD(ipv6_host);
ATF_TC_BODY(ipv6_host, tc)
{
	finds(N("{\"Name\":\"a\",\"RegionID\":900,\"HostName\":"
	    "\"2001:db8::1\"}"), NULL, "warning: f:2:40: " AT ".HostName: "
	    "clients can't make a URL from an IPv6 address without another "
	    "port than 443: leave HostName out, write the address into IPv6 "
	    "and \"none\" into IPv4");
	finds_too(N("{\"Name\":\"a\",\"RegionID\":900,\"HostName\":"
	    "\"::ffff:192.0.2.1\",\"DERPPort\":443}"), NULL, "warning: f:2:40: "
	    AT ".HostName: clients can't make a URL from an IPv6 address "
	    "without another port than 443: leave HostName out, write the "
	    "address into IPv6 and \"none\" into IPv4");
	lacks(N("{\"Name\":\"a\",\"RegionID\":900,\"HostName\":"
	    "\"2001:db8::1\",\"DERPPort\":8443}"), NULL, "URL");
}

/* Files saved by editors on Windows. */
ATF_TC_WITHOUT_HEAD(encodings);
ATF_TC_BODY(encodings, tc)
{
	fine(MAP("\r\n", REGION("", "\r\n" NODE("a", "") "\r\n")), NULL);
	finds_too(MAP("\r\n", "\r\n" REGION("", "\r\n" NODE("", ""))), NULL,
	    "error: f:3:10: " AT ".Name: expected a non-empty name, "
	    "found \"\"");
	finds("\xef\xbb\xbf" NODE_MAP(""), NULL, "error: f:1:1: not JSON: "
	    "begins with a byte order mark: save it as UTF-8 without a byte "
	    "order mark (BOM)");
	finds("\xff\xfe{", NULL, "error: f:1:1: not JSON: begins with a byte "
	    "order mark, it is UTF-16: save it as UTF-8 without a byte order "
	    "mark (BOM)");
	finds("\xfe\xff", NULL, "error: f:1:1: not JSON: begins with a byte "
	    "order mark, it is UTF-16: save it as UTF-8 without a byte order "
	    "mark (BOM)");
}

ATF_TC_WITHOUT_HEAD(hosts);
ATF_TC_BODY(hosts, tc)
{
	static const char *const good[] = { "a", "a-b.c1", "1.example.org",
	    "_x.example.org", "192.0.2.1",
	    "xn--bcher-kva.example" };
	static const char *const bad[] = { "", ".", "a.", "a..b", "-a", "a-",
	    "a.-b", "192.0.2.256", "1.2.3", "[2001:db8::1]", "a:443",
	    "https://a", "b\\u00fccher", "fe80::1%eth0", " a", "a/b",
	    "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-0123456789",
	    "a.0123" };
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), MAP("", REGION("", "{\"Name\":"
		    "\"a\",\"RegionID\":900,\"HostName\":\"%s\"}")), good[i]);
		fine(text, NULL);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), MAP("", REGION("", "{\"Name\":"
		    "\"a\",\"RegionID\":900,\"HostName\":\"%s\"}")), bad[i]);
		ATF_CHECK_MSG(check(text, NULL) == -1, "%s", bad[i]);
	}
}

ATF_TC_WITHOUT_HEAD(unique);
ATF_TC_BODY(unique, tc)
{
	finds(MAP("", REGION("", NODE("a", "") ",\n" NODE("a", ""))), NULL,
	    "error: f:2:10: Regions.900.Nodes[1].Name: expected a name that "
	    "no other node has, found \"a\", which the node in line 1 has "
	    "too");
	finds(MAP("", REGION("", NODE("a", "") ",\n" NODE("b", ""))
	    ",\"901\":{\"RegionID\":901,\"RegionCode\":\"c\","
	    "\"RegionName\":\"n\",\"Nodes\":[\n{\"Name\":\"a\","
	    "\"RegionID\":901,\"HostName\":\"h\"}]}"), NULL,
	    "error: f:3:10: Regions.901.Nodes[0].Name: expected a name that "
	    "no other node has, found \"a\", which the node in line 1 has "
	    "too");
}

ATF_TC_WITHOUT_HEAD(low_ids);
ATF_TC_BODY(low_ids, tc)
{
#define LOW(more) "{\"Regions\":{\"899\":{\"RegionID\":899," LABELS \
	"\"Nodes\":[{\"Name\":\"a\",\"RegionID\":899,\"HostName\":\"h\"}]}}" \
	more "}"
	finds(LOW(""), NULL, "warning: f:1:14: Regions: 1 region has an id "
	    "below 900, which are Tailscale's own: there it replaces theirs; "
	    "take one from 900 to 999, or set omitDefaultRegions");
	fine(LOW(",\"omitDefaultRegions\":true"), NULL);
}

/* With many errors, output is limited and the time is not quadratic. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	static char text[MAP_MAX_SIZE];
	size_t n = 0, i;

	n += (size_t)snprintf(text, sizeof(text), "{\"Regions\":{");
	for (i = 0; i < 15000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\"%zu\":0",
		    i > 0 ? "," : "", i + 1);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "}}");
	ATF_REQUIRE(n < sizeof(text));
	check(text, NULL);
	ATF_CHECK_EQ(21, nerrors);
	ATF_CHECK(strstr(found, "error: f: there are more errors\n") != NULL);

	n = (size_t)snprintf(text, sizeof(text), "{\"Regions\":{\"900\":{"
	    "\"RegionID\":900," LABELS "\"Nodes\":[");
	for (i = 0; i < 5000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%s{\"Name\":\"%zu\",\"RegionID\":900,\"HostName\":\"h\","
		    "\"DERPPort\":1}", i > 0 ? "," : "", i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "]}}}");
	ATF_REQUIRE(n < sizeof(text));
	check(text, NULL);
	ATF_CHECK_EQ(0, nerrors);
	ATF_CHECK_EQ(21, nwarnings);
}

/* Text quoted in a finding cannot forge another finding, and is shortened. */
ATF_TC_WITHOUT_HEAD(quoting);
ATF_TC_BODY(quoting, tc)
{
	char text[2048], big[1024];

	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	snprintf(text, sizeof(text), "{\"Regions\":{\"\xc2\x9b\x7f%s\":"
	    "{\"RegionID\":1}}}", big);
	check(text, NULL);
	ATF_CHECK(strstr(found, "\x7f") == NULL);
	ATF_CHECK(strstr(found, "\xc2") == NULL);
	ATF_CHECK(strstr(found, "Regions.???xxx") != NULL);
	ATF_CHECK(strstr(found, "xxx...") != NULL);
	ATF_CHECK_MSG(strlen(found) < 1200, "%s", found);
}

ATF_TC_WITHOUT_HEAD(summary);
ATF_TC_BODY(summary, tc)
{
	static const char map[] = MAP("", REGION("", NODE("a\\u0022\\n", "")
	    "," NODE("b", ",\"DERPPort\":8443,\"STUNPort\":-1,\"STUNOnly\":"
	    "true,\"CanPort80\":true,\"InsecureForTests\":true,\"IPv4\":"
	    "\"192.0.2.1\",\"IPv6\":\"none\",\"CertName\":\"c\"")
	    ));
	static const char expected[] = "{\"regions\":[{\"id\":900,\"code\":"
	    "\"own\",\"name\":\"Own\",\"nodes\":[{\"name\":\"a\\u0022\","
	    "\"host\":\"relay.example.org\",\"port\":443,\"stun\":3478,"
	    "\"stun_only\":false,\"ipv4\":\"\",\"ipv6\":\"\","
	    "\"certname\":\"\"},{\"name\":\"b\",\"host\":"
	    "\"relay.example.org\",\"port\":8443,\"stun\":-1,\"stun_only\":"
	    "true,\"can_port80\":true,\"insecure\":true,\"ipv4\":"
	    "\"192.0.2.1\",\"ipv6\":\"none\",\"certname\":\"c\""
	    "}]}]}";
	char good_map[sizeof(map)];
	struct ipc_wr w;

	/* A control character in a name is refused. */
	ipc_wr_init(&w);
	ATF_CHECK_EQ(-1, map_summary(map, strlen(map), &w));
	ATF_CHECK_EQ(0, w.len);
	snprintf(good_map, sizeof(good_map), "%s", map);
	memmove(strstr(good_map, "\\n"), strstr(good_map, "\\n") + 2,
	    strlen(strstr(good_map, "\\n") + 2) + 1);
	ATF_CHECK_EQ(0, map_summary(good_map, strlen(good_map), &w));
	ATF_CHECK_MSG(w.len == strlen(expected) &&
	    memcmp(w.p, expected, w.len) == 0, "%.*s", (int)w.len, w.p);
	ipc_wr_free(&w);
}

/* The installed sample and the one in the manual are valid. */
ATF_TC_WITHOUT_HEAD(sample);
ATF_TC_BODY(sample, tc)
{
	static char text[16384];
	char path[1024], *from, *to;

	snprintf(path, sizeof(path), "%s/../../etc/derp-map.json",
	    atf_tc_get_config_var(tc, "srcdir"));
	read_file(path, text, sizeof(text));
	fine(text, NULL);
	snprintf(path, sizeof(path), "%s/../../man/derp-map.5",
	    atf_tc_get_config_var(tc, "srcdir"));
	read_file(path, text, sizeof(text));
	ATF_REQUIRE((from = strstr(text, "\n{\n")) != NULL);
	ATF_REQUIRE((to = strstr(from, "\n}\n")) != NULL);
	to[2] = '\0';
	/* The manual shortens the pin of the sample. */
	check(from, NULL);
	ATF_CHECK_MSG(nerrors == 1 && nwarnings == 0 && strstr(found,
	    ".CertName: expected") != NULL, "%s", found);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, no_json);
	ATF_TP_ADD_TC(tp, top_level);
	ATF_TP_ADD_TC(tp, region);
	ATF_TP_ADD_TC(tp, node);
	ATF_TP_ADD_TC(tp, nameless);
	ATF_TP_ADD_TC(tp, ipv6_host);
	ATF_TP_ADD_TC(tp, encodings);
	ATF_TP_ADD_TC(tp, hosts);
	ATF_TP_ADD_TC(tp, unique);
	ATF_TP_ADD_TC(tp, low_ids);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, quoting);
	ATF_TP_ADD_TC(tp, summary);
	ATF_TP_ADD_TC(tp, sample);
	return (atf_no_error());
}
