/*
 * Tests of mapstore.c: maps are put in force as whole sets, are found by path
 * and host, and keep their bytes while they are held.
 */
#include <atf-c.h>
#include <string.h>

#include "mapstore.h"

#define NOW	784111777

static struct web_mapstore	store;

static int
set(uint32_t n)
{
	int		rv;

	rv = web_mapstore_maps(&store, n);
	return (rv);
}

/* Map number `index', at `path' of `host' only; `body' NULL: not there yet. */
static int
map(uint32_t index, const char *path, const char *host, const char *body,
    uint64_t mtime)
{
	static struct ipc_map_doc	d;
	int				rv;

	memset(&d, 0, sizeof(d));
	d.index = index;
	strlcpy(d.path, path, sizeof(d.path));
	d.nhosts = 1;
	strlcpy(d.hosts[0], host, sizeof(d.hosts[0]));
	d.max_age = 60;
	d.mtime = mtime;
	memset(d.hash, 0xab, sizeof(d.hash));
	d.body = (const uint8_t *)body;
	d.len = body == NULL ? 0 : strlen(body);
	rv = web_mapstore_map(&store, &d, NOW);
	return (rv);
}

static struct web_map_entry *
find_at(const char *path, const char *host, int *elsewhere)
{
	struct net_http_str	h = { host, strlen(host) };

	return (web_mapstore_find(&store, path, h, elsewhere));
}

/* Return the body of the map found, "" for none, NULL without a map. */
static const char *
find(const char *path, const char *host)
{
	static char		 body[64];
	struct web_map_entry	*e;
	int			 elsewhere;

	if ((e = find_at(path, host, &elsewhere)) == NULL)
		return (NULL);
	ATF_REQUIRE(e->doc.len < sizeof(body));
	if (e->doc.len > 0)
		memcpy(body, e->doc.body, e->doc.len);
	body[e->doc.len] = '\0';
	return (body);
}

ATF_TC_WITHOUT_HEAD(hosts);
ATF_TC_BODY(hosts, tc)
{
	static const char	*good[] = { "map.example.org",
	    "map.example.org:443", "MAP.Example.ORG", "map.example.org.",
	    "map.example.org.:8443" };
	static const char	*bad[] = { "", ":443", "example.org",
	    "map.example.org..", "xmap.example.org", "map.example.or" };
	size_t			 i;
	int			 elsewhere;

	ATF_REQUIRE_EQ(0, set(1));
	ATF_REQUIRE_EQ(0, map(0, "/derpmap/default", "map.example.org", "{}",
	    1));
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ATF_CHECK_MSG(find("/derpmap/default", good[i]) != NULL, "%s",
		    good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_MSG(find("/derpmap/default", bad[i]) == NULL, "%s",
		    bad[i]);
	ATF_CHECK(find("/derpmap/defaul", "map.example.org") == NULL);
	ATF_CHECK(find("/derpmap/default/", "map.example.org") == NULL);

	ATF_CHECK(find_at("/derpmap/default", "a.example.org",
	    &elsewhere) == NULL && elsewhere == 1);
	ATF_CHECK(find_at("/derpmap/other", "map.example.org",
	    &elsewhere) == NULL && elsewhere == 0);
	web_mapstore_clear(&store);
}

ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	ATF_REQUIRE_EQ(0, set(2));
	ATF_REQUIRE_EQ(0, map(0, "/m", "2001:db8::1", "six", 1));
	ATF_REQUIRE_EQ(0, map(1, "/m", "192.0.2.1", "four", 1));
	ATF_CHECK_STREQ("six", find("/m", "[2001:db8::1]"));
	ATF_CHECK_STREQ("six", find("/m", "[2001:DB8::1]:443"));
	ATF_CHECK_STREQ("four", find("/m", "192.0.2.1:443"));
	ATF_CHECK(find("/m", "[2001:db8::2]") == NULL);
	web_mapstore_clear(&store);
}

ATF_TC_WITHOUT_HEAD(sets);
ATF_TC_BODY(sets, tc)
{
	ATF_CHECK_EQ(-1, map(0, "/a", "h", "no set", 1));
	ATF_REQUIRE_EQ(0, set(2));
	ATF_REQUIRE_EQ(0, map(0, "/a", "h", "a1", 1));
	ATF_CHECK_MSG(find("/a", "h") == NULL, "in force, but not whole");
	ATF_CHECK_EQ(-1, map(2, "/c", "h", "too many", 1));
	ATF_REQUIRE_EQ(0, map(0, "/a", "h", "a2", 1));
	ATF_CHECK_MSG(find("/a", "h") == NULL, "the same one twice");
	ATF_REQUIRE_EQ(0, map(1, "/b", "h", NULL, 1));
	ATF_CHECK_STREQ("a2", find("/a", "h"));
	ATF_CHECK_STREQ("", find("/b", "h"));

	/* Single maps, at once. */
	ATF_REQUIRE_EQ(0, map(1, "/b", "h", "b", 1));
	ATF_CHECK_STREQ("b", find("/b", "h"));
	ATF_CHECK_EQ(-1, map(2, "/c", "h", "too many", 1));

	/* Two maps swap places; neither is ever missing. */
	ATF_REQUIRE_EQ(0, set(2));
	ATF_REQUIRE_EQ(0, map(0, "/b", "h", "b2", 1));
	ATF_CHECK_STREQ("a2", find("/a", "h"));
	ATF_CHECK_STREQ("b", find("/b", "h"));
	ATF_REQUIRE_EQ(0, map(1, "/a", "h", "a3", 1));
	ATF_CHECK_STREQ("a3", find("/a", "h"));
	ATF_CHECK_STREQ("b2", find("/b", "h"));

	/* A partial set is replaced by the next one. */
	ATF_REQUIRE_EQ(0, set(3));
	ATF_REQUIRE_EQ(0, map(2, "/c", "h", "c", 1));
	ATF_REQUIRE_EQ(0, set(1));
	ATF_REQUIRE_EQ(0, map(0, "/c", "h", "c2", 1));
	ATF_CHECK_STREQ("c2", find("/c", "h"));
	ATF_CHECK(find("/a", "h") == NULL && find("/b", "h") == NULL);

	ATF_REQUIRE_EQ(0, set(0));
	ATF_CHECK(find("/c", "h") == NULL);
	ATF_CHECK_EQ(-1, set(0xffffffff));
	web_mapstore_clear(&store);
}

