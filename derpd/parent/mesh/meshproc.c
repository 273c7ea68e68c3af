/*
 * meshproc: the processes mesh as the parent's children, and their channels to
 * keys and relay workers; see meshset.h.
 */
#include <sys/socket.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

static struct meshset_node *
node_of(const struct parent_proc *p)
{
	return (&p->d->mesh.nodes[p->c.worker]);
}

/* Channels */

/* Have keys send the mesh key to this server alone, if one is configured. */
static int
send_pin(const struct parent_proc *p)
{
	const struct meshset_settings *s = &node_of(p)->conf;
	struct ipc_msg_key_node_pin v = { .node = p->c.worker,
	    .server_key = s->has_key ? s->key : NULL,
	    .server_key_len = sizeof(s->key) };

	return (ipc_send_key_node_pin(p->d->keys.c.chan, &v));
}

/* Make a channel to keys.  0, also when one of the two does not run; or -1. */
static int
connect_keys(struct parent_proc *p)
{
	const struct parent *d = p->d;
	int fd;

	if (!d->keys_loaded || p->c.chan == NULL)
		return (0);		/* connected when both run */
	node_of(p)->keys_ms = base_clock_ms();
	if (send_pin(p) == 0 &&
	    (fd = parent_keys_channel(p, KEYCHAN_MESH)) != -1)
		return (ipc_send_mesh_keys(p->c.chan, fd));
	log_warn("no channel from mesh %u to keys (socketpair)", p->c.worker);
	return (-1);
}

/* The relay worker that has the link of this node. */
static struct parent_proc *
relay_of(const struct parent_proc *p)
{
	return (&p->d->relays[p->c.worker % p->d->nworkers]);
}

/*
 * The same for a channel to the relay worker.  While this derpd is to take over
 * another one, links may yet come from there: none is dialled.
 */
static int
connect_relay(struct parent_proc *p)
{
	const struct parent_proc *relay = relay_of(p);
	struct ipc_msg_relay_mesh v = { p->c.worker };
	int sv[2];

	if (p->d->waiting || relay->c.chan == NULL || p->c.chan == NULL)
		return (0);		/* connected when both run */
	node_of(p)->relay_ms = base_clock_ms();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1) {
		log_warn("no channel from mesh %u to relay %u (socketpair)",
		    p->c.worker, relay->c.worker);
		return (-1);
	}
	if (ipc_send_relay_mesh(relay->c.chan, &v, sv[0]) == -1) {
		close(sv[1]);
		return (-1);
	}
	return (ipc_send_mesh_relay(p->c.chan, sv[1]));
}

/* 1 when this process has the settings of its node, else 0. */
static int
is_current(const struct parent_proc *p)
{
	return (p->c.chan != NULL && meshset_wanted(p) && !node_of(p)->ending);
}

void
meshset_connect_relay(const struct parent_proc *relay)
{
	struct parent *d = relay->d;
	unsigned int i;

	for (i = relay->c.worker; i < IPC_MAXNODES; i += d->nworkers)
		if (is_current(&d->meshes[i]))
			/* A process without a channel requests one. */
			(void)connect_relay(&d->meshes[i]);
}

/* Messages */

/*
 * Ignored while keys or the relay worker does not run, and more than about once
 * a second for each of them.
 */
static int
on_chanless(void *arg, const struct ipc_msg_mesh_chanless *v)
{
	struct parent_proc *p = arg;
	struct meshset_node *n = node_of(p);
	uint64_t now = base_clock_ms();

	if (!is_current(p))
		return (0);
	if (v->keys && now - n->keys_ms >= PARENT_REQUEST_MS)
		(void)connect_keys(p);
	if (v->relay && now - n->relay_ms >= PARENT_REQUEST_MS)
		(void)connect_relay(p);
	return (0);
}

static void
enter(const struct parent_proc *p, enum ipc_mesh_state state)
{
	struct meshset_node *n = node_of(p);

	if (n->state == state)
		return;
	n->state = state;
	n->since_ms = base_clock_ms();
	n->since = time(NULL);
	n->links += state == IPC_MESH_UP;
	parent_metricsd_changed(p->d);
}

