/*
 * Tests of map.c: how derpctl prints the maps that derpd serves.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

static char	*out;		/* the printed text */
static size_t	 outlen;

static int
print(const char *json)
{
	FILE	*fp;
	int	 rv;

	free(out);
	out = NULL;
	ATF_REQUIRE((fp = open_memstream(&out, &outlen)) != NULL);
	rv = ctl_maps_print(fp, json, strlen(json));
	ATF_REQUIRE_EQ(0, fclose(fp));
	return rv;
}

static void
has(const char *part)
{
	ATF_CHECK_MSG(strstr(out, part) != NULL, "no \"%s\" in\n%s", part, out);
}

static void
lacks(const char *part)
{
	ATF_CHECK_MSG(strstr(out, part) == NULL, "\"%s\" in\n%s", part, out);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	ATF_REQUIRE_EQ(0, print("{\"maps\":[{\"path\":\"/derpmap/default\","
	    "\"hosts\":[\"a.example\",\"b.example\"],\"source\":"
	    "\"/etc/derpd/derp-map.json\",\"state\":\"good\",\"hash\":"
	    "\"00ff\",\"bytes\":1234,\"age\":61,\"since\":"
	    "\"2026-01-31T12:00:00Z\",\"checked\":5,\"error\":\"\","
	    "\"warnings\":[],\"summary\":{\"regions\":[{\"id\":900,\"code\":"
	    "\"own\",\"name\":\"Own relay\",\"nodes\":[{\"name\":\"900a\","
	    "\"host\":\"relay.example.org\",\"port\":443,\"stun\":-1,"
	    "\"stun_only\":false,\"ipv4\":\"192.0.2.1\",\"ipv6\":\"\","
	    "\"certname\":\"\"}]}]},\"compare\":[]}]}"));
	has("/derpmap/default");
	has("a.example, b.example");
	has("/etc/derpd/derp-map.json");
	has("good");
	has("1m01s");
	has("1234 bytes");
	has("00ff");
	has("region 900  own  Own relay");
	has("900a");
	has("relay.example.org");
	has("192.0.2.1");
	lacks("error");
	lacks("compared");
}

ATF_TC_WITHOUT_HEAD(bad);
ATF_TC_BODY(bad, tc)
{
	ATF_REQUIRE_EQ(0, print("{\"maps\":[{\"path\":\"/one\",\"state\":"
	    "\"last good\",\"error\":\"f:1:1: not JSON\",\"warnings\":"
	    "[\"warning: one\",\"warning: two\"],\"compare\":[{\"url\":"
	    "\"https://other/\",\"state\":\"drift\",\"hash\":\"ee\","
	    "\"error\":\"no route\",\"checked\":7}]},{\"path\":\"/two\","
	    "\"state\":\"none\"}]}"));
	has("last good");
	has("f:1:1: not JSON");
	has("warning: one\n");
	has("warning: two\n");
	has("https://other/: drift");
	has("no route");
	has("/two");
	has("none");
}

ATF_TC_WITHOUT_HEAD(no_maps);
ATF_TC_BODY(no_maps, tc)
{
	ATF_CHECK_EQ(0, print("{\"maps\":[]}"));
	has("no map");
	ATF_CHECK_EQ(-1, print(""));
	ATF_CHECK_EQ(-1, print("{\"maps\":[}"));
	ATF_CHECK_EQ(-1, print("{}"));
	ATF_CHECK_EQ(-1, print("[]"));
	ATF_CHECK_EQ(-1, print("{\"maps\":{}}"));
	/* A derpd of another version: dashes, not an error. */
	ATF_CHECK_EQ(0, print("{\"maps\":[{},1,null]}"));
}

/* Maps are untrusted: control characters must not reach a terminal. */
ATF_TC_WITHOUT_HEAD(terminal);
ATF_TC_BODY(terminal, tc)
{
	const char	*p;

	ATF_REQUIRE_EQ(0, print("{\"maps\":[{\"path\":\"\\u001b[2J\","
	    "\"hosts\":[\"\\u009b\"],\"source\":\"\\u202e\",\"error\":"
	    "\"\\u0007\\r\",\"warnings\":[\"\\u001b]0;x\\u0007\"],"
	    "\"summary\":{\"regions\":[{\"id\":1,\"name\":\"\\u001bc\","
	    "\"nodes\":[{\"name\":\"\\u001b\",\"host\":\"\\u009b\","
	    "\"ipv4\":\"\\n\"}]}]},\"compare\":[{\"url\":\"\\u001b\","
	    "\"error\":\"\\u001b\"}]}]}"));
	for (p = out; *p != '\0'; p++)
		ATF_CHECK_MSG(*p == '\n' || (*p >= ' ' && *p <= '~'),
		    "byte 0x%02x in\n%s", (unsigned char)*p, out);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, bad);
	ATF_TP_ADD_TC(tp, no_maps);
	ATF_TP_ADD_TC(tp, terminal);
	return atf_no_error();
}