ATF_TC_WITHOUT_HEAD(held);
ATF_TC_BODY(held, tc)
{
	struct web_map_entry	*e;
	int			 elsewhere;

	ATF_REQUIRE_EQ(0, set(1));
	ATF_REQUIRE_EQ(0, map(0, "/a", "h", "old", 1));
	e = find_at("/a", "h", &elsewhere);
	ATF_REQUIRE(e != NULL);
	web_mapstore_hold(e);
	ATF_REQUIRE_EQ(0, map(0, "/a", "h", "new", 1));
	ATF_CHECK_STREQ("new", find("/a", "h"));
	ATF_CHECK_EQ(0, memcmp(e->doc.body, "old", 3));
	ATF_REQUIRE_EQ(0, set(0));
	ATF_CHECK_EQ(0, memcmp(e->doc.body, "old", 3));
	ATF_CHECK_EQ(1, e->refs);
	web_mapstore_release(e);
	web_mapstore_release(NULL);
	web_mapstore_clear(&store);
}

ATF_TC_WITHOUT_HEAD(prepared);
ATF_TC_BODY(prepared, tc)
{
	struct web_map_entry	*e;
	int			 elsewhere;

	ATF_REQUIRE_EQ(0, set(1));
	ATF_REQUIRE_EQ(0, map(0, "/a", "h", "{}\n", NOW - 1));
	e = find_at("/a", "h", &elsewhere);
	ATF_REQUIRE(e != NULL);
	ATF_CHECK_STREQ("\"abababababababababababababababab\"",
	    e->form[WEB_MAP_PLAIN].tag);
	ATF_CHECK_STREQ("Cache-Control: public, max-age=60\r\n"
	    "ETag: \"abababababababababababababababab\"\r\n"
	    "Last-Modified: Sun, 06 Nov 1994 08:49:36 GMT\r\n"
	    "Vary: Accept-Encoding\r\n"
	    "Access-Control-Allow-Origin: *\r\n"
	    "Content-Type: application/json\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Content-Length: 3\r\n\r\n", e->form[WEB_MAP_PLAIN].fields);
	ATF_CHECK_EQ(strlen(e->form[WEB_MAP_PLAIN].fields),
	    e->form[WEB_MAP_PLAIN].len);
	ATF_CHECK_EQ(0, e->form[WEB_MAP_GZIP].len);

	/* From the future, and the largest number. */
	ATF_REQUIRE_EQ(0, map(0, "/a", "h", "{}\n", UINT64_MAX));
	e = find_at("/a", "h", &elsewhere);
	ATF_REQUIRE(e != NULL);
	ATF_CHECK_EQ(NOW, e->doc.mtime);

	/* Without a body no fields are prepared. */
	ATF_REQUIRE_EQ(0, map(0, "/a", "h", NULL, 1));
	e = find_at("/a", "h", &elsewhere);
	ATF_REQUIRE(e != NULL);
	ATF_CHECK_EQ(0, e->form[WEB_MAP_PLAIN].len);
	web_mapstore_clear(&store);
}

ATF_TC_WITHOUT_HEAD(lacks);
ATF_TC_BODY(lacks, tc)
{
	ATF_CHECK_EQ(0, web_mapstore_lacks(&store, "/a"));
	ATF_REQUIRE_EQ(0, set(2));
	ATF_REQUIRE_EQ(0, map(0, "/a", "g", "there", 1));
	ATF_REQUIRE_EQ(0, map(1, "/a", "h", NULL, 1));
	ATF_CHECK_EQ(1, web_mapstore_lacks(&store, "/a"));
	ATF_CHECK_EQ(0, web_mapstore_lacks(&store, "/b"));
	/* There is a body, although empty. */
	ATF_REQUIRE_EQ(0, map(1, "/a", "h", "", 1));
	ATF_CHECK_EQ(0, web_mapstore_lacks(&store, "/a"));
	web_mapstore_clear(&store);
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	ATF_REQUIRE_EQ(0, set(1));
	ATF_REQUIRE_EQ(0, map(0, "/a", "h", "good", 1));
	ATF_CHECK_EQ(-1, map(0, "a", "h", "no path", 1));
	ATF_CHECK_EQ(-1, web_mapstore_maps(&store, UINT32_MAX));
	ATF_CHECK_STREQ("good", find("/a", "h"));
	web_mapstore_clear(&store);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, hosts);
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, sets);
	ATF_TP_ADD_TC(tp, held);
	ATF_TP_ADD_TC(tp, prepared);
	ATF_TP_ADD_TC(tp, lacks);
	ATF_TP_ADD_TC(tp, malformed);
	return (atf_no_error());
}
