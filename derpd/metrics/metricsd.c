/*
 * metricsd: the metrics process; see metricsd.h.
 *
 * It has its listening sockets, the pages of counters, which it can only read,
 * and what the parent said last.  It asks no process anything, so that it
 * answers whichever of them hangs.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "childrun.h"
#include "clock.h"
#include "log.h"
#include "metricsd.h"
#include "pagesof.h"
#include "reply.h"
#include "samples.h"
#include "server.h"
#include "viewstate.h"

struct metricsd {
	struct event_base	*base;
	struct metrics_server	*server;
	struct metrics_pages	 pages;
	struct metrics_samples	 samples;
	struct metrics_state	*state;		/* the last good one */
	struct log_limit	 bad_state;
	struct metrics_view	 view;
	struct event		*ev_tick;
	int			 configured;
	int			 more;	/* the next turn does not wait */
};

/* Bring the view up to date. */
static void
look(struct metricsd *m)
{
	m->view.now = time(NULL);
	m->view.now_ms = base_clock_ms();
	m->view.samples = &m->samples;
	metrics_pages_read(&m->pages, &m->view);
}

static int
answer(void *arg, const struct net_http_head *h, int parsed, struct ipc_wr *w)
{
	struct metricsd *m = arg;

	look(m);
	return (metrics_reply(&m->view, h, parsed, w));
}

static void
deny(void *arg, struct ipc_wr *w)
{
	(void)arg;
	metrics_reply_denied(time(NULL), w);
}

static const struct metrics_server_ops server_ops = { answer, deny };

static int
on_listen(void *arg, const struct ipc_msg_metrics_listen *v, int *fd)
{
	struct metricsd *m = arg;

	if (m->configured ||
	    metrics_server_listen(m->server, *fd, v->number) == -1)
		return (-1);
	*fd = -1;
	return (0);
}

static int
on_counters(void *arg, const struct ipc_msg_metrics_counters *v, int *fd)
{
	struct metricsd *m = arg;
	int page = *fd;

	*fd = -1;
	return (m->configured ? -1 : metrics_pages_map(&m->pages, v->kind,
	    v->number, page));
}

static int
on_conf(void *arg, const struct ipc_msg_metrics_conf *v)
{
	struct metricsd *m = arg;
	struct metrics_allowed *allowed;
	struct ipc_metrics_from from;
	struct ipc_rd list = v->from_left;
	size_t n = 0;
	int rv;

	m->view.rate_limited = v->rate_limited;
	if ((allowed = calloc(v->nfrom + 1, sizeof(*allowed))) == NULL)
		fatal("out of memory for who may ask");
	while (n < v->nfrom && ipc_next_metrics_from(&list, &from) == 0) {
		allowed[n].number = from.number;
		memcpy(allowed[n].prefix.addr, from.addr, sizeof(from.addr));
		allowed[n++].prefix.bits = (uint8_t)from.bits;
	}
	rv = metrics_server_allow(m->server, allowed, n);
	free(allowed);
	if (rv == -1)
		fatal("out of memory for who may ask");
	m->configured = 1;
	return (0);
}

static int
on_state(void *arg, const struct ipc_msg_metrics_state *v)
{
	struct metricsd *m = arg;
	struct metrics_state *s;
	const char *why;

	if ((s = metrics_state_parse((const char *)v->text, v->len,
	    &why)) == NULL) {
		log_limited_warnx(&m->bad_state, "the parent's state can't be "
		    "read, the last one is shown: %s", why);
		return (0);
	}
	metrics_state_free(m->state);
	m->view.state = m->state = s;
	m->view.state_ms = base_clock_ms();
	return (0);
}

static const struct ipc_handlers handlers = {
	.metrics_listen = on_listen,
	.metrics_counters = on_counters,
	.metrics_conf = on_conf,
	.metrics_state = on_state
};

/* Every second: what is late is ended, and now and then a sample is taken. */
static void
tick(evutil_socket_t fd, short what, void *arg)
{
	struct metricsd *m = arg;
	const struct metrics_samples *s = &m->samples;
	const struct metrics_sample *last = s->n == 0 ? NULL :
	    metrics_sample_at(s, s->n - 1);

	(void)fd;
	(void)what;
	if (last != NULL && base_clock_ms() - last->at_ms <
	    METRICS_SAMPLE_SECS * 1000)
		return;
	look(m);
	metrics_samples_take(&m->samples, &m->view);
}

static void
turn(void *arg)
{
	struct metricsd *m = arg;

	if (event_base_loop(m->base, EVLOOP_ONCE | (m->more ? EVLOOP_NONBLOCK :
	    0)) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	m->more = metrics_server_turn(m->server, base_clock_ms());
}

static void
prepare(struct ipc_child *c)
{
	struct metricsd *m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		fatal("out of memory for the metrics");
	if ((m->base = event_base_new()) == NULL)
		fatal("can't run the event loop (epoll, kqueue)");
	if ((m->server = metrics_server_new(m->base, &server_ops, m)) == NULL)
		fatal("out of memory for the connections");
	m->view.started_ms = base_clock_ms();
	c->base = m->base;
	c->arg = m;
}

static int
configured(void *arg)
{
	const struct metricsd *m = arg;

	return (m->configured);
}

static void
begin(void *arg)
{
	struct timeval second = { 1, 0 };
	struct metricsd *m = arg;

	m->ev_tick = event_new(m->base, -1, EV_PERSIST, tick, m);
	if (m->ev_tick == NULL || event_add(m->ev_tick, &second) == -1 ||
	    metrics_server_begin(m->server) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
}

void
metrics_main(void)
{
	struct ipc_child child = {
		.role = ROLE_METRICS,
		.handlers = &handlers,
		.prepare = prepare,
		.configured = configured,
		.begin = begin,
		.turn = turn
	};

	ipc_child_run(&child);
}
