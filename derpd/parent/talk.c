/*
 * talk: conversations with derpctl over the control socket: requests and
 * answers as messages, see control.h for their payloads.  Called by control.c;
 * relays.c and renew.c report what a conversation waits for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "control.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

#define CLIENTS_MS	2000		/* for a worker to list its clients */
#define CERT_SECS	300		/* for a certificate job */
#define MAX_QUEUED	(64 * 1024 * 1024) /* unread bytes, in all */
#define MAX_ANSWER	(4 * 1024 * 1024)  /* and one answer more */

/* A conversation with one derpctl. */
struct talk {
	LIST_ENTRY(talk) entry;
	struct parent	*d;
	struct ipc_chan	*chan;
	char		 build[IPC_BUILDSIZE];	/* of derpctl, or "" */
	uint32_t	 id;		/* of its request to the workers */
	uint64_t	 waiting;	/* bitmap of workers that owe a list */
	const char	*lacks;		/* why the list is cut, or NULL */
	struct event	*ev_late;
	int		 reloads;	/* waits for a reload */
	unsigned int	 job;		/* enum ipc_acme_job that it waits
					   for; 0: none */
	struct event	*ev_cert;
};

static LIST_HEAD(, talk)	 talks = LIST_HEAD_INITIALIZER(talks);
static unsigned int		 ntalks;
static uint32_t			 next_id;

static void
talk_free(struct talk *t)
{
	LIST_REMOVE(t, entry);
	ntalks--;
	if (t->reloads)
		parent_reload_cancel(t->d, t);
	if (t->ev_late != NULL)
		event_free(t->ev_late);
	if (t->ev_cert != NULL)
		event_free(t->ev_cert);
	ipc_chan_free(t->chan);
	free(t);
}

static void
talk_gone(struct ipc_chan *c, const char *why, void *arg)
{
	const struct talk *t = arg;

	(void)c;
	if (strcmp(why, "closed") != 0)
		log_info("control socket: %s, from derpctl of build %s; derpd "
		    "is of build %s", why, t->build[0] != '\0' ? t->build :
		    "unknown", ipc_build_id());
	talk_free(arg);
}

static void
done(struct talk *t, const char *what)
{
	struct ipc_msg_ctl_done v = { what == NULL, what };

	(void)ipc_send_ctl_done(t->chan, &v);
}

/*
 * The request is malformed for this build: if derpctl is of another build,
 * answer so.
 */
static void
malformed(struct talk *t)
{
	char why[256];

	if (t->build[0] == '\0' || strcmp(t->build, ipc_build_id()) == 0) {
		done(t, "malformed request");
		return;
	}
	snprintf(why, sizeof(why), "derpd does not know this form of the "
	    "request: derpd is of build %s, derpctl of build %s: restart "
	    "derpd, or use the derpctl of its build", ipc_build_id(), t->build);
	done(t, why);
}

static void
answer_text(struct talk *t, void (*make)(const struct parent *,
    struct ipc_wr *))
{
	struct ipc_msg_ctl_text v;
	struct ipc_wr text;

	ipc_wr_init(&text);
	make(t->d, &text);
	v.text = text.p;
	v.len = text.len;
	if (!ipc_wr_ok(&text) || ipc_send_ctl_text(t->chan, &v) == -1)
		done(t, "no memory for the answer");
	else
		done(t, NULL);
	ipc_wr_free(&text);
}

static void
reload_done(void *arg, const char *why)
{
	struct talk *t = arg;

	t->reloads = 0;
	done(t, why);
}

static void
answer_reload(struct talk *t)
{
	if (t->reloads) {
		done(t, "one thing at a time");
		return;
	}
	t->reloads = 1;
	parent_reload(t->d, reload_done, t);
}

static void
clients_done(struct talk *t)
{
	evtimer_del(t->ev_late);
	t->waiting = 0;
	t->id = 0;
	done(t, t->lacks);
}

static void
clients_late(evutil_socket_t fd, short what, void *arg)
{
	struct talk *t = arg;

	(void)fd;
	(void)what;
	t->lacks = "a relay worker did not answer in time: the list is "
	    "incomplete";
	log_warnx("%s", t->lacks);
	clients_done(t);
}

