/*
 * conf_serve_test: the stun section and maps of the configuration: results of
 * valid ones, and errors.
 */
#include <netinet/in.h>

#include "conf_fixture.h"

#define TLS	"listen on * port 443 tls\n"
#define MAP	"map \"/etc/derpd/derp-map.json\"\n"

ATF_TC_WITHOUT_HEAD(stun);
ATF_TC_BODY(stun, tc)
{
	struct conf *c = good(NAME CERT RELAY "stun { }\n");
	const struct conf_listen *l;

	ATF_CHECK_EQ(1, c->stun.enabled);
	ATF_CHECK_EQ(1, c->stun.workers);
	ATF_CHECK_EQ(0, c->stun.always);
	ATF_CHECK_EQ(5, c->stun.probe_every);
	ATF_CHECK_EQ(0, c->stun.source_rate);
	ATF_REQUIRE((l = TAILQ_FIRST(&c->stun.listens)) != NULL);
	ATF_CHECK_EQ(AF_INET6, l->ss.ss_family);
	ATF_CHECK_EQ(htons(3478),
	    ((const struct sockaddr_in6 *)&l->ss)->sin6_port);
	ATF_REQUIRE((l = TAILQ_NEXT(l, entry)) != NULL);
	ATF_CHECK_EQ(AF_INET, l->ss.ss_family);
	ATF_CHECK(TAILQ_NEXT(l, entry) == NULL);
	conf_free(c);

	c = good(NAME CERT RELAY "stun { listen on 192.0.2.1 port 9 always\n"
	    "workers 3\nprobe every 7 source rate 8 burst 90 }\n");
	ATF_CHECK_EQ(3, c->stun.workers);
	ATF_CHECK_EQ(1, c->stun.always);
	ATF_CHECK_EQ(7, c->stun.probe_every);
	ATF_CHECK_EQ(8, c->stun.source_rate);
	ATF_CHECK_EQ(90, c->stun.source_burst);
	ATF_REQUIRE((l = TAILQ_FIRST(&c->stun.listens)) != NULL);
	ATF_CHECK(TAILQ_NEXT(l, entry) == NULL);
	conf_free(c);
}

/* A machine for STUN only has no other sockets and needs no certificate. */
ATF_TC_WITHOUT_HEAD(stun_alone);
ATF_TC_BODY(stun_alone, tc)
{
	struct conf *c = good(NAME "stun { }\n");

	ATF_CHECK(TAILQ_EMPTY(&c->listens));
	conf_free(c);
	bad(NAME "stun { }\n" CERT TLS, 4, "listen, but there is nothing to "
	    "serve there: expected relay { ... } or map \"FILE\"");
}

ATF_TC_WITHOUT_HEAD(stun_errors);
ATF_TC_BODY(stun_errors, tc)
{
	bad(NAME CERT RELAY "stun { }\nstun { }\n", 5, "stun is set a second "
	    "time: expected it once");
	bad(NAME CERT RELAY "stun {\nworkers 0 }\n", 5, "stun workers 0: "
	    "expected 1 to 64");
	bad(NAME CERT RELAY "stun { workers 1 workers 1 }\n", 4, "stun workers "
	    "is set a second time: expected it once");
	bad(NAME CERT RELAY "stun { always always }\n", 4, "stun always is set "
	    "a second time: expected it once");
	bad(NAME CERT RELAY "stun { probe every 0 }\n", 4, "probe every "
	    "(seconds) 0: expected 1 to 3600");
	bad(NAME CERT RELAY "stun { source rate 1 burst 0 }\n", 4, "source "
	    "burst 0: expected 1 to 1000000");
	bad(NAME CERT RELAY "stun { listen on x port 1 }\n", 4, "listen on x: "
	    "expected * or an IP address");
	bad(NAME CERT RELAY "stun { listen on * port 1 tls }\n", 4,
	    "near `tls': expected listen on ADDRESS port NUMBER");
	bad_word(NAME CERT RELAY "stun { bogus }\n", 4, "bogus", CONF_STUN);
	bad(NAME CERT RELAY "stun {\n", 4, "stun { is not closed: expected } "
	    "in the same file");
}

