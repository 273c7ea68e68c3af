/*
 * stats_test: the counters of a process: their sum, and the text of /debug/varz
 * with derper's names (derp(7), section 5).
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manfixture.h"
#include "stats.h"

#define N	(sizeof(struct conn_stats) / sizeof(uint64_t))

/* Give every field another number, counting up from `from'. */
static void
fill(struct conn_stats *s, uint64_t from)
{
	uint64_t v;
	size_t i;

	for (i = 0; i < N; i++) {
		v = from + i;
		memcpy((char *)s + i * sizeof(v), &v, sizeof(v));
	}
}

/* A new start keeps the counters, and has no clients. */
ATF_TC_WITHOUT_HEAD(reset);
ATF_TC_BODY(reset, tc)
{
	struct conn_stats s, was;

	fill(&s, 1000);
	was = s;
	conn_stats_reset(&s);
	ATF_CHECK_EQ(s.connections, 0);
	ATF_CHECK_EQ(s.home_connections, 0);
	ATF_CHECK_EQ(s.notideal_connections, 0);
	ATF_CHECK_EQ(s.clients, 0);
	ATF_CHECK_EQ(s.watchers, 0);
	ATF_CHECK_EQ(s.dup_keys, 0);
	ATF_CHECK_EQ(s.dup_conns, 0);
	ATF_CHECK_EQ(s.queue_us, 0);
	ATF_CHECK_EQ(s.workers, 0);
	was.connections = was.home_connections = was.notideal_connections = 0;
	was.clients = was.watchers = was.dup_keys = was.dup_conns = 0;
	memset(was.node_up, 0, sizeof(was.node_up));
	memset(was.node_keys, 0, sizeof(was.node_keys));
	was.region_keys = was.far_keys = 0;
	was.queue_us = was.workers = 0;
	ATF_CHECK_EQ(memcmp(&s, &was, sizeof(s)), 0);
}

ATF_TC_WITHOUT_HEAD(add);
ATF_TC_BODY(add, tc)
{
	struct conn_stats sum, s;

	fill(&sum, 100);
	fill(&s, 1000);
	sum.workers = 1;
	sum.queue_us = 3000;
	s.queue_us = 1000;
	sum.clients = s.clients = 7;
	conn_stats_add(&sum, &s);
	ATF_CHECK_EQ(sum.accepts, 1100);
	ATF_CHECK_EQ(sum.bytes_received, 1102);
	ATF_CHECK_EQ(sum.rtt_sum_ms, 100 + 1000 +
	    2 * offsetof(struct conn_stats, rtt_sum_ms) / sizeof(uint64_t));
	/* A key is at one worker. */
	ATF_CHECK_EQ(sum.clients, 14);
	/* An average over the processes. */
	ATF_CHECK_EQ(sum.queue_us, 2000);
	ATF_CHECK_EQ(sum.workers, 2);
	s.queue_us = 5000;
	conn_stats_add(&sum, &s);
	ATF_CHECK_EQ(sum.queue_us, 3000);
	ATF_CHECK_EQ(sum.workers, 3);
	/* One that has ended adds its counters alone. */
	sum.clients = 5;
	conn_stats_reset(&s);
	conn_stats_add(&sum, &s);
	ATF_CHECK_EQ(sum.accepts, 3100);
	ATF_CHECK_EQ(sum.clients, 5);
	ATF_CHECK_EQ(sum.queue_us, 3000);
	ATF_CHECK_EQ(sum.workers, 3);
}

/* Return the text of `s'; the caller frees it. */
static char *
text_of(const struct conn_stats *s, int limited)
{
	char *text;
	size_t len;

	ATF_REQUIRE_EQ(conn_stats_text(s, limited, &text, &len), 0);
	ATF_REQUIRE_EQ(strlen(text), len);
	ATF_REQUIRE(len > 0 && text[len - 1] == '\n');
	return (text);
}

/* Return 1 if `line' is a whole line of the text. */
static int
has_line(const char *text, const char *line)
{
	const char *p = text;
	size_t n = strlen(line);

	for (; (p = strstr(p, line)) != NULL; p++)
		if ((p == text || p[-1] == '\n') && p[n] == '\n')
			return (1);
	return (0);
}

static void
value(const char *text, const char *name, uint64_t v)
{
	char line[160];

	snprintf(line, sizeof(line), "%s %llu", name, (unsigned long long)v);
	if (!has_line(text, line))
		atf_tc_fail_nonfatal("no line `%s' in\n%s", line, text);
}