static void
request_clients(struct talk *t)
{
	struct timeval tv = { CLIENTS_MS / 1000, 0 };
	struct parent *d = t->d;
	struct ipc_msg_relay_clients q;
	unsigned int i;

	if (t->id != 0) {
		done(t, "the clients are being listed on this connection "
		    "already");
		return;
	}
	if (t->ev_late == NULL &&
	    (t->ev_late = evtimer_new(d->base, clients_late, t)) == NULL) {
		done(t, "out of memory");
		return;
	}
	if (++next_id == 0)
		next_id = 1;
	t->id = next_id;
	t->lacks = NULL;
	q.request = t->id;
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].ready &&
		    ipc_send_relay_clients(d->relays[i].chan, &q) == 0)
			t->waiting |= 1ULL << i;
	evtimer_add(t->ev_late, &tv);
	if (t->waiting == 0)
		clients_done(t);
}

/* The conversation that waits for this worker's answer `id'; NULL: too late. */
static struct talk *
find(uint32_t id, unsigned int worker)
{
	struct talk *t;

	LIST_FOREACH(t, &talks, entry)
		if (id != 0 && t->id == id && (t->waiting & 1ULL << worker))
			return (t);
	return (NULL);
}

/* The conversation with the most unread bytes; *all gets the bytes of all. */
static struct talk *
fullest(size_t *all)
{
	struct talk *t, *most = NULL;

	*all = 0;
	LIST_FOREACH(t, &talks, entry) {
		if (t->chan == NULL)
			continue;
		*all += ipc_chan_queued(t->chan);
		if (most == NULL ||
		    ipc_chan_queued(t->chan) > ipc_chan_queued(most->chan))
			most = t;
	}
	return (most);
}

/*
 * When the unread bytes exceed their bound, end the slowest reader.  1: that is
 * `t', which the caller ends; else 0.
 */
static int
too_much(struct talk *t)
{
	size_t all;
	struct talk *most = fullest(&all);

	if (most == NULL || all <= MAX_QUEUED)
		return (0);
	if (most == t)
		return (1);
	log_info("control socket: closed a connection that does not read");
	talk_free(most);
	return (0);
}

static void
pass_on(struct talk *t, const struct ipc_client_info *info, unsigned int worker)
{
	struct ipc_msg_ctl_client v = { *info };

	if (too_much(t)) {
		t->lacks = "derpctl does not read: the list is incomplete";
		return;
	}
	v.client.worker = worker;
	(void)ipc_send_ctl_client(t->chan, &v);
}

/* A worker has listed all its clients. */
static void
listed(struct talk *t, unsigned int worker, int whole)
{
	if (!whole)
		t->lacks = "a relay worker has too many clients to list: the "
		    "list is incomplete";
	t->waiting &= ~(1ULL << worker);
	if (t->waiting == 0)
		clients_done(t);
}

int
parent_control_client(struct parent_proc *relay, struct ipc_msg *m)
{
	struct ipc_msg_relay_client one;
	struct ipc_msg_relay_clients_end end;
	struct talk *t;

	if (m->type == MSG_RELAY_CLIENT) {
		if (ipc_get_relay_client(&m->rd, &one) == -1)
			return (-1);
		if ((t = find(one.request, relay->worker)) != NULL)
			pass_on(t, &one.client, relay->worker);
		return (0);
	}
	if (m->type != MSG_RELAY_CLIENTS_END ||
	    ipc_get_relay_clients_end(&m->rd, &end) == -1)
		return (-1);
	if ((t = find(end.request, relay->worker)) != NULL)
		listed(t, relay->worker, end.whole);
	return (0);
}

void
parent_control_worker_gone(struct parent *d, unsigned int worker)
{
	struct talk *t, *next;

	(void)d;
	for (t = LIST_FIRST(&talks); t != NULL; t = next) {
		next = LIST_NEXT(t, entry);
		if ((t->waiting & 1ULL << worker) == 0)
			continue;
		t->waiting &= ~(1ULL << worker);
		t->lacks = "a relay worker died: the list is incomplete";
		if (t->waiting == 0)
			clients_done(t);
	}
}

/* Answer derpctl that waits for a certificate job; `good' is 1 or 0. */
static void
cert_done(struct talk *t, int good, const char *line)
{
	struct ipc_msg_ctl_text v = { line, strlen(line) };

	t->job = 0;
	evtimer_del(t->ev_cert);
	if (!good) {
		done(t, line);
		return;
	}
	(void)ipc_send_ctl_text(t->chan, &v);
	done(t, NULL);
}

