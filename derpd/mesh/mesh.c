/*
 * mesh: see mesh.h.
 *
 * The node comes from the parent before the sandbox, which permits its port
 * alone: another node ends this process, and the parent starts the next one.
 * Channels to keys and to the relay worker are requested when they are missing.
 */
#include <event2/event.h>
#include <sodium.h>
#include <stdlib.h>
#include <tls.h>

#include "childrun.h"
#include "crypto.h"
#include "log.h"
#include "mesh.h"
#include "meshlink.h"
#include "node.h"
#include "tlssecrets.h"

struct mesh {
	struct dial_node node;
	struct mesh_link link;
	struct net_reach reach;
	struct event	*tick;
	int		 configured;
	int		 late;		/* a channel is missing for a second */
	struct ipc_child *child;
};

/* keys */

static int
on_logged(void *arg, const struct ipc_msg_mesh_logged *v)
{
	struct mesh *m = arg;

	mesh_link_logged(&m->link, v);
	return (0);
}

static void
from_keys(struct ipc_chan *c, struct ipc_msg *msg, void *arg)
{
	static const struct ipc_handlers handlers = {
		.mesh_logged = on_logged
	};
	struct mesh *m = arg;
	const char *what;

	(void)c;
	if ((what = ipc_dispatch(&handlers, msg, m)) == NULL)
		return;
	log_warnx("keys %s: %s", what, ipc_msg_name(msg->type));
	mesh_link_keys(&m->link, NULL);
}

static void
keys_gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct mesh *m = arg;

	(void)c;
	log_debug("keys: %s", why);
	mesh_link_keys(&m->link, NULL);
}

/* The relay worker */

static int
on_hello(void *arg, const struct ipc_msg_mesh_hello *v)
{
	struct mesh *m = arg;

	mesh_link_hello(&m->link, v);
	return (0);
}

static int
on_lost(void *arg, const struct ipc_msg_mesh_lost *v)
{
	struct mesh *m = arg;

	mesh_link_lost(&m->link, v);
	return (0);
}

static void
from_relay(struct ipc_chan *c, struct ipc_msg *msg, void *arg)
{
	static const struct ipc_handlers handlers = {
		.mesh_hello = on_hello,
		.mesh_lost = on_lost
	};
	struct mesh *m = arg;
	const char *what;

	(void)c;
	if ((what = ipc_dispatch(&handlers, msg, m)) == NULL)
		return;
	log_warnx("the relay worker %s: %s", what, ipc_msg_name(msg->type));
	mesh_link_relay(&m->link, NULL);
}

static void
relay_gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct mesh *m = arg;

	(void)c;
	log_debug("relay: %s", why);
	mesh_link_relay(&m->link, NULL);
}

/* The parent */

static int
on_conf(void *arg, const struct ipc_msg_mesh_conf *v)
{
	struct mesh *m = arg;

	if (!m->configured) {
		m->configured = 1;
		return (mesh_node_set(&m->node, v));
	}
	if (!mesh_node_is(&m->node, v)) {
		log_info("restarting for other settings or CA certificates");
		exit(0);
	}
	mesh_link_reload(&m->link);
	return (0);
}

static struct ipc_chan *
open_chan(struct mesh *m, int *fd, enum ipc_role peer, ipc_chan_cb cb,
    ipc_chan_gone_cb gone)
{
	struct ipc_chan *c;

	c = ipc_chan_new(m->link.base, *fd, ROLE_MESH, peer, cb, gone, m);
	if (c == NULL)
		fatal("no channel to %s", ipc_role_name(peer));
	*fd = -1;
	return (c);
}

static int
on_keys(void *arg, int *fd)
{
	struct mesh *m = arg;

	mesh_link_keys(&m->link, open_chan(m, fd, ROLE_KEYS, from_keys,
	    keys_gone));
	return (0);
}

static int
on_relay(void *arg, int *fd)
{
	struct mesh *m = arg;

	mesh_link_relay(&m->link, open_chan(m, fd, ROLE_RELAY, from_relay,
	    relay_gone));
	return (0);
}

static int
on_rekey(void *arg)
{
	struct mesh *m = arg;

	mesh_link_rekey(&m->link);
	return (0);
}

/* Every second: request channels that are missing for longer than that. */
static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct mesh *m = arg;
	struct ipc_msg_mesh_chanless v = {
		.keys = m->link.keys == NULL,
		.relay = m->link.relay == NULL
	};

	(void)fd;
	(void)what;
	net_record_tick(&m->link.records);
	if (!v.keys && !v.relay)
		m->late = 0;
	else if (!m->late)
		m->late = 1;
	else if (ipc_send_mesh_chanless(m->child->parent, &v) == -1)
		fatal("can't send to the parent (sendmsg)");
}

static const struct ipc_handlers handlers = {
	.mesh_conf = on_conf,
	.mesh_keys = on_keys,
	.mesh_relay = on_relay,
	.mesh_rekey = on_rekey
};

/* Start */

static void
prepare(struct ipc_child *c)
{
	static struct mesh m;

	if (net_resolver_limit(1) == -1)
		fatal("can't limit the resolver's time (setenv RES_OPTIONS)");
	if (sodium_init() == -1)
		fatalx("can't initialise libsodium (sodium_init)");
	if (tls_init() == -1)
		fatalx("can't initialise libtls (tls_init)");
	if (net_tlssecrets_init() == -1)
		fatalx("out of memory for TLS");
	net_crypto_preload();
	if ((c->base = event_base_new()) == NULL)
		fatal("can't make an event loop (epoll, kqueue)");
	m.child = c;
	m.link.base = c->base;
	m.link.node = &m.node;
	m.link.parent = c->parent;
	mesh_link_init(&m.link);
	m.tick = event_new(c->base, -1, EV_PERSIST, on_tick, &m);
	if (m.tick == NULL)
		fatalx("out of memory");
	c->arg = &m;
}

static int
configured(void *arg)
{
	return (((struct mesh *)arg)->configured);
}

static const struct sandbox_net *
within_reach(void *arg)
{
	struct mesh *m = arg;
	const struct sandbox_net *net;

	if ((net = mesh_node_reach(&m->node, &m->reach)) == NULL)
		fatal("can't prepare the sandbox");
	return (net);
}

static void
begin(void *arg)
{
	static const struct timeval second = { 1, 0 };
	struct mesh *m = arg;

	event_add(m->tick, &second);
}

static struct ipc_child child = {
	.role = ROLE_MESH,
	.handlers = &handlers,
	.prepare = prepare,
	.configured = configured,
	.reach = within_reach,
	.begin = begin
};

void
mesh_main(void)
{
	ipc_child_run(&child);
}
