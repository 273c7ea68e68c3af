/*
 * relays: the relay workers as the parent's children; see parent.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ipcsend.h"
#include "log.h"
#include "messages.h"
#include "parent.h"
#include "ring.h"

#define FORGED_REST_MS	10000	/* between two fronts that one worker may
				   have killed, */
#define FORGED_TIME_MS	600000	/* and in which it may PARENT_FORGED_MOST */

/* Make the secrets for this start of the worker, and tell the worker. */
static int
new_secret(struct parent_proc *relay)
{
	struct ipc_msg_relay_secret v = { relay->c.worker, relay->secret,
	    relay->admit_secret };

	arc4random_buf(relay->secret, sizeof(relay->secret));
	arc4random_buf(relay->admit_secret, sizeof(relay->admit_secret));
	return (ipc_send_relay_secret(relay->c.chan, &v));
}

/* Send a worker its side of a link (taken). */
static int
send_link(struct parent_proc *p, unsigned int other, int *fds)
{
	struct ipc_msg_relay_link v = { .worker = other };
	int fd;

	for (; v.part < ipc_ring_nfds(); v.part++) {
		fd = fds[v.part];
		fds[v.part] = -1;
		if (ipc_send_relay_link(p->c.chan, &v, fd) == -1) {
			ipc_ring_close_fds(fds);
			return (-1);
		}
	}
	return (0);
}

/* Make a link between two workers, which replaces an older one. */
static int
connect_link(struct parent_proc *a, struct parent_proc *b)
{
	static struct log_limit failed;
	int to_a[IPC_RING_MAXFDS], to_b[IPC_RING_MAXFDS];

	if (ipc_ring_make(ipc_ring_size(a->d->nworkers), to_a, to_b) == -1) {
		log_limited_warnx(&failed, "can't make the rings between "
		    "relays %u and %u (memfd_create, eventfd, socketpair): %s",
		    a->c.worker, b->c.worker, strerror(errno));
		return (-1);
	}
	if (send_link(a, b->c.worker, to_a) == -1) {
		ipc_ring_close_fds(to_b);
		return (-1);
	}
	return (send_link(b, a->c.worker, to_b));
}

void
parent_relays_gone(const struct parent_proc *p)
{
	struct ipc_msg_relay_gone v = { p->c.worker };
	struct parent *d = p->d;
	unsigned int i;

	for (i = 0; i < d->nworkers; i++)
		if (i != p->c.worker && d->relays[i].c.chan != NULL)
			(void)ipc_send_relay_gone(d->relays[i].c.chan, &v);
}

void
parent_relays_mend(struct parent_proc *p, uint64_t links)
{
	/* Who requests it without need can't fill the log. */
	static struct log_limit mended, failed;
	struct parent *d = p->d;
	unsigned int i;

	for (i = 0; i < d->nworkers; i++) {
		if ((links & 1ULL << i) == 0 || i == p->c.worker ||
		    p->c.chan == NULL || d->relays[i].c.chan == NULL)
			continue;
		if (connect_link(p, &d->relays[i]) == -1)
			log_limited_warnx(&failed, "can't link relays %u and "
			    "%u again", p->c.worker, i);
		else
			log_limited(&mended, "linked relays %u and %u again",
			    p->c.worker, i);
	}
}

/* Return 1 if a front may be killed on a report of the worker, else 0. */
static int
may_accuse(const struct parent_proc *relay, uint64_t now)
{
	const uint64_t *ms = relay->forged_ms;
	const unsigned int last = PARENT_FORGED_MOST - 1;

	return ((ms[0] == 0 || now - ms[0] >= FORGED_REST_MS) &&
	    (ms[last] == 0 || now - ms[last] >= FORGED_TIME_MS));
}

/* A front is killed on the worker's report. */
static void
note_accusation(struct parent_proc *relay, uint64_t now)
{
	memmove(relay->forged_ms + 1, relay->forged_ms,
	    sizeof(relay->forged_ms) - sizeof(relay->forged_ms[0]));
	relay->forged_ms[0] = now;
}

/*
 * A worker reports a front that was taken over: the front is killed.  Its
 * successor is a new process of our own program, which starts without back-off.
 *
 * A worker that was taken over must not keep the fronts dead: its reports count
 * some seconds apart, and few times in 10 minutes, over restarts of the worker.
 * An honest worker loses nothing by that: it refuses each forged ticket.  0, or
 * -1 malformed.
 */
