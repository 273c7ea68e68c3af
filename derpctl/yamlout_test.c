/*
 * yamlout_test: a map as YAML.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "yamlout.h"

/* Compare the YAML of a map. */
static void
is(const char *map, const char *want)
{
	struct json_error	 e;
	struct json		*j;
	char			*got;
	size_t			 size;
	FILE			*fp;

	ATF_REQUIRE((j = json_parse(map, strlen(map), 16, 256, &e)) != NULL);
	ATF_REQUIRE((fp = open_memstream(&got, &size)) != NULL);
	ctl_yaml_map(fp, j);
	fclose(fp);
	json_free(j);
	ATF_CHECK_STREQ(want, got);
	free(got);
}

ATF_TC_WITHOUT_HEAD(map);
ATF_TC_BODY(map, tc)
{
	is("{}", "");
	is("{\"Regions\":{}}", "regions: {}\n");
	is("{\"Regions\":{\"1\":null,\"900\":{\"RegionID\":900,"
	    "\"Latitude\":-1.5,\"Nodes\":[]}}}",
	    "regions:\n  1: null\n  900:\n    regionid: 900\n"
	    "    latitude: -1.5\n    nodes: []\n");
	is("{\"Regions\":{\"900\":{\"Nodes\":[{\"Name\":\"a\",\"STUNPort\":-1,"
	    "\"STUNOnly\":true},{\"Name\":\"b\",\"IPv4\":\"none\"}]}}}",
	    "regions:\n  900:\n    nodes:\n"
	    "      - name: \"a\"\n        stunport: -1\n"
	    "        stunonly: true\n"
	    "      - name: \"b\"\n        ipv4: \"none\"\n");
}

/* Nothing in a string or a name can become YAML. */
ATF_TC_WITHOUT_HEAD(strings);
ATF_TC_BODY(strings, tc)
{
	is("{\"Regions\":{\"1\":{\"RegionName\":"
	    "\"a\\\"\\nb: \\\\ \\u00fc\\u001b\"}}}",
	    "regions:\n  1:\n    regionname: "
	    "\"a\\\"\\x0ab: \\\\ \xc3\xbc\\x1b\"\n");
	is("{\"Regions\":{\"1\":{\"RegionName\":\"a\\u009bb\\u0085c"
	    "\\u2028\\u2029\\ufeff\\uffff\\u00a0\\u2027\"}}}",
	    "regions:\n  1:\n    regionname: \"a\\x9bb\\x85c\\u2028\\u2029"
	    "\\ufeff\\uffff\xc2\xa0\xe2\x80\xa7\"\n");
	is("{\"Regions\":{\"1\":{\"RegionCode\":\"yes\","
	    "\"RegionName\":\"\"}}}",
	    "regions:\n  1:\n    regioncode: \"yes\"\n"
	    "    regionname: \"\"\n");
	is("{\"x: y\":1,\"Comment\":\"z\",\"omitDefaultRegions\":true}",
	    "omitdefaultregions: true\n");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, map);
	ATF_TP_ADD_TC(tp, strings);
	return atf_no_error();
}
