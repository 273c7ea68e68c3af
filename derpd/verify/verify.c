/*
 * verify: the process that asks one source about clients: an admission
 * controller at a URL, or tailscaled at its socket.
 *
 * admit sends questions over its channel; each gets an answer within VERIFY_MS,
 * unless the resolver blocks for longer.  Questions wait (questions.c) until
 * one of a few connections (connection.c) can take them.  Connections only
 * report answers; questions are given to them at the end of a turn, by the
 * event `work'.
 */
#include <stdlib.h>
#include <string.h>

#include "childrun.h"
#include "clock.h"
#include "connection.h"
#include "log.h"
#include "verify.h"

#define MAXCONNS	8
#define ALONE_SECS	2	/* most starts of admit take less */
#define MAXASKS		64	/* questions given to connections in a turn */

struct verify {
	struct verify_target target;
	int		 configured;
	struct net_reach reach;
	struct verify_shared shared;
	struct verify_conn conns[MAXCONNS];
	struct verify_questions waiting;
	struct ipc_chan	*admit;		/* NULL: not there */
	struct event	*work, *late;
	struct event	*alone;		/* no channel to admit for too long */
};

/* Work at the end of this turn, after what has arrived by then. */
static void
soon(struct verify *v)
{
	static const struct timeval now = { 0, 0 };

	event_add(v->work, &now);
}

/* The name of the source for the log; a URL may hold a secret. */
static const char *
label(const struct verify *v)
{
	return (v->target.kind == IPC_VERIFY_URL ? v->target.url.host :
	    v->target.name);
}

static void
answer(struct verify *v, uint64_t cookie, enum ipc_verify_answer a,
    const char *why)
{
	struct ipc_msg_verify_answer m = { cookie, a, why };

	if (a == IPC_VERIFY_FAILED)
		log_debug("%s: %s", label(v), why);
	/* A channel that is broken is reported by the loop. */
	if (v->admit != NULL)
		(void)ipc_send_verify_answer(v->admit, &m);
}

/* Questions */

/* After a server that is silent, connections at rest may be dead, too. */
static void
close_rests(struct verify *v)
{
	size_t i;

	for (i = 0; i < MAXCONNS; i++)
		if (verify_conn_rests(&v->conns[i]))
			verify_conn_close(&v->conns[i]);
}

static void
on_answered(const struct verify_result *r, void *arg)
{
	static struct log_limit limit;
	const struct log_about about = { .addr = r->q.addr, .key = r->q.key };
	struct verify *v = arg;
	int failed = r->answer == IPC_VERIFY_FAILED;

	if (r->answer == IPC_VERIFY_NO && r->why[0] != '\0')
		log_client(LOG_WARNING, &limit, &about, "%s refuses a client "
		    "by %s: check the URL if it refuses all", label(v), r->why);
	if (r->late)
		close_rests(v);
	answer(v, r->q.cookie, r->answer, failed ? r->why : "");
	soon(v);
}

/* A connection that can take a question; NULL: none. */
static struct verify_conn *
free_conn(struct verify *v)
{
	struct verify_conn *found = NULL;
	size_t i;

	for (i = 0; i < MAXCONNS; i++) {
		if (verify_conn_rests(&v->conns[i]))
			return (&v->conns[i]);
		if (found == NULL && verify_conn_free(&v->conns[i]))
			found = &v->conns[i];
	}
	return (found);
}

/* Answer the questions whose time is over, and wait for the next such. */
static void
answer_late(struct verify *v)
{
	const struct verify_question *first;
	struct verify_question q;
	struct timeval tv;
	uint64_t now = base_clock_ms(), ms;

	event_del(v->late);
	while ((first = verify_questions_first(&v->waiting)) != NULL &&
	    first->due <= now) {
		(void)verify_questions_take(&v->waiting, &q);
		answer(v, q.cookie, IPC_VERIFY_FAILED, "all connections are "
		    "busy: the server answers too slowly");
	}
	if (first == NULL)
		return;
	ms = first->due - now;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(v->late, &tv);
}

/* The end of a turn: give questions to connections. */
static void
on_work(evutil_socket_t fd, short events, void *arg)
{
	struct verify *v = arg;
	struct verify_conn *c;
	struct verify_question q;
	int n;

	(void)fd;
	(void)events;
	for (n = 0; n < MAXASKS; n++) {
		answer_late(v);
		if ((c = free_conn(v)) == NULL ||
		    !verify_questions_take(&v->waiting, &q))
			return;
		verify_conn_ask(c, &q);
	}
	soon(v);
}

