/*
 * childrun: main loop of a child of derpd(8); see childrun.h.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "childrun.h"
#include "clock.h"
#include "log.h"

#define START_MS	10000	/* limit for the first settings */
#define SEND_MS		10000

/* The parent is gone, or the channel to it is broken. */
static void
parent_failed(const char *what)
{
	if (errno == EPIPE)
		exit(0);
	fatal("%s", what);
}

static int
on_log(void *arg, const struct ipc_msg_log *v)
{
	(void)arg;
	log_setverbose(v->verbose);
	log_setjson(v->json);
	return (0);
}

void
ipc_child_handle(struct ipc_child *c, struct ipc_msg *m)
{
	struct ipc_handlers h = *c->handlers;
	const char *what;

	if (m->type == MSG_STOP && h.stop == NULL)
		exit(0);
	if (h.log == NULL)
		h.log = on_log;
	if (c->before != NULL)
		c->before(c->arg);
	if ((what = ipc_dispatch(&h, m, c->arg)) != NULL)
		fatalx("the parent %s: %s", what, ipc_msg_name(m->type));
}

static void
from_parent(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	(void)ch;
	ipc_child_handle(arg, m);
}

static void
parent_gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct ipc_child *c = arg;

	(void)ch;
	log_debug("parent: %s", why);
	if (c->gone != NULL)
		c->gone(c->arg);
	exit(0);
}

int
ipc_child_wait(struct ipc_child *c, int ms)
{
	struct ipc_msg m;

	if (ipc_chan_recv(c->parent, &m, ms) == -1) {
		if (errno != ETIMEDOUT)
			parent_failed("can't receive from the parent "
			    "(recvmsg)");
		return (0);
	}
	ipc_child_handle(c, &m);
	ipc_msg_free(&m);
	return (1);
}

void
ipc_child_sent(struct ipc_child *c, int rv)
{
	if (rv == -1 || ipc_chan_flush(c->parent, SEND_MS) == -1)
		parent_failed("can't send to the parent (sendmsg)");
}

/* Confine the process.  Returns the level in force. */
static const char *
confine(struct ipc_child *c, struct ipc_child_start *st)
{
	const char *level;

	if (c->reach != NULL)
		st->net = c->reach(c->arg);
	level = ipc_child_confine(c->role, st);
	c->confined = st->sandbox;
	return (level);
}

static int
is_configured(const struct ipc_child *c)
{
	return (c->configured == NULL || c->configured(c->arg));
}

/* Wait for the first settings, which determine what the sandbox must permit. */
static void
wait_for_settings(struct ipc_child *c)
{
	long long until = base_clock_ms() + START_MS, left;

	while (!is_configured(c)) {
		if ((left = until - base_clock_ms()) <= 0)
			fatalx("the parent sent no settings within %d s",
			    START_MS / 1000);
		(void)ipc_child_wait(c, (int)left);
	}
}

static void
turn(struct ipc_child *c)
{
	if (c->turn != NULL)
		c->turn(c->arg);
	else if (event_base_loop(c->base, EVLOOP_ONCE) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
}

static void
ready(struct ipc_child *c, const char *level)
{
	struct ipc_msg_ready v = { level };

	if (c->begin != NULL)
		c->begin(c->arg);
	if (ipc_send_ready(c->parent, &v) == -1)
		parent_failed("can't send to the parent (sendmsg)");
}

static void
run_loop(struct ipc_child *c, struct ipc_child_start *st)
{
	const char *level;

	if (c->reach != NULL)
		wait_for_settings(c);
	if (ipc_chan_attach(c->parent, c->base, from_parent, parent_gone,
	    c) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	level = confine(c, st);
	while (!is_configured(c))
		turn(c);
	ready(c, level);
	for (;;)
		turn(c);
}

static void
run_blocking(struct ipc_child *c, struct ipc_child_start *st)
{
	const char *level;

	wait_for_settings(c);
	level = confine(c, st);
	ready(c, level);
	ipc_child_sent(c, 0);
	c->work(c->arg);
	exit(1);
}

void
ipc_child_run(struct ipc_child *c)
{
	struct ipc_child_start st;

	c->parent = ipc_child_init(c->role, &st);
	c->worker = st.worker;
	if (c->prepare != NULL)
		c->prepare(c);
	if (c->base != NULL)
		run_loop(c, &st);
	else
		run_blocking(c, &st);
	exit(1);
}
