/*
 * collect_test: what a place keeps of what its job tells.
 */
#include <atf-c.h>
#include <string.h>

#include "task.h"

ATF_TC_WITHOUT_HEAD(bounded);
ATF_TC_BODY(bounded, tc)
{
	const struct check_finding f = { CHECK_PORT_CLOSED, "port 1", "no" };
	const struct check_measure m = { CHECK_FACT_CONNECT, "", 7, "text" };
	struct ctlcheck_place p = { .kind = CTLCHECK_NODE };
	int i;

	for (i = 0; i < 2000; i++) {
		ATF_REQUIRE_EQ(0, ctlcheck_collect_found(&p, &f));
		ATF_REQUIRE_EQ(0, ctlcheck_collect_measured(&p, &m));
	}
	ATF_CHECK_EQ(256, p.nfindings);
	ATF_CHECK_EQ(1024, p.nmeasures);
	ATF_CHECK_STREQ("no", p.findings[255].what);
	ATF_CHECK_STREQ("text", p.measures[1023].text);
	ctlcheck_free_place(&p);
}

ATF_TC_WITHOUT_HEAD(clear);
ATF_TC_BODY(clear, tc)
{
	const struct check_finding f = { CHECK_PORT_CLOSED, "port 1", "no" };
	struct ctlcheck_place p = { .kind = CTLCHECK_NODE };

	ATF_REQUIRE((p.name = strdup("relay.test")) != NULL);
	p.node.port = 443;
	ATF_REQUIRE_EQ(0, ctlcheck_collect_found(&p, &f));
	ctlcheck_collect_failed(&p, "one");
	ctlcheck_collect_failed(&p, "two");
	ATF_CHECK_STREQ("two", p.failed);
	ctlcheck_collect_clear(&p);
	ATF_CHECK_STREQ("relay.test", p.name);
	ATF_CHECK_EQ(443, p.node.port);
	ATF_CHECK(p.failed == NULL && p.findings == NULL && p.nfindings == 0);
	ctlcheck_free_place(&p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, bounded);
	ATF_TP_ADD_TC(tp, clear);
	return (atf_no_error());
}
