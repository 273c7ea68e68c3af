/*
 * netlinkproc: the process netlink as the parent sees it: its settings, the
 * sockets of the interfaces, and what it saves; see bridge.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge.h"
#include "bridgesock.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"

#define ASKS_MOST	500	/* sockets, in the time of a budget */
#define SAVES_MOST	200	/* texts */

/* Make the socket of an interface; *call is what failed. */
static int
make_socket(const struct bconf_iface *c, const char **call)
{
	if (c->uapi == NULL)
		return (bridge_sock_genl(c->netns, call));
	*call = "connect";
	return (bridge_sock_uapi(c->uapi));
}

/* There is none: log it once for each reason, until there is one again. */
static void
lacks_socket(struct bridge_iface *f, const char *call)
{
	const struct bconf_iface *c = f->conf;
	const int error = errno;

	if (f->socket_lacks == error)
		return;
	f->socket_lacks = error;
	if (c->uapi != NULL)
		log_warnx("interface %s: can't connect to wireguard-go at %s "
		    "(%s): %s: tried again until it is there", f->name,
		    c->uapi, call, strerror(error));
	else
		log_warnx("interface %s: can't reach the kernel's WireGuard in "
		    "%s (%s): %s%s: tried again", f->name, c->netns != NULL ?
		    c->netns : "this network namespace", call, strerror(error),
		    error == EPERM ? ", the parent needs CAP_SYS_ADMIN for "
		    "another namespace" : "");
}

int
bridge_netlink_socket(struct bridge *d, unsigned int i)
{
	struct ipc_msg_netlink_socket v = { i };
	struct bridge_iface *f = &d->ifaces[i];
	const char *call;
	int fd;

	if (f->conf == NULL)
		return (0);
	if ((fd = make_socket(f->conf, &call)) == -1) {
		lacks_socket(f, call);
		return (0);		/* it will request it again */
	}
	f->socket_lacks = 0;
	bridge_netns_entered(f);
	return (ipc_send_netlink_socket(d->netlink.c.chan, &v, fd));
}

/* The settings of an interface for netlink. */
static void
fill(const struct bridge *d, struct ipc_wg_iface *w, unsigned int i)
{
	const struct bridge_iface *f = &d->ifaces[i];
	const struct bconf_iface *c = f->conf;

	w->iface = i;
	strlcpy(w->name, f->name, sizeof(w->name));
	w->uapi = c->uapi != NULL;
	memcpy(w->local, c->network.addr + 12, sizeof(w->local));
	w->bits = c->network.bits - 96;
	w->port = f->port;
	w->direct = c->direct;
	w->endpoints = c->endpoints;
	w->dry = d->conf->dry_run;
}

/* Send the only peers that may be pointed to the relay.  0, or -1. */
static int
send_peers(struct bridge *d, unsigned int i)
{
	const struct bconf_iface *c = d->ifaces[i].conf;
	struct ipc_msg_netlink_peers v = { .iface = i };
	const struct bconf_peer *p;
	uint8_t *keys;
	int rv;

	if (c->all_peers)
		return (0);
	TAILQ_FOREACH(p, &c->peers, entry)
		v.npeers++;
	if ((keys = calloc(v.npeers + 1, IPC_KEYLEN)) == NULL)
		return (-1);
	v.peers = keys;
	v.npeers = 0;
	TAILQ_FOREACH(p, &c->peers, entry)
		memcpy(keys + IPC_KEYLEN * v.npeers++, p->key, IPC_KEYLEN);
	rv = ipc_send_netlink_peers(d->netlink.c.chan, &v);
	free(keys);
	return (rv);
}

static int
send_conf(struct bridge *d)
{
	struct ipc_wg_iface all[IPC_BRIDGE_MAXIFACES];
	struct ipc_msg_netlink_conf v;
	unsigned int i;

	memset(all, 0, sizeof(all));
	memset(&v, 0, sizeof(v));
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (d->ifaces[i].conf != NULL) {
			if (send_peers(d, i) == -1)
				return (-1);
			fill(d, &all[v.nifaces++], i);
		}
	v.ifaces = all;
	return (ipc_send_netlink_conf(d->netlink.c.chan, &v));
}

int
bridge_netlink_configure(struct bridge *d)
{
	unsigned int i;

	if (send_conf(d) == -1)
		return (-1);
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (bridge_netlink_socket(d, i) == -1)
			return (-1);
	return (0);
}

/* Messages */

static int
on_want(void *arg, const struct ipc_msg_netlink_want *v)
{
	struct bridge_child *p = arg;

	if (!bridge_may(p, &p->d->netlink_asks, ASKS_MOST))
		return (0);		/* it will request it again */
	return (bridge_netlink_socket(p->d, v->iface));
}

static int
on_save(void *arg, const struct ipc_msg_netlink_save *v)
{
	const struct bridge_child *p = arg;

	/* Each waits for the disk, and all children with it. */
	if (!bridge_may(p, &p->d->saves, SAVES_MOST))
		return (-1);
	bridge_state_save(p->d, v->state, v->len);
	return (0);
}

static int
on_mark(void *arg, const struct ipc_msg_netlink_mark *v)
{
	const struct bridge_child *p = arg;

	bridge_lend_mark(p->d, v->iface, v->mark);
	return (0);
}

static int
on_restored(void *arg, const struct ipc_msg_netlink_restored *v)
{
	const struct bridge_child *p = arg;

	if (!p->d->restoring)
		return (-1);
	bridge_restored(p->d, v);
	return (0);
}

static int
on_chanless(void *arg, const struct ipc_msg_netlink_chanless *v)
{
	(void)v;
	return (bridge_connect_again(arg));
}

int
bridge_netlink_message(struct bridge_child *p, struct ipc_msg *m)
{
	static const struct ipc_handlers handlers = {
		.netlink_want = on_want,
		.netlink_save = on_save,
		.netlink_mark = on_mark,
		.netlink_restored = on_restored,
		.netlink_chanless = on_chanless
	};

	return (ipc_dispatch(&handlers, m, p) == NULL ? 0 : -1);
}

static void
from_netlink(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	bridge_child_message(arg, m, bridge_netlink_message);
}

void
bridge_netlink_drain(struct bridge_child *p)
{
	bridge_child_drain(p, bridge_netlink_message);
}

static int
set_up(struct bridge_child *p)
{
	if (bridge_state_send(p) == -1 ||
	    bridge_netlink_configure(p->d) == -1)
		return (-1);
	return (bridge_connect(p));
}

int
bridge_netlink_start(struct bridge_child *p)
{
	return (bridge_start_child(p, set_up, from_netlink));
}
