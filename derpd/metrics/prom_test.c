/*
 * prom_test: Prometheus text: labels are escaped, nobody's text breaks it, the
 * verdict is in it.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "pagefixture.h"
#include "prom.h"
#include "promtext.h"

static char *text;

static void
make(void)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	metrics_prom(&page_view, &w);
	ipc_wr_u8(&w, 0);
	ATF_REQUIRE(ipc_wr_ok(&w));
	free(text);
	ATF_REQUIRE((text = strdup((const char *)w.p)) != NULL);
	ipc_wr_free(&w);
}

static void
has(const char *line)
{
	ATF_CHECK_MSG(strstr(text, line) != NULL, "no %s in %s", line, text);
}

ATF_TC_WITHOUT_HEAD(values);
ATF_TC_BODY(values, tc)
{
	page_fill();
	page_view.nrelays = 2;
	page_view.relays[0].known = page_view.relays[1].known = 1;
	page_view.relays[1].stats.connections = 12;
	page_view.relays[1].stats.queue_us = 1500;
	page_view.relays[1].stats.packets_dropped[2][KIND_DISCO] = 3;
	page_view.relays[1].stats.packets_dropped[4][KIND_OTHER] = 4;
	page_view.nfronts = 1;
	page_view.fronts[0].known = 1;
	page_view.fronts[0].stats.tls_accepted = 77;
	page_view.nstuns = 1;
	page_view.stun.success = 5;
	page_state.text = "derpmap_good{path=\"/p\"} 1\nevil 1\n";
	make();
	has("\nderp_clients_local 1234\n");
	has("\nderpd_relay_connections{worker=\"1\"} 12\n");
	has("\nderpd_relay_packets_dropped_total{worker=\"1\"} 7\n");
	has("\nderpd_relay_queue_seconds{worker=\"1\"} 0.001500\n");
	has("\nderpd_front_tls_accepted_total{front=\"0\"} 77\n");
	has("\nstun_requests{disposition=\"success\"} 5\n");
	has("\nstun_answering 1\n");
	has("\nderpd_healthy 1\n");
	has("\nderpd_draining 0\n");
	has("\nderpd_state_age_seconds 1\n");
	has("\nderpd_process_up{role=\"relay\",number=\"1\"} 0\n");
	has("\nderpd_process_restarts_total{role=\"relay\",number=\"1\"} 17\n");
	has("\nderpd_certificate_expiry_seconds{certificate=\"1\",name="
	    "\"192.0.2.7\",kind=\"file\"} 1800259200\n");
	has("\nderpd_mesh_link_up{node=\"derp1b.example.org\"} 1\n");
	has("\nderpd_mesh_keys{node=\"derp1c.example.org\"} 98\n");
	has("\nderpmap_good{path=\"/p\"} 1\n");
	ATF_CHECK(strstr(text, "evil") == NULL);
	ATF_CHECK(strstr(text, "derpd_fault") == NULL);
}

ATF_TC_WITHOUT_HEAD(trouble);
ATF_TC_BODY(trouble, tc)
{
	page_fill();
	page_trouble();
	page_state.draining = 1;
	make();
	has("\nderpd_healthy 0\n");
	has("\nderpd_draining 1\n");
	has("\nderpd_reload_ok 0\n");
	has("\nderpd_admission_file_error 1\n");
	has("\nderpd_certificate_renewal_failed{certificate=\"0\",name="
	    "\"relay.example.org\",kind=\"acme\"} 1\n");
	has("\nderpd_mesh_link_up{node=\"derp1c.example.org\"} 0\n");
	page_state.faults = (const char *[]){ "cert-name", "websocket" };
	page_state.nfaults = 2;
	make();
	has("\nderpd_fault{fault=\"cert-name\"} 1\n");
	has("\nderpd_fault{fault=\"websocket\"} 1\n");
	/* A quote, a backslash; one name twice gives one value. */
	page_poison("a\"b\\c");
	make();
	has("{node=\"a\\\"b\\\\c\"} 0\n");
	ATF_CHECK(strstr(strstr(text, "derpd_mesh_link_up{") + 1,
	    "derpd_mesh_link_up{") == NULL);
	/* A list of nodes may name this one. */
	page_links[0].state = page_links[1].state = "this node";
	make();
	ATF_CHECK(strstr(text, "derpd_mesh_link_up{") == NULL);
}

/* Without a word of the parent, and when it is silent. */
ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	struct ipc_wr w;

	page_fill();
	page_view.state_ms = page_view.now_ms - 29999;
	make();
	has("\nderpd_healthy 1\n");
	page_view.state_ms--;
	make();
	has("\nderpd_healthy 0\n");
	has("\nderpd_state_age_seconds 30\n");
	page_view.state = NULL;
	make();
	has("\nderpd_healthy 0\n");
	has("\nderp_clients_local 1234\n");
	ATF_CHECK(strstr(text, "derpd_process_up") == NULL);
	ipc_wr_init(&w);
	metrics_reasons(&page_view, &w);
	ATF_CHECK_EQ(0, memcmp(w.p, "the parent has said nothing yet\n",
	    w.len));
	ipc_wr_free(&w);
}

/* Lines of other processes: these stay, and those do not. */
ATF_TC_WITHOUT_HEAD(lines);
ATF_TC_BODY(lines, tc)
{
	static const char keep[] =
	    "# HELP derp_admit_keys Keys.\n# TYPE derp_admit_keys gauge\n"
	    "derp_admit_keys 5\nderpmap_drift{path=\"/a\",url=\"u\\\"\\\\\"} "
	    "-1\nderp_admit_x{a=\"b\",c=\"\"} 1.5e+3\n";
	static const char *const drop[] = {
		"derp_admit_keys", "derp_admit_keys x", "derp_admit_keys 5 6",
		"derp_admit_keys{a=\"b} 5", "derp_admit_keys{a=b} 5",
		"derp_admit_keys{a=\"b\" 5", "derp_admit_keys{} 5",
		"derp_admit_keys{a=\"b\\", "derp_admit_keys{a=\"b\\\"} 5",
		"derp_accepts 5", "derpd_healthy 1", "# HELP derp_accepts x",
		"# TYPE derpmap_good", "# derpmap_good x", "", " ", "\001"
	};
	struct ipc_wr w;
	size_t i;

	ipc_wr_init(&w);
	metrics_promtext(keep, &w);
	ATF_CHECK_EQ(strlen(keep), w.len);
	ATF_CHECK_EQ(0, memcmp(keep, w.p, w.len));
	ipc_wr_free(&w);
	for (i = 0; i < sizeof(drop) / sizeof(drop[0]); i++) {
		metrics_promtext(drop[i], &w);
		ATF_CHECK_EQ_MSG(0, w.len, "%s", drop[i]);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, values);
	ATF_TP_ADD_TC(tp, trouble);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, lines);
	return (atf_no_error());
}
