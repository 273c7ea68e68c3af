/*
 * url_test: Tests of url.c: valid https URLs, and targets of redirects.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "url.h"

/* Parse a URL.  Returns "HOST|PORT|PATH" or "bad". */
static const char *
parsed(const char *text)
{
	static char buf[2048];
	struct net_url u;

	if (net_url_parse(text, &u) == -1)
		return ("bad");
	snprintf(buf, sizeof(buf), "%s|%s|%s", u.host, u.port, u.path);
	return (buf);
}

/* Resolve `location' against the URL `from'.  Returns the URL or "bad". */
static const char *
followed(const char *from, const char *location)
{
	static char buf[URL_MAXTEXT];
	struct net_url a, b;

	ATF_REQUIRE_EQ(0, net_url_parse(from, &a));
	if (net_url_follow(&a, location, strlen(location), &b) == -1 ||
	    net_url_text(&b, buf, sizeof(buf)) == -1)
		return ("bad");
	return (buf);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	ATF_CHECK_STREQ("a.test|443|/", parsed("https://a.test"));
	ATF_CHECK_STREQ("a.test|443|/", parsed("HTTPS://a.test/"));
	ATF_CHECK_STREQ("a.test|8443|/derpmap/default",
	    parsed("https://a.test:8443/derpmap/default"));
	ATF_CHECK_STREQ("a.test|443|/?x=1", parsed("https://a.test?x=1"));
	ATF_CHECK_STREQ("a.test|443|/p%20q?a/b?c",
	    parsed("https://a.test/p%20q?a/b?c"));
	ATF_CHECK_STREQ("2001:db8::1|443|/", parsed("https://[2001:db8::1]"));
	ATF_CHECK_STREQ("::1|65535|/x", parsed("https://[::1]:65535/x"));
	ATF_CHECK_STREQ("192.0.2.1|1|/", parsed("https://192.0.2.1:1"));
}

ATF_TC_WITHOUT_HEAD(bad);
ATF_TC_BODY(bad, tc)
{
	static const char *const texts[] = {
		"", "https:", "https://", "http://a.test/", "ftp://a.test/",
		"a.test/x", "//a.test/", "https:/a.test", "https:///x",
		"https://user@a.test/", "https://a.test/#x", "https://a.test:",
		"https://a.test:0/", "https://a.test:65536/",
		"https://a.test:099/", "https://a.test:443443/",
		"https://a.test:4x3/", "https://a b.test/",
		"https://a.test/a b", "https://a.test/\r\nX: y",
		"https://a.test/%2", "https://a.test/%zz", "https://[::1",
		"https://[::1]x", "https://[127.0.0.1]/", "https://[]/",
		"https://::1/", "https://a.test/\"", "https://a.test/\xc3\xa4",
		"https://a.test\\x"
	};
	char text[2048];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ATF_CHECK_STREQ_MSG("bad", parsed(texts[i]), "%s", texts[i]);
	/* At the limit of the length, and one above it. */
	snprintf(text, sizeof(text), "https://%0255d/", 0);
	ATF_CHECK(strcmp(parsed(text), "bad") != 0);
	snprintf(text, sizeof(text), "https://%0256d/", 0);
	ATF_CHECK_STREQ("bad", parsed(text));
	snprintf(text, sizeof(text), "https://a/%01022d", 0);
	ATF_CHECK(strcmp(parsed(text), "bad") != 0);
	snprintf(text, sizeof(text), "https://a/%01023d", 0);
	ATF_CHECK_STREQ("bad", parsed(text));
	snprintf(text, sizeof(text), "https://a?%01022d", 0);
	ATF_CHECK_STREQ("bad", parsed(text));
}

