/*
 * load_burst: many connections that speak at once, each a packet, and the round
 * trip of two other clients meanwhile.  Called by derpload.c; prints one line
 * of key=value.
 */
#include <sys/epoll.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "load.h"

#define SINKS		16	/* clients that the packets are for */
#define PROBE_SECS	0.002	/* between pings */
#define REST_SECS	0.3	/* between bursts */
#define STRIDE		8	/* packets between two looks at the pings */

struct burst {
	const struct load	*l;
	struct load_conn	*conns;		/* l->conns that speak */
	struct load_conn	*sinks;
	struct load_conn	 near, far;	/* send pings to one another */
	int			 ep;
	double			 probe;		/* when the next ping is due */
	double			 spare;		/* seconds without work */
	uint64_t		 sent;
};

static void
watch(struct burst *b, struct load_conn *c)
{
	struct epoll_event	 e = { .events = EPOLLIN, .data.ptr = c };

	if (epoll_ctl(b->ep, EPOLL_CTL_ADD, c->fd, &e) == -1)
		err(1, "epoll_ctl");
}

static void
dial_all(struct burst *b)
{
	const struct load	*l = b->l;
	int			 i;

	if ((b->conns = calloc((size_t)l->conns, sizeof(*b->conns))) == NULL ||
	    (b->sinks = calloc(SINKS, sizeof(*b->sinks))) == NULL)
		err(1, "%d connections", l->conns);
	if ((b->ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	conn_dial(&b->near, l, NULL);
	conn_dial(&b->far, l, NULL);
	watch(b, &b->near);
	watch(b, &b->far);
	for (i = 0; i < SINKS; i++) {
		conn_dial(&b->sinks[i], l, NULL);
		watch(b, &b->sinks[i]);
	}
	for (i = 0; i < l->conns; i++) {
		conn_dial(&b->conns[i], l,
		    l->onekey && i > 0 ? &b->conns[0] : NULL);
		conn_release(&b->conns[i]);
	}
}

static void
receive(struct burst *b, struct load_conn *c)
{
	if (conn_read(c) == -1)
		errx(1, "a connection was closed by the server");
	if (c == &b->near)
		packet_time(c);
	else if (c == &b->far)
		packet_echo(c, &b->near);
	else
		packet_count(c, 0);
	if (c->outlen > 0 && conn_flush(c) == -1)
		err(1, "a connection broke");
}

/* Send a ping that is due, read what came. */
static void
turn(struct burst *b)
{
	struct epoll_event	 ev[SINKS + 2];
	double			 t = now();
	int			 i, n, work = 0;

	if (t >= b->probe) {
		packet_send(&b->near, &b->far, (size_t)b->l->size, 0);
		if (conn_flush(&b->near) == -1)
			err(1, "the near end's connection broke");
		b->probe = t + PROBE_SECS;
		work = 1;
	}
	n = epoll_wait(b->ep, ev, SINKS + 2, 0);
	for (i = 0; i < n; i++)
		receive(b, ev[i].data.ptr);
	if (n == 0 && !work)
		b->spare += now() - t;
}

static void
turns(struct burst *b, double secs)
{
	double	end = now() + secs;

	while (now() < end)
		turn(b);
}

/*
 * Read what came for the connections that speak, and forget those that the
 * server has closed: it may bound the connections of one key.  The number of
 * those that are left.
 */
static int
look(struct burst *b)
{
	struct load_conn	*c;
	int			 i, r, n = 0;

	for (i = 0; i < b->l->conns; i++) {
		c = &b->conns[i];
		while ((r = conn_read(c)) == 1)
			continue;
		if (r == -1) {
			close(c->fd);
			c->fd = -1;
		}
		n += c->fd != -1;
		conn_release(c);
	}
	return (n);
}

/* All packets are made first, so that they then follow one another closely. */
static void
speak(struct burst *b)
{
	struct load_conn	*c;
	int			 i;

	for (i = 0; i < b->l->conns; i++) {
		if ((c = &b->conns[i])->fd == -1)
			continue;
		packet_send(c, &b->sinks[i % SINKS], (size_t)b->l->size, 0);
		b->sent++;
		if (i % STRIDE == 0)
			turn(b);
	}
	for (i = 0; i < b->l->conns; i++) {
		c = &b->conns[i];
		if (c->fd != -1 && conn_flush(c) == -1)
			err(1, "a connection broke");
		if (i % STRIDE == 0)
			turn(b);
	}
}

int
mode_burst(const struct load *l)
{
	struct burst	 b = { .l = l };
	struct usage	 before, after;
	uint64_t	 rcvd = 0;
	double		 start, secs;
	int		 i, left;

	dial_all(&b);
	turns(&b, REST_SECS);
	left = look(&b);
	packet_forget();
	b.spare = 0;
	usage_of(l->pid, &before);
	start = now();
	while (now() < start + l->secs) {
		speak(&b);
		turns(&b, REST_SECS);
	}
	secs = now() - start;
	usage_of(l->pid, &after);
	for (i = 0; i < SINKS; i++)
		rcvd += b.sinks[i].rcvd;
	printf("mode=burst conns=%d left=%d sent=%" PRIu64 " loss=%.4f "
	    "p50_us=%.0f p99_us=%.0f max_us=%.0f pings_lost=%" PRId64
	    " cpu_us_per_packet=%.2f load_busy=%.2f\n", l->conns, left, b.sent,
	    b.sent > 0 ? 1 - (double)rcvd / (double)b.sent : 0,
	    packet_percentile(0.5), packet_percentile(0.99),
	    packet_percentile(1), (int64_t)(b.near.sent - b.near.rcvd),
	    b.sent > 0 ? (after.cpu - before.cpu) * 1e6 / (double)b.sent : 0,
	    1 - b.spare / secs);
	return (0);
}
