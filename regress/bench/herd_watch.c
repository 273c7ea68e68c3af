/*
 * herd_watch: sessions that are in while a herd comes, and the time from the
 * sending to the arrival of their packets.  Called by herdload.c; uses the
 * connections through load_conn.c.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

#include "herdload.h"

#define EVENTS		64
#define SIZE		100		/* bytes of a packet */
#define LAST_SECS	0.5		/* for packets under way at the end */

struct herd_watch {
	struct load_conn	*conns;	/* the first of a pair sends */
	int			 pairs;
	int			 ep;
	int			 timer;
	int			 turn;	/* the pair that sends next */
};

static void
watch(const struct herd_watch *w, int fd, int number)
{
	struct epoll_event	 e = { .events = EPOLLIN };

	e.data.u32 = (uint32_t)number;
	if (epoll_ctl(w->ep, EPOLL_CTL_ADD, fd, &e) == -1)
		err(1, "epoll_ctl");
}

struct herd_watch *
herd_watch_new(const struct herd *h)
{
	struct herd_watch	*w = calloc(1, sizeof(*w));
	struct itimerspec	 every = { { 0, 0 }, { 0, 0 } };
	int			 i;

	if (w == NULL ||
	    (w->conns = calloc(2 * (size_t)h->pairs, sizeof(*w->conns))) ==
	    NULL)
		err(1, "%d pairs", h->pairs);
	w->pairs = h->pairs;
	if ((w->ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	for (i = 0; i < 2 * w->pairs; i++) {
		conn_dial(&w->conns[i], &h->load, NULL);
		watch(w, w->conns[i].fd, i);
	}
	every.it_interval.tv_sec = (time_t)(1 / h->rate);
	every.it_interval.tv_nsec = (long)((1 / h->rate -
	    (double)every.it_interval.tv_sec) * 1e9);
	every.it_value = every.it_interval;
	if ((w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) == -1 ||
	    timerfd_settime(w->timer, 0, &every, NULL) == -1)
		err(1, "timerfd");
	watch(w, w->timer, 2 * w->pairs);
	return (w);
}

const uint8_t *
herd_watch_key(const struct herd_watch *w)
{
	return (w->conns[0].server);
}

/* One packet for each time that the timer has expired. */
static void
send_due(struct herd_watch *w)
{
	struct load_conn	*c;
	uint64_t		 n;

	if (read(w->timer, &n, sizeof(n)) != sizeof(n))
		return;
	for (; n > 0; n--) {
		c = &w->conns[2 * w->turn];
		w->turn = (w->turn + 1) % w->pairs;
		packet_send(c, c + 1, SIZE, 0);
		if (conn_flush(c) == -1)
			err(1, "a session's connection broke");
	}
}

static void
receive(struct load_conn *c)
{
	if (conn_read(c) == -1)
		errx(1, "a session was closed by the server");
	packet_time(c);
	if (c->outlen > 0 && conn_flush(c) == -1)
		err(1, "a session's connection broke");
}

/* Handle events; return 1 when the file descriptor after the timer is one. */
static int
turn(struct herd_watch *w)
{
	struct epoll_event	 ev[EVENTS];
	int			 i, n, over = 0;

	n = epoll_wait(w->ep, ev, EVENTS, 100);
	for (i = 0; i < n; i++) {
		if ((int)ev[i].data.u32 < 2 * w->pairs)
			receive(&w->conns[ev[i].data.u32]);
		else if ((int)ev[i].data.u32 == 2 * w->pairs)
			send_due(w);
		else
			over = 1;
	}
	return (over);
}

void
herd_watch_run(struct herd_watch *w, double secs, int fd,
    struct herd_latency *l)
{
	double	end = now() + secs;

	packet_forget();
	if (fd != -1)
		watch(w, fd, 2 * w->pairs + 1);
	while (now() < end && !turn(w))
		continue;
	if (fd != -1)
		(void)epoll_ctl(w->ep, EPOLL_CTL_DEL, fd, NULL);
	l->n = packet_count_times();
	l->p50 = packet_percentile(0.5);
	l->p99 = packet_percentile(0.99);
	l->max = packet_percentile(1);
}

int64_t
herd_watch_lost(const struct herd_watch *w)
{
	struct epoll_event	 ev[EVENTS];
	double			 end = now() + LAST_SECS;
	int64_t			 lost = 0;
	int			 i, n;

	while (now() < end) {
		n = epoll_wait(w->ep, ev, EVENTS, 10);
		for (i = 0; i < n; i++)
			if ((int)ev[i].data.u32 < 2 * w->pairs)
				receive(&w->conns[ev[i].data.u32]);
	}
	for (i = 0; i < 2 * w->pairs; i++)
		lost += (int64_t)w->conns[i].sent - (int64_t)w->conns[i].rcvd;
	return (lost);
}
