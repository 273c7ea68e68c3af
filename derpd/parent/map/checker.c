/*
 * checker: derpmapd, the process that validates maps, in the parent's event
 * loop; see mapset.h.  derpmapd gets bytes, never a path, and sends a verdict.
 * The order of maps and the handling of verdicts are in mapqueue.c.
 */
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "mapcheck.h"
#include "parent.h"

static void
from_checker(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct parent_proc *p = arg;

	(void)c;
	if (m->type == MSG_MAP_RESULT)
		mapset_queue_answer(&p->d->mapqueue, &m->rd);
	else if (super_handle_ready(&p->c, m) == -1)
		super_fail(&p->c, "sent a malformed message");
	else {
		mapset_queue_ready(&p->d->mapqueue);
		parent_ready(p->d);
	}
}

int
mapset_checker_attach(struct parent_proc *p)
{
	return (super_attach(&p->c, from_checker));
}

int
mapset_start_checker(struct parent_proc *p)
{
	return (super_spawn(&p->c) == -1 ? -1 : mapset_checker_attach(p));
}

void
mapset_checker_gone(struct parent *d)
{
	if (d->super.stopping)
		mapset_queue_clear(&d->mapqueue);
	else
		mapset_queue_gone(&d->mapqueue);
}

/* derpmapd does not run and nothing else starts it: start it for this map. */
static int
idle(const struct parent_proc *p)
{
	return (p->c.pid == 0 && (p->c.ev_restart == NULL ||
	    !evtimer_pending(p->c.ev_restart, NULL)));
}

static int
send_check(void *arg, const struct ipc_wr *w)
{
	struct parent *d = arg;

	if (d->map.c.chan == NULL && idle(&d->map))
		(void)mapset_start_checker(&d->map);
	if (d->map.c.chan == NULL || !d->map.c.ready)
		return (-1);
	return (ipc_chan_send(d->map.c.chan, MSG_MAP_CHECK, w, -1));
}

static void
check_late(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	mapset_queue_late(&d->mapqueue);
}

static void
set_timer(void *arg, unsigned int ms)
{
	struct parent *d = arg;
	struct timeval tv = { ms / 1000, (suseconds_t)(ms % 1000 * 1000) };

	if (ms == 0) {
		(void)evtimer_del(d->ev_mapcheck);
		return;
	}
	if (evtimer_add(d->ev_mapcheck, &tv) == -1)
		fatalx("no timer to wait for derpmapd (event_add)");
}

static void
checker_broken(void *arg, const char *what)
{
	struct parent *d = arg;

	super_fail(&d->map.c, what);
}

static const struct mapset_queue_ops ops = {
	.send = send_check,
	.timer = set_timer,
	.broken = checker_broken,
};

void
mapset_checker_init(struct parent *d)
{
	if ((d->ev_mapcheck = evtimer_new(d->super.base, check_late, d)) ==
	    NULL)
		fatalx("no timer to wait for derpmapd (event_new)");
	mapset_queue_init(&d->mapqueue, &ops, d);
}

/* Fill in this machine's own node, which the warnings of derpmapd compare. */
static void
fill_self(const struct parent *d, const struct conf *c,
    const struct parent_loaded *l, struct ipc_map_self *s)
{
	const struct gram_name *n;
	const struct parent_cert *cert;
	size_t i, k;

	memset(s, 0, sizeof(*s));
	s->relay = c->relay.enabled;
	s->port = (uint16_t)parent_status_tls_port(d);
	TAILQ_FOREACH(n, &c->names, entry)
		if (s->nnames < IPC_MAP_MAX_NAMES)
			strlcpy(s->names[s->nnames++], n->name,
			    sizeof(s->names[0]));
	/* Without a TLS port clients see the certificate of a reverse proxy. */
	if (s->port == 0)
		return;
	for (i = 0; i < l->ncerts; i++) {
		cert = l->certs[i];
		if (cert->selfsigned) {
			/* The temporary one of acme will be replaced. */
			if (!c->acme.enabled)
				strlcpy(s->pin, cert->pin, sizeof(s->pin));
			continue;
		}
		for (k = 0; k < cert->nnames; k++)
			if (s->ncerts < IPC_MAP_MAX_NAMES)
				strlcpy(s->certs[s->ncerts++], cert->names[k],
				    sizeof(s->certs[0]));
	}
}

int
mapset_validate(struct parent *d, const struct conf *conf,
    const struct parent_loaded *l, struct mapset_check *check)
{
	static struct ipc_map_self self;

	fill_self(d, conf, l, &self);
	check->self = &self;
	return (mapset_queue_add(&d->mapqueue, check));
}

