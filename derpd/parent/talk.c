/*
 * talk: conversations with derpctl over the control socket: requests and
 * answers as messages, see control.h for their payloads.  Called by control.c;
 * renew.c reports what a conversation waits for, and talklists.c has what
 * relay workers and admit list.
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
#include "talk.h"

#define CERT_SECS	300		/* for a certificate job */
#define MAX_QUEUED	(64 * 1024 * 1024) /* unread bytes, in all */
#define MAX_ANSWER	(4 * 1024 * 1024)  /* and one answer more */

struct parent_talks	 parent_talks = LIST_HEAD_INITIALIZER(parent_talks);
static unsigned int	 ntalks;

static void
talk_free(struct parent_talk *t)
{
	LIST_REMOVE(t, entry);
	ntalks--;
	if (t->reloads)
		parent_reload_cancel(t->d, t);
	parent_talk_end_lists(t);
	if (t->ev_cert != NULL)
		event_free(t->ev_cert);
	ipc_chan_free(t->chan);
	free(t);
}

/* The conversation with the most unread bytes; *all gets the bytes of all. */
static struct parent_talk *
fullest(size_t *all)
{
	struct parent_talk *t, *most = NULL;

	*all = 0;
	LIST_FOREACH(t, &parent_talks, entry) {
		if (t->chan == NULL)
			continue;
		*all += ipc_chan_queued(t->chan);
		if (most == NULL ||
		    ipc_chan_queued(t->chan) > ipc_chan_queued(most->chan))
			most = t;
	}
	return (most);
}

int
parent_talk_too_much(struct parent_talk *t)
{
	size_t all;
	struct parent_talk *most = fullest(&all);

	if (most == NULL || all <= MAX_QUEUED)
		return (0);
	if (most == t)
		return (1);
	log_info("control socket: closed a connection that does not read");
	talk_free(most);
	return (0);
}

static void
talk_gone(struct ipc_chan *c, const char *why, void *arg)
{
	const struct parent_talk *t = arg;

	(void)c;
	if (strcmp(why, "closed") != 0)
		log_info("control socket: %s, from derpctl of build %s; derpd "
		    "is of build %s", why, t->build[0] != '\0' ? t->build :
		    "unknown", ipc_build_id());
	talk_free(arg);
}

void
parent_talk_done(struct parent_talk *t, const char *what)
{
	struct ipc_msg_ctl_done v = { what == NULL, what };

	(void)ipc_send_ctl_done(t->chan, &v);
}

/*
 * The request is malformed for this build: if derpctl is of another build,
 * answer so.
 */
static void
malformed(struct parent_talk *t)
{
	char why[256];

	if (t->build[0] == '\0' || strcmp(t->build, ipc_build_id()) == 0) {
		parent_talk_done(t, "malformed request");
		return;
	}
	snprintf(why, sizeof(why), "derpd does not know this form of the "
	    "request: derpd is of build %s, derpctl of build %s: restart "
	    "derpd, or use the derpctl of its build", ipc_build_id(), t->build);
	parent_talk_done(t, why);
}

static void
answer_text(struct parent_talk *t, void (*make)(const struct parent *,
    struct ipc_wr *))
{
	struct ipc_msg_ctl_text v;
	struct ipc_wr text;

	ipc_wr_init(&text);
	make(t->d, &text);
	v.text = text.p;
	v.len = text.len;
	if (!ipc_wr_ok(&text) || ipc_send_ctl_text(t->chan, &v) == -1)
		parent_talk_done(t, "no memory for the answer");
	else
		parent_talk_done(t, NULL);
	ipc_wr_free(&text);
}

static void
reload_done(void *arg, const char *why)
{
	struct parent_talk *t = arg;

	t->reloads = 0;
	parent_talk_done(t, why);
}

static void
answer_reload(struct parent_talk *t)
{
	if (t->reloads) {
		parent_talk_done(t, "one thing at a time");
		return;
	}
	t->reloads = 1;
	parent_reload(t->d, reload_done, t);
}

