/*
 * worker: see worker.h.
 *
 * The settings come before the sandbox, because CA certificates are read then.
 * Channels to netlink and to keys are requested when they are missing.
 */
#include <event2/event.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "carry.h"
#include "childrun.h"
#include "clock.h"
#include "devices.h"
#include "log.h"
#include "reach.h"
#include "relays.h"
#include "udp.h"
#include "worker.h"
#include "workerasks.h"
#include "workeriface.h"
#include "workerstatus.h"

#define ROUNDS		4	/* of settling in a turn */
#define SUSPEND_MS	5000	/* a suspend that counts */

uint64_t
worker_now(struct worker *w)
{
	if (w->now == 0)
		w->now = base_clock_ms();
	return (w->now);
}

/* keys */

static int
on_logged(void *arg, const struct ipc_msg_wglogged *v)
{
	worker_asks_got_login(arg, v);
	return (0);
}

static void
lose_keys(struct worker *w)
{
	ipc_chan_free(w->keys);
	w->keys = NULL;
	worker_asks_no_keys(w);
}

static void
from_keys(struct ipc_chan *c, struct ipc_msg *msg, void *arg)
{
	static const struct ipc_handlers handlers = { .wglogged = on_logged };
	struct worker *w = arg;
	const char *what;

	(void)c;
	if ((what = ipc_dispatch(&handlers, msg, w)) == NULL)
		return;
	log_warnx("wgkeys %s: %s", what, ipc_msg_name(msg->type));
	lose_keys(w);
}

static void
keys_gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	log_debug("wgkeys: %s", why);
	lose_keys(arg);
}

/* The parent */

static int
on_iface(void *arg, const struct ipc_msg_worker_iface *v, int *fd)
{
	struct worker *w = arg;
	struct worker_iface **f = &w->ifaces[v->iface];

	if (*f == NULL && (*f = worker_iface_new(w, v->iface)) == NULL)
		fatalx("out of memory");
	return (worker_iface_set(*f, v, fd));
}

static void
update_relays(struct worker *w)
{
	size_t i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (w->ifaces[i] != NULL)
			worker_relays_update(w->ifaces[i], worker_now(w));
}

static int
on_conf(void *arg, const struct ipc_msg_worker_conf *v)
{
	struct worker *w = arg;
	size_t i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (w->ifaces[i] != NULL && (v->ifaces >> i & 1) == 0) {
			worker_iface_free(w->ifaces[i]);
			w->ifaces[i] = NULL;
		}
	if (strcmp(w->proxy, v->proxy) != 0)
		w->proxies++;
	strlcpy(w->proxy, v->proxy, sizeof(w->proxy));
	w->dry = v->dry;
	w->configured = 1;
	update_relays(w);
	return (0);
}

static int
on_map(void *arg, const struct ipc_msg_worker_map *v)
{
	struct worker *w = arg;
	struct map_places *m, *old = w->map;
	char why[IPC_WHYSIZE];

	if ((m = map_places_read(v->map, v->len, why, sizeof(why))) == NULL) {
		log_warnx("the DERP map can't be used: %s", why);
		return (0);
	}
	log_info("DERP map: %zu regions, %zu nodes", m->nregions, m->nnodes);
	w->map = m;
	update_relays(w);
	map_places_free(old);
	return (0);
}

static int
on_netlink(void *arg, int *fd)
{
	worker_devices_open(arg, *fd);
	*fd = -1;
	return (0);
}

static int
on_keys(void *arg, int *fd)
{
	struct worker *w = arg;

	lose_keys(w);
	w->keys = ipc_chan_new(w->base, *fd, ROLE_WORKER, ROLE_WGKEYS,
	    from_keys, keys_gone, w);
	if (w->keys == NULL)
		fatal("no channel to wgkeys");
	*fd = -1;
	return (0);
}

static int
on_tcp(void *arg, const struct ipc_msg_worker_tcp *v, int *fd)
{
	worker_asks_got_socket(arg, v, fd);
	return (0);
}

static int
on_addrs(void *arg, const struct ipc_msg_worker_addrs *v)
{
	worker_asks_got_addrs(arg, v);
	return (0);
}

static int
on_query(void *arg, const struct ipc_msg_worker_query *v)
{
	struct worker *w = arg;

	worker_status_send(w, v->request);
	return (0);
}