/* A row of each kind has the value of its field. */
ATF_TC_WITHOUT_HEAD(values);
ATF_TC_BODY(values, tc)
{
	struct conn_stats s;
	char *text;

	fill(&s, 1ULL << 40);
	text = text_of(&s, 1);
	value(text, "derp_accepts", s.accepts);
	value(text, "derp_bytes_received", s.bytes_received);
	value(text, "derp_current_home_connections", s.home_connections);
	value(text, "derp_clients_total", s.region_keys);
	value(text, "derp_clients_local", s.clients);
	value(text, "derp_clients_remote", s.far_keys);
	value(text, "derp_multiforwarder_created", s.multi_created);
	value(text, "derp_multiforwarder_deleted", s.multi_deleted);
	value(text, "derp_unknown_frames", 0);
	value(text, "derp_peer_gone_disconnected_frames", s.gone_disconnected);
	value(text, "derp_peer_gone_not_here_frames", s.gone_not_here);
	value(text, "derp_rate_limit_per_client_waited", s.rate_waited);
	value(text, "derp_rate_limit_per_group_waited", s.group_waited);
	value(text, "tls_listener_accepted_connections", s.tls_accepted);
	value(text, "tls_listener_rejected_connections", s.tls_rejected);
	ATF_CHECK(has_line(text, "# TYPE derp_accepts counter"));
	ATF_CHECK(has_line(text, "# TYPE derp_clients_total gauge"));
	free(text);
	text = text_of(&s, 0);
	ATF_CHECK(strstr(text, "derp_rate_limit_per_client_waited") == NULL);
	free(text);
}

ATF_TC_WITHOUT_HEAD(labels);
ATF_TC_BODY(labels, tc)
{
	static const char *const reasons[] = {
		[DROP_UNKNOWN_DEST] = "unknown_dest",
		[DROP_UNKNOWN_DEST_ON_FWD] = "unknown_dest_on_fwd",
		[DROP_GONE_DISCONNECTED] = "gone_disconnected",
		[DROP_QUEUE_HEAD] = "queue_head",
		[DROP_QUEUE_TAIL] = "queue_tail",
		[DROP_WRITE_ERROR] = "write_error",
		[DROP_DUP_CLIENT] = "dup_client"
	};
	static const char *const kinds[] = {
		[KIND_DISCO] = "disco", [KIND_OTHER] = "other"
	};
	struct conn_stats s;
	char *text, name[128];
	int i, k;

	fill(&s, 1000);
	text = text_of(&s, 0);
	for (k = 0; k < 2; k++) {
		snprintf(name, sizeof(name),
		    "derp_packets_received_kind{kind=\"%s\"}", kinds[k]);
		value(text, name, k == KIND_DISCO ? s.received_disco :
		    s.received_other);
		for (i = 0; i < DROP_REASONS; i++) {
			snprintf(name, sizeof(name), "derp_packets_dropped"
			    "{reason=\"%s\",kind=\"%s\"}", reasons[i],
			    kinds[k]);
			value(text, name, s.packets_dropped[i][k]);
			snprintf(name, sizeof(name), "derp_bytes_dropped"
			    "{reason=\"%s\",kind=\"%s\"}", reasons[i],
			    kinds[k]);
			value(text, name, s.bytes_dropped[i][k]);
		}
	}
	free(text);
}

/* A node has its numbers once it had a link. */
ATF_TC_WITHOUT_HEAD(nodes);
ATF_TC_BODY(nodes, tc)
{
	struct conn_stats s;
	char *text;

	memset(&s, 0, sizeof(s));
	s.node_drops[3] = 1;
	text = text_of(&s, 0);
	ATF_CHECK(strstr(text, "derp_mesh_") == NULL);
	free(text);
	s.node_links[0] = s.node_links[IPC_MAXNODES - 1] = 7;
	s.node_keys[0] = 8;
	s.node_up[IPC_MAXNODES - 1] = 1;
	text = text_of(&s, 0);
	value(text, "derp_mesh_links{node=\"0\"}", 7);
	value(text, "derp_mesh_links{node=\"31\"}", 7);
	value(text, "derp_mesh_keys{node=\"0\"}", 8);
	value(text, "derp_mesh_link_up{node=\"0\"}", 0);
	value(text, "derp_mesh_link_up{node=\"31\"}", 1);
	ATF_CHECK(strstr(text, "{node=\"3\"}") == NULL);
	free(text);
}

