/*
 * yamlmap_test: maps in YAML as JSON, and what is refused.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "mapcheck.h"
#include "yamlmap.h"

static char	why[256];

/* The JSON of a YAML text; heap.  NULL: it is refused, see `why'. */
static char *
json(const char *text)
{
	struct ipc_wr w;
	char *s = NULL;

	ipc_wr_init(&w);
	why[0] = '\0';
	if (ctlcheck_yaml(text, strlen(text), &w, why, sizeof(why)) == 0)
		ATF_REQUIRE((s = strndup((const char *)w.p, w.len)) != NULL);
	ipc_wr_free(&w);
	if (s == NULL && strstr(why, "without libyaml") != NULL)
		atf_tc_skip("derpctl was built without libyaml");
	return (s);
}

static void
becomes(const char *text, const char *want)
{
	char *s = json(text);

	ATF_REQUIRE_MSG(s != NULL, "%s: %s", text, why);
	ATF_CHECK_STREQ(want, s);
	free(s);
}

static void
refused(const char *text, const char *reason)
{
	char *s = json(text);

	ATF_CHECK_MSG(s == NULL, "%s: is %s", text, s);
	ATF_CHECK_MSG(strstr(why, reason) != NULL, "%s: %s", text, why);
	free(s);
}

static void
report(int error, const char *line, void *arg)
{
	(void)arg;
	if (error)
		atf_tc_fail_nonfatal("%s", line);
}

/* The example of Headscale's documentation is a valid map. */
ATF_TC_WITHOUT_HEAD(headscale);
ATF_TC_BODY(headscale, tc)
{
	char *s = json(
	    "# If you plan to somehow use headscale, please deploy your own\n"
	    "regions:\n"
	    "  900:\n"
	    "    regionid: 900\n"
	    "    regioncode: custom\n"
	    "    regionname: My Region\n"
	    "    nodes:\n"
	    "      - name: 900a\n"
	    "        regionid: 900\n"
	    "        hostname: myderp.mydomain.no\n"
	    "        ipv4: 198.51.100.1\n"
	    "        ipv6: 2001:db8::1\n"
	    "        stunport: 0\n"
	    "        stunonly: false\n"
	    "        derpport: 0\n");

	ATF_REQUIRE_MSG(s != NULL, "%s", why);
	ATF_CHECK_STREQ("{\"Regions\":{\"900\":{\"RegionID\":900,"
	    "\"RegionCode\":\"custom\",\"RegionName\":\"My Region\","
	    "\"Nodes\":[{\"Name\":\"900a\",\"RegionID\":900,"
	    "\"HostName\":\"myderp.mydomain.no\",\"IPv4\":\"198.51.100.1\","
	    "\"IPv6\":\"2001:db8::1\",\"STUNPort\":0,\"STUNOnly\":false,"
	    "\"DERPPort\":0}]}}}", s);
	ATF_CHECK_EQ(0, map_check(s, strlen(s), "map", NULL, report, NULL));
	free(s);
}

ATF_TC_WITHOUT_HEAD(scalars);
ATF_TC_BODY(scalars, tc)
{
	becomes("name: 900", "{\"Name\":\"900\"}");
	becomes("name: \"a\\\"\\x1b\"", "{\"Name\":\"a\\\"\\u001b\"}");
	becomes("regionid: '900'", "{\"RegionID\":\"900\"}");
	becomes("stunport: -1", "{\"STUNPort\":-1}");
	becomes("latitude: 47.5", "{\"Latitude\":47.5}");
	becomes("stunport: 0x1", "{\"STUNPort\":\"0x1\"}");
	becomes("stunport: 1e", "{\"STUNPort\":\"1e\"}");
	becomes("stunonly: true", "{\"STUNOnly\":true}");
	becomes("stunonly: maybe", "{\"STUNOnly\":\"maybe\"}");
	becomes("regions: ~", "{\"Regions\":null}");
	becomes("regions: {}", "{\"Regions\":{}}");
	becomes("nodes: []", "{\"Nodes\":[]}");
	becomes("other: true", "{\"other\":\"true\"}");
	becomes("homeparams: {regionscore: {1: 0.5}}",
	    "{\"HomeParams\":{\"RegionScore\":{\"1\":0.5}}}");
	becomes("{\"regions\": {}}", "{\"Regions\":{}}");
}

ATF_TC_WITHOUT_HEAD(wrong);
ATF_TC_BODY(wrong, tc)
{
	refused("", "there is nothing");
	refused("# nothing\n", "there is nothing");
	refused("regions: &a {}\n", "line 1, column 10: YAML: anchors");
	refused("regions: *a\n", "aliases");
	refused("regions: !!str x\n", "tags");
	refused("regions:\n\t900: x\n", "line 2, column 1: YAML: ");
	refused("? [a]\n: b\n", "expected a name");
	refused("a: [[[[[[[[[[[[", "nested too deeply");
	refused("a: \"\xff\"", "YAML: ");
	refused("a: b: c", "YAML: ");
	refused("regions:\n  900:\n    regionID: 900\n", "line 3, column 5: "
	    "YAML: Headscale ignores \"regionID\": write \"regionid\"");
	refused("Regions: {}", "write \"regions\"");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, headscale);
	ATF_TP_ADD_TC(tp, scalars);
	ATF_TP_ADD_TC(tp, wrong);
	return (atf_no_error());
}
