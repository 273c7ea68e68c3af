/*
 * stats: the counters of a front or relay worker; see stats.h.  Called by
 * statspage.c, by relayconn.c, and by fronts for /debug/varz: pages.c makes the
 * sum of all.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

/* The fields before queue_us are summed. */
#define NSUMMED	(offsetof(struct conn_stats, queue_us) / sizeof(uint64_t))

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
conn_stats_rtt(struct conn_stats *s, unsigned int us)
{
	unsigned int i = 0;

	while (i < RTT_BUCKETS - 1 && us > rtt_ms[i] * 1000)
		i++;
	s->rtt[i]++;
	s->rtt_sum_ms += us / 1000;
}

static uint64_t
field(const struct conn_stats *s, size_t i)
{
	uint64_t v;

	memcpy(&v, (const char *)s + i * sizeof(v), sizeof(v));
	return (v);
}

static void
set_field(struct conn_stats *s, size_t i, uint64_t v)
{
	memcpy((char *)s + i * sizeof(v), &v, sizeof(v));
}

void
conn_stats_add(struct conn_stats *sum, const struct conn_stats *s)
{
	size_t i;

	for (i = 0; i < NSUMMED; i++)
		set_field(sum, i, field(sum, i) + field(s, i));
	/* An average over the relay workers that run. */
	if (s->workers == 0)
		return;
	sum->queue_us = (sum->queue_us * sum->workers + s->queue_us) /
	    (sum->workers + 1);
	sum->workers++;
}

/* A row of stats.def, for the text. */
struct stats_row {
	const char	*type, *name, *labels, *help;
	size_t		 offset;	/* in struct conn_stats */
	enum { ROW_VALUE, ROW_ZERO, ROW_DROPS, ROW_NODES } kind;
};

#define ROW(member, type, name, labels, help)				\
	{ type, name, labels, help, offsetof(struct conn_stats, member), \
	    ROW_VALUE },
#define STAT_SUM(member, type, name, labels, help)			\
	ROW(member, type, name, labels, help)
#define STAT_ZERO(type, name, help)					\
	{ type, name, "", help, 0, ROW_ZERO },
#define STAT_DROPS(member, name, help) \
	{ "counter", name, "", help, offsetof(struct conn_stats, member), \
	    ROW_DROPS },
#define STAT_NODES(member, type, name, help)				\
	{ type, name, "", help, offsetof(struct conn_stats, member),	\
	    ROW_NODES },
static const struct stats_row rows[] = {
#include "stats.def"
};
#define NROWS	(sizeof(rows) / sizeof(rows[0]))

void
conn_stats_reset(struct conn_stats *s)
{
	const struct stats_row *row;
	size_t i, n;

	for (row = rows; row < rows + NROWS; row++) {
		n = row->kind == ROW_NODES ? IPC_MAXNODES :
		    row->kind == ROW_VALUE ? 1 : 0;
		if (strcmp(row->type, "gauge") != 0)
			n = 0;
		for (i = 0; i < n; i++)
			set_field(s, row->offset / sizeof(uint64_t) + i, 0);
	}
	s->queue_us = s->workers = 0;
}

static void
put_drops(FILE *f, const struct conn_stats *s, const struct stats_row *row)
{
	size_t i = row->offset / sizeof(uint64_t);
	int why, kind;

	for (why = 0; why < DROP_REASONS; why++)
		for (kind = 0; kind < 2; kind++)
			fprintf(f, "%s{reason=\"%s\",kind=\"%s\"} %llu\n",
			    row->name, reasons[why], kinds[kind],
			    (unsigned long long)field(s, i++));
}

/* Those of the nodes that had a link. */
static void
put_nodes(FILE *f, const struct conn_stats *s, const struct stats_row *row)
{
	size_t i, at = row->offset / sizeof(uint64_t);

	for (i = 0; i < IPC_MAXNODES; i++)
		if (s->node_links[i] > 0)
			fprintf(f, "%s{node=\"%zu\"} %llu\n", row->name, i,
			    (unsigned long long)field(s, at + i));
}

/* Return 1 if the row is in the text, else 0. */
static int
is_shown(const struct conn_stats *s, const struct stats_row *row,
    int rate_limited)
{
	unsigned int i;

	if (row->kind != ROW_NODES)
		return (rate_limited || row->offset !=
		    offsetof(struct conn_stats, rate_waited));
	for (i = 0; i < IPC_MAXNODES; i++)
		if (s->node_links[i] > 0)
			return (1);
	return (0);
}

/* `before' is the previous row, NULL for none. */
static void
put_row(FILE *f, const struct conn_stats *s, const struct stats_row *row,
    const struct stats_row *before)
{
	uint64_t v = 0;

	if (before == NULL || strcmp(before->name, row->name) != 0)
		fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", row->name,
		    row->help, row->name, row->type);
	if (row->kind == ROW_DROPS) {
		put_drops(f, s, row);
		return;
	}
	if (row->kind == ROW_NODES) {
		put_nodes(f, s, row);
		return;
	}
	if (row->kind == ROW_VALUE)
		v = field(s, row->offset / sizeof(uint64_t));
	fprintf(f, "%s%s %llu\n", row->name, row->labels,
	    (unsigned long long)v);
}

static void
put_rtts(FILE *f, const struct conn_stats *s)
{
	uint64_t n = 0;
	unsigned int i;

	fprintf(f, "# HELP derp_tcp_rtt Round trip times of clients' "
	    "connections in milliseconds, once a KeepAlive.\n"
	    "# TYPE derp_tcp_rtt histogram\n");
	for (i = 0; i < RTT_BUCKETS - 1; i++)
		fprintf(f, "derp_tcp_rtt_bucket{le=\"%u\"} %llu\n", rtt_ms[i],
		    (unsigned long long)(n += s->rtt[i]));
	n += s->rtt[i];
	fprintf(f, "derp_tcp_rtt_bucket{le=\"+Inf\"} %llu\n"
	    "derp_tcp_rtt_sum %llu\nderp_tcp_rtt_count %llu\n",
	    (unsigned long long)n, (unsigned long long)s->rtt_sum_ms,
	    (unsigned long long)n);
}

int
conn_stats_text(const struct conn_stats *s, int rate_limited, char **text,
    size_t *len)
{
	const struct stats_row *row, *before = NULL;
	FILE *f;

	if ((f = open_memstream(text, len)) == NULL)
		return (-1);
	for (row = rows; row < rows + NROWS; row++) {
		if (!is_shown(s, row, rate_limited))
			continue;
		put_row(f, s, row, before);
		before = row;
	}
	fprintf(f, "# HELP derp_average_queue_duration_ms Time that packets "
	    "wait in a queue, a moving average.\n"
	    "# TYPE derp_average_queue_duration_ms gauge\n"
	    "derp_average_queue_duration_ms %.3f\n",
	    (double)s->queue_us / 1000);
	put_rtts(f, s);
	if (fclose(f) != 0) {
		free(*text);
		*text = NULL;
		return (-1);
	}
	return (0);
}
