/*
 * localsource_test: Tests of which addresses of this machine a relay is checked
 * from, and of what is said about it.
 */
#include <net/if.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakestun.h"
#include "runfixture.h"
#include "localsource.h"

#define MANY	8

static struct run_fixture	x;
static struct ifaddrs		list[MANY];
static size_t			nlist;

/* Add an address of an interface. */
static void
local(const char *name, const char *text, unsigned int flags)
{
	struct ifaddrs *i = &list[nlist];

	ATF_REQUIRE(nlist < MANY);
	i->ifa_name = (char *)(uintptr_t)name;
	i->ifa_flags = flags;
	if (text != NULL)
		i->ifa_addr = (struct sockaddr *)&run_address(&x, text)->ss;
	if (nlist > 0)
		list[nlist - 1].ifa_next = i;
	nlist++;
}

static void
begin(void)
{
	run_begin(&x);
	memset(list, 0, sizeof(list));
	nlist = 0;
}

ATF_TC_WITHOUT_HEAD(ipv4);
ATF_TC_BODY(ipv4, tc)
{
	const struct ifaddrs *v[RUN_SOURCES];
	struct run_fixture u;

	begin();
	local("lo", "127.0.0.1", IFF_UP);
	local("eth0", NULL, IFF_UP);
	local("eth0", "192.0.2.1", IFF_UP);
	local("docker0", "172.17.0.1", IFF_UP);
	local("eth1", "198.51.100.1", 0);
	local("eth2", "198.51.100.2", IFF_UP);
	local("eth2", "2001:db8::1", IFF_UP);
	local("eth2", "192.0.2.3", IFF_UP);
	run_begin(&u);
	ATF_REQUIRE_EQ(2, check_sources_pick(list, run_address(&u,
	    "192.0.2.1"), v));
	ATF_CHECK_EQ(&list[5], v[0]);
	ATF_CHECK_EQ(&list[7], v[1]);
	/* There may be more than are tried. */
	ATF_CHECK_EQ(RUN_SOURCES, check_sources_pick(list, run_address(&u,
	    "203.0.113.1"), v));
	ATF_CHECK_EQ(&list[2], v[0]);
	ATF_CHECK_EQ(0, check_sources_pick(NULL, run_address(&u, "192.0.2.1"),
	    v));
}

/* One address for each network of IPv6: there are many temporary ones. */
ATF_TC_WITHOUT_HEAD(ipv6);
ATF_TC_BODY(ipv6, tc)
{
	const struct ifaddrs *v[RUN_SOURCES];
	struct run_fixture u;

	begin();
	local("eth0", "2001:db8::1", IFF_UP);
	local("eth0", "2001:db8::2", IFF_UP);
	local("eth0", "fe80::1", IFF_UP);
	local("eth1", "2001:db8:0:1::1", IFF_UP);
	local("eth1", "2001:db8:0:1::2", IFF_UP);
	local("wg0", "fd00::1", IFF_UP);
	run_begin(&u);
	ATF_REQUIRE_EQ(1, check_sources_pick(list, run_address(&u,
	    "2001:db8::1"), v));
	ATF_CHECK_EQ(&list[3], v[0]);
}

/* A port of 127.0.0.1 that takes connections. */
static int
listen_tcp(unsigned int *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	ATF_REQUIRE(fd != -1);
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&in, sizeof(in)));
	ATF_REQUIRE_EQ(0, listen(fd, 5));
	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&in, &len));
	*port = ntohs(in.sin_port);
	return (fd);
}

ATF_TC_WITHOUT_HEAD(tries);
ATF_TC_BODY(tries, tc)
{
	struct net_fakestun fake;
	struct check_addr *a;
	int fd;

	begin();
	a = run_address(&x, "127.0.0.1");
	fd = listen_tcp(&x.node.port);
	net_fakestun_start(&fake, AF_INET, NET_FAKE_GOOD);
	x.node.stun = (int)fake.port;
	a->stuns = 1;
	check_sources_try(&x.run, a, "127.0.0.3", "eth7");
	ATF_CHECK_EQ(0, x.nfound);
	ATF_REQUIRE_EQ(1, x.nmeasured);
	ATF_CHECK_MATCH("^from 127.0.0.3 of eth7: connects in [0-9.]* ms, "
	    "STUN sees 127.0.0.3$", x.measured[0].text);
	a->stuns = 0;
	check_sources_try(&x.run, a, "127.0.0.3", "eth7");
	ATF_CHECK_MATCH(" ms$", x.measured[1].text);
	/* What does not work from there is no fault. */
	check_sources_try(&x.run, a, "192.0.2.77", "eth7");
	ATF_CHECK_EQ(1, run_count(&x, CHECK_SOURCE_DEAD));
	ATF_CHECK_EQ(0, x.run.faults);
	ATF_CHECK_MATCH("^from 192.0.2.77 of eth7: .", x.found[0].what);
	ATF_CHECK_EQ(2, x.nmeasured);
	net_fakestun_stop(&fake);
	(void)close(fd);
}

/* Not from elsewhere than asked, nor to what only this machine reaches. */
ATF_TC_WITHOUT_HEAD(none);
ATF_TC_BODY(none, tc)
{
	begin();
	run_address(&x, "127.0.0.1")->connects = 1;
	check_sources(&x.run);
	x.opts.source = "127.0.0.1";
	check_sources(&x.run);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK_EQ(0, x.nmeasured);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ipv4);
	ATF_TP_ADD_TC(tp, ipv6);
	ATF_TP_ADD_TC(tp, tries);
	ATF_TP_ADD_TC(tp, none);
	return (atf_no_error());
}
