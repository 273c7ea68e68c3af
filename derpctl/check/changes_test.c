/*
 * Tests of changes.c: what -w prints.
 */
#include <time.h>

#include "formsfixture.h"

static struct ctlcheck_results before;

/* What the next results are compared with. */
static void
next(void)
{
	ctlcheck_free(&before);
	before = results;
	results = (struct ctlcheck_results){ .time = 1767225600 };
}

static const char *
changes(void)
{
	FILE *fp = begin_text();

	ATF_REQUIRE_EQ(0, setenv("TZ", "UTC", 1));
	tzset();
	ctlcheck_changes(fp, &before, &results);
	return (end_text(fp));
}

static void
done(void)
{
	ctlcheck_free(&before);
	drop();
}

ATF_TC_WITHOUT_HEAD(same);
ATF_TC_BODY(same, tc)
{
	add_finding(add_node("relay.example.org"), CHECK_PORT_CLOSED,
	    "port 443", "for 6 days");
	next();
	add_finding(add_node("relay.example.org"), CHECK_PORT_CLOSED,
	    "port 443", "for 7 days");
	ATF_CHECK_STREQ("", changes());
	done();
}

ATF_TC_WITHOUT_HEAD(came);
ATF_TC_BODY(came, tc)
{
	struct ctlcheck_place *p;

	add_node("relay.example.org");
	next();
	p = add_node("relay.example.org");
	add_finding(p, CHECK_PORT_CLOSED, "port 443", "\033");
	changes();
	HAS("2026-01-01 00:00:00 FAULT port-closed relay.example.org port 443: "
	    );
	HAS(": \\x1b\n");
	/* Another address is another fault. */
	next();
	add_finding(add_node("relay.example.org"), CHECK_PORT_CLOSED,
	    "port 444", "");
	changes();
	HAS("FAULT port-closed relay.example.org port 444: ");
	HAS("GONE port-closed relay.example.org port 443: ");
	done();
}

ATF_TC_WITHOUT_HEAD(gone);
ATF_TC_BODY(gone, tc)
{
	add_finding(add_node("relay.example.org"), CHECK_PORT_CLOSED, "",
	    "as it was");
	add_finding(add_node("other.example.org"), CHECK_PORT_CLOSED, "", "");
	next();
	add_node("relay.example.org");
	changes();
	HAS("2026-01-01 00:00:00 GONE port-closed relay.example.org: ");
	/* The place itself is gone. */
	HAS("GONE port-closed other.example.org: ");
	HASNT(" FAULT ");
	HASNT("as it was");
	done();
}

/* What can't be checked is not known: its fault is not gone. */
ATF_TC_WITHOUT_HEAD(failed);
ATF_TC_BODY(failed, tc)
{
	add_finding(add_node("relay.example.org"), CHECK_PORT_CLOSED, "", "");
	next();
	fail(add_node("relay.example.org"), "no\nmemory");
	ATF_CHECK_STREQ("2026-01-01 00:00:00 FAILED relay.example.org: "
	    "no\\x0amemory\n", changes());
	next();
	fail(add_node("relay.example.org"), "another reason");
	ATF_CHECK_STREQ("", changes());
	next();
	add_node("relay.example.org");
	ATF_CHECK_STREQ("2026-01-01 00:00:00 CHECKED relay.example.org: "
	    "0 faults\n", changes());
	done();
}

ATF_TC_WITHOUT_HEAD(notes);
ATF_TC_BODY(notes, tc)
{
	add_node("relay.example.org");
	next();
	add_finding(add_node("relay.example.org"), a_note(), "", "");
	ATF_CHECK_STREQ("", changes());
	done();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, same);
	ATF_TP_ADD_TC(tp, came);
	ATF_TP_ADD_TC(tp, gone);
	ATF_TP_ADD_TC(tp, failed);
	ATF_TP_ADD_TC(tp, notes);
	return (atf_no_error());
}