/* Drop all questions. */
static void
drop_all(struct verify *v)
{
	size_t i;

	verify_questions_clear(&v->waiting);
	for (i = 0; i < MAXCONNS; i++)
		if (!verify_conn_free(&v->conns[i]))
			verify_conn_close(&v->conns[i]);
}

/* admit */

static int
on_ask(void *arg, const struct ipc_msg_verify_ask *m)
{
	struct verify *v = arg;
	struct verify_question q = { .cookie = m->cookie };

	memcpy(q.key, m->key, sizeof(q.key));
	memcpy(q.addr, m->addr, sizeof(q.addr));
	if (verify_questions_add(&v->waiting, &q, base_clock_ms()) == -1)
		answer(v, m->cookie, IPC_VERIFY_FAILED,
		    "too many questions wait");
	else
		soon(v);
	return (0);
}

static void
lose_admit(struct verify *v)
{
	ipc_chan_free(v->admit);
	v->admit = NULL;
	drop_all(v);
}

/*
 * admit may have closed the channel alone, which the parent does not see: the
 * next start gets a new one.
 */
static void
on_alone(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	log_info("restarting for a new channel to admit");
	exit(0);
}

/* The channel is closed, or broken. */
static void
lost_admit(struct verify *v)
{
	static const struct timeval wait = { ALONE_SECS, 0 };

	lose_admit(v);
	event_add(v->alone, &wait);
}

static void
from_admit(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	static const struct ipc_handlers handlers = { .verify_ask = on_ask };
	const char *what;

	(void)c;
	if ((what = ipc_dispatch(&handlers, m, arg)) == NULL)
		return;
	log_warnx("admit %s: %s", what, ipc_msg_name(m->type));
	lost_admit(arg);
}

static void
admit_gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	log_debug("admit: %s", why);
	lost_admit(arg);
}

/* The parent */

static int
on_conf(void *arg, const struct ipc_msg_verify_conf *m)
{
	struct verify *v = arg;

	if (!v->configured) {
		v->configured = 1;
		return (verify_target_set(&v->target, &m->source));
	}
	if (!verify_target_is(&v->target, &m->source)) {
		log_info("restarting for another source or CA file");
		exit(0);
	}
	return (0);
}

static int
on_chan(void *arg, int *fd)
{
	struct verify *v = arg;

	lose_admit(v);
	v->admit = ipc_chan_new(v->shared.base, *fd, ROLE_VERIFY, ROLE_ADMIT,
	    from_admit, admit_gone, v);
	if (v->admit == NULL)
		fatal("no channel to admit");
	*fd = -1;
	event_del(v->alone);
	return (0);
}

static const struct ipc_handlers handlers = {
	.verify_conf = on_conf,
	.verify_chan = on_chan
};

/* Start */

static void
prepare(struct ipc_child *c)
{
	static struct verify v;
	size_t i;

	if (net_resolver_limit(1) == -1)
		fatal("can't limit the resolver's time (setenv RES_OPTIONS)");
	if (tls_init() == -1)
		fatalx("can't initialise libtls (tls_init)");
	if ((c->base = event_base_new()) == NULL)
		fatal("can't make an event loop (epoll, kqueue)");
	v.shared.base = c->base;
	v.shared.target = &v.target;
	v.shared.answered = on_answered;
	v.shared.arg = &v;
	verify_places_init(&v.shared.places, &v.target, NULL);
	verify_questions_init(&v.waiting);
	v.work = event_new(c->base, -1, 0, on_work, &v);
	v.late = event_new(c->base, -1, 0, on_work, &v);
	v.alone = event_new(c->base, -1, 0, on_alone, NULL);
	if (v.work == NULL || v.late == NULL || v.alone == NULL)
		fatal("out of memory");
	for (i = 0; i < MAXCONNS; i++)
		verify_conn_init(&v.conns[i], &v.shared);
	c->arg = &v;
}

static int
configured(void *arg)
{
	return (((struct verify *)arg)->configured);
}

static const struct sandbox_net *
within_reach(void *arg)
{
	struct verify *v = arg;
	const struct sandbox_net *net;

	if ((net = verify_target_reach(&v->target, &v->reach)) == NULL)
		fatal("can't prepare the sandbox");
	return (net);
}

static struct ipc_child child = {
	.role = ROLE_VERIFY,
	.handlers = &handlers,
	.prepare = prepare,
	.configured = configured,
	.reach = within_reach
};

void
verify_main(void)
{
	ipc_child_run(&child);
}
