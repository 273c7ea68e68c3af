/*
 * check_test: Tests of which checks of a node run, against a STUN server on
 * 127.0.0.1 beside ports that are closed.
 */
#include <unistd.h>

#include "fakestun.h"
#include "runfixture.h"

static struct run_fixture	x;
static struct net_fakestun	fake;

/* Check the node of the fixture.  Returns what check_node() returns. */
static int
check(void)
{
	char why[256] = "";
	const int rv = check_node(&x.node, &x.opts, &x.sink, why, sizeof(why));

	ATF_CHECK_STREQ("", why);
	return (rv);
}

/* A node whose ports of TLS and of HTTP are closed, and that has STUN. */
static void
begin(void)
{
	unsigned int port;
	int fd;

	run_begin(&x);
	fd = run_port(&port);
	x.node.port = x.node.port80 = port;
	x.node.can_port80 = 1;
	x.opts.ms = 1000;
	net_fakestun_start(&fake, AF_INET, NET_FAKE_GOOD);
	x.node.stun = (int)fake.port;
	close(fd);
}

/* A closed port explains that the relay has no other; STUN is for itself. */
ATF_TC_WITHOUT_HEAD(closed);
ATF_TC_BODY(closed, tc)
{
	begin();
	ATF_CHECK_EQ(0, check());
	run_only(&x, CHECK_PORT_CLOSED, "Connection refused");
	ATF_CHECK(run_measure(&x, CHECK_FACT_STUN) != NULL);
	ATF_CHECK(run_measure(&x, CHECK_FACT_PORT80) == NULL);
	/* The map says that there is no STUN. */
	x.nfound = x.nmeasured = 0;
	x.node.stun = -1;
	ATF_CHECK_EQ(0, check());
	run_only(&x, CHECK_PORT_CLOSED, "Connection refused");
	ATF_CHECK(run_measure(&x, CHECK_FACT_STUN) == NULL);
	net_fakestun_stop(&fake);
}

/* Of a node that is only for STUN, nothing else is asked. */
ATF_TC_WITHOUT_HEAD(stun_only);
ATF_TC_BODY(stun_only, tc)
{
	begin();
	x.node.stun_only = 1;
	ATF_CHECK_EQ(0, check());
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK(run_measure(&x, CHECK_FACT_STUN) != NULL);
	ATF_CHECK(run_measure(&x, CHECK_FACT_CONNECT) == NULL);
	ATF_CHECK(run_measure(&x, CHECK_FACT_PORT80) == NULL);
	net_fakestun_stop(&fake);
}

/* The name that is sent is HostName, whatever the certificate is for. */
ATF_TC_WITHOUT_HEAD(server_name);
ATF_TC_BODY(server_name, tc)
{
	run_begin(&x);
	(void)snprintf(x.node.host, sizeof(x.node.host), "relay.test");
	(void)snprintf(x.node.certname, sizeof(x.node.certname), "other.test");
	ATF_CHECK_STREQ("relay.test", check_server_name(&x.run));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, closed);
	ATF_TP_ADD_TC(tp, stun_only);
	ATF_TP_ADD_TC(tp, server_name);
	return (atf_no_error());
}
