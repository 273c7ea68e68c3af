/*
 * Tests of results.c and line.c: counts, exit statuses, lines.
 */
#include "formsfixture.h"

ATF_TC_WITHOUT_HEAD(status);
ATF_TC_BODY(status, tc)
{
	struct ctlcheck_place *p;

	ATF_CHECK_EQ(2, ctlcheck_status(&results));
	p = add_node("relay.example.org");
	ctlcheck_count(&results);
	ATF_CHECK_EQ(0, ctlcheck_status(&results));
	ATF_CHECK_STREQ("good", ctlcheck_state_word(p));
	fail(p, "the resolver does not answer");
	ATF_CHECK_EQ(2, ctlcheck_status(&results));
	ATF_CHECK_STREQ("failed", ctlcheck_state_word(p));
	add_finding(p, CHECK_PORT_CLOSED, "", "");
	ATF_CHECK_EQ(1, ctlcheck_status(&results));
	ATF_CHECK_STREQ("fault", ctlcheck_state_word(p));
	ATF_CHECK_EQ(1, results.faults);
	ATF_CHECK_EQ(1, results.failed);
	ATF_CHECK_EQ(0, results.notes);
	drop();
}

ATF_TC_WITHOUT_HEAD(notes);
ATF_TC_BODY(notes, tc)
{
	struct ctlcheck_place *p = add_node("relay.example.org");

	add_finding(p, a_note(), "", "");
	ATF_CHECK_EQ(0, results.faults);
	ATF_CHECK_EQ(1, results.notes);
	ATF_CHECK_EQ(0, ctlcheck_status(&results));
	ATF_CHECK_STREQ("good", ctlcheck_state_word(p));
	drop();
}

ATF_TC_WITHOUT_HEAD(best);
ATF_TC_BODY(best, tc)
{
	struct ctlcheck_place *p = add_node("relay.example.org");

	ATF_CHECK(ctlcheck_best(p, CHECK_FACT_CONNECT) == NULL);
	add_measure(p, CHECK_FACT_CONNECT, "192.0.2.1", 300, "");
	add_measure(p, CHECK_FACT_CONNECT, "192.0.2.2", 200, "");
	add_measure(p, CHECK_FACT_CONNECT, "192.0.2.3", 400, "");
	ATF_CHECK_EQ(200, ctlcheck_best(p, CHECK_FACT_CONNECT)->n);
	drop();
}

/* A line has all that is needed, and nothing that a terminal interprets. */
ATF_TC_WITHOUT_HEAD(quiet);
ATF_TC_BODY(quiet, tc)
{
	struct ctlcheck_place *p = add_node("relay.example.org");
	char want[1024];
	FILE *fp;

	add_finding(p, CHECK_PORT_CLOSED, "192.0.2.1 port 443",
	    "it says \033[2J\n");
	add_finding(p, CHECK_PORT_SILENT, "", "");
	fail(add_node("other.example.org"), "no\nmemory");
	snprintf(want, sizeof(want),
	    "FAULT port-closed relay.example.org 192.0.2.1 port 443: %s: "
	    "it says \\x1b[2J\\x0a\n"
	    "FAULT port-silent relay.example.org: %s\n"
	    "FAILED other.example.org: no\\x0amemory\n",
	    check_fault_row(CHECK_PORT_CLOSED)->title,
	    check_fault_row(CHECK_PORT_SILENT)->title);
	fp = begin_text();
	ctlcheck_quiet(fp, &results);
	(void)end_text(fp);
	ATF_CHECK_STREQ(want, text);
	drop();
}

/* An address that is the name of the node is not said twice. */
ATF_TC_WITHOUT_HEAD(address);
ATF_TC_BODY(address, tc)
{
	struct ctlcheck_place *p = add_node("192.0.2.1:8443");
	FILE *fp;

	snprintf(p->node.host, sizeof(p->node.host), "192.0.2.1");
	fp = begin_text();
	ctlcheck_put_where(fp, p, "192.0.2.1 port 8443");
	fputc('\n', fp);
	ctlcheck_put_where(fp, p, "192.0.2.11 port 8443");
	fputc('\n', fp);
	ctlcheck_put_where(fp, p, "");
	(void)end_text(fp);
	ATF_CHECK_STREQ("192.0.2.1 port 8443\n"
	    "192.0.2.1:8443 192.0.2.11 port 8443\n192.0.2.1:8443", text);
	drop();
}

/* Two nodes of a map at one host and port, and one at another port. */
ATF_TC_WITHOUT_HEAD(apart);
ATF_TC_BODY(apart, tc)
{
	FILE *fp;

	add_node("192.0.2.1");
	add_node("192.0.2.1");
	add_node("192.0.2.1")->node.port = 8443;
	ATF_REQUIRE_EQ(0, ctlcheck_tell_apart(&results));
	ATF_CHECK_STREQ("192.0.2.1 (900-1)", results.places[0].name);
	ATF_CHECK_STREQ("192.0.2.1 (900-2)", results.places[1].name);
	ATF_CHECK_STREQ("192.0.2.1", results.places[2].name);
	/* These names are said with each address. */
	add_finding(&results.places[1], CHECK_PORT_CLOSED,
	    "192.0.2.1 port 443", "");
	fp = begin_text();
	ctlcheck_quiet(fp, &results);
	(void)end_text(fp);
	HAS("FAULT port-closed 192.0.2.1 (900-2) 192.0.2.1 port 443: ");
	drop();
}

/* Notes are no faults: -q says nothing. */
ATF_TC_WITHOUT_HEAD(quiet_notes);
ATF_TC_BODY(quiet_notes, tc)
{
	FILE *fp;

	add_finding(add_node("relay.example.org"), a_note(), "", "");
	fp = begin_text();
	ctlcheck_quiet(fp, &results);
	(void)end_text(fp);
	ATF_CHECK_STREQ("", text);
	drop();
}

/* Each form prints, and returns its exit status. */
ATF_TC_WITHOUT_HEAD(forms);
ATF_TC_BODY(forms, tc)
{
	static const struct {
		enum ctlcheck_form form;
		int status;
		const char *begin;
	} rows[] = {
		{ CTLCHECK_TABLE, 1, "STATE " },
		{ CTLCHECK_JSON, 1, "{" },
		{ CTLCHECK_QUIET, 1, "FAULT port-closed" },
		{ CTLCHECK_NAGIOS, 2, "DERP CRITICAL" },
		{ CTLCHECK_PROMETHEUS, 1, "# HELP" },
	};
	struct ctlcheck_options o = { .again_s = 0 };
	FILE *fp;
	size_t i;

	add_finding(add_node("relay.example.org"), CHECK_PORT_CLOSED, "", "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		o.form = rows[i].form;
		fp = begin_text();
		ATF_CHECK_EQ(rows[i].status, ctlcheck_print(fp, &results, &o));
		ATF_CHECK_EQ(0, strncmp(end_text(fp), rows[i].begin,
		    strlen(rows[i].begin)));
	}
	drop();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, status);
	ATF_TP_ADD_TC(tp, notes);
	ATF_TP_ADD_TC(tp, best);
	ATF_TP_ADD_TC(tp, quiet);
	ATF_TP_ADD_TC(tp, address);
	ATF_TP_ADD_TC(tp, apart);
	ATF_TP_ADD_TC(tp, quiet_notes);
	ATF_TP_ADD_TC(tp, forms);
	return (atf_no_error());
}