ATF_TC_WITHOUT_HEAD(queue_duration);
ATF_TC_BODY(queue_duration, tc)
{
	struct conn_stats s;
	char *text;

	memset(&s, 0, sizeof(s));
	s.queue_us = 12345;
	text = text_of(&s, 0);
	ATF_CHECK(has_line(text, "derp_average_queue_duration_ms 12.345"));
	free(text);
}

/* A bucket of a histogram counts all values up to its bound. */
ATF_TC_WITHOUT_HEAD(round_trips);
ATF_TC_BODY(round_trips, tc)
{
	struct conn_stats s;
	char *text;

	memset(&s, 0, sizeof(s));
	conn_stats_rtt(&s, 0);
	conn_stats_rtt(&s, 10000);
	conn_stats_rtt(&s, 10001);
	conn_stats_rtt(&s, 5000000);
	conn_stats_rtt(&s, 5000001);
	conn_stats_rtt(&s, UINT32_MAX);
	text = text_of(&s, 0);
	ATF_CHECK(has_line(text, "# TYPE derp_tcp_rtt histogram"));
	value(text, "derp_tcp_rtt_bucket{le=\"10\"}", 2);
	value(text, "derp_tcp_rtt_bucket{le=\"20\"}", 3);
	value(text, "derp_tcp_rtt_bucket{le=\"1000\"}", 3);
	value(text, "derp_tcp_rtt_bucket{le=\"5000\"}", 4);
	value(text, "derp_tcp_rtt_bucket{le=\"+Inf\"}", 6);
	value(text, "derp_tcp_rtt_count", 6);
	value(text, "derp_tcp_rtt_sum", 0 + 10 + 10 + 5000 + 5000 + 4294967);
	free(text);
}

/* Return 1 if derp(7) has the name, with or without its first part. */
static int
in_manual(const char *manual, const char *name)
{
	const char *p = manual;
	size_t n;

	if (strncmp(name, "derp_", 5) == 0 && strcmp(name, "derp_tcp_rtt") != 0)
		name += 5;
	n = strlen(name);
	for (; (p = strstr(p, name)) != NULL; p++)
		if (p > manual && p[-1] == ' ' &&
		    (p[n] == ' ' || p[n] == '\n'))
			return (1);
	return (0);
}

/*
 * Each metric is described once, before its values, of which there is at least
 * one, and derp(7) has its name.
 */
ATF_TC_WITHOUT_HEAD(form);
ATF_TC_BODY(form, tc)
{
	char *manual = read_manual(tc, "../../man/derp.7");
	struct conn_stats s;
	char *text, *p, *line, name[128] = "", other[128], type[16], c;
	size_t found = 0, values = 1;

	fill(&s, 1);
	text = p = text_of(&s, 1);
	while ((line = strsep(&p, "\n")) != NULL && *line != '\0') {
		if (sscanf(line, "# HELP %127s %c", other, &c) == 2) {
			ATF_CHECK_MSG(values > 0, "%s has no value", name);
			snprintf(name, sizeof(name), "%s", other);
			found++;
			values = 0;
			ATF_CHECK_MSG(line[strlen(line) - 1] == '.', "%s",
			    line);
			ATF_CHECK_MSG(strstr(p, line) == NULL, "%s twice",
			    name);
			ATF_CHECK_MSG(in_manual(manual, name),
			    "derp(7) does not name %s", name);
			ATF_REQUIRE((line = strsep(&p, "\n")) != NULL);
			ATF_CHECK_EQ(2, sscanf(line, "# TYPE %127s %15s",
			    other, type));
			ATF_CHECK_STREQ(name, other);
			ATF_CHECK_MSG(strcmp(type, "counter") == 0 ||
			    strcmp(type, "gauge") == 0 ||
			    strcmp(type, "histogram") == 0, "%s", line);
			continue;
		}
		values++;
		ATF_CHECK_MSG(strncmp(line, name, strlen(name)) == 0,
		    "%s stands below %s", line, name);
	}
	ATF_CHECK(found > 35);
	free(text);
	free(manual);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, reset);
	ATF_TP_ADD_TC(tp, add);
	ATF_TP_ADD_TC(tp, values);
	ATF_TP_ADD_TC(tp, labels);
	ATF_TP_ADD_TC(tp, nodes);
	ATF_TP_ADD_TC(tp, queue_duration);
	ATF_TP_ADD_TC(tp, round_trips);
	ATF_TP_ADD_TC(tp, form);
	return (atf_no_error());
}
