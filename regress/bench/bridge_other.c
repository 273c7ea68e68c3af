/*
 * bridge_other: round trips, memory, and how long a peer is not reached when
 * its direct path breaks and heals.  Called by bridgeload.c.
 */
#include <stdio.h>
#include <string.h>

#include "bridgeload.h"

#define PING_SECS	1.0	/* then a ping is lost */
#define BEAT_SECS	0.1	/* packets of mode switch */
#define DIRECT_SECS	8	/* direct, before the path breaks */
#define STEADY_SECS	5	/* direct for so long: it is back */
#define PATIENCE_SECS	400

static struct bridge_load *current;
static int came;

/* The far end answers. */
static void
answer(struct bridge_end *e, unsigned int peer)
{
	bridge_send(current, e, peer);
	bridge_flush(e);
	came = 1;
}

static void
note(struct bridge_end *e, unsigned int peer)
{
	(void)e;
	(void)peer;
	came = 1;
}

static void
ping(struct bridge_load *l)
{
	double begin = now();

	came = 0;
	bridge_send(l, &l->ends[0], 0);
	bridge_flush(&l->ends[0]);
	while (!came && now() - begin < PING_SECS)
		bridge_wait(l, 0.1);
	if (came)
		packet_note(now() - begin);
}

static void
echo(struct bridge_end *e, unsigned int peer)
{
	bridge_send(current, e, peer);
	bridge_flush(e);
}

void
bridge_mode_ping(struct bridge_load *l)
{
	double begin;
	int n;

	bridge_ready(l);
	current = l;
	l->ends[0].got = note;
	l->ends[1].got = echo;
	for (begin = now(), n = 0; now() - begin < l->secs; n++)
		ping(l);
	printf("pings=%d rtt_p50_us=%.1f rtt_p90_us=%.1f\n", n,
	    packet_percentile(0.5), packet_percentile(0.9));
}

/* All peers with a packet each. */
void
bridge_mode_memory(struct bridge_load *l)
{
	struct usage u;
	unsigned int i, known;
	double end = now() + PATIENCE_SECS;

	bridge_ready(l);
	do {
		bridge_wait(l, 0.1);
		for (known = 0, i = 0; i < l->peers && l->uapi != NULL; i++)
			known += bridge_udp_relayed(&l->ends[0].peers[i].to);
	} while (l->uapi != NULL && known < l->peers && now() < end);
	for (i = l->clients; i < l->peers && l->uapi != NULL; i++) {
		bridge_send(l, &l->ends[0], i);
		bridge_wait(l, 0);
	}
	for (end = now() + l->secs; now() < end; )
		bridge_wait(l, 0.1);
	usage_of(l->pid, &u);
	printf("pss_kb=%ld peers=%u\n", u.pss, l->peers);
}

/*
 * A beat of mode switch: the near end sends; over a direct path that is whole,
 * the peer answers.  Returns whether it was reached so.
 */
static int
beat(struct bridge_load *l, int whole)
{
	struct bridge_peer *p = &l->ends[0].peers[0];
	double end = now() + BEAT_SECS;
	int direct = p->to.sin_family == AF_INET && !bridge_udp_relayed(&p->to);

	if (direct) {
		p->tx += BRIDGE_HEAD;
		if (whole)
			p->rx += BRIDGE_HEAD;
	} else
		bridge_send(l, &l->ends[0], 0);
	bridge_flush(&l->ends[0]);
	while (now() < end)
		bridge_wait(l, end - now());
	return (direct && whole);
}

static void
beats(struct bridge_load *l, int whole, double secs)
{
	double end = now() + secs;

	while (now() < end)
		(void)beat(l, whole);
}

/* Seconds until the peer is reached over the relay, while `came' is 0. */
static double
until_relayed(struct bridge_load *l)
{
	double begin = now();

	for (came = 0; !came && now() - begin < PATIENCE_SECS; )
		(void)beat(l, 0);
	return (now() - begin);
}

/* Seconds until it is reached directly, and stays so. */
static double
until_direct(struct bridge_load *l)
{
	double begin = now(), since = 0;

	while (now() - begin < PATIENCE_SECS) {
		if (!beat(l, 1))
			since = 0;
		else if (since == 0)
			since = now();
		else if (now() - since > STEADY_SECS)
			return (since - begin);
	}
	return (PATIENCE_SECS);
}

void
bridge_mode_switch(struct bridge_load *l)
{
	double broken, healed;

	current = l;
	l->ends[1].got = answer;
	(void)bridge_udp_parse("192.0.2.1:51820", &l->ends[0].peers[0].to);
	beats(l, 1, DIRECT_SECS);
	broken = until_relayed(l);
	beats(l, 0, l->secs);
	healed = until_direct(l);
	printf("to_relay_s=%.1f to_direct_s=%.1f wrong=%llu\n", broken, healed,
	    (unsigned long long)(l->ends[0].wrong + l->ends[1].wrong));
}
