/*
 * Tests of table.c, blocks.c, measures.c and wrap.c: what people see.
 */
#include "formsfixture.h"
#include "table.h"
#include "wrap.h"

/* The table in lines of `width' columns. */
static const char *
table(const char *width, int verbose)
{
	FILE *fp = begin_text();

	ATF_REQUIRE_EQ(0, setenv("COLUMNS", width, 1));
	ctlcheck_table(fp, &results, verbose);
	return (end_text(fp));
}

/* Check that no line is longer, and none ends in a blank. */
static void
fits(size_t width)
{
	const char *p = text, *end;

	for (; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		ATF_CHECK_MSG(ctl_table_width(p, (size_t)(end - p)) <= width,
		    "%zu: %s", width, text);
		ATF_CHECK_MSG(end == p || end[-1] != ' ', "%s", text);
	}
	ATF_CHECK_EQ('\0', *p);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	struct ctlcheck_place *p = add_node("relay.example.org");

	add_measure(p, CHECK_FACT_LOGIN, "192.0.2.1", 12345, "");
	add_measure(p, CHECK_FACT_CONNECT, "192.0.2.1", 1234, "");
	add_measure(p, CHECK_FACT_CONNECT, "2001:db8::1", 2345, "");
	add_measure(p, CHECK_FACT_LOGIN, "2001:db8::1", 1512345, "");
	results.took_ms = 2345;
	table("100", 0);
	HAS("good   900 own");
	HAS("relay.example.org");
	HAS("192.0.2.1 +1");
	HAS("12.3ms");
	HAS("\n1 region, 1 node: all good (2.3 s)\n");
	HASNT("FAULT");
	HASNT("1.51s");
	HASNT("BYTES/S");
	fits(100);
	table("100", 1);
	/* In the order of the rows, not in that of the checks. */
	HAS("  at 192.0.2.1\n    connect            1.2ms\n"
	    "    login              12.3ms\n"
	    "  at 2001:db8::1\n    connect            2.3ms\n"
	    "    login              1.51s\n");
	/* What belongs to no address comes first. */
	add_measure(p, CHECK_FACT_DNS_A, "", 0, "192.0.2.1");
	table("100", 1);
	HAS("\nrelay.example.org\n    dns-a              192.0.2.1\n"
	    "  at 192.0.2.1\n");
	/* The throughput has a column when it was measured. */
	add_measure(p, CHECK_FACT_THROUGHPUT, "192.0.2.1", 3 << 20, "");
	table("100", 0);
	HAS("BYTES/S");
	HAS("3.0M\n");
	/* A long text is wrapped, behind its name. */
	add_measure(p, CHECK_FACT_CERT_NAMES, "2001:db8::1", 0,
	    "one.example.org, two.example.org, three.example.org");
	table("70", 1);
	HAS("    cert-names         one.example.org, two.example.org,\n"
	    "                       three.example.org\n");
	fits(70);
	drop();
}

ATF_TC_WITHOUT_HEAD(nothing);
ATF_TC_BODY(nothing, tc)
{
	ATF_CHECK_STREQ("There was nothing to check.\n", table("80", 0));
	drop();
}

/* A host without a region. */
ATF_TC_WITHOUT_HEAD(host);
ATF_TC_BODY(host, tc)
{
	add_place(CTLCHECK_NODE, "relay.example.org");
	table("80", 0);
	HASNT("REGION");
	/* Nothing was measured. */
	HASNT("ADDRESS");
	HASNT("LOGIN");
	HAS("\n1 node: all good (0.0 s)\n");
	drop();
}

ATF_TC_WITHOUT_HEAD(fault);
ATF_TC_BODY(fault, tc)
{
	const struct check_fault_row *row = check_fault_row(CHECK_PORT_CLOSED);
	struct ctlcheck_place *p;

	add_node("one.example.org");
	p = add_node("two.example.org");
	add_finding(p, CHECK_PORT_CLOSED, "192.0.2.1 port 443",
	    "Connection refused");
	add_finding(p, CHECK_PORT_CLOSED, "2001:db8::1 port 443",
	    "Connection refused");
	table("80", 0);
	HAS("\ngood  ");
	HAS("\nFAULT ");
	HAS("\n\nFAULT port-closed  two.example.org 192.0.2.1 port 443\n"
	    "FAULT port-closed  two.example.org 2001:db8::1 port 443\n"
	    "  What  ");
	HAS(": Connection refused\n  Why   ");
	HAS("\n  To do ");
	HAS("\n1 region, 2 nodes: 2 faults at 1 place (0.0 s)\n");
	/* What it means is said once. */
	ATF_CHECK(strstr(strstr(text, row->why) + 1, row->why) == NULL);
	fits(80);
	table("40", 0);
	fits(60);		/* a head is never broken */
	drop();
}

ATF_TC_WITHOUT_HEAD(failed);
ATF_TC_BODY(failed, tc)
{
	fail(add_place(CTLCHECK_MAP, "https://example.org/map"),
	    "the resolver does not answer");
	table("80", 0);
	HAS("FAILED ");
	HAS("\nFAILED  https://example.org/map\n"
	    "  Why   the resolver does not answer\n");
	HAS("\n1 place: no fault found, 1 not checked (0.0 s)\n");
	fits(80);
	drop();
}

