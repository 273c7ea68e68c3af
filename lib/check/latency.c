/*
 * latency: how long the relay takes to answer, and how evenly.  Called by
 * login.c.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "clock.h"
#include "pair.h"

#define PINGS	12
#define UNEVEN	250000	/* us between a fast and a slow answer, and ... */
#define RATIO	2	/* ... times the usual one: worth a note */

/* Ping the relay.  Returns 1 with the time in us, 0: no answer, -1: ended. */
static int
ping(struct check_pair *p, int64_t *us)
{
	struct check_client *c = &p->c[0];
	const long long until = check_until(p->r);
	struct net_derpclient_frame f;
	const uint64_t began = base_clock_us();
	uint8_t data[FRAME_PING_LEN];
	int rv;

	randombytes_buf(data, sizeof(data));
	if (net_derpclient_frame(c->d, FRAME_PING, data, sizeof(data),
	    check_step_ms(p->r)) == -1)
		return (-1);
	do {
		rv = check_client_next(c, FRAME_PONG, &f, until);
	} while (rv == 1 && (f.len != sizeof(data) ||
	    memcmp(f.p, data, sizeof(data)) != 0));
	*us = (int64_t)(base_clock_us() - began);
	return (rv);
}

static int
order(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return ((x > y) - (x < y));
}

int64_t
check_latency_judge(struct check_pair *p, int64_t *us, int n)
{
	int64_t median, spread;

	qsort(us, (size_t)n, sizeof(*us), order);
	median = us[n / 2];
	check_number(p->r, p->a, CHECK_FACT_RTT, median);
	if (n < PINGS)
		return (median);
	spread = us[n - 2] - us[1];
	check_number(p->r, p->a, CHECK_FACT_RTT_SPREAD, spread);
	if (spread > UNEVEN && spread > RATIO * median)
		check_found(p->r, p->a, p->r->node->port, CHECK_RTT_UNEVEN,
		    "of %d answers the second fastest takes %lld ms and the "
		    "second slowest %lld ms", n, (long long)us[1] / 1000,
		    (long long)us[n - 2] / 1000);
	return (median);
}

int64_t
check_latency(struct check_pair *p)
{
	const int want = p->r->opts->secret != NULL ? 1 : PINGS;
	int64_t us[PINGS] = { 0 };
	int n, rv = 1;

	check_step(p->r, "latency");
	for (n = 0; n < want && rv == 1; n++)
		rv = ping(p, &us[n]);
	if (rv == 1)
		return (check_latency_judge(p, us, want));
	if (rv == -1)
		check_client_ended(&p->c[0], p->r, p->a, "a ping");
	else
		check_found(p->r, p->a, p->r->node->port,
		    CHECK_PING_UNANSWERED, "no Pong frame comes within %d s",
		    check_step_ms(p->r) / 1000);
	return (rv == -1 ? -1 : 0);
}
