/*
 * drainplan: see drainplan.h.  Called by drain.c.
 *
 * The first wave leaves time for a netcheck of Tailscale's clients, each 20 to
 * 26 seconds: they miss the answers of STUN, and most of them have found
 * another home before they are closed.
 */
#include "drainplan.h"

#define QUIET_MS	30000	/* most time before the first wave, */
#define QUIET_PART	5	/* and the part of the drain's */
#define WAVES		50	/* at least, if they are */
#define PAUSE_MIN_MS	50	/* so far apart, */
#define PAUSE_MAX_MS	1000	/* and no farther */

void
relay_drain_plan_set(struct relay_drain_plan *p, uint64_t now_ms, uint32_t ms)
{
	uint64_t quiet;

	p->from = p->on ? relay_drain_plan_place(p, now_ms) : 0;
	if (!p->on)
		p->begun_ms = now_ms;
	p->on = 1;
	p->end_ms = now_ms + ms;
	quiet = (p->end_ms - p->begun_ms) / QUIET_PART;
	p->first_ms = p->begun_ms + (quiet < QUIET_MS ? quiet : QUIET_MS);
	if (p->first_ms < now_ms)
		p->first_ms = now_ms;
}

uint64_t
relay_drain_plan_place(const struct relay_drain_plan *p, uint64_t now_ms)
{
	if (!p->on)
		return (0);
	if (now_ms >= p->end_ms)
		return (RELAY_DRAIN_ALL);
	if (now_ms <= p->first_ms)
		return (p->from);
	return (p->from + (RELAY_DRAIN_ALL - p->from) *
	    (now_ms - p->first_ms) / (p->end_ms - p->first_ms));
}

unsigned int
relay_drain_plan_pause(const struct relay_drain_plan *p, uint64_t now_ms)
{
	uint64_t ms = now_ms < p->end_ms ? (p->end_ms - now_ms) / WAVES : 0;

	if (ms < PAUSE_MIN_MS)
		return (PAUSE_MIN_MS);
	return (ms < PAUSE_MAX_MS ? (unsigned int)ms : PAUSE_MAX_MS);
}