static int
accuse(struct parent_proc *p, struct ipc_msg *m)
{
	static struct log_limit accused_limit;
	struct parent *d = p->d;
	uint64_t now = d->super.system->clock();
	struct ipc_msg_relay_forged v;
	struct parent_proc *front;
	char what[96];

	if (ipc_get_relay_forged(&m->rd, &v) == -1 || v.front >= d->nfronts)
		return (-1);
	front = &d->fronts[v.front];
	if (!may_accuse(p, now))
		log_limited_warnx(&accused_limit, "relay %u reports a forged "
		    "or repeated ticket of front %u soon after other reports: "
		    "the front goes on", p->c.worker, v.front);
	else if (front->c.chan != NULL && !d->super.stopping) {
		note_accusation(p, now);
		snprintf(what, sizeof(what), "handed over a forged or repeated "
		    "ticket or junk, as relay %u reports", p->c.worker);
		front->c.backoff_ms = 0;
		super_fail(&front->c, what);
	}
	return (0);
}

int
parent_relays_message(struct parent_proc *p, struct ipc_msg *m)
{
	if (p == &p->d->relaynext)
		return (parent_succeed_message(p, m));
	switch (m->type) {
	case MSG_RELAY_FORGED:
		return (accuse(p, m));
	case MSG_RELAY_HELD:
	case MSG_RELAY_MOVED:
	case MSG_RELAY_TOOK:
		return (parent_moves_message(p, m));
	case MSG_RELAY_DRAINED:
		return (parent_drain_left(p, m));
	case MSG_RELAY_CLIENT:
	case MSG_RELAY_CLIENTS_END:
		return (parent_control_client(p, m));
	case MSG_RELAY_LISTED:
	case MSG_RELAY_LIST_END:
		return (parent_frontlists_answer(p, m));
	default:
		return (parent_servers_message(p, m));
	}
}

static void
from_relay(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	parent_child_message(arg, m, parent_relays_message);
}

int
parent_relays_set_up(struct parent_proc *p)
{
	struct parent *d = p->d;
	unsigned int i;

	if (new_secret(p) == -1 || parent_servers_connect_keys(p) == -1 ||
	    parent_servers_send_slots(p) == -1 ||
	    parent_servers_send_counters(p) == -1 ||
	    parent_drain_send(p) == -1 || parent_settings_first(p) == -1)
		return (-1);
	/* Without a channel to admit it requests one. */
	(void)admitset_connect(p);
	/* The worker knows who owns what when others talk to it. */
	for (i = 0; i < d->nworkers; i++)
		if (i != p->c.worker && d->relays[i].c.chan != NULL &&
		    connect_link(p, &d->relays[i]) == -1)
			return (-1);
	meshset_connect_relay(p);
	/* Clients come last. */
	return (parent_servers_connect_hands(p));
}

static int
set_up_next(struct parent_proc *p)
{
	return (new_secret(p) == -1 || parent_servers_send_slots(p) == -1 ||
	    parent_settings_first(p) == -1 ? -1 : 0);
}

int
parent_relays_start_next(struct parent_proc *next)
{
	return (parent_start_child(next, set_up_next, from_relay));
}

void
parent_relays_exchange(struct parent_proc *p, struct parent_proc *next)
{
	struct parent_proc was = *p;

	super_exchange(&p->c, &next->c);
	memcpy(p->secret, next->secret, sizeof(p->secret));
	memcpy(p->admit_secret, next->admit_secret, sizeof(p->admit_secret));
	explicit_bzero(next->secret, sizeof(next->secret));
	explicit_bzero(next->admit_secret, sizeof(next->admit_secret));
	p->commits = next->commits;
	next->commits = was.commits;
	explicit_bzero(&was, sizeof(was));
}

void
parent_relays_succeeded(struct parent_proc *p, uint32_t lost)
{
	const struct ipc_msg_relay_succeeded v = { p->c.worker, lost };
	struct parent *d = p->d;
	struct parent_proc *other;
	unsigned int i;

	for (i = 0; i < d->nworkers; i++) {
		other = &d->relays[i];
		if (other == p || other->c.chan == NULL)
			continue;
		/* Without a link it requests one. */
		if (ipc_send_relay_succeeded(other->c.chan, &v) == 0)
			(void)connect_link(p, other);
	}
}

int
parent_relays_start_one(struct parent_proc *p)
{
	return (parent_servers_start(p, parent_relays_set_up, from_relay));
}
