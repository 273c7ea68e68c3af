/*
 * throughput: how many bytes a second go from one client to another.  Called by
 * login.c, on request.
 *
 * Sends no more than was asked for, no faster than the relay allows, and no
 * more ahead of what has arrived than a relay keeps for a client.
 */
#include <poll.h>

#include "clock.h"
#include "pair.h"

#define PACKET	(32 * 1024)	/* bytes, if such packets arrive */
#define AHEAD	24		/* packets: derper keeps 32 */
#define STEPS	4		/* the time that it may take */

/* A transfer under way. */
struct flow {
	struct check_packets	*w;
	size_t			 len;		/* of each packet */
	uint32_t		 first;		/* number of the first packet */
	uint64_t		 sent, arrived;	/* packets */
	uint64_t		 began;		/* us */
	uint64_t		 rate, burst;	/* of ServerInfo; 0: none */
	int			 ms;		/* a step */
};

/* Milliseconds until the relay's limit allows another packet. */
static int
pause_ms(const struct flow *f)
{
	const uint64_t bytes = (f->sent + 1) * f->len;
	uint64_t due;

	if (f->rate == 0 || bytes <= f->burst)
		return (0);
	due = f->began + (bytes - f->burst) * 1000000 / f->rate;
	return (due <= base_clock_us() ? 0 :
	    (int)((due - base_clock_us()) / 1000) + 1);
}

/* Take what has arrived by `until'. */
static enum check_packet
drain(struct flow *f, long long until)
{
	enum check_packet got;
	uint32_t n;

	do {
		got = check_packets_wait(f->w, f->len, f->first, &n, until);
		f->arrived += got == RUN_ARRIVED;
		/* More only if it is there already. */
		until = net_stream_until(0);
	} while (got == RUN_ARRIVED && f->arrived < f->sent);
	return (got == RUN_LOST ? RUN_ARRIVED : got);
}

/* Send `total' packets and take them, as far as time allows. */
static enum check_packet
transfer(struct flow *f, uint64_t total)
{
	const long long end = net_stream_until(STEPS * f->ms);
	enum check_packet got = RUN_ARRIVED;
	long long now;
	int wait;

	while (f->arrived < total && got == RUN_ARRIVED &&
	    (now = net_stream_until(0)) < end) {
		wait = pause_ms(f);
		if (f->sent == total || f->sent - f->arrived >= AHEAD)
			got = drain(f, now + f->ms < end ? now + f->ms : end);
		else if (wait > 0)
			got = drain(f, now + wait < end ? now + wait : end);
		else if (check_packets_send(f->w, f->len, f->ms) == -1)
			got = RUN_SENDER_ENDED;
		else {
			f->sent++;
			got = drain(f, now);
		}
	}
	return (got);
}

void
check_throughput(struct check_pair *p)
{
	struct flow f = { .w = &p->way[0], .ms = check_step_ms(p->r) };
	enum check_packet got;
	uint64_t us;

	check_step(p->r, "throughput");
	f.len = p->largest < PACKET ? p->largest : PACKET;
	if (f.len > p->r->opts->throughput)
		f.len = (size_t)p->r->opts->throughput;
	if (f.len < RUN_NUMBERED)
		return;
	f.first = f.w->next;
	f.rate = net_derpclient_rate(p->c[0].d, &f.burst);
	f.began = base_clock_us();
	got = transfer(&f, p->r->opts->throughput / f.len);
	us = base_clock_us() - f.began;
	if (f.arrived > 0 && us > 0)
		check_number(p->r, p->a, CHECK_FACT_THROUGHPUT,
		    (int64_t)(f.arrived * f.len * 1000000 / us));
	(void)check_packet_outcome(p, f.w, f.len, got);
}
