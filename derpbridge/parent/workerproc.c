/*
 * workerproc: the process worker as the parent sees it: its settings, and what
 * it asks for; see bridge.h.  Everything that it sends is hostile: it talks to
 * relays.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"
#include "bridgesock.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"

#define SOCKETS_MOST	1000	/* sockets: an attempt at a relay takes a few */
#define ASKS_MOST	500	/* addresses of names */

/* Settings */

static void
fill_peer(struct ipc_bridge_peer *p, const struct bconf_peer *c)
{
	memcpy(p->key, c->key, sizeof(p->key));
	strlcpy(p->name, c->name == NULL ? "" : c->name, sizeof(p->name));
	p->inherit = c->region == BCONF_INHERIT;
	bconf_region(p->inherit ? BCONF_RENDEZVOUS : c->region, &p->policy,
	    &p->region);
}

/* The peers of an interface, on the heap; NULL without memory. */
static struct ipc_bridge_peer *
make_peers(const struct bconf_iface *c, uint32_t *n)
{
	const struct bconf_peer *one;
	struct ipc_bridge_peer *v;

	*n = 0;
	TAILQ_FOREACH(one, &c->peers, entry)
		(*n)++;
	if ((v = calloc(*n + 1, sizeof(*v))) == NULL)
		return (NULL);
	*n = 0;
	TAILQ_FOREACH(one, &c->peers, entry)
		fill_peer(&v[(*n)++], one);
	return (v);
}

/* A number that changes with the file; 0: there is none. */
static uint64_t
file_mark(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return (0);
	return ((uint64_t)st.st_mtim.tv_sec * 1000000000 +
	    (uint64_t)st.st_mtim.tv_nsec + ((uint64_t)st.st_ino << 20) +
	    (uint64_t)st.st_size);
}

/* Send the settings of an interface, if `socket' with its UDP socket. */
static int
send_iface(struct bridge *d, unsigned int i, int socket)
{
	const struct bridge_iface *f = &d->ifaces[i];
	const struct bconf_iface *c = f->conf;
	struct ipc_msg_worker_iface v;
	struct ipc_bridge_peer *peers;
	int fd = -1, rv;

	memset(&v, 0, sizeof(v));
	if ((peers = make_peers(c, &v.npeers)) == NULL)
		return (-1);
	v.iface = i;
	v.name = f->name;
	v.port = f->port;
	bconf_region(c->region, &v.policy, &v.region);
	v.direct = c->direct;
	v.endpoints = c->endpoints;
	v.idle = c->idle;
	v.cafile = c->cafile == NULL ? "" : c->cafile;
	v.camark = file_mark(v.cafile);
	v.all = c->all_peers;
	v.peers = peers;
	if (socket && (fd = fcntl(f->udp, F_DUPFD_CLOEXEC, 0)) == -1)
		rv = -1;
	else
		rv = ipc_send_worker_iface(d->worker.c.chan, &v, fd);
	free(peers);
	return (rv);
}

int
bridge_worker_configure(struct bridge *d, int sockets)
{
	struct ipc_msg_worker_conf v = {
		.proxy = d->conf->proxy == NULL ? "" : d->conf->proxy,
		.dry = d->conf->dry_run
	};
	unsigned int i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++) {
		if (d->ifaces[i].conf == NULL)
			continue;
		v.ifaces |= 1U << i;
		if (send_iface(d, i, sockets ||
		    d->ifaces[i].unsent) == -1)
			return (-1);
		d->ifaces[i].unsent = 0;
	}
	return (ipc_send_worker_conf(d->worker.c.chan, &v));
}

int
bridge_worker_query(struct bridge *d, uint32_t request)
{
	struct ipc_msg_worker_query v = { request };

	if (!d->worker.c.ready)
		return (-1);
	return (ipc_send_worker_query(d->worker.c.chan, &v));
}

/* Messages */

/*
 * The mark is what netlink says, or the configuration: a worker that was taken
 * over can't choose one.  Without one yet, it has to be none.
 */
static int
mark_fits(const struct bridge_iface *f, uint32_t device)
{
	return (f->mark_known || device == 0 ||
	    f->conf->fwmark != BCONF_MARK_DEVICE);
}

static int
on_want_tcp(void *arg, const struct ipc_msg_worker_want_tcp *w)
{
	struct bridge_child *p = arg;
	const struct bridge_iface *f = &p->d->ifaces[w->iface];
	struct ipc_msg_worker_tcp v = { w->cookie, "" };
	const char *call;
	char why[IPC_WHYSIZE];
	int fd = -1;

	if (f->conf == NULL)
		v.why = "there is no such interface any more";
	else if (!mark_fits(f, w->fwmark))
		v.why = "the mark of the interface is not known yet";
	else if (!bridge_may(p, &p->d->sockets, SOCKETS_MOST))
		v.why = "too many sockets were requested";
	else if ((fd = bridge_sock_out(w->ipv6 ? AF_INET6 : AF_INET,
	    SOCK_STREAM, bridge_ifaces_mark(f), &call)) == -1) {
		snprintf(why, sizeof(why), "no socket for a relay (%s): %s",
		    call, strerror(errno));
		v.why = why;
	}
	return (ipc_send_worker_tcp(p->c.chan, &v, fd));
}

static int
on_want_addrs(void *arg, const struct ipc_msg_worker_want_addrs *v)
{
	struct bridge_child *p = arg;
	struct ipc_msg_worker_addrs a = {
		.name = v->name, .why = "too many names were requested"
	};

	if (!bridge_may(p, &p->d->asks, ASKS_MOST))
		return (ipc_send_worker_addrs(p->c.chan, &a));
	return (bridge_names_want(p, v->name));
}

static int
on_text(void *arg, const struct ipc_msg_worker_text *v)
{
	const struct bridge_child *p = arg;

	return (bridge_control_text(p->d, v));
}

static int
on_chanless(void *arg, const struct ipc_msg_worker_chanless *v)
{
	(void)v;
	return (bridge_connect_again(arg));
}

int
bridge_worker_message(struct bridge_child *p, struct ipc_msg *m)
{
	static const struct ipc_handlers handlers = {
		.worker_want_tcp = on_want_tcp,
		.worker_want_addrs = on_want_addrs,
		.worker_text = on_text,
		.worker_chanless = on_chanless
	};

	return (ipc_dispatch(&handlers, m, p) == NULL ? 0 : -1);
}

static void
from_worker(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	bridge_child_message(arg, m, bridge_worker_message);
}

static int
set_up(struct bridge_child *p)
{
	if (bridge_worker_configure(p->d, 1) == -1 ||
	    bridge_map_send(p->d) == -1)
		return (-1);
	return (bridge_connect(p));
}

int
bridge_worker_start(struct bridge_child *p)
{
	return (bridge_start_child(p, set_up, from_worker));
}
