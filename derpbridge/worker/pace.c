/*
 * pace: see pace.h.  Called by worker.c.
 */
#include "pace.h"

/* A wait is of use if it makes a turn carry two packets. */
#define USEFUL	2

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
	const uint64_t gap = now - p->last;

	if (p->waited) {
		p->waits++;
		p->found += packets;
		judge(p);
	}
	p->waited = 0;
	if (packets == 0)
		return (0);
	p->last = now;
	if (gap > 2 * WORKER_PACE_US)
		p->run = 0;
	else if (p->rest > 0)
		p->rest--;
	else
		p->run++;
	if (p->run < WORKER_PACE_RUN || packets >= WORKER_PACE_FULL)
		return (0);
	p->waited = 1;
	return (WORKER_PACE_US);
}
