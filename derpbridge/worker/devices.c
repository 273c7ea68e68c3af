/*
 * devices: see devices.h.  Called by worker.c.  Touches the interfaces of the
 * worker.
 *
 * A netlink process that starts again says everything anew: what it has not
 * named again by the end of its first poll is gone.
 */
#include "childrun.h"
#include "devices.h"
#include "log.h"
#include "relays.h"
#include "steer.h"
#include "worker.h"
#include "workeriface.h"

/*
 * The interface of a message.  NULL: the parent has not named it, or names it
 * no more, which is no fault of netlink.
 */
static struct worker_iface *
iface_of(struct worker *w, uint32_t number)
{
	return (w->ifaces[number]);
}

static int
on_iface(void *arg, const struct ipc_msg_dev_iface *v)
{
	struct worker_iface *f = iface_of(arg, v->iface);

	if (f != NULL)
		worker_iface_device(f, v);
	return (0);
}

static int
on_peer(void *arg, const struct ipc_msg_dev_peer *v)
{
	struct worker_iface *f = iface_of(arg, v->iface);

	return (f == NULL ? 0 : worker_iface_peer(f, v));
}

static int
on_peer_gone(void *arg, const struct ipc_msg_dev_peer_gone *v)
{
	struct worker_iface *f = iface_of(arg, v->iface);
	struct worker_peer *p;

	if (f != NULL &&
	    (p = worker_peers_number(&f->peers, v->peer)) != NULL)
		worker_iface_forget(f, p);
	return (0);
}

static int
on_stats(void *arg, const struct ipc_msg_dev_stats *v)
{
	struct worker *w = arg;
	struct worker_iface *f = iface_of(w, v->iface);
	struct ipc_rd left = v->peers_left;
	struct ipc_wg_stats s;
	struct worker_peer *p;
	uint32_t i;

	if (f == NULL)
		return (0);
	/* Lines about new peers name their relays. */
	worker_relays_settle(f, worker_now(w));
	for (i = 0; i < v->npeers; i++) {
		if (ipc_next_wg_stats(&left, &s) == -1)
			return (-1);
		p = worker_peers_number(&f->peers, s.peer);
		if (p != NULL && !p->stale)
			worker_steer_poll(p, &s, worker_now(w));
	}
	return (0);
}

static int
on_polled(void *arg, const struct ipc_msg_dev_polled *v)
{
	struct worker_iface *f = iface_of(arg, v->iface);

	if (f != NULL)
		worker_iface_polled(f);
	return (0);
}

static void
close_chan(struct worker *w)
{
	ipc_chan_free(w->netlink);
	w->netlink = NULL;
}

static void
from_netlink(struct ipc_chan *c, struct ipc_msg *msg, void *arg)
{
	static const struct ipc_handlers handlers = {
		.dev_iface = on_iface,
		.dev_peer = on_peer,
		.dev_peer_gone = on_peer_gone,
		.dev_stats = on_stats,
		.dev_polled = on_polled
	};
	struct worker *w = arg;
	const char *what;

	(void)c;
	if ((what = ipc_dispatch(&handlers, msg, w)) == NULL)
		return;
	log_warnx("netlink %s: %s", what, ipc_msg_name(msg->type));
	close_chan(w);
}

static void
netlink_gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct worker *w = arg;

	(void)c;
	log_debug("netlink: %s", why);
	close_chan(w);
}

void
worker_devices_open(struct worker *w, int fd)
{
	size_t i;

	close_chan(w);
	w->netlink = ipc_chan_new(w->base, fd, ROLE_WORKER, ROLE_NETLINK,
	    from_netlink, netlink_gone, w);
	if (w->netlink == NULL)
		fatal("no channel to netlink");
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (w->ifaces[i] != NULL)
			worker_iface_stale(w->ifaces[i]);
}
