/*
 * mapplaces_test: the nodes of maps, whole and broken.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapplaces.h"

static char why[200];

static struct map_places *
read_map(const char *text)
{
	return (map_places_read(text, strlen(text), why, sizeof(why)));
}

static struct map_places *
need(const char *text)
{
	struct map_places *m = read_map(text);

	ATF_REQUIRE_MSG(m != NULL, "%s", why);
	return (m);
}

ATF_TC_WITHOUT_HEAD(nodes);
ATF_TC_BODY(nodes, tc)
{
	struct map_places *m = need("{\"Regions\":{"
	    "\"901\":{\"RegionID\":901,\"RegionCode\":\"b\","
	    "\"RegionName\":\"Berlin\",\"Avoid\":true,\"Nodes\":["
	    "{\"Name\":\"901a\",\"RegionID\":901,\"HostName\":\"a.test\"},"
	    "{\"Name\":\"901s\",\"RegionID\":901,\"HostName\":\"s.test\","
	    "\"STUNOnly\":true},"
	    "{\"Name\":\"901b\",\"RegionID\":901,\"IPv4\":\"192.0.2.7\","
	    "\"IPv6\":\"none\",\"DERPPort\":8443,\"STUNPort\":-1,"
	    "\"InsecureForTests\":true,\"CertName\":\"c.test\"}]},"
	    "\"900\":{\"RegionID\":900,\"Nodes\":["
	    "{\"Name\":\"900a\",\"RegionID\":900,\"HostName\":\"::1\"}]}}}");
	const struct map_places_region *r;
	const struct map_places_node *n;

	ATF_REQUIRE_EQ(2, m->nregions);
	ATF_CHECK_EQ(3, m->nnodes);
	ATF_CHECK_EQ(900, m->regions[0].id);
	ATF_CHECK_EQ(0, m->regions[0].avoid);
	ATF_CHECK_STREQ("", m->regions[0].code);
	ATF_CHECK(map_places_region(m, 902) == NULL);
	ATF_REQUIRE((r = map_places_region(m, 901)) != NULL);
	ATF_CHECK_STREQ("b", r->code);
	ATF_CHECK_EQ(1, r->avoid);
	ATF_CHECK_EQ(2, r->n);
	ATF_CHECK(map_places_node(r, "901s") == NULL);
	ATF_REQUIRE((n = map_places_node(r, "901a")) == r->nodes);
	ATF_CHECK_STREQ("a.test", n->host);
	ATF_CHECK_STREQ("", n->ipv4);
	ATF_CHECK_EQ(443, n->port);
	ATF_CHECK_EQ(0, n->insecure);
	ATF_REQUIRE((n = map_places_node(r, "901b")) == r->nodes + 1);
	ATF_CHECK_STREQ("", n->host);
	ATF_CHECK_STREQ("192.0.2.7", n->ipv4);
	ATF_CHECK_STREQ("none", n->ipv6);
	ATF_CHECK_STREQ("c.test", n->certname);
	ATF_CHECK_EQ(8443, n->port);
	ATF_CHECK_EQ(1, n->insecure);
	map_places_free(m);
}

/* Each of these nodes is left out, the one behind it is not. */
ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	static const char *const bad[] = {
		"3", "null", "{}",
		"{\"Name\":\"\",\"HostName\":\"a.test\"}",
		"{\"Name\":7,\"HostName\":\"a.test\"}",
		"{\"Name\":\"x\\u0007\",\"HostName\":\"a.test\"}",
		"{\"Name\":\"x\"}",
		"{\"Name\":\"x\",\"IPv4\":\"none\"}",
		"{\"Name\":\"x\",\"HostName\":\"a b\"}",
		"{\"Name\":\"x\",\"HostName\":\"a.test\",\"IPv4\":\"::1\"}",
		"{\"Name\":\"x\",\"HostName\":\"a.test\",\"DERPPort\":65536}",
		"{\"Name\":\"x\",\"HostName\":\"a.test\",\"DERPPort\":-1}",
		"{\"Name\":\"x\",\"HostName\":\"a.test\",\"CertName\":[]}"
	};
	struct map_places *m;
	char text[500];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "{\"Regions\":{\"9\":"
		    "{\"RegionID\":9,\"Nodes\":[%s,{\"Name\":\"good\","
		    "\"HostName\":\"g.test\"},{\"Name\":\"good\","
		    "\"HostName\":\"again.test\"}]}}}", bad[i]);
		m = need(text);
		ATF_CHECK_EQ_MSG(1, m->nnodes, "%s", bad[i]);
		ATF_CHECK_STREQ("g.test", m->nodes[0].host);
		map_places_free(m);
	}
}

ATF_TC_WITHOUT_HEAD(no_map);
ATF_TC_BODY(no_map, tc)
{
	static const char *const bad[] = {
		"", "{", "[]", "{}", "{\"Regions\":[]}", "{\"Regions\":{}}",
		"{\"Regions\":{\"1\":null}}",
		"{\"Regions\":{\"1\":{\"RegionID\":1}}}",
		"{\"Regions\":{\"1\":{\"RegionID\":1,\"Nodes\":[]}}}",
		("{\"Regions\":{\"1\":{\"RegionID\":0,\"Nodes\":"
		    "[{\"Name\":\"a\",\"HostName\":\"a.test\"}]}}}")
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		ATF_CHECK_EQ_MSG(NULL, read_map(bad[i]), "%s", bad[i]);
		ATF_CHECK(why[0] != '\0');
	}
}

/* More nodes than are read, and more regions. */
ATF_TC_WITHOUT_HEAD(bound);
ATF_TC_BODY(bound, tc)
{
	struct map_places *m;
	char *text, *p;
	unsigned int i;

	ATF_REQUIRE((text = malloc(512 * 1024)) != NULL);
	p = text + sprintf(text, "{\"Regions\":{");
	for (i = 1; i <= MAP_PLACES_NODES + 10; i++)
		p += sprintf(p, "%s\"%u\":{\"RegionID\":%u,\"Nodes\":"
		    "[{\"Name\":\"%u\",\"HostName\":\"a.test\"}]}",
		    i > 1 ? "," : "", i, i, i);
	(void)sprintf(p, "}}");
	m = need(text);
	ATF_CHECK_EQ(MAP_PLACES_NODES, m->nnodes);
	ATF_CHECK_EQ(MAP_PLACES_NODES, m->nregions);
	map_places_free(m);
	free(text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, nodes);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, no_map);
	ATF_TP_ADD_TC(tp, bound);
	return (atf_no_error());
}
