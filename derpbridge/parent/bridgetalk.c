/*
 * bridgetalk: the control socket of derpbridged, and the requests of derpctl;
 * see bridge.h and bridgetalk.h.  Called by bridge.c and
 * lib/supervise/ctltalk.c.
 */
#include <event2/event.h>
#include <string.h>

#include "bridge.h"
#include "bridgetalk.h"
#include "ipcsend.h"
#include "log.h"

#define TEXT_MS		2000		/* for the worker's whole answer */
#define TEXT_MAX	(8 * 1024 * 1024)	/* bytes of it */

struct bridge_talk {
	struct super_talk t;
	uint32_t	 query;		/* of the worker; 0: none */
	size_t		 len;		/* of its answer, yet */
	struct event	*ev_late;
};

static struct bridge *
owner(const struct bridge_talk *t)
{
	return (t->t.all->s->arg);
}

static struct bridge_talk *
first(const struct bridge *d)
{
	return ((struct bridge_talk *)LIST_FIRST(&d->talks.list));
}

static struct bridge_talk *
next(const struct bridge_talk *t)
{
	return ((struct bridge_talk *)LIST_NEXT(&t->t, entry));
}

/* A conversation ends. */
static void
end(struct super_talk *st)
{
	struct bridge_talk *t = (struct bridge_talk *)st;

	if (t->ev_late != NULL)
		event_free(t->ev_late);
}

/* Send derpctl a part of the answer. */
static void
send_text(struct bridge_talk *t, const void *p, size_t len)
{
	struct ipc_msg_ctl_text v = { p, len };

	(void)ipc_send_ctl_text(t->t.chan, &v);
}

/* The answer to CTL_BRIDGE is complete, but for the reason `why' (or NULL). */
static void
finish(struct bridge_talk *t, const char *why)
{
	evtimer_del(t->ev_late);
	t->query = 0;
	if (why == NULL)
		send_text(t, BRIDGE_STATUS_END, strlen(BRIDGE_STATUS_END));
	super_talk_done(&t->t, why);
}

static void
late(evutil_socket_t fd, short what, void *arg)
{
	struct bridge_talk *t = arg;

	(void)fd;
	(void)what;
	finish(t, "the worker did not answer in time: derpctl again, or see "
	    "the log");
}

/* Ask the worker, and send what the parent itself knows.  NULL, or why not. */
static const char *
query(struct bridge_talk *t)
{
	static const struct timeval tv = { TEXT_MS / 1000,
	    TEXT_MS % 1000 * 1000 };
	struct bridge *d = owner(t);

	if (t->query != 0)
		return ("one thing at a time");
	if (t->ev_late == NULL && (t->ev_late = evtimer_new(d->super.base,
	    late, t)) == NULL)
		return ("out of memory");
	if (++d->last_query == 0)
		d->last_query = 1;
	if (bridge_worker_query(d, d->last_query) == -1)
		return ("the worker does not run: the log says why");
	t->query = d->last_query;
	t->len = 0;
	evtimer_add(t->ev_late, &tv);
	return (NULL);
}

/* Write the beginning of the status, up to that of the worker. */
static void
begin(const struct bridge_talk *t, struct ipc_wr *w)
{
	ipc_wr_init(w);
	ipc_wr_bytes(w, BRIDGE_STATUS_BEGIN, strlen(BRIDGE_STATUS_BEGIN));
	bridge_status_text(owner(t), w);
	ipc_wr_bytes(w, BRIDGE_STATUS_MIDDLE, strlen(BRIDGE_STATUS_MIDDLE));
}

/* The status while there is no worker. */
static void
answer_alone(struct bridge_talk *t)
{
	static const char rest[] = BRIDGE_STATUS_NONE BRIDGE_STATUS_END;
	struct ipc_wr w;

	begin(t, &w);
	ipc_wr_bytes(&w, rest, sizeof(rest) - 1);
	super_talk_text(&t->t, &w);
}

static int
on_bridge(void *arg)
{
	struct bridge_talk *t = arg;
	struct ipc_wr w;
	const char *why;

	if (!owner(t)->worker.c.ready) {
		answer_alone(t);
		return (0);
	}
	if ((why = query(t)) != NULL) {
		super_talk_done(&t->t, why);
		return (0);
	}
	begin(t, &w);
	if (ipc_wr_ok(&w))
		send_text(t, w.p, w.len);
	else
		finish(t, "no memory for the answer");
	ipc_wr_free(&w);
	return (0);
}

int
bridge_control_text(struct bridge *d, const struct ipc_msg_worker_text *v)
{
	struct bridge_talk *t;

	for (t = first(d); t != NULL; t = next(t))
		if (t->query != 0 && t->query == v->request)
			break;
	if (t == NULL)
		return (0);		/* too late */
	if (super_talk_too_much(&t->t) || (t->len += v->len) > TEXT_MAX) {
		finish(t, "the answer is too long");
		return (0);
	}
	send_text(t, v->text, v->len);
	if (v->last)
		finish(t, NULL);
	return (0);
}

void
bridge_control_worker_gone(struct bridge *d)
{
	struct bridge_talk *t;

	for (t = first(d); t != NULL; t = next(t))
		if (t->query != 0)
			finish(t, "the worker died: try again");
}

static int
on_reload(void *arg)
{
	struct bridge_talk *t = arg;

	super_talk_done(&t->t, bridge_reload(owner(t)));
	return (0);
}

static int
on_verbose(void *arg, const struct ipc_msg_ctl_verbose *v)
{
	struct bridge_talk *t = arg;
	struct bridge *d = owner(t);

	d->verbose = v->verbose;
	super_log(&d->super);
	log_info("log is %s", v->verbose ? "verbose" : "brief");
	super_talk_done(&t->t, NULL);
	return (0);
}

/* The requests of derpctl. */
static const struct ipc_handlers handlers = {
	.ctl_hello = super_talk_hello,
	.ctl_reload = on_reload,
	.ctl_verbose = on_verbose,
	.ctl_bridge = on_bridge
};

int
bridge_control_check(const struct bconf *c)
{
	return (super_ctlsock_check(c->control, gram_at(&c->control_pos,
	    c->control)));
}

static void
accepted(void *arg, int fd)
{
	super_talk_start(arg, fd);
}

int
bridge_control_open(struct bridge *d)
{
	d->talks.s = d->sock.s = &d->super;
	d->talks.size = sizeof(struct bridge_talk);
	d->talks.handlers = &handlers;
	d->talks.end = end;
	d->talks.unknown = "this is derpbridged's socket, which answers the "
	    "commands bridge, reload and log";
	d->sock.accepted = accepted;
	d->sock.arg = &d->talks;
	return (super_ctlsock_open(&d->sock, d->conf->control,
	    gram_at(&d->conf->control_pos, d->conf->control), -1));
}

void
bridge_control_close(struct bridge *d)
{
	super_ctlsock_close(&d->sock);
	super_talks_end(&d->talks);
}