/* Of a note that many places have, some are named. */
ATF_TC_WITHOUT_HEAD(notes);
ATF_TC_BODY(notes, tc)
{
	const enum check_fault note = a_note();
	char name[32];
	int i;

	for (i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "n%d.example.org", i);
		add_finding(add_node(name), note, "", "here");
	}
	table("80", 0);
	HAS("  n2.example.org\n");
	HASNT("  n3.example.org\n");
	HAS("  Also  at 6 more (-v names all)\n");
	HAS("9 nodes: all good, 9 notes (0.0 s)\n");
	table("80", 1);
	HAS("  n8.example.org\n");
	HASNT("Also");
	drop();
}

/* Faults come before notes, whatever the order in which they were found. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct ctlcheck_place *p = add_node("relay.example.org");

	add_finding(p, a_note(), "", "");
	add_finding(p, CHECK_PORT_SILENT, "", "");
	add_finding(p, CHECK_PORT_CLOSED, "", "");
	table("80", 0);
	ATF_REQUIRE(strstr(text, "\nFAULT port-closed") != NULL);
	ATF_REQUIRE(strstr(text, "\nFAULT port-silent") != NULL);
	ATF_REQUIRE(strstr(text, "\nNOTE ") != NULL);
	ATF_CHECK(strstr(text, "\nFAULT port-closed") <
	    strstr(text, "\nFAULT port-silent"));
	ATF_CHECK(strstr(text, "\nFAULT port-silent") <
	    strstr(text, "\nNOTE "));
	drop();
}

/* Nothing that a server sent reaches the terminal as it is. */
ATF_TC_WITHOUT_HEAD(harmless);
ATF_TC_BODY(harmless, tc)
{
	struct ctlcheck_place *p = add_node("relay\033[2J.example.org");

	add_finding(p, CHECK_PORT_CLOSED, "\033[1m", "\033]0;x\007 a\nb");
	fail(p, "\033c");
	table("80", 1);
	ATF_CHECK(strchr(text, '\033') == NULL);
	ATF_CHECK(strchr(text, '\007') == NULL);
	HAS("a\\x0ab");
	drop();
}

static const char *
wrapped(const char *a, const char *b)
{
	struct ctlcheck_wrap w;
	FILE *fp = begin_text();

	ctlcheck_wrap_begin(&w, fp, "Why", 5, 20);
	ctlcheck_wrap_put(&w, a);
	ctlcheck_wrap_put(&w, b);
	ctlcheck_wrap_end(&w);
	return (end_text(fp));
}

ATF_TC_WITHOUT_HEAD(wrap);
ATF_TC_BODY(wrap, tc)
{
	ctl_table_locale();
	ATF_CHECK_STREQ("Why  one two three\n", wrapped("one two", "three"));
	ATF_CHECK_STREQ("Why  one two\n     thirteen fourt\n",
	    wrapped("one  two thirteen", " fourt"));
	/* Exactly as long as the line, and one more. */
	ATF_CHECK_STREQ("Why  123456789012345\n",
	    wrapped("123456789012345", ""));
	ATF_CHECK_STREQ("Why  a\n     1234567890123456\n     b\n",
	    wrapped("a 1234567890123456 b", ""));
	/* Columns count, not bytes: two bytes for an umlaut. */
	ATF_CHECK_STREQ("Why  \xc3\xbc\xc3\xbc\xc3\xbc 78901 34567\n",
	    wrapped("\xc3\xbc\xc3\xbc\xc3\xbc 78901", "34567"));
}

ATF_TC_WITHOUT_HEAD(measures);
ATF_TC_BODY(measures, tc)
{
	static const struct {
		enum check_fact id;
		int64_t n;
		const char *text;
	} rows[] = {
		{ CHECK_FACT_CONNECT, 0, "0us" },
		{ CHECK_FACT_CONNECT, 999, "999us" },
		{ CHECK_FACT_CONNECT, 1000, "1.0ms" },
		{ CHECK_FACT_CONNECT, 999999, "999.9ms" },
		{ CHECK_FACT_CONNECT, 1000000, "1.00s" },
		{ CHECK_FACT_CONNECT, 61234567, "61.23s" },
		{ CHECK_FACT_CONNECT, -1, "-1" },
		{ CHECK_FACT_CLOCK, 59, "59s" },
		{ CHECK_FACT_CLOCK, -200, "-3m20s" },
		{ CHECK_FACT_WEBSOCKET, 1, "yes" },
		{ CHECK_FACT_WEBSOCKET, 0, "no" },
	};
	struct ctlcheck_measure m = { .n = 0 };
	char got[64];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m.id = rows[i].id;
		m.n = rows[i].n;
		ctlcheck_fmt_measure(got, sizeof(got), &m);
		ATF_CHECK_STREQ(rows[i].text, got);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, nothing);
	ATF_TP_ADD_TC(tp, host);
	ATF_TP_ADD_TC(tp, fault);
	ATF_TP_ADD_TC(tp, failed);
	ATF_TP_ADD_TC(tp, notes);
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, harmless);
	ATF_TP_ADD_TC(tp, wrap);
	ATF_TP_ADD_TC(tp, measures);
	return (atf_no_error());
}
