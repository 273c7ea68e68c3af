/*
 * echo: whether packets between two clients of the relay arrive, as they were
 * sent and in their order.  Called by login.c.
 */
#include <stdio.h>
#include <string.h>

#include "pair.h"

/*
 * Nothing, next to nothing, the smallest disco packet, a tunnel's packet, and
 * several TLS records.
 */
static const size_t sizes[] = { 0, 1, 62, 1400, 4096, 16384, 32768,
    FRAME_MAX_PACKET };
#define NSIZES	(sizeof(sizes) / sizeof(sizes[0]))

#define FIRST	62	/* bytes of the packet that must arrive at all */
#define TRIES	3	/* of a packet: a relay may drop one */
#define GROWTH	6	/* times the time of the size before is enough */
#define PATIENCE_MAX 12000 /* milliseconds */
#define BURST	16	/* packets at once: less than derper keeps */
#define BURSTLEN 200	/* bytes of each */

/* A session ends at a packet: by its size, if smaller ones arrive. */
static void
ended(struct check_pair *p, const struct check_client *c, size_t len)
{
	char doing[64];

	(void)snprintf(doing, sizeof(doing), "a packet of %zu bytes", len);
	if (len <= FIRST || len <= p->largest || c->restarting ||
	    net_derpclient_interrupted(c->d))
		check_client_ended(c, p->r, p->a, doing);
	else
		check_found(p->r, p->a, p->r->node->port,
		    CHECK_LARGE_PACKETS_LOST, "packets of %zu bytes arrive, "
		    "%s ends the session: %s", p->largest, doing,
		    net_derpclient_error(c->d));
}

int
check_packet_outcome(struct check_pair *p, const struct check_packets *way,
    size_t len, enum check_packet got)
{
	const unsigned int port = p->r->node->port;
	char doing[64];

	(void)snprintf(doing, sizeof(doing), "a packet of %zu bytes", len);
	switch (got) {
	case RUN_ARRIVED:
	case RUN_LOST:
		break;
	case RUN_CHANGED:
		check_found(p->r, p->a, port, CHECK_PACKETS_CHANGED, "%s from "
		    "%s to %s does not arrive as it was sent", doing,
		    way->from->name, way->to->name);
		break;
	case RUN_OTHER_KEY:
		check_found(p->r, p->a, port, CHECK_PACKETS_OTHER_KEY, "%s "
		    "from %s to %s arrives with the key of another sender",
		    doing, way->from->name, way->to->name);
		break;
	case RUN_SENDER_ENDED:
		ended(p, way->from, len);
		return (0);
	case RUN_TAKER_ENDED:
		ended(p, way->to, len);
		return (0);
	}
	return (1);
}

/*
 * Milliseconds to wait for a packet: long enough for a slow line, by what a
 * smaller one took, and for the relay's limit.  All before it together are no
 * larger.
 */
static int
patience(const struct check_pair *p, const struct check_packets *w, size_t len)
{
	uint64_t burst, ms, rate = net_derpclient_rate(w->from->d, &burst);

	ms = (uint64_t)check_step_ms(p->r) / TRIES;
	if (ms < (uint64_t)p->took * GROWTH)
		ms = (uint64_t)p->took * GROWTH;
	if (rate != 0)
		ms += 2 * (len + FRAME_KEY_LEN) * 1000 / rate;
	return (ms < PATIENCE_MAX ? (int)ms : PATIENCE_MAX);
}

/*
 * Send packets of one size each way.  *lost are the ways that lose them: of
 * larger packets one is enough.
 */
static int
both_ways(struct check_pair *p, size_t len, enum check_packet *got,
    const struct check_packets *lost[2])
{
	long long began;
	int i, on = 1, took = 0;

	lost[0] = lost[1] = NULL;
	for (i = 0; i < p->ways && on && (lost[0] == NULL || len <= FIRST);
	    i++) {
		began = net_stream_until(0);
		*got = check_packets_try(&p->way[i], len, TRIES,
		    patience(p, &p->way[i], len));
		if (net_stream_until(0) - began > took)
			took = (int)(net_stream_until(0) - began);
		if (*got == RUN_LOST)
			lost[i] = &p->way[i];
		else if (*got != RUN_ARRIVED) {
			on = check_packet_outcome(p, &p->way[i], len, *got);
			break;
		}
	}
	p->took = took;
	return (on);
}