static int
on_status(void *arg, const struct ipc_msg_mesh_status *v)
{
	const struct parent_proc *p = arg;
	struct meshset_node *n = node_of(p);

	if (!is_current(p))
		return (0);
	enter(p, v->state);
	memcpy(n->server_key, v->server_key, sizeof(n->server_key));
	strlcpy(n->address, v->address, sizeof(n->address));
	if (v->state == IPC_MESH_DOWN)
		strlcpy(n->error, v->why, sizeof(n->error));
	return (0);
}

int
meshset_message(struct parent_proc *p, struct ipc_msg *m)
{
	static const struct ipc_handlers handlers = {
		.mesh_chanless = on_chanless,
		.mesh_status = on_status
	};

	return (ipc_dispatch(&handlers, m, p) == NULL ? 0 : -1);
}

static void
from_mesh(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	parent_child_message(arg, m, meshset_message);
}

/* Start and end */

static int
send_conf(struct parent_proc *p)
{
	const struct meshset_settings *s = &node_of(p)->conf;
	const struct conf *c = p->d->conf;
	struct ipc_msg_mesh_conf v = {
		.node = p->c.worker,
		.node_key = p->d->loaded.node_key,
		.host = s->host,
		.address = s->address,
		.port = (uint16_t)s->port,
		.certname = s->certname,
		.cafile = s->cafile,
		.server_key = s->has_key ? s->key : NULL,
		.server_key_len = sizeof(s->key),
		.unsent = c->worker.notsent_lowat,
		.keepalive = c->relay.keepalive,
		.user_timeout = c->relay.user_timeout,
		.congestion = c->relay.congestion
	};

	memcpy(p->d->mesh.node_key, p->d->loaded.node_key, IPC_KEYLEN);
	return (ipc_send_mesh_conf(p->c.chan, &v));
}

static int
set_up(struct parent_proc *p)
{
	node_of(p)->ending = 0;
	return (send_conf(p) == -1 || connect_keys(p) == -1 ||
	    connect_relay(p) == -1 ? -1 : 0);
}

int
meshset_start(struct parent_proc *p)
{
	return (parent_start_child(p, set_up, from_mesh));
}

int
meshset_wanted(const struct parent_proc *p)
{
	return (p->d->nworkers > 0 && node_of(p)->conf.host[0] != '\0');
}

/* End the process, whose successor has the settings of the node. */
static void
renew(struct parent_proc *p)
{
	static const struct ipc_msg_stop stop = { 0 };

	if (p->c.pid == 0)
		return;
	node_of(p)->ending = 1;
	p->c.backoff_ms = 0;
	if (p->c.chan != NULL)
		(void)ipc_send_stop(p->c.chan, &stop);
}

void
meshset_configure(struct parent *d)
{
	uint32_t changed = meshset_assign(&d->mesh, d->conf);
	unsigned int i;

	for (i = 0; i < IPC_MAXNODES; i++) {
		if ((changed & 1U << i) != 0 && meshset_wanted(&d->meshes[i])) {
			meshset_count(d, i, &d->mesh.nodes[i].before);
			renew(&d->meshes[i]);
		} else if (is_current(&d->meshes[i]))
			/*
			 * It dials a node that is down or was this one, and
			 * ends if its own file or option is another one.
			 */
			(void)send_conf(&d->meshes[i]);
		(void)super_adjust(&d->meshes[i].c);
	}
}

void
meshset_connect_keys(struct parent *d)
{
	const int same = memcmp(d->mesh.node_key, d->loaded.node_key,
	    IPC_KEYLEN) == 0;
	unsigned int i;

	for (i = 0; i < IPC_MAXNODES; i++) {
		if (!is_current(&d->meshes[i]))
			continue;
		if (same)
			(void)connect_keys(&d->meshes[i]);
		else
			renew(&d->meshes[i]);
	}
}

void
meshset_rekeyed(struct parent *d)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXNODES; i++)
		if (is_current(&d->meshes[i]) &&
		    ipc_send_mesh_rekey(d->meshes[i].c.chan) == -1)
			super_fail(&d->meshes[i].c,
			    "could not be told of a new mesh key");
}

void
meshset_gone(struct parent_proc *p)
{
	struct meshset_node *n = node_of(p);

	if (!meshset_wanted(p) || n->ending)
		return;
	enter(p, IPC_MESH_DOWN);
	n->address[0] = '\0';
	strlcpy(n->error, "its process ended", sizeof(n->error));
}
