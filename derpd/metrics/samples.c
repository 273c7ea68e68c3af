/*
 * samples: see samples.h.  Called by metricsd.c; read by page.c.
 */
#include "samples.h"

static uint64_t
drops(const struct conn_stats *s)
{
	uint64_t n = 0;
	size_t i, k;

	for (i = 0; i < DROP_REASONS; i++)
		for (k = 0; k < 2; k++)
			n += s->packets_dropped[i][k];
	return (n);
}

void
metrics_samples_take(struct metrics_samples *s, const struct metrics_view *v)
{
	struct metrics_sample *p = &s->v[s->next];

	p->at_ms = v->now_ms;
	p->rx_bytes = v->sum.bytes_received;
	p->tx_bytes = v->sum.bytes_sent;
	p->packets = v->sum.packets_received;
	p->drops = drops(&v->sum);
	p->clients = v->sum.clients;
	p->connections = v->sum.connections;
	s->next = (s->next + 1) % METRICS_SAMPLES;
	if (s->n < METRICS_SAMPLES)
		s->n++;
}

const struct metrics_sample *
metrics_sample_at(const struct metrics_samples *s, size_t i)
{
	if (i >= s->n)
		return (NULL);
	return (&s->v[(s->next + METRICS_SAMPLES - s->n + i) %
	    METRICS_SAMPLES]);
}