static const struct ipc_handlers handlers = {
	.worker_iface = on_iface,
	.worker_conf = on_conf,
	.worker_map = on_map,
	.worker_netlink = on_netlink,
	.worker_keys = on_keys,
	.worker_tcp = on_tcp,
	.worker_addrs = on_addrs,
	.worker_query = on_query
};

/* The loop */

/* Request channels that are missing for longer than a second. */
static void
check_channels(struct worker *w)
{
	struct ipc_msg_worker_chanless v = {
		.netlink = w->netlink == NULL,
		.keys = w->keys == NULL
	};

	if (!v.netlink && !v.keys)
		w->chanless = 0;
	else if (++w->chanless > 1 &&
	    ipc_send_worker_chanless(w->child->parent, &v) == -1)
		fatal("can't send to the parent (sendmsg)");
}

/*
 * The machine was suspended: the network may be another one, so try at once
 * what would wait.
 */
static void
resumed(struct worker *w)
{
	size_t i;

	log_info("the machine was suspended: trying all paths anew");
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (w->ifaces[i] != NULL)
			worker_relays_hurry(w->ifaces[i], worker_now(w));
}

/* The clock since the boot counts the time of a suspend, the other does not. */
static void
check_resumed(struct worker *w)
{
	uint64_t now = base_clock_ms();
	uint64_t asleep = base_clock_boot_us() / 1000 + 1 - now;

	if (w->asleep != 0 && asleep > w->asleep + SUSPEND_MS)
		resumed(w);
	w->asleep = asleep;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	size_t i;

	(void)fd;
	(void)what;
	worker_links_tick(w->links);
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (w->ifaces[i] != NULL)
			worker_relays_tick(w->ifaces[i], worker_now(w));
	check_channels(w);
	check_resumed(w);
}

/*
 * Peers and relays follow what input has changed.  That may change the state of
 * nodes again.
 */
static void
settle(struct worker *w)
{
	size_t i;
	int round;

	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
			if (w->ifaces[i] != NULL)
				worker_relays_settle(w->ifaces[i],
				    worker_now(w));
}

/* Let the packets of a steady stream gather. */
static void
pause_after(struct worker *w)
{
	struct timespec ts = { 0, 0 };
	unsigned int us;

	us = worker_pace_after(&w->pace, w->carried, base_clock_us());
	if (us == 0)
		return;
	ts.tv_nsec = us * 1000L;
	(void)nanosleep(&ts, NULL);
}

static void
turn(void *arg)
{
	struct worker *w = arg;

	w->now = 0;
	w->carried = 0;
	if (event_base_loop(w->base, EVLOOP_ONCE) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	worker_carry_flush(w, worker_now(w));
	settle(w);
	pause_after(w);
}

/* Start */

static void
prepare(struct ipc_child *c)
{
	static struct worker w;
	size_t i;

	if (sodium_init() == -1)
		fatalx("can't initialise libsodium (sodium_init)");
	if ((c->base = event_base_new()) == NULL)
		fatal("can't make an event loop (epoll, kqueue)");
	w.child = c;
	w.base = c->base;
	TAILQ_INIT(&w.unsent);
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		w.ifaces[i] = NULL;
	w.links = worker_links_new(c->base);
	w.udp = worker_udp_new();
	w.udpout = worker_udpout_new();
	w.tick = event_new(c->base, -1, EV_PERSIST, on_tick, &w);
	if (w.udp == NULL || w.udpout == NULL || w.tick == NULL)
		fatalx("out of memory");
	c->arg = &w;
}

static int
configured(void *arg)
{
	return (((struct worker *)arg)->configured);
}

/* Settings come before confinement; sockets connect to any port. */
static const struct sandbox_net *
within_reach(void *arg)
{
	(void)arg;
	return (NULL);
}

static void
before(void *arg)
{
	struct worker *w = arg;

	w->now = 0;
}

static void
begin(void *arg)
{
	static const struct timeval second = { 1, 0 };
	struct worker *w = arg;

	event_add(w->tick, &second);
}

static struct ipc_child child = {
	.role = ROLE_WORKER,
	.handlers = &handlers,
	.prepare = prepare,
	.configured = configured,
	.reach = within_reach,
	.before = before,
	.begin = begin,
	.turn = turn
};

void
worker_main(void)
{
	ipc_child_run(&child);
}
