/*
 * expand_test: the nodes of a map, with the defaults of clients.
 */
#include <atf-c.h>
#include <string.h>

#include "task.h"

static struct check_node	nodes[8];
static size_t			n;

static void
node(const struct check_node *k, void *arg)
{
	(void)arg;
	ATF_REQUIRE(n < 8);
	nodes[n++] = *k;
}

/* Returns as ctlcheck_expand(). */
static int
expand(const char *text)
{
	char why[256] = "";
	int rv;

	n = 0;
	rv = ctlcheck_expand(text, strlen(text), node, NULL, why, sizeof(why));
	ATF_CHECK_MSG(rv == 0 || why[0] != '\0', "no reason");
	return (rv);
}

ATF_TC_WITHOUT_HEAD(defaults);
ATF_TC_BODY(defaults, tc)
{
	ATF_REQUIRE_EQ(0, expand("{\"Regions\":{\"900\":{\"RegionID\":900,"
	    "\"RegionCode\":\"a\",\"RegionName\":\"A\",\"Nodes\":["
	    "{\"Name\":\"1\",\"RegionID\":900,\"HostName\":\"a.test\"}]}}}"));
	ATF_REQUIRE_EQ(1, n);
	ATF_CHECK_EQ(900, nodes[0].region);
	ATF_CHECK_STREQ("a", nodes[0].code);
	ATF_CHECK_STREQ("1", nodes[0].name);
	ATF_CHECK_STREQ("a.test", nodes[0].host);
	ATF_CHECK_STREQ("", nodes[0].ipv4);
	ATF_CHECK_STREQ("", nodes[0].ipv6);
	ATF_CHECK_STREQ("", nodes[0].certname);
	ATF_CHECK_EQ(443, nodes[0].port);
	ATF_CHECK_EQ(80, nodes[0].port80);
	ATF_CHECK_EQ(3478, nodes[0].stun);
	ATF_CHECK(!nodes[0].can_port80 && !nodes[0].stun_only &&
	    !nodes[0].insecure);
}

ATF_TC_WITHOUT_HEAD(values);
ATF_TC_BODY(values, tc)
{
	ATF_REQUIRE_EQ(0, expand("{\"Regions\":{\"2\":{\"RegionID\":2,"
	    "\"RegionCode\":\"b\",\"RegionName\":\"B\",\"Nodes\":["
	    "{\"Name\":\"2a\",\"RegionID\":2,\"HostName\":\"b.test\","
	    "\"CertName\":\"c.test\",\"IPv4\":\"192.0.2.1\",\"IPv6\":\"none\","
	    "\"DERPPort\":8443,\"STUNPort\":-1,\"CanPort80\":true,"
	    "\"InsecureForTests\":true},"
	    "{\"Name\":\"2b\",\"RegionID\":2,\"HostName\":\"d.test\","
	    "\"STUNPort\":3479,\"STUNOnly\":true}]},"
	    "\"3\":{\"RegionID\":3,\"RegionCode\":\"c\",\"RegionName\":\"C\","
	    "\"Nodes\":[{\"Name\":\"3a\",\"RegionID\":3,"
	    "\"HostName\":\"e.test\"}]}}}"));
	ATF_REQUIRE_EQ(3, n);
	ATF_CHECK_STREQ("192.0.2.1", nodes[0].ipv4);
	ATF_CHECK_STREQ("none", nodes[0].ipv6);
	ATF_CHECK_STREQ("c.test", nodes[0].certname);
	ATF_CHECK_EQ(8443, nodes[0].port);
	ATF_CHECK_EQ(-1, nodes[0].stun);
	ATF_CHECK(nodes[0].can_port80 && nodes[0].insecure &&
	    !nodes[0].stun_only);
	ATF_CHECK_EQ(2, nodes[1].region);
	ATF_CHECK_EQ(3479, nodes[1].stun);
	ATF_CHECK(nodes[1].stun_only);
	ATF_CHECK_EQ(3, nodes[2].region);
	ATF_CHECK_STREQ("e.test", nodes[2].host);
}

/* Clients connect to the address of a node without a name. */
ATF_TC_WITHOUT_HEAD(no_name);
ATF_TC_BODY(no_name, tc)
{
	ATF_REQUIRE_EQ(0, expand("{\"Regions\":{\"2\":{\"RegionID\":2,"
	    "\"RegionCode\":\"b\",\"RegionName\":\"B\",\"Nodes\":["
	    "{\"Name\":\"2a\",\"RegionID\":2,\"IPv4\":\"192.0.2.1\"},"
	    "{\"Name\":\"2b\",\"RegionID\":2,\"IPv4\":\"none\","
	    "\"IPv6\":\"2001:db8::1\"}]}}}"));
	ATF_REQUIRE_EQ(2, n);
	ATF_CHECK_STREQ("192.0.2.1", nodes[0].host);
	ATF_CHECK_STREQ("2001:db8::1", nodes[1].host);
}

ATF_TC_WITHOUT_HEAD(invalid);
ATF_TC_BODY(invalid, tc)
{
	ATF_CHECK_EQ(-1, expand("{}"));
	ATF_CHECK_EQ(-1, expand("{\"Regions\":{\"2\":"));
	ATF_CHECK_EQ(-1, expand(""));
	ATF_CHECK_EQ(0, n);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, defaults);
	ATF_TP_ADD_TC(tp, values);
	ATF_TP_ADD_TC(tp, no_name);
	ATF_TP_ADD_TC(tp, invalid);
	return (atf_no_error());
}
