/*
 * rate: see rate.h.  Called by session.c for every frame, and by route.c.
 *
 * A client above its rate is not read until its bucket has filled; TCP slows it
 * down.
 */
#include "rate.h"

#define WAIT_MIN_US	1000		/* minimum wait: timers are coarse */
#define FULL_US		1000000000 /* 1000 s without a frame fill any bucket */

static void
refill(struct derp_rate *b, uint64_t rate, uint64_t burst, uint64_t now_us)
{
	uint64_t us = now_us - b->at, made;

	if (b->at == 0 || us > FULL_US) {
		b->tokens = (int64_t)burst;
		b->part = 0;
	} else {
		made = us * rate + b->part;
		b->part = (uint32_t)(made % 1000000);
		b->tokens += (int64_t)(made / 1000000);
		if (b->tokens > (int64_t)burst)
			b->tokens = (int64_t)burst;
	}
	b->at = now_us;
}

uint64_t
derp_rate_charge(struct derp_rate *b, uint64_t rate, uint64_t burst,
    uint64_t now_us, uint64_t n)
{
	uint64_t owed;

	refill(b, rate, burst, now_us);
	b->tokens -= (int64_t)n;
	if (b->tokens >= 0)
		return (0);
	owed = (uint64_t)(0 - b->tokens);
	return (owed * 1000000 / rate + WAIT_MIN_US);
}

void
derp_rate_anew(struct derp_rate *b)
{
	b->at = 0;
	b->tokens = 0;
	b->part = 0;
}
