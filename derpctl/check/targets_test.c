/*
 * targets_test: words of the command line as relays, URLs and files.
 */
#include <atf-c.h>
#include <string.h>

#include "targets.h"

static struct ctlcheck_target	t;
static char			why[256];

/* The word is a relay at `host' with these ports. */
static void
host(const char *text, const char *name, unsigned int port, int stun)
{
	ATF_REQUIRE_EQ_MSG(0, ctlcheck_target_read(text, &t, why, sizeof(why)),
	    "%s: %s", text, why);
	ATF_CHECK_EQ_MSG(CTLCHECK_HOST, t.kind, "%s", text);
	ATF_CHECK_STREQ(name, t.node.host);
	ATF_CHECK_EQ_MSG(port, t.node.port, "%s: %u", text, t.node.port);
	ATF_CHECK_EQ_MSG(stun, t.node.stun, "%s: %d", text, t.node.stun);
	ATF_CHECK_EQ(80, t.node.port80);
	ATF_CHECK_STREQ("", t.node.certname);
}

static void
other(const char *text, enum ctlcheck_target_kind kind, const char *want)
{
	ATF_REQUIRE_EQ_MSG(0, ctlcheck_target_read(text, &t, why, sizeof(why)),
	    "%s: %s", text, why);
	ATF_CHECK_EQ_MSG(kind, t.kind, "%s", text);
	ATF_CHECK_STREQ(want, t.text);
}

static void
refused(const char *text)
{
	why[0] = '\0';
	ATF_CHECK_EQ_MSG(-1, ctlcheck_target_read(text, &t, why, sizeof(why)),
	    "%s", text);
	ATF_CHECK_MSG(strstr(why, "\": ") != NULL, "%s: %s", text, why);
}

ATF_TC_WITHOUT_HEAD(hosts);
ATF_TC_BODY(hosts, tc)
{
	host("relay.example.org", "relay.example.org", 443, 3478);
	host("relay.example.org:8443", "relay.example.org", 8443, 3478);
	host("relay.example.org:8443:3479", "relay.example.org", 8443, 3479);
	host("relay.example.org:443:off", "relay.example.org", 443, -1);
	host("192.0.2.1", "192.0.2.1", 443, 3478);
	host("192.0.2.1:1", "192.0.2.1", 1, 3478);
	host("2001:db8::1", "2001:db8::1", 443, 3478);
	host("[2001:db8::1]", "2001:db8::1", 443, 3478);
	host("[2001:db8::1]:65535:1", "2001:db8::1", 65535, 1);
	host("https://relay.example.org", "relay.example.org", 443, 3478);
	host("https://relay.example.org:8443/", "relay.example.org", 8443,
	    3478);
	host("https://[2001:db8::1]/", "2001:db8::1", 443, 3478);
}

ATF_TC_WITHOUT_HEAD(maps);
ATF_TC_BODY(maps, tc)
{
	other("https://relay.example.org/derpmap/default", CTLCHECK_URL,
	    "https://relay.example.org/derpmap/default");
	other("https://relay.example.org:443/map?x=1", CTLCHECK_URL,
	    "https://relay.example.org/map?x=1");
	other("http://127.0.0.1:8080/", CTLCHECK_URL, "http://127.0.0.1:8080/");
	other("-", CTLCHECK_FILE, "-");
	other("map.json", CTLCHECK_FILE, "map.json");
	other("derp.yaml", CTLCHECK_FILE, "derp.yaml");
	other("derp.yml", CTLCHECK_FILE, "derp.yml");
	other("./relay.example.org", CTLCHECK_FILE, "./relay.example.org");
	other("/etc/derpd/map", CTLCHECK_FILE, "/etc/derpd/map");
}

ATF_TC_WITHOUT_HEAD(wrong);
ATF_TC_BODY(wrong, tc)
{
	char long_name[400];

	refused("-v");
	refused("");
	refused(":443");
	refused("relay.example.org:");
	refused("relay.example.org:0");
	refused("relay.example.org:65536");
	refused("relay.example.org:00000443");
	refused("relay.example.org:https");
	refused("relay.example.org:443:");
	refused("relay.example.org:443:0");
	refused("relay.example.org:443:3478:1");
	refused("192.0.2.256");
	refused("[2001:db8::1");
	refused("[2001:db8::1]443");
	refused("[relay");
	refused("re lay");
	refused("relay\033[31m");
	refused("http://relay.example.org/derpmap/default");
	refused("ftp://relay.example.org/");
	refused("https://user@relay.example.org/");
	memset(long_name, 'a', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	refused(long_name);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, hosts);
	ATF_TP_ADD_TC(tp, maps);
	ATF_TP_ADD_TC(tp, wrong);
	return (atf_no_error());
}
