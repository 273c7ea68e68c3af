/*
 * stuns: the stund processes and their sockets; see serve.h.
 *
 * Each process has a socket of its own on every address, among which the kernel
 * spreads the requests.  The parent keeps them all: what arrives for a process
 * that has died waits for the next one.
 */
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "log.h"
#include "parent.h"
#include "udpsock.h"

static void
describe(struct stun_socket *s, const struct sockaddr *sa, socklen_t len)
{
	char host[48], port[8];

	if (getnameinfo(sa, len, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		strlcpy(host, "?", sizeof(host));
		strlcpy(port, "0", sizeof(port));
	}
	s->port = (int)strtonum(port, 0, 65535, NULL);
	snprintf(s->text, sizeof(s->text),
	    sa->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static const char *
advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return (": another program has it; stop that one (ss -lunp "
		    "shows it) or choose another port");
	case EACCES:
		return (": ports below 1024 need root, or "
		    "CAP_NET_BIND_SERVICE");
	case EADDRNOTAVAIL:
		return (": this machine does not have the address");
	case EAFNOSUPPORT:
		return (": this machine has no such addresses; remove the "
		    "line");
	default:
		return (advice_limit(error));
	}
}

/*
 * A free port is asked for once without sharing: with it, a second derpd would
 * quietly take half of the requests.  Port 0: the kernel's choice is for all.
 */
static int
probe(struct sockaddr *sa, socklen_t len)
{
	int fd, rv, error;

	if ((fd = udp_socket(sa, len, 0)) == -1)
		return (-1);
	rv = getsockname(fd, sa, &len);
	error = errno;
	close(fd);
	errno = error;
	return (rv);
}

static int
open_one(struct stun_set *set, const struct conf_listen *cl)
{
	struct stun_socket *s = &set->v[set->n];
	struct sockaddr_storage ss = cl->ss;
	struct sockaddr *sa = (struct sockaddr *)&ss;
	unsigned int i;

	describe(s, sa, cl->sslen);
	if ((s->fds = calloc(set->nprocs, sizeof(*s->fds))) == NULL)
		goto fail;
	for (i = 0; i < set->nprocs; i++)
		s->fds[i] = -1;
	set->n++;
	if (probe(sa, cl->sslen) == -1)
		goto fail;
	describe(s, sa, cl->sslen);
	for (i = 0; i < set->nprocs; i++)
		if ((s->fds[i] = udp_socket(sa, cl->sslen,
		    set->nprocs > 1)) == -1)
			goto fail;
	log_info("listening on %s (stun)", s->text);
	return (0);

fail:
	log_warnx("%s:%d: can't listen on %s (UDP): %s%s", cl->pos.file,
	    cl->pos.line, s->text, strerror(errno), advice(errno));
	return (-1);
}

/* 1 when the kernel speaks IPv6 at all. */
static int
have_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return (0);
	close(fd);
	return (1);
}

int
stuns_open(struct derpd *d)
{
	const struct conf_stun *c = &d->conf->stun;
	const struct conf_listen *cl;
	struct stun_set *set = &d->stunsocks;
	size_t n = 0;

	set->nprocs = d->nstuns;
	TAILQ_FOREACH(cl, &c->listens, entry)
		n++;
	if (n == 0)
		return (0);
	if ((set->v = calloc(n, sizeof(*set->v))) == NULL) {
		log_warn("no memory for the sockets of stun");
		return (-1);
	}
	TAILQ_FOREACH(cl, &c->listens, entry) {
		if (cl->wildcard && cl->ss.ss_family == AF_INET6 &&
		    !have_ipv6()) {
			log_info("no IPv6 on this machine: STUN on IPv4 "
			    "alone");
			continue;
		}
		if (open_one(set, cl) == -1) {
			stuns_close(d);
			return (-1);
		}
	}
	return (0);
}

void
stuns_close(struct derpd *d)
{
	struct stun_set *set = &d->stunsocks;
	unsigned int i;
	size_t k;

	for (k = 0; k < set->n; k++) {
		for (i = 0; i < set->nprocs; i++)
			if (set->v[k].fds[i] != -1)
				close(set->v[k].fds[i]);
		free(set->v[k].fds);
	}
	free(set->v);
	set->v = NULL;
	set->n = 0;
}

int
stuns_answering(const struct derpd *d)
{
	return (d->nstuns > 0 && (!health_wanted(d) || (d->well.ok &&
	    !acme_temporary(d))));
}

static int
tell_one(struct derpd *d, struct proc *p)
{
	struct wr w;
	int rv;

	wr_init(&w);
	wr_u32(&w, d->conf->stun.source_rate);
	wr_u32(&w, d->conf->stun.source_burst);
	rv = chan_send(p->chan, MSG_STUN_CONF, &w, -1);
	wr_free(&w);
	wr_u8(&w, (uint8_t)stuns_answering(d));
	if (rv == 0)
		rv = chan_send(p->chan, MSG_STUN_ANSWER, &w, -1);
	wr_free(&w);
	return (rv);
}

void
stuns_tell(struct derpd *d)
{
	unsigned int i;

	for (i = 0; i < d->nstuns; i++)
		if (d->stuns[i].chan != NULL &&
		    tell_one(d, &d->stuns[i]) == -1)
			procs_fail(&d->stuns[i], "did not take new settings");
}

static int
take_stats(struct proc *p, struct msg *m)
{
	struct stun_stats s;

	if (stun_stats_get(&m->rd, &s) == -1)
		return (-1);
	p->d->stunsocks.stats[p->worker] = s;
	metrics_changed(p->d);
	return (0);
}

static void
from_stund(struct chan *c, struct msg *m, void *arg)
{
	struct proc *p = arg;
	int rv = -1;

	(void)c;
	if (m->type == MSG_READY) {
		if ((rv = procs_take_ready(p, m)) == 0)
			parent_ready(p->d);
	} else if (m->type == MSG_STUN_STATS)
		rv = take_stats(p, m);
	if (rv == -1)
		procs_fail(p, "sent a malformed message");
}

int
stuns_start_one(struct proc *p)
{
	struct stun_set *set = &p->d->stunsocks;
	size_t k;
	int fd;

	if (procs_spawn(p) == -1)
		return (-1);
	for (k = 0; k < set->n; k++)
		if ((fd = dup(set->v[k].fds[p->worker])) == -1 ||
		    chan_send(p->chan, MSG_STUN_SOCKET, NULL, fd) == -1)
			goto fail;
	if (tell_one(p->d, p) == -1)
		goto fail;
	return (procs_attach(p, from_stund));

fail:
	log_warn("can't set up stund %u", p->worker);
	procs_forget(p);
	kill(p->pid, SIGKILL);
	return (-1);
}

void
stuns_sum(const struct derpd *d, struct stun_stats *sum)
{
	unsigned int i;

	*sum = d->stunsocks.past;
	for (i = 0; i < d->nstuns; i++)
		stun_stats_add(sum, &d->stunsocks.stats[i]);
}

void
stuns_gone(struct proc *p)
{
	struct stun_stats *s = &p->d->stunsocks.stats[p->worker];

	stun_stats_add(&p->d->stunsocks.past, s);
	memset(s, 0, sizeof(*s));
}
