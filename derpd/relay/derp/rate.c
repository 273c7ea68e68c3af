/*
 * rate: how fast one client may send (derp(7), section 6).  Called by session.c
 * for every frame.
 *
 * Over its rate a client is not read from until its bucket is filled again;
 * TCP tells it to wait.  Mesh peers are exempt.
 */
#include "relay.h"

static void
again(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	relay_clock(c->r);
	conn_resume(c, PAUSE_RATE);
}

static void
refill(struct conn *c)
{
	const struct relay_conf *conf = &c->r->conf;
	uint64_t us = c->r->now_us - c->session.rate.at, add;

	if (c->session.rate.at == 0 || us > 1000000000) {
		c->session.rate.tokens = (int64_t)conf->client_burst;
		c->session.rate.at = c->r->now_us;
		return;
	}
	/* The time that made no whole byte yet counts the next time. */
	add = us * conf->client_rate / 1000000;
	c->session.rate.at += add * 1000000 / conf->client_rate;
	c->session.rate.tokens += (int64_t)add;
	if (c->session.rate.tokens > (int64_t)conf->client_burst)
		c->session.rate.tokens = (int64_t)conf->client_burst;
}

int
rate_take(struct conn *c, uint64_t n)
{
	const struct relay_conf *conf = &c->r->conf;
	struct timeval tv;
	uint64_t us;

	if (conf->client_rate == 0 || c->session.mesh || c->state != CONN_UP)
		return (0);
	/* A frame larger than any packet is passed over, at the usual price. */
	if (n > FRAME_HDR_LEN + FRAME_KEY_LEN + FRAME_MAX_PACKET)
		n = FRAME_HDR_LEN + FRAME_KEY_LEN + FRAME_MAX_PACKET;
	refill(c);
	c->session.rate.tokens -= (int64_t)n;
	if (c->session.rate.tokens >= 0)
		return (0);
	if (c->session.rate.ev == NULL &&
	    (c->session.rate.ev = evtimer_new(c->r->base, again, c)) == NULL) {
		conn_close(c, "out of memory");
		return (-1);
	}
	us = (uint64_t)-c->session.rate.tokens * 1000000 / conf->client_rate +
	    1000;
	tv.tv_sec = (time_t)(us / 1000000);
	tv.tv_usec = (suseconds_t)(us % 1000000);
	evtimer_add(c->session.rate.ev, &tv);
	conn_pause(c, PAUSE_RATE);
	c->r->stats.rate_waited++;
	return (0);
}
