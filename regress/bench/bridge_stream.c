/*
 * bridge_stream: a stream of packets between the near end and peer 0, and
 * packets of many peers that are checked.  Called by bridgeload.c.
 *
 * Flat out, no more packets than a window are under way, so that few are lost.
 */
#include <stdio.h>

#include "bridgeload.h"

#define WARM_SECS	0.5
#define LOST_SECS	0.1	/* under way for longer without news: lost */

struct bridge_stream {
	struct bridge_load *load;
	struct bridge_end *from, *to;
	unsigned int	 peer;		/* the next one */
	double		 begin, last;	/* last: something came */
	uint64_t	 sent0, rcvd0;	/* at the begin */
	uint64_t	 rcvd_last, lost;
};

static void
begin(struct bridge_stream *s)
{
	s->begin = s->last = now();
	s->sent0 = s->from->sent;
	s->rcvd0 = s->rcvd_last = s->to->rcvd;
	s->lost = 0;
}

/* How many packets may be sent now, at most a batch. */
static uint64_t
allowed(struct bridge_stream *s, double t)
{
	const struct bridge_load *l = s->load;
	uint64_t n, sent = s->from->sent - s->sent0;
	uint64_t way = sent - (s->to->rcvd - s->rcvd0) - s->lost;

	if (l->rate > 0) {
		n = (uint64_t)((t - s->begin) * l->rate);
		n = n > sent ? n - sent : 0;
	} else {
		if (s->to->rcvd != s->rcvd_last) {
			s->rcvd_last = s->to->rcvd;
			s->last = t;
		} else if (t - s->last > LOST_SECS) {
			s->lost += way;
			way = 0;
			s->last = t;
		}
		/* What had been given up may come. */
		way = (int64_t)way < 0 ? 0 : way;
		n = way < l->window ? l->window - way : 0;
	}
	return (n > BRIDGE_BATCH ? BRIDGE_BATCH : n);
}

static void
step(struct bridge_stream *s)
{
	const struct bridge_load *l = s->load;
	uint64_t i, n = allowed(s, now());

	for (i = 0; i < n; i++) {
		bridge_send(s->load, s->from, s->peer);
		s->peer = (s->peer + 1) % l->clients;
	}
	bridge_flush(s->from);
	bridge_wait(s->load, n == BRIDGE_BATCH ? 0 :
	    l->rate > 0 ? 1 / l->rate : 0.001);
}

void
bridge_mode_stream(struct bridge_load *l)
{
	struct bridge_stream s = { .load = l, .from = &l->ends[l->back],
	    .to = &l->ends[1 - l->back] };
	struct usage before, after;
	double secs, n, cpu;

	bridge_ready(l);
	for (begin(&s); now() - s.begin < WARM_SECS; )
		step(&s);
	usage_of(l->pid, &before);
	for (begin(&s); now() - s.begin < l->secs; )
		step(&s);
	usage_of(l->pid, &after);
	secs = now() - s.begin;
	n = (double)(s.to->rcvd - s.rcvd0);
	cpu = after.cpu - before.cpu;
	printf("tx_pps=%.0f rx_pps=%.0f cpu_us_per_packet=%.3f "
	    "cpu_s_per_gb=%.3f core_pps=%.0f cpu_share=%.3f wrong=%llu\n",
	    (double)(s.from->sent - s.sent0) / secs, n / secs, cpu / n * 1e6,
	    cpu / (n * l->size / 1e9), n / cpu, cpu / secs,
	    (unsigned long long)(l->ends[0].wrong + l->ends[1].wrong));
}

/* Packets of all peers in both directions at once. */
void
bridge_mode_verify(struct bridge_load *l)
{
	struct bridge_stream s = { .load = l, .from = &l->ends[0],
	    .to = &l->ends[1] }, t = { .load = l, .from = &l->ends[1],
	    .to = &l->ends[0] };

	bridge_ready(l);
	begin(&s);
	begin(&t);
	while (now() - s.begin < l->secs) {
		step(&s);
		step(&t);
	}
	printf("out=%llu in=%llu wrong=%llu\n",
	    (unsigned long long)l->ends[1].rcvd,
	    (unsigned long long)l->ends[0].rcvd,
	    (unsigned long long)(l->ends[0].wrong + l->ends[1].wrong));
}