ATF_TC_WITHOUT_HEAD(map);
ATF_TC_BODY(map, tc)
{
	struct conf *c = good(NAME CERT MAP);
	const struct conf_map *m;

	ATF_CHECK_EQ(0, c->relay.enabled);
	ATF_CHECK(!TAILQ_EMPTY(&c->listens));
	ATF_REQUIRE((m = TAILQ_FIRST(&c->maps)) != NULL);
	ATF_CHECK_STREQ("/etc/derpd/derp-map.json", m->file);
	ATF_CHECK(m->follow == NULL);
	ATF_CHECK_STREQ("/derpmap/default", m->path);
	ATF_CHECK_EQ(60, m->max_age);
	ATF_CHECK(TAILQ_EMPTY(&m->hosts));
	conf_free(c);

	c = good(NAME CERT "map \"/a\" { path \"/m/1\" host \"a.example\"\n"
	    "host \"192.0.2.1\" compare \"https://b.example/m\" max age 0 }\n"
	    "map {\n follow \"https://c.example/m\" every 9\n"
	    "ca file \"/ca\" }\n"
	    "map { follow \"https://c.example/m\"\npath \"/x\" }\n");
	m = TAILQ_FIRST(&c->maps);
	ATF_CHECK_STREQ("/a", m->file);
	ATF_CHECK_STREQ("/m/1", m->path);
	ATF_CHECK_STREQ("a.example", TAILQ_FIRST(&m->hosts)->name);
	ATF_CHECK_STREQ("https://b.example/m", TAILQ_FIRST(&m->compares)->name);
	ATF_CHECK_EQ(0, m->max_age);
	m = TAILQ_NEXT(m, entry);
	ATF_CHECK(m->file == NULL);
	ATF_CHECK_STREQ("https://c.example/m", m->follow);
	ATF_CHECK_EQ(9, m->every);
	ATF_CHECK_STREQ("/ca", m->cafile);
	ATF_CHECK_STREQ("/derpmap/default", m->path);
	m = TAILQ_NEXT(m, entry);
	ATF_CHECK_EQ(60, m->every);
	ATF_CHECK(TAILQ_NEXT(m, entry) == NULL);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(map_errors);
ATF_TC_BODY(map_errors, tc)
{
	bad(NAME CERT "map \"x\"\n", 3, "map file \"x\": expected an absolute "
	    "path of at most 1023 bytes");
	bad(NAME CERT "map { }\n", 3, "map { ... } without a source: expected "
	    "file \"FILE\" or follow \"URL\" in it");
	bad(NAME CERT "map \"/a\" { follow \"https://b\" }\n", 3, "follow "
	    "\"https://b\": the map comes from \"/a\" already: expected one "
	    "file or one URL a map");
	bad(NAME CERT "map { follow \"http://b/\" }\n", 3, "follow "
	    "\"http://b/\": expected an https:// URL of visible ASCII "
	    "characters");
	bad(NAME CERT "map { follow \"https://b/\" every 0 }\n", 3, "follow "
	    "every (seconds) 0: expected 1 to 86400");
	bad(NAME CERT "map \"/a\" { path \"x\" }\n", 3, "path \"x\": expected "
	    "the path of a URL, such as \"/derpmap/default\", without query "
	    "or escapes");
	bad(NAME CERT "map \"/a\" { path \"/%41\" }\n", 3, "path \"/%41\": "
	    "expected the path of a URL, such as \"/derpmap/default\", "
	    "without query or escapes");
	bad(NAME CERT "map \"/a\" { path \"/a\" path \"/b\" }\n", 3,
	    "path is set a second time: expected one a map");
	bad(NAME CERT "map \"/a\" { path \"/derp/x\" }\n", 3, "path "
	    "\"/derp/x\": the server answers this path itself: expected "
	    "another, such as \"/derpmap/default\"");
	bad(NAME CERT "map \"/a\" { path \"/\" }\n", 3, "path \"/\": the "
	    "server answers this path itself: expected another, such as "
	    "\"/derpmap/default\"");
	bad(NAME CERT "map \"/a\" { host \"a b\" }\n", 3, "host \"a b\": "
	    "expected a DNS name or an IP address");
	bad(NAME CERT "map \"/a\" { compare \"ftp://b\" }\n", 3, "compare "
	    "\"ftp://b\": expected an https:// URL of visible ASCII "
	    "characters");
	bad(NAME CERT "map \"/a\" { ca file \"x\" }\n", 3, "ca file \"x\": "
	    "expected an absolute path of at most 1023 bytes");
	bad(NAME CERT "map \"/a\" { max age 86401 }\n", 3, "max age (seconds) "
	    "86401: expected 0 to 86400");
	bad(NAME CERT MAP "map \"/b\" { host \"RELAY.example.org\" }\n", 4,
	    "the map of line 3 is served at /derpmap/default of the same host "
	    "already: expected another path or host");
	bad(NAME CERT MAP "map \"/b\" { host \"x.example\" bogus }\n", 4,
	    "near `bogus': expected host \"NAME\"");
	bad(NAME CERT "listen on * port 80\n" MAP, 1, "the map needs TLS: "
	    "expected a line such as listen on * port 443 tls, or "
	    "behind a reverse proxy listen on 127.0.0.1 port 8080 derp");
	bad(NAME "map\n", 2, "at the end of the line: expected map \"FILE\", "
	    "or: map { follow \"URL\" every SECONDS }");
	bad(NAME "x = \"y\"\n", 1, "nothing to serve: expected relay { ... }, "
	    "stun { ... } or map \"FILE\"");
}

/* Two maps may have one path for different host names. */
ATF_TC_WITHOUT_HEAD(map_hosts);
ATF_TC_BODY(map_hosts, tc)
{
	conf_free(good(NAME CERT MAP "map \"/b\" { host \"b.example\" }\n"));
}

/* Check the setting that requires a restart from `a' to `b'; "" none. */
static void
change(const char *a, const char *b, const char *want)
{
	struct conf *old, *new;
	const char *what;

	old = good(a);
	new = good(b);
	what = conf_needs_restart(old, new);
	ATF_CHECK_STREQ(want, what == NULL ? "" : what);
	conf_free(old);
	conf_free(new);
}

ATF_TC_WITHOUT_HEAD(restart);
ATF_TC_BODY(restart, tc)
{
	change(NAME CERT RELAY, NAME CERT RELAY "stun { }\n", "stun listen");
	change(NAME CERT RELAY "stun { }\n", NAME CERT RELAY
	    "stun { listen on * port 1 }\n", "stun listen");
	change(NAME CERT RELAY "stun { }\n", NAME CERT RELAY
	    "stun { workers 2 }\n", "stun workers");
	change(NAME CERT RELAY "stun { }\n", NAME CERT RELAY
	    "stun { always source rate 1 burst 1 probe every 9 }\n", "");
	change(NAME CERT RELAY, NAME CERT MAP, "relay");
	change(NAME CERT RELAY, NAME CERT RELAY MAP, "");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, stun);
	ATF_TP_ADD_TC(tp, stun_alone);
	ATF_TP_ADD_TC(tp, stun_errors);
	ATF_TP_ADD_TC(tp, map);
	ATF_TP_ADD_TC(tp, map_errors);
	ATF_TP_ADD_TC(tp, map_hosts);
	ATF_TP_ADD_TC(tp, restart);
	return (atf_no_error());
}