ATF_TC_WITHOUT_HEAD(follow);
ATF_TC_BODY(follow, tc)
{
	static const char from[] = "https://a.test:8443/b/c?d=/e";

	ATF_CHECK_STREQ("https://z.test/", followed(from, "https://z.test"));
	ATF_CHECK_STREQ("https://z.test:8443/y",
	    followed(from, "https://z.test:8443/y#part"));
	ATF_CHECK_STREQ("https://z.test/y", followed(from, "//z.test/y"));
	ATF_CHECK_STREQ("https://a.test:8443/y?z", followed(from, "/y?z"));
	ATF_CHECK_STREQ("https://a.test:8443/b/y", followed(from, "y"));
	ATF_CHECK_STREQ("https://a.test:8443/b/y?a:b", followed(from, "y?a:b"));
	ATF_CHECK_STREQ("https://[::1]/x", followed(from, "https://[::1]/x"));
	ATF_CHECK_STREQ("bad", followed(from, "http://a.test/"));
	ATF_CHECK_STREQ("bad", followed(from, "HTTP://a.test/"));
	ATF_CHECK_STREQ("bad", followed(from, "file:/etc/passwd"));
	ATF_CHECK_STREQ("bad", followed(from, "//"));
	ATF_CHECK_STREQ("bad", followed(from, "///x"));
	ATF_CHECK_STREQ("bad", followed(from, ""));
	ATF_CHECK_STREQ("bad", followed(from, "/a b"));
}

/* The examples of RFC 3986 section 5.4, normal and abnormal, with https. */
ATF_TC_WITHOUT_HEAD(rfc3986);
ATF_TC_BODY(rfc3986, tc)
{
	static const struct {
		const char	*ref, *target;
	} t[] = {
		{ "g:h", "bad" }, { "g", "/b/c/g" }, { "./g", "/b/c/g" },
		{ "g/", "/b/c/g/" }, { "/g", "/g" }, { "?y", "/b/c/d;p?y" },
		{ "g?y", "/b/c/g?y" }, { "#s", "/b/c/d;p?q" },
		{ "g#s", "/b/c/g" }, { "g?y#s", "/b/c/g?y" },
		{ ";x", "/b/c/;x" }, { "g;x", "/b/c/g;x" },
		{ "g;x?y#s", "/b/c/g;x?y" }, { ".", "/b/c/" },
		{ "./", "/b/c/" }, { "..", "/b/" }, { "../", "/b/" },
		{ "../g", "/b/g" }, { "../..", "/" }, { "../../", "/" },
		{ "../../g", "/g" }, { "../../../g", "/g" },
		{ "../../../../g", "/g" }, { "/./g", "/g" },
		{ "/../g", "/g" }, { "g.", "/b/c/g." }, { ".g", "/b/c/.g" },
		{ "g..", "/b/c/g.." }, { "..g", "/b/c/..g" },
		{ "./../g", "/b/g" }, { "./g/.", "/b/c/g/" },
		{ "g/./h", "/b/c/g/h" }, { "g/../h", "/b/c/h" },
		{ "g;x=1/./y", "/b/c/g;x=1/y" }, { "g;x=1/../y", "/b/c/y" },
		{ "g?y/./x", "/b/c/g?y/./x" }, { "g?y/../x", "/b/c/g?y/../x" },
		{ "g#s/../x", "/b/c/g" }, { "/x/..//y/", "//y/" },
		{ "//a/x/../y?z=..", "/y?z=.." }, { "https:g", "bad" }
	};
	char want[64];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(want, sizeof(want), "%s%s", t[i].target[0] == '/' ?
		    "https://a" : "", t[i].target);
		ATF_CHECK_STREQ_MSG(want, followed("https://a/b/c/d;p?q",
		    t[i].ref), "%s: %s", t[i].ref,
		    followed("https://a/b/c/d;p?q", t[i].ref));
	}
	ATF_CHECK_STREQ("https://a/y", followed("https://a", "y"));
}

/* The result may overwrite the base URL. */
ATF_TC_WITHOUT_HEAD(follow_in_place);
ATF_TC_BODY(follow_in_place, tc)
{
	char buf[URL_MAXTEXT];
	struct net_url u;

	ATF_REQUIRE_EQ(0, net_url_parse("https://a.test:44/b/c", &u));
	ATF_CHECK_EQ(0, net_url_follow(&u, "../d", 4, &u));
	ATF_CHECK_EQ(-1, net_url_follow(&u, "http://b.test/", 14, &u));
	ATF_CHECK_EQ(-1, net_url_follow(&u, "a b", 3, &u));
	ATF_CHECK_EQ(0, net_url_text(&u, buf, sizeof(buf)));
	ATF_CHECK_STREQ("https://a.test:44/d", buf);
}

