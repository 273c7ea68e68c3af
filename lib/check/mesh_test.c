/*
 * mesh_test: regions of fake relays that forward packets to each other, or not.
 */
#include <atf-c.h>

#include "fakerelay.h"
#include "runfixture.h"

static struct run_fixture	seen;

/* Check the mesh of the nodes n1, n2 ... of a region, with steps of `ms'. */
static void
mesh(struct fake_relay *f, int ms)
{
	struct check_node nodes[FAKE_NODES];
	char why[128] = "";
	int i;

	memset(nodes, 0, sizeof(nodes));
	fake_relay_start(f);
	run_begin(&seen);
	seen.opts.plain = 1;
	seen.opts.ms = ms;
	for (i = 0; i < f->nodes; i++) {
		(void)snprintf(nodes[i].name, sizeof(nodes[i].name), "n%d",
		    i + 1);
		(void)snprintf(nodes[i].host, sizeof(nodes[i].host),
		    "127.0.0.1");
		nodes[i].port = (unsigned int)f->port[i];
	}
	ATF_CHECK_EQ(0, check_mesh(nodes, (size_t)f->nodes, &seen.opts,
	    &seen.sink, why, sizeof(why)));
	ATF_CHECK_STREQ("", why);
	fake_relay_stop(f);
}

ATF_TC_WITHOUT_HEAD(meshed);
ATF_TC_BODY(meshed, tc)
{
	struct fake_relay f = { .nodes = 3 };

	mesh(&f, 0);
	ATF_CHECK_EQ(seen.nfound, 0);
	ATF_CHECK_EQ(fake_relay_connections(&f), 3);
}

/* A node knows of a new client after a while. */
ATF_TC_WITHOUT_HEAD(later);
ATF_TC_BODY(later, tc)
{
	struct fake_relay f = { .nodes = 2, .flaw = FAKE_DROP_FIRST, .arg = 5 };

	mesh(&f, 0);
	ATF_CHECK_EQ(seen.nfound, 0);
}

ATF_TC_WITHOUT_HEAD(unmeshed);
ATF_TC_BODY(unmeshed, tc)
{
	struct fake_relay f = { .nodes = 2, .unmeshed = 1 };

	mesh(&f, 1000);
	ATF_REQUIRE_EQ(seen.nfound, 1);
	ATF_CHECK_EQ(seen.found[0].id, CHECK_MESH_BROKEN);
	ATF_CHECK_STREQ("packets do not arrive from n1 to n2, n2 to n1",
	    seen.found[0].what);
}

/* One direction of one link of three. */
ATF_TC_WITHOUT_HEAD(one_way);
ATF_TC_BODY(one_way, tc)
{
	struct fake_relay f = { .nodes = 3, .deaf_from = 2, .deaf_to = 1 };

	mesh(&f, 1000);
	ATF_REQUIRE_EQ(seen.nfound, 1);
	ATF_CHECK_STREQ("packets do not arrive from n3 to n2",
	    seen.found[0].what);
}

ATF_TC_WITHOUT_HEAD(one_relay);
ATF_TC_BODY(one_relay, tc)
{
	struct fake_relay f = { .nodes = 2, .same_key = 1 };

	mesh(&f, 0);
	ATF_REQUIRE_EQ(seen.nfound, 1);
	ATF_CHECK_EQ(seen.found[0].id, CHECK_NODES_SAME);
}

/* Where clients can't log in, the checks of the nodes say so. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	struct fake_relay f = { .nodes = 2, .flaw = FAKE_REFUSE };

	mesh(&f, 0);
	ATF_CHECK_EQ(seen.nfound, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, meshed);
	ATF_TP_ADD_TC(tp, later);
	ATF_TP_ADD_TC(tp, unmeshed);
	ATF_TP_ADD_TC(tp, one_way);
	ATF_TP_ADD_TC(tp, one_relay);
	ATF_TP_ADD_TC(tp, refused);
	return (atf_no_error());
}
