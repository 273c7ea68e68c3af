/*
 * stats: the counters of a worker; see stats.h.  Used by httpconn.c for
 * /debug/varz and by link.c between workers.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

/* All fields are 64-bit numbers: on a channel they go in this order. */
#define NFIELDS	(sizeof(struct stats) / sizeof(uint64_t))
/* The fields behind this one are the same in every worker. */
#define NSUMMED	(offsetof(struct stats, queue_us) / sizeof(uint64_t))

static const char *const reasons[DROP_REASONS] = {
	"unknown_dest", "unknown_dest_on_fwd", "gone_disconnected",
	"queue_head", "queue_tail", "write_error", "dup_client"
};
static const char *const kinds[2] = { "disco", "other" };

/* Upper bounds of the round trip buckets, ms. */
static const unsigned int rtt_ms[RTT_BUCKETS - 1] = {
	10, 20, 50, 100, 200, 500, 1000, 5000
};

void
stats_rtt(struct stats *s, unsigned int us)
{
	unsigned int i = 0;

	while (i < RTT_BUCKETS - 1 && us > rtt_ms[i] * 1000)
		i++;
	s->rtt[i]++;
	s->rtt_sum_ms += us / 1000;
}

static uint64_t
field(const struct stats *s, size_t i)
{
	uint64_t v;

	memcpy(&v, (const char *)s + i * sizeof(v), sizeof(v));
	return (v);
}

static void
set_field(struct stats *s, size_t i, uint64_t v)
{
	memcpy((char *)s + i * sizeof(v), &v, sizeof(v));
}

void
stats_put(struct wr *w, const struct stats *s)
{
	size_t i;

	for (i = 0; i < NFIELDS; i++)
		wr_u64(w, field(s, i));
}

int
stats_get(struct rd *r, struct stats *s)
{
	size_t i;

	for (i = 0; i < NFIELDS; i++)
		set_field(s, i, rd_u64(r));
	return (rd_end(r) ? 0 : -1);
}

void
stats_add(struct stats *sum, const struct stats *s)
{
	size_t i;

	for (i = 0; i < NSUMMED; i++)
		set_field(sum, i, field(sum, i) + field(s, i));
	/* An average: each worker counts the same. */
	sum->queue_us = (sum->queue_us * sum->workers + s->queue_us) /
	    (sum->workers + 1);
	sum->workers++;
}

static void
one(FILE *f, const char *type, const char *name, uint64_t v)
{
	fprintf(f, "# TYPE %s %s\n%s %llu\n", name, type, name,
	    (unsigned long long)v);
}

static void
drops(FILE *f, const char *name, const uint64_t v[DROP_REASONS][2])
{
	int i, k;

	fprintf(f, "# TYPE %s counter\n", name);
	for (i = 0; i < DROP_REASONS; i++)
		for (k = 0; k < 2; k++)
			fprintf(f, "%s{reason=\"%s\",kind=\"%s\"} %llu\n",
			    name, reasons[i], kinds[k],
			    (unsigned long long)v[i][k]);
}

static void
rtts(FILE *f, const struct stats *s)
{
	uint64_t n = 0;
	unsigned int i;

	fprintf(f, "# TYPE derp_tcp_rtt histogram\n");
	for (i = 0; i < RTT_BUCKETS - 1; i++)
		fprintf(f, "derp_tcp_rtt_bucket{le=\"%u\"} %llu\n", rtt_ms[i],
		    (unsigned long long)(n += s->rtt[i]));
	n += s->rtt[i];
	fprintf(f, "derp_tcp_rtt_bucket{le=\"+Inf\"} %llu\n"
	    "derp_tcp_rtt_sum %llu\nderp_tcp_rtt_count %llu\n",
	    (unsigned long long)n, (unsigned long long)s->rtt_sum_ms,
	    (unsigned long long)n);
}

static void
counters(FILE *f, const struct stats *s)
{
	one(f, "counter", "derp_accepts", s->accepts);
	one(f, "counter", "derp_bytes_received", s->bytes_received);
	one(f, "counter", "derp_bytes_sent", s->bytes_sent);
	one(f, "counter", "derp_packets_received", s->packets_received);
	one(f, "counter", "derp_packets_sent", s->packets_sent);
	fprintf(f, "# TYPE derp_packets_received_kind counter\n"
	    "derp_packets_received_kind{kind=\"disco\"} %llu\n"
	    "derp_packets_received_kind{kind=\"other\"} %llu\n",
	    (unsigned long long)s->received_kind[KIND_DISCO],
	    (unsigned long long)s->received_kind[KIND_OTHER]);
	drops(f, "derp_packets_dropped", s->packets_dropped);
	drops(f, "derp_bytes_dropped", s->bytes_dropped);
	one(f, "counter", "derp_packets_forwarded_in", s->forwarded_in);
	one(f, "counter", "derp_packets_forwarded_out", s->forwarded_out);
	one(f, "counter", "derp_unknown_frames", 0);
	one(f, "counter", "derp_home_moves_in", s->home_moves_in);
	one(f, "counter", "derp_home_moves_out", s->home_moves_out);
	one(f, "counter", "derp_got_ping", s->got_ping);
	one(f, "counter", "derp_sent_pong", s->sent_pong);
	one(f, "counter", "derp_peer_gone_disconnected_frames",
	    s->gone_disconnected);
	one(f, "counter", "derp_peer_gone_not_here_frames", s->gone_not_here);
	one(f, "counter", "derp_multiforwarder_created", 0);
	one(f, "counter", "derp_multiforwarder_deleted", 0);
	one(f, "counter", "derp_sclient_write_timeouts", s->write_timeouts);
	one(f, "counter", "derp_total_dup_client_conns", s->dup_conns_total);
	one(f, "counter", "derp_websocket_accepts", s->websocket_accepts);
}

static void
gauges(FILE *f, const struct stats *s)
{
	one(f, "gauge", "derp_current_connections", s->connections);
	one(f, "gauge", "derp_current_home_connections", s->home_connections);
	one(f, "gauge", "derp_current_notideal_connections",
	    s->notideal_connections);
	one(f, "gauge", "derp_clients_total", s->clients);
	one(f, "gauge", "derp_clients_local", s->clients);
	one(f, "gauge", "derp_clients_remote", 0);
	one(f, "gauge", "derp_watchers", s->watchers);
	one(f, "gauge", "derp_current_dup_client_keys", s->dup_keys);
	one(f, "gauge", "derp_current_dup_client_conns", s->dup_conns);
	fprintf(f, "# TYPE derp_average_queue_duration_ms gauge\n"
	    "derp_average_queue_duration_ms %.3f\n",
	    (double)s->queue_us / 1000);
}

int
stats_text(const struct stats *s, int rate_limited, char **text, size_t *len)
{
	FILE *f;

	if ((f = open_memstream(text, len)) == NULL)
		return (-1);
	counters(f, s);
	gauges(f, s);
	rtts(f, s);
	if (rate_limited)
		one(f, "counter", "derp_rate_limit_per_client_waited",
		    s->rate_waited);
	one(f, "counter", "tls_listener_accepted_connections",
	    s->tls_accepted);
	one(f, "counter", "tls_listener_rejected_connections",
	    s->tls_rejected);
	if (fclose(f) != 0) {
		free(*text);
		*text = NULL;
		return (-1);
	}
	return (0);
}
