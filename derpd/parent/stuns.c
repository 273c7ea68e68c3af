/*
 * stuns: the stund processes; see serve.h.  Their sockets are in listen.c.
 */
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "log.h"
#include "parent.h"

#define LOOK_SECS	2	/* between two looks at the counters */

int
parent_stuns_answering(const struct parent *d)
{
	return (d->nstuns > 0 && !d->drain.on && (!parent_health_wanted(d) ||
	    (d->well.ok && !renew_temporary(d))));
}

static int
configure_one(struct parent_proc *p)
{
	struct ipc_msg_stun_conf limits = {
		.rate = p->d->conf->stun.source_rate,
		.burst = p->d->conf->stun.source_burst
	};
	struct ipc_msg_stun_answer v = { parent_stuns_answering(p->d) };

	if (ipc_send_stun_conf(p->c.chan, &limits) == -1)
		return (-1);
	return (ipc_send_stun_answer(p->c.chan, &v));
}

void
parent_stuns_configure(struct parent *d)
{
	unsigned int i;

	for (i = 0; i < d->nstuns; i++)
		if (d->stuns[i].c.chan != NULL &&
		    configure_one(&d->stuns[i]) == -1)
			super_fail(&d->stuns[i].c,
			    "could not be sent new settings");
}

/* Pass the duplicate `fd' of a socket to stund. */
static int
send_socket(void *arg, const struct parent_listen_socket *l, int fd)
{
	struct parent_proc *p = arg;

	(void)l;
	return (ipc_chan_send(p->c.chan, MSG_STUN_SOCKET, NULL, fd));
}

static int
set_up(struct parent_proc *p)
{
	int fd;

	if ((fd = ipc_counters_share_write(p->d->stuncounters[p->c.worker])) ==
	    -1 || ipc_send_stun_counters(p->c.chan, fd) == -1 ||
	    parent_listen_give(&p->d->stunsocks, p->c.worker, send_socket,
	    p) == -1)
		return (-1);
	return (configure_one(p));
}

int
parent_stuns_start_one(struct parent_proc *p)
{
	return (parent_start_quiet(p, set_up));
}

void
parent_stuns_sum(const struct parent *d, struct net_stun_stats *sum)
{
	struct net_stun_stats s;
	unsigned int i;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < d->nstuns; i++) {
		net_stun_stats_read(d->stuncounters[i], &s);
		net_stun_stats_add(sum, &s);
	}
}

void
parent_stuns_gone(const struct parent_proc *p)
{
	if (p->d->stuncounters[p->c.worker] != NULL)
		ipc_counters_ended(p->d->stuncounters[p->c.worker]);
}

/* Fronts show the counters with the metrics; send these when they change. */
static void
look(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;
	struct net_stun_stats now;

	(void)fd;
	(void)what;
	parent_stuns_sum(d, &now);
	if (memcmp(&now, &d->stun_told, sizeof(now)) != 0)
		parent_metrics_changed(d);
	d->stun_told = now;
}

void
parent_stuns_begin(struct parent *d)
{
	struct timeval tv = { LOOK_SECS, 0 };
	struct event *ev;

	if (d->nstuns == 0)
		return;
	ev = event_new(d->super.base, -1, EV_PERSIST, look, d);
	if (ev == NULL || event_add(ev, &tv) == -1)
		fatalx("no timer for the counters of stund");
}
