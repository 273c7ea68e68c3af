/*
 * pace: see pace.h.  Called by worker.c.
 */
#include "pace.h"

/* A wait is of use if it makes a turn carry two packets. */
#define USEFUL	2

/*
 * Is this a stream, with a packet in WORKER_PACE_GAP_US on average, without the
 * wait?  Turns that begin late on a busy machine do not end it.
 */
static int
is_dense(const struct worker_pace *p, unsigned int packets, uint64_t gap)
{
	return (gap <= (uint64_t)packets * WORKER_PACE_GAP_US + p->waited);
}

/* Choose the next wait by what this one has found. */
static void
adapt(struct worker_pace *p, unsigned int packets)
{
	p->us = p->waited;
	if (packets >= USEFUL && packets < WORKER_PACE_FEW)
		p->us *= 2;
	else if (packets < USEFUL || packets > WORKER_PACE_MANY)
		p->us /= 2;
	if (p->us < WORKER_PACE_MIN_US)
		p->us = WORKER_PACE_MIN_US;
	if (p->us > WORKER_PACE_MAX_US)
		p->us = WORKER_PACE_MAX_US;
}

/* Look whether waiting has been of use. */
static void
judge(struct worker_pace *p)
{
	if (p->waits < WORKER_PACE_TRIES)
		return;
	if (p->found < WORKER_PACE_TRIES * USEFUL) {
		p->rest = WORKER_PACE_REST;
		p->run = 0;
	}
	p->waits = p->found = 0;
}

unsigned int
worker_pace_after(struct worker_pace *p, unsigned int packets, uint64_t now)
{
	const int dense = is_dense(p, packets, now - p->last);

	if (p->waited > 0) {
		adapt(p, packets);
		p->waits++;
		p->found += packets;
		judge(p);
	}
	p->waited = 0;
	if (packets == 0)
		return (0);
	p->last = now;
	if (!dense)
		p->run = 0;
	else if (p->rest > 0)
		p->rest--;
	else
		p->run++;
	if (p->run < WORKER_PACE_RUN || packets >= WORKER_PACE_FULL)
		return (0);
	p->waited = p->us > 0 ? p->us : WORKER_PACE_MIN_US;
	return (p->waited);
}
