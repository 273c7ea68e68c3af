/*
 * stuns: the stund processes; see serve.h.  Their sockets are in listen.c.
 */
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "log.h"
#include "parent.h"

int
stuns_answering(const struct derpd *d)
{
	return (d->nstuns > 0 && (!health_wanted(d) || (d->well.ok &&
	    !acme_temporary(d))));
}

static int
tell_one(struct proc *p)
{
	struct ipc_msg_stun_conf limits = {
		.rate = p->d->conf->stun.source_rate,
		.burst = p->d->conf->stun.source_burst
	};
	struct ipc_msg_stun_answer v = { stuns_answering(p->d) };

	if (ipc_send_stun_conf(p->chan, &limits) == -1)
		return (-1);
	return (ipc_send_stun_answer(p->chan, &v));
}

void
stuns_tell(struct derpd *d)
{
	unsigned int i;

	for (i = 0; i < d->nstuns; i++)
		if (d->stuns[i].chan != NULL &&
		    tell_one(&d->stuns[i]) == -1)
			procs_fail(&d->stuns[i], "did not take new settings");
}

static int
take_stats(struct proc *p, struct msg *m)
{
	struct ipc_msg_stun_stats v;
	struct stun_stats s;

	if (ipc_get_stun_stats(&m->rd, &v) == -1 ||
	    stun_stats_get(&v, &s) == -1)
		return (-1);
	p->d->stun_stats[p->worker] = s;
	metrics_changed(p->d);
	return (0);
}

static void
from_stund(struct chan *c, struct msg *m, void *arg)
{
	(void)c;
	parent_child_message(arg, m, take_stats);
}

static int
set_up(struct proc *p)
{
	struct listen_set *set = &p->d->stunsocks;
	size_t k;
	int fd;

	for (k = 0; k < set->n; k++)
		if ((fd = dup(set->v[k].fds[p->worker])) == -1 ||
		    chan_send(p->chan, MSG_STUN_SOCKET, NULL, fd) == -1)
			return (-1);
	return (tell_one(p));
}

int
stuns_start_one(struct proc *p)
{
	return (parent_start_child(p, set_up, from_stund));
}

void
stuns_sum(const struct derpd *d, struct stun_stats *sum)
{
	unsigned int i;

	*sum = d->stun_past;
	for (i = 0; i < d->nstuns; i++)
		stun_stats_add(sum, &d->stun_stats[i]);
}

void
stuns_gone(struct proc *p)
{
	struct stun_stats *s = &p->d->stun_stats[p->worker];

	stun_stats_add(&p->d->stun_past, s);
	memset(s, 0, sizeof(*s));
}