/* No packet arrives, one way or both. */
static void
nothing(struct check_pair *p, const struct check_packets *const lost[2])
{
	const int both = lost[0] != NULL && lost[1] != NULL;
	const struct check_packets *w = lost[0] != NULL ? lost[0] : lost[1];

	check_found(p->r, p->a, p->r->node->port, CHECK_PACKETS_LOST, "no "
	    "packet from %s reaches %s%s", w->from->name, w->to->name,
	    both ? ", and none comes back" : "");
}

/* Do packets arrive at all?  Returns 1, or 0; *on as check_echo() returns. */
static int
greet(struct check_pair *p, int *on)
{
	const struct check_packets *lost[2];
	enum check_packet got = RUN_LOST;

	*on = both_ways(p, FIRST, &got, lost);
	if (lost[0] != NULL || lost[1] != NULL)
		nothing(p, lost);
	else if (got == RUN_ARRIVED) {
		p->largest = FIRST;
		return (1);
	}
	return (0);
}

/* Packets of each size each way.  Returns what check_echo() returns. */
static int
all_sizes(struct check_pair *p)
{
	const struct check_packets *lost[2];
	enum check_packet got = RUN_LOST;
	size_t i;
	int on;

	for (i = 0; i < NSIZES; i++) {
		on = both_ways(p, sizes[i], &got, lost);
		if (lost[0] != NULL || lost[1] != NULL)
			check_found(p->r, p->a, p->r->node->port,
			    sizes[i] > FIRST ? CHECK_LARGE_PACKETS_LOST :
			    CHECK_PACKETS_LOST, "packets of %zu bytes arrive, "
			    "packets of %zu bytes do not", p->largest,
			    sizes[i]);
		/* What follows in the stream may be held up behind it. */
		if (got != RUN_ARRIVED || lost[0] != NULL)
			return (on && lost[0] == NULL && lost[1] == NULL);
		if (sizes[i] > p->largest)
			p->largest = sizes[i];
	}
	return (1);
}

/* What becomes of packets that are sent at once. */
struct flight {
	int	 count;		/* different ones that have arrived */
	int	 swapped, twice;
};

/* Send several packets at once.  Returns the outcome of the last one. */
static enum check_packet
burst(struct check_packets *w, int ms, struct flight *b)
{
	const uint32_t first = w->next;
	const long long until = net_stream_until(ms);
	enum check_packet got = RUN_ARRIVED;
	unsigned int seen = 0;
	uint32_t n, last = first;

	memset(b, 0, sizeof(*b));
	while (w->next - first < BURST)
		if (check_packets_send(w, BURSTLEN, ms) == -1)
			return (RUN_SENDER_ENDED);
	while (b->count < BURST && !b->swapped && !b->twice) {
		got = check_packets_wait(w, BURSTLEN, first, &n, until);
		if (got != RUN_ARRIVED)
			return (got);
		b->twice = (seen & 1U << (n - first)) != 0;
		b->swapped = (int32_t)(n - last) < 0;
		seen |= 1U << (n - first);
		last = n;
		b->count++;
	}
	return (got);
}

/* Check one way.  Returns 1, or 0 with a fault; *on as above. */
static int
order(struct check_pair *p, struct check_packets *w, int *on)
{
	const unsigned int port = p->r->node->port;
	enum check_packet got = RUN_LOST;
	struct flight b = { 0 };
	int i;

	for (i = 0; i < 2 && got == RUN_LOST; i++)
		got = burst(w, check_step_ms(p->r), &b);
	if (b.twice)
		check_found(p->r, p->a, port, CHECK_PACKETS_TWICE, "packets "
		    "from %s reach %s twice", w->from->name, w->to->name);
	else if (b.swapped)
		check_found(p->r, p->a, port, CHECK_PACKETS_REORDERED,
		    "packets that %s sends at once reach %s in another order",
		    w->from->name, w->to->name);
	else if (got == RUN_LOST)
		check_found(p->r, p->a, port, CHECK_PACKETS_LOST, "single "
		    "packets arrive, of %d that are sent at once only some",
		    BURST);
	*on = check_packet_outcome(p, w, BURSTLEN, got);
	return (got == RUN_ARRIVED && !b.twice && !b.swapped);
}

int
check_echo(struct check_pair *p)
{
	int i, on, well;

	check_step(p->r, "packets");
	well = greet(p, &on) && p->r->opts->secret == NULL;
	for (i = 0; i < p->ways && well; i++)
		well = order(p, &p->way[i], &on);
	if (well)
		on = all_sizes(p);
	if (p->largest != 0)
		check_number(p->r, p->a, CHECK_FACT_LARGEST_PACKET,
		    (int64_t)p->largest);
	return (on);
}