void
parent_control_cert_done(unsigned int job, int good, const char *line)
{
	struct talk *t;

	LIST_FOREACH(t, &talks, entry)
		if (t->job == job)
			cert_done(t, good, line);
}

static void
cert_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	cert_done(arg, 0, "the job is still under way: derpctl cert and the "
	    "log show how it ends");
}

static int
on_cert_do(void *arg, const struct ipc_msg_ctl_cert_do *v)
{
	struct talk *t = arg;
	struct timeval tv = { CERT_SECS, 0 };
	const char *why = "malformed request";

	if (t->job != 0)
		why = "one thing at a time";
	else if (t->ev_cert == NULL &&
	    (t->ev_cert = evtimer_new(t->d->base, cert_late, t)) == NULL)
		why = "out of memory";
	else if (renew_request(t->d, v->job, v->reason, &why) == 0) {
		t->job = v->job;
		evtimer_add(t->ev_cert, &tv);
		renew_run(t->d);
		return (0);
	}
	done(t, why);
	return (0);
}

static int
on_hello(void *arg, const struct ipc_msg_ctl_hello *v)
{
	struct ipc_msg_ctl_build own = { ipc_build_id() };
	struct talk *t = arg;

	strlcpy(t->build, v->build, sizeof(t->build));
	(void)ipc_send_ctl_build(t->chan, &own);
	return (0);
}

static int
on_status(void *arg)
{
	answer_text(arg, parent_status_text);
	return (0);
}

static int
on_node(void *arg)
{
	struct talk *t = arg;

	if (t->d->conf->relay.enabled || t->d->stunsocks.n > 0)
		answer_text(t, mapset_own_node);
	else
		done(t, "neither a relay nor STUN is configured, so this "
		    "machine is not a node of a map");
	return (0);
}

static int
on_cert(void *arg)
{
	answer_text(arg, parent_certstatus_text);
	return (0);
}

static int
on_map(void *arg)
{
	answer_text(arg, mapset_status_text);
	return (0);
}

static int
on_reload(void *arg)
{
	answer_reload(arg);
	return (0);
}

static int
on_verbose(void *arg, const struct ipc_msg_ctl_verbose *v)
{
	struct talk *t = arg;

	parent_procs_verbose(t->d, v->verbose);
	log_info("log is %s", v->verbose ? "verbose" : "brief");
	done(t, NULL);
	return (0);
}

static int
on_clients(void *arg)
{
	request_clients(arg);
	return (0);
}

/* The requests of derpctl. */
static const struct ipc_handlers handlers = {
	.ctl_hello = on_hello,
	.ctl_status = on_status,
	.ctl_node = on_node,
	.ctl_cert = on_cert,
	.ctl_cert_do = on_cert_do,
	.ctl_map = on_map,
	.ctl_reload = on_reload,
	.ctl_verbose = on_verbose,
	.ctl_clients = on_clients
};

static void
request(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct talk *t = arg;

	(void)c;
	if (too_much(t)) {
		log_info("control socket: closed a connection that does not "
		    "read");
		talk_free(t);
	} else if (ipc_dispatch(&handlers, m, t) != NULL)
		malformed(t);
}

void
parent_talk_start(struct parent *d, int fd)
{
	struct talk *t;

	if (ntalks >= PARENT_MAX_TALKS ||
	    (t = calloc(1, sizeof(*t))) == NULL) {
		log_info("control socket: a connection was refused: %s",
		    ntalks >= PARENT_MAX_TALKS ? "too many are open" :
		    "out of memory");
		close(fd);
		return;
	}
	t->d = d;
	LIST_INSERT_HEAD(&talks, t, entry);
	ntalks++;
	t->chan = ipc_chan_new(d->base, fd, ROLE_PARENT, ROLE_CTL, request,
	    talk_gone, t);
	if (t->chan == NULL) {
		log_warn("control socket: can't serve a connection (malloc)");
		close(fd);
		talk_free(t);
		return;
	}
	ipc_chan_limit(t->chan, MAX_QUEUED + MAX_ANSWER);
}

void
parent_talks_end(void)
{
	struct talk *t;

	while ((t = LIST_FIRST(&talks)) != NULL) {
		/* Do not wait: a slow client does not delay a stop. */
		(void)ipc_chan_flush(t->chan, 0);
		talk_free(t);
	}
}
