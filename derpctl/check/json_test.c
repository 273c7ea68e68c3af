/*
 * Tests of json.c, nagios.c and prometheus.c: what programs read.
 */
#include "json.h"
#include "formsfixture.h"

static const char *
form(void (*print)(FILE *, const struct ctlcheck_results *))
{
	FILE *fp = begin_text();

	print(fp, &results);
	return (end_text(fp));
}

/* Check that the text is one JSON object in one line. */
static void
valid(void)
{
	struct json_error e;
	struct json *j;

	ATF_REQUIRE_MSG((j = json_parse(text, strlen(text), 16, 10000, &e)) !=
	    NULL, "%s", text);
	json_free(j);
	ATF_CHECK(strchr(text, '\n') == text + strlen(text) - 1);
}

ATF_TC_WITHOUT_HEAD(json);
ATF_TC_BODY(json, tc)
{
	struct ctlcheck_place *p;

	results.time = 1767225600;
	form(ctlcheck_json);
	valid();
	HAS("\"ok\":false");
	p = add_node("relay.example.org");
	add_measure(p, CHECK_FACT_CONNECT, "192.0.2.1", 12345, "");
	ctlcheck_count(&results);
	form(ctlcheck_json);
	valid();
	HAS("{\"ok\":true,\"time\":\"2026-01-01T00:00:00Z\",\"took_ms\":0,"
	    "\"faults\":0,\"notes\":0,\"failed\":0,\"places\":[{\"kind\":"
	    "\"node\",\"name\":\"relay.example.org\",\"region\":900,\"code\":"
	    "\"own\",\"node\":\"900-1\",\"host\":\"relay.example.org\","
	    "\"port\":443,\"state\":\"good\",\"took_ms\":0,\"findings\":[],"
	    "\"facts\":[{\"name\":\"connect\",\"where\":\"192.0.2.1\","
	    "\"value\":12345,\"unit\":\"us\"}]}]}");
	add_finding(p, CHECK_PORT_CLOSED, "port 443", "\033\"\n\xff");
	fail(p, "no \"memory\"");
	form(ctlcheck_json);
	valid();
	HAS("\"ok\":false");
	HAS("\"findings\":[{\"level\":\"fault\",\"name\":\"port-closed\","
	    "\"where\":\"port 443\",\"what\":");
	HAS("\"state\":\"fault\",\"failed\":\"no \\\"memory\\\"\"");
	ATF_CHECK(strchr(text, '\033') == NULL);
	drop();
}

/* Print for Nagios.  Returns the exit status. */
static int
nagios(void)
{
	FILE *fp = begin_text();
	int rv = ctlcheck_nagios(fp, &results);

	(void)end_text(fp);
	return (rv);
}

ATF_TC_WITHOUT_HEAD(nagios_good);
ATF_TC_BODY(nagios_good, tc)
{
	struct ctlcheck_place *p;

	ATF_CHECK_EQ(3, nagios());
	HAS("DERP UNKNOWN - there was nothing to check | faults=0;");
	p = add_node("relay.example.org");
	results.took_ms = 1234;
	add_measure(p, CHECK_FACT_LOGIN, "192.0.2.1", 54321, "");
	add_measure(p, CHECK_FACT_LOGIN, "192.0.2.2", 12345, "");
	add_measure(p, CHECK_FACT_CERT_DAYS, "192.0.2.1", 60, "");
	p = add_node("other.example.org");
	add_measure(p, CHECK_FACT_LOGIN, "", 99, "");
	add_measure(p, CHECK_FACT_CERT_DAYS, "", 40, "");
	/* The worst of the nodes, by the best address of each. */
	ATF_CHECK_EQ(0, nagios());
	ATF_CHECK_STREQ("DERP OK - 2 places good | faults=0;;0;0 notes=0;;;0 "
	    "failed=0;;;0 places=2;;;0 time=1.234s;;;0 cert-days=40 "
	    "login=12345us;;;0\n", text);
	drop();
}

ATF_TC_WITHOUT_HEAD(nagios_bad);
ATF_TC_BODY(nagios_bad, tc)
{
	struct ctlcheck_place *p = add_node("relay.example.org");

	fail(p, "a|b\nc");
	ATF_CHECK_EQ(3, nagios());
	HAS("DERP UNKNOWN - not checked: relay.example.org: a/b\\x0ac | ");
	add_finding(p, CHECK_PORT_CLOSED, "port 443", "x|y");
	ATF_CHECK_EQ(2, nagios());
	HAS("DERP CRITICAL - port-closed relay.example.org port 443: ");
	HAS(": x/y | faults=1;;0;0 ");
	HAS("\nFAULT port-closed relay.example.org port 443: ");
	add_finding(p, CHECK_PORT_SILENT, "port 443", "");
	ATF_CHECK_EQ(2, nagios());
	HAS("DERP CRITICAL - 2 faults, first port-closed relay.example.org");
	/* The bar that begins the performance data is the only one. */
	ATF_CHECK(strchr(strchr(text, '|') + 1, '|') == NULL);
	drop();
}

/* Check that a metric has one HELP and TYPE, before all of its samples. */
static void
grouped(const char *metric)
{
	char want[256];
	const char *p;

	snprintf(want, sizeof(want), "# TYPE %s gauge\n", metric);
	ATF_REQUIRE_MSG((p = strstr(text, want)) != NULL, "%s", text);
	ATF_CHECK(strstr(p + 1, want) == NULL);
}

ATF_TC_WITHOUT_HEAD(prometheus);
ATF_TC_BODY(prometheus, tc)
{
	struct ctlcheck_place *p = add_node("relay.example.org");

	results.time = 1767225600;
	add_measure(p, CHECK_FACT_CONNECT, "192.0.2.1", 12345, "");
	add_finding(p, CHECK_PORT_CLOSED, "192.0.2.1 port 443", "5");
	add_finding(p, CHECK_PORT_CLOSED, "192.0.2.1 port 443", "6");
	fail(add_place(CTLCHECK_MAP, "https://example.org/a\"b\\c\n\xff"),
	    "why");
	form(ctlcheck_prometheus);
	HAS("derp_check_time_seconds 1767225600\n");
	HAS("derp_check_faults 2\n");
	HAS("derp_check_good{region=\"900\",code=\"own\",node=\"900-1\","
	    "place=\"relay.example.org\"} 0\n");
	HAS("place=\"https://example.org/a\\\"b\\\\c??\",kind=\"map\"} 1\n");
	HAS("derp_check_fault{region=\"900\",code=\"own\",node=\"900-1\","
	    "place=\"relay.example.org\",where=\"192.0.2.1 port 443\","
	    "fault=\"port-closed\"} 1\n");
	HAS("derp_check_connect_seconds{region=\"900\",code=\"own\","
	    "node=\"900-1\",place=\"relay.example.org\",where=\"192.0.2.1\"} "
	    "0.012345\n");
	grouped("derp_check_fault");
	grouped("derp_check_connect_seconds");
	/* The same labels twice would spoil the file. */
	ATF_CHECK(strstr(strstr(text, "\"port-closed\"") + 1,
	    "\"port-closed\"") == NULL);
	drop();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, json);
	ATF_TP_ADD_TC(tp, nagios_good);
	ATF_TP_ADD_TC(tp, nagios_bad);
	ATF_TP_ADD_TC(tp, prometheus);
	return (atf_no_error());
}