/* Answer derpctl that waits for a certificate job; `good' is 1 or 0. */
static void
cert_done(struct parent_talk *t, int good, const char *line)
{
	struct ipc_msg_ctl_text v = { line, strlen(line) };

	t->job = 0;
	evtimer_del(t->ev_cert);
	if (!good) {
		parent_talk_done(t, line);
		return;
	}
	(void)ipc_send_ctl_text(t->chan, &v);
	parent_talk_done(t, NULL);
}

void
parent_control_cert_done(unsigned int job, int good, const char *line)
{
	struct parent_talk *t;

	LIST_FOREACH(t, &parent_talks, entry)
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
	struct parent_talk *t = arg;
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
	parent_talk_done(t, why);
	return (0);
}

static int
on_hello(void *arg, const struct ipc_msg_ctl_hello *v)
{
	struct ipc_msg_ctl_build own = { ipc_build_id() };
	struct parent_talk *t = arg;

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
on_health(void *arg)
{
	answer_text(arg, parent_wellness_text);
	return (0);
}

static int
on_mesh(void *arg)
{
	answer_text(arg, meshset_status_text);
	return (0);
}

static int
on_node(void *arg)
{
	struct parent_talk *t = arg;

	if (t->d->conf->relay.enabled || t->d->stunsocks.n > 0)
		answer_text(t, mapset_own_node);
	else
		parent_talk_done(t, "neither a relay nor STUN is configured, "
		    "so this machine is not a node of a map");
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
	struct parent_talk *t = arg;

	t->d->verbose = v->verbose;
	parent_procs_log(t->d);
	log_info("log is %s", v->verbose ? "verbose" : "brief");
	parent_talk_done(t, NULL);
	return (0);
}

static int
on_clients(void *arg)
{
	parent_talk_list(arg, 0);
	return (0);
}

static int
on_list(void *arg)
{
	parent_talk_list(arg, 1);
	return (0);
}

static int
on_groups(void *arg)
{
	parent_talk_groups(arg);
	return (0);
}

/* Close the connections of a key, wherever they are. */
static int
on_kick(void *arg, const struct ipc_msg_ctl_kick *v)
{
	struct ipc_msg_relay_kick kick = { v->key };
	struct parent_talk *t = arg;
	const struct parent *d = t->d;
	unsigned int i;

	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].chan != NULL)
			(void)ipc_send_relay_kick(d->relays[i].chan, &kick);
	parent_talk_done(t, NULL);
	return (0);
}

static int
on_drain(void *arg, const struct ipc_msg_ctl_drain *v)
{
	struct parent_talk *t = arg;

	parent_talk_done(t, parent_drain(t->d, v->ms));
	return (0);
}

/* The requests of derpctl. */
static const struct ipc_handlers handlers = {
	.ctl_hello = on_hello,
	.ctl_status = on_status,
	.ctl_health = on_health,
	.ctl_mesh = on_mesh,
	.ctl_node = on_node,
	.ctl_cert = on_cert,
	.ctl_cert_do = on_cert_do,
	.ctl_map = on_map,
	.ctl_reload = on_reload,
	.ctl_verbose = on_verbose,
	.ctl_clients = on_clients,
	.ctl_list = on_list,
	.ctl_groups = on_groups,
	.ctl_kick = on_kick,
	.ctl_drain = on_drain
};

static void
request(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct parent_talk *t = arg;

	(void)c;
	if (parent_talk_too_much(t)) {
		log_info("control socket: closed a connection that does not "
		    "read");
		talk_free(t);
	} else if (ipc_dispatch(&handlers, m, t) != NULL)
		malformed(t);
}

void
parent_talk_start(struct parent *d, int fd)
{
	struct parent_talk *t;

	if (ntalks >= PARENT_MAX_TALKS ||
	    (t = calloc(1, sizeof(*t))) == NULL) {
		log_info("control socket: a connection was refused: %s",
		    ntalks >= PARENT_MAX_TALKS ? "too many are open" :
		    "out of memory");
		close(fd);
		return;
	}
	t->d = d;
	LIST_INSERT_HEAD(&parent_talks, t, entry);
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
	struct parent_talk *t;

	while ((t = LIST_FIRST(&parent_talks)) != NULL) {
		/* Do not wait: a slow client does not delay a stop. */
		(void)ipc_chan_flush(t->chan, 0);
		talk_free(t);
	}
}