ATF_TC_WITHOUT_HEAD(follow_long);
ATF_TC_BODY(follow_long, tc)
{
	char location[2048];
	struct net_url a, b;

	ATF_REQUIRE_EQ(0, net_url_parse("https://a.test/b/", &a));
	ATF_CHECK_EQ(-1, net_url_follow(&a, "a\0b", 3, &b));
	snprintf(location, sizeof(location), "%01024d", 0);
	ATF_CHECK_STREQ("bad", followed("https://a.test/", location));
	snprintf(location, sizeof(location), "/%01999d", 0);
	ATF_CHECK_STREQ("bad", followed("https://a.test/", location));
}

ATF_TC_WITHOUT_HEAD(authority);
ATF_TC_BODY(authority, tc)
{
	char buf[300];
	struct net_url u;

	ATF_REQUIRE_EQ(0, net_url_parse("https://a.test/x", &u));
	ATF_CHECK_EQ(0, net_url_authority(&u, buf, sizeof(buf)));
	ATF_CHECK_STREQ("a.test", buf);
	ATF_CHECK_EQ(-1, net_url_authority(&u, buf, 6));
	ATF_CHECK_EQ(-1, net_url_text(&u, buf, 16));
	ATF_CHECK_EQ(0, net_url_text(&u, buf, 17));
	ATF_REQUIRE_EQ(0, net_url_parse("https://[::1]:44/", &u));
	ATF_CHECK_EQ(0, net_url_authority(&u, buf, sizeof(buf)));
	ATF_CHECK_STREQ("[::1]:44", buf);
}

/* http is for servers of this machine alone. */
ATF_TC_WITHOUT_HEAD(local);
ATF_TC_BODY(local, tc)
{
	static const struct {
		const char *text, *authority, *whole;
	} good[] = {
		{ "http://127.0.0.1/verify", "127.0.0.1",
		    "http://127.0.0.1/verify" },
		{ "HTTP://127.9.9.9:8080?x", "127.9.9.9:8080",
		    "http://127.9.9.9:8080/?x" },
		{ "http://[::1]:443/", "[::1]:443", "http://[::1]:443/" },
		{ "http://LocalHost:80/", "LocalHost", "http://LocalHost/" },
		{ "https://a.test:80/", "a.test:80", "https://a.test:80/" },
		{ "https://127.0.0.1/", "127.0.0.1", "https://127.0.0.1/" }
	};
	static const char *const bad[] = {
		"http://192.0.2.1/", "http://a.test/", "http://[::2]/",
		"http://128.0.0.1/", "http://127.0.0.1.a.test/",
		"http://localhost.a.test/", "http://127.1/", "http://0.0.0.0/",
		"http://[::ffff:127.0.0.1]/", "http:/127.0.0.1/", "http://",
		"http://x@127.0.0.1/", "http://127.0.0.1@a.test/",
		"ftp://127.0.0.1/", ""
	};
	char buf[300];
	struct net_url u;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ATF_REQUIRE_EQ_MSG(0, net_url_parse_local(good[i].text, &u),
		    "%s", good[i].text);
		ATF_CHECK_EQ(u.plain, good[i].text[4] == ':');
		ATF_CHECK_EQ(0, net_url_authority(&u, buf, sizeof(buf)));
		ATF_CHECK_STREQ(good[i].authority, buf);
		ATF_CHECK_EQ(0, net_url_text(&u, buf, sizeof(buf)));
		ATF_CHECK_STREQ(good[i].whole, buf);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(-1, net_url_parse_local(bad[i], &u), "%s",
		    bad[i]);
	ATF_REQUIRE_EQ(0, net_url_parse_local("https://a.test/", &u));
	ATF_CHECK_EQ(0, u.plain);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(i < 9 ? 0 : -1, net_url_parse_plain(bad[i],
		    &u), "%s", bad[i]);
	ATF_REQUIRE_EQ(0, net_url_parse_plain("http://a.test:8080/", &u));
	ATF_CHECK_EQ(1, u.plain);
	ATF_CHECK_STREQ("8080", u.port);
	ATF_REQUIRE_EQ(0, net_url_parse_plain("https://a.test/", &u));
	ATF_CHECK_EQ(0, u.plain);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, bad);
	ATF_TP_ADD_TC(tp, follow);
	ATF_TP_ADD_TC(tp, rfc3986);
	ATF_TP_ADD_TC(tp, follow_in_place);
	ATF_TP_ADD_TC(tp, follow_long);
	ATF_TP_ADD_TC(tp, authority);
	ATF_TP_ADD_TC(tp, local);
	return (atf_no_error());
}
