/*
 * reach_test: Tests of what a process with network access keeps reachable in
 * its sandbox, and of which later settings that covers.
 */
#include <sys/stat.h>
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reach.h"

static struct net_reach	 r;

static int
ports(uint16_t port)
{
	size_t	 i;
	int	 n = 0;

	for (i = 0; i < r.net.nports; i++)
		n += r.net.ports[i] == port;
	return (n);
}

static int
paths(const char *path)
{
	size_t	 i;
	int	 n = 0;

	for (i = 0; i < r.net.npaths; i++)
		n += strcmp(r.net.read_paths[i], path) == 0;
	return (n);
}

static void
put(const char *path)
{
	FILE	*f = fopen(path, "w");

	ATF_REQUIRE(f != NULL);
	ATF_REQUIRE_EQ(0, fclose(f));
}

/* The port of DNS is always included, any other port and file once. */
ATF_TC_WITHOUT_HEAD(gathered);
ATF_TC_BODY(gathered, tc)
{
	char	 ca[] = "a.pem";
	size_t	 base;

	ATF_REQUIRE_EQ(0, net_reach_init(&r));
	base = r.net.npaths;
	ATF_CHECK(base <= 1);
	if (base == 1)
		ATF_CHECK(r.net.read_paths[0][0] == '/' &&
		    r.net.read_paths[0][1] != '\0');
	ATF_CHECK_EQ(1, r.net.nports);
	ATF_REQUIRE_EQ(0, net_reach_https(&r));
	ATF_REQUIRE_EQ(0, net_reach_https(&r));
	ATF_REQUIRE_EQ(0, net_reach_add(&r, "https://x.test/map", ""));
	ATF_CHECK_EQ(2, r.net.nports);
	ATF_CHECK_EQ(base, r.net.npaths);
	ATF_REQUIRE_EQ(0, net_reach_add(&r, "https://x.test:8443/map", ca));
	ATF_REQUIRE_EQ(0, net_reach_add(&r, "https://y.test:8443/map", ca));
	ATF_REQUIRE_EQ(0, net_reach_add(&r, "no url", "b.pem"));
	ATF_CHECK_EQ(1, ports(53));
	ATF_CHECK_EQ(1, ports(443));
	ATF_CHECK_EQ(1, ports(8443));
	ATF_CHECK_EQ(3, r.net.nports);
	ATF_REQUIRE_EQ(0, net_reach_add(&r, "http://localhost:8080/x", ""));
	ATF_REQUIRE_EQ(0, net_reach_add(&r, "http://127.0.0.1/x", ""));
	ATF_CHECK_EQ(1, ports(8080));
	ATF_CHECK_EQ(1, ports(80));
	ATF_CHECK_EQ(5, r.net.nports);
	/* The reach keeps its own copies of the settings. */
	memset(ca, 'z', strlen(ca));
	ATF_CHECK_EQ(1, paths("a.pem"));
	ATF_CHECK_EQ(1, paths("b.pem"));
	ATF_CHECK_EQ(base + 2, r.net.npaths);
}

/* Which settings need a new process. */
ATF_TC_WITHOUT_HEAD(covered);
ATF_TC_BODY(covered, tc)
{
	put("a.pem");
	put("b.pem");
	ATF_REQUIRE_EQ(0, net_reach_init(&r));
	ATF_REQUIRE_EQ(0, net_reach_https(&r));
	ATF_REQUIRE_EQ(0, net_reach_add(&r, "https://x.test:8443/", "a.pem"));
	ATF_CHECK(net_reach_covers(&r, "https://x.test:8443/", "a.pem"));
	ATF_CHECK(net_reach_covers(&r, "https://other.test/", ""));
	ATF_CHECK(net_reach_covers(&r, "https://other.test:53/", "a.pem"));
	ATF_CHECK(!net_reach_covers(&r, "https://x.test:8444/", "a.pem"));
	ATF_CHECK(!net_reach_covers(&r, "https://x.test:8443/", "b.pem"));
	/* A missing file counts as covered; its reader reports the error. */
	ATF_REQUIRE_EQ(0, unlink("a.pem"));
	ATF_CHECK(net_reach_covers(&r, "https://x.test/", "a.pem"));
}

/* A file that the sandbox no longer shows, such as a replaced one. */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	uid_t	 self = geteuid();
	int	 covered;

	put("a.pem");
	ATF_REQUIRE_EQ(0, net_reach_init(&r));
	ATF_REQUIRE_EQ(0, net_reach_add(&r, "https://x.test/", "a.pem"));
	ATF_CHECK(net_reach_covers(&r, "https://x.test/", "a.pem"));
	ATF_REQUIRE_EQ(0, chmod("a.pem", 0));
	if (self == 0)		/* root can open it regardless */
		ATF_REQUIRE_EQ(0, seteuid(65534));
	covered = net_reach_covers(&r, "https://x.test/", "a.pem");
	if (self == 0)
		ATF_REQUIRE_EQ(0, seteuid(0));
	ATF_CHECK_EQ(0, covered);
}

ATF_TC_WITHOUT_HEAD(resolver);
ATF_TC_BODY(resolver, tc)
{
	ATF_REQUIRE_EQ(0, setenv("RES_OPTIONS", "timeout:60", 1));
	ATF_REQUIRE_EQ(0, net_resolver_limit(3));
	ATF_CHECK_STREQ("timeout:3 attempts:2 single-request",
	    getenv("RES_OPTIONS"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, gathered);
	ATF_TP_ADD_TC(tp, covered);
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, resolver);
	return (atf_no_error());
}
