/*
 * stuns: the stund processes; see serve.h.  Their sockets are in listen.c.
 */
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "log.h"
#include "parent.h"

int
parent_stuns_answering(const struct parent *d)
{
	return (d->nstuns > 0 && (!parent_health_wanted(d) || (d->well.ok &&
	    !renew_temporary(d))));
}

static int
configure_one(struct parent_proc *p)
{
	struct ipc_msg_stun_conf limits = {
		.rate = p->d->conf->stun.source_rate,
		.burst = p->d->conf->stun.source_burst
	};
	struct ipc_msg_stun_answer v = { parent_stuns_answering(p->d) };

	if (ipc_send_stun_conf(p->chan, &limits) == -1)
		return (-1);
	return (ipc_send_stun_answer(p->chan, &v));
}

void
parent_stuns_configure(struct parent *d)
{
	unsigned int i;

	for (i = 0; i < d->nstuns; i++)
		if (d->stuns[i].chan != NULL &&
		    configure_one(&d->stuns[i]) == -1)
			parent_procs_fail(&d->stuns[i],
			    "could not be sent new settings");
}

static int
handle_stats(struct parent_proc *p, struct ipc_msg *m)
{
	struct ipc_msg_stun_stats v;
	struct net_stun_stats s;

	if (ipc_get_stun_stats(&m->rd, &v) == -1 ||
	    net_stun_stats_get(&v, &s) == -1)
		return (-1);
	p->d->stun_stats[p->worker] = s;
	parent_metrics_changed(p->d);
	return (0);
}

static void
from_stund(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	parent_child_message(arg, m, handle_stats);
}

static int
set_up(struct parent_proc *p)
{
	struct parent_listen_set *set = &p->d->stunsocks;
	size_t k;
	int fd;

	for (k = 0; k < set->n; k++)
		if ((fd = dup(set->v[k].fds[p->worker])) == -1 ||
		    ipc_chan_send(p->chan, MSG_STUN_SOCKET, NULL, fd) == -1)
			return (-1);
	return (configure_one(p));
}

int
parent_stuns_start_one(struct parent_proc *p)
{
	return (parent_start_child(p, set_up, from_stund));
}

void
parent_stuns_sum(const struct parent *d, struct net_stun_stats *sum)
{
	unsigned int i;

	*sum = d->stun_past;
	for (i = 0; i < d->nstuns; i++)
		net_stun_stats_add(sum, &d->stun_stats[i]);
}

void
parent_stuns_gone(struct parent_proc *p)
{
	struct net_stun_stats *s = &p->d->stun_stats[p->worker];

	net_stun_stats_add(&p->d->stun_past, s);
	memset(s, 0, sizeof(*s));
}
