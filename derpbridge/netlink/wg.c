/*
 * wg: see wg.h.
 *
 * The parent gives each interface a socket, opened in the right namespace; the
 * process itself opens nothing.  It reads each interface every second, tells
 * the worker, and sets endpoints.  At its end, and at that of the parent, it
 * sets all of them to the direct ones; also when there is no worker for some
 * seconds, because packets for the relay are lost then.
 */
#include <event2/event.h>
#include <sodium.h>
#include <stdlib.h>

#include "clock.h"
#include "log.h"
#include "wg.h"
#include "wgpriv.h"

#define CHECK_MS	1000	/* between two looks at the channels */
#define ALONE_MS	5000	/* without a worker, until it is as if there
				   were no bridge */

/* Look at the interfaces in `ms' milliseconds, unless that is due before. */
static void
arm(struct wg *w, uint64_t ms)
{
	const struct timeval tv = { (time_t)(ms / 1000),
	    (suseconds_t)(ms % 1000 * 1000) };
	const uint64_t at = base_clock_ms() + ms;

	if (w->next != 0 && w->next <= at)
		return;
	w->next = at;
	event_add(w->tick, &tv);
}

/* Settings */

static int
on_socket(void *arg, const struct ipc_msg_netlink_socket *v, int *fd)
{
	struct wg *w = arg;

	wg_slot_socket(&w->slots[v->iface], *fd);
	*fd = -1;
	arm(w, 0);
	return (0);
}

static int
on_peers(void *arg, const struct ipc_msg_netlink_peers *v)
{
	struct wg *w = arg;

	return (wg_slot_peers(&w->slots[v->iface], v));
}

static int
on_conf(void *arg, const struct ipc_msg_netlink_conf *v)
{
	struct wg *w = arg;

	if (wg_slots_set(w, v) == -1)
		return (-1);
	w->configured = 1;
	return (0);
}

static int
on_state(void *arg, const struct ipc_msg_netlink_state *v)
{
	struct wg *w = arg;

	if (v->len > 0 && wg_memory_load(&w->memory, v->state, v->len,
	    wg_today()) == -1)
		log_warnx("the saved endpoints are malformed or of another "
		    "version: those that can't be read are not restored");
	return (0);
}

/* The end */

static int
on_restore(void *arg)
{
	struct wg *w = arg;
	struct ipc_msg_netlink_restored v = { 0, 0, NULL };
	char why[IPC_ERRORSIZE] = "";

	wg_slots_restore(w, &v, why, sizeof(why));
	v.why = why;
	return (ipc_send_netlink_restored(w->child->parent, &v) == -1 ? -1 : 0);
}

/* Leave everything as if there were no bridge. */
static void
leave(void *arg)
{
	struct wg *w = arg;
	struct ipc_msg_netlink_restored v = { 0, 0, NULL };
	char why[IPC_ERRORSIZE] = "";

	if (!w->configured)
		return;
	wg_slots_restore(w, &v, why, sizeof(why));
	if (*why != '\0')
		log_warnx("endpoints stay at the relay: %s", why);
	wg_save(w);
}

static int
on_stop(void *arg, const struct ipc_msg_stop *v)
{
	struct wg *w = arg;

	leave(w);
	(void)ipc_chan_flush(w->child->parent, (int)(v->ms < 1000 ? v->ms :
	    1000));
	exit(0);
}

/* The worker */

static int
on_set(void *arg, const struct ipc_msg_dev_set *v)
{
	struct wg *w = arg;

	if (!w->slots[v->iface].used)
		return (0);
	wg_iface_set(&w->slots[v->iface].iface, v->peer, v->relay,
	    base_clock_ms());
	arm(w, WG_POLL_FAST_MS);
	return (0);
}

static void
drop_worker(struct wg *w)
{
	ipc_chan_free(w->worker);
	w->worker = NULL;
	w->alone_since = base_clock_ms();
}

static void
from_worker(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	static const struct ipc_handlers handlers = { .dev_set = on_set };
	const char *what;

	(void)c;
	if ((what = ipc_dispatch(&handlers, m, arg)) == NULL)
		return;
	log_warnx("the worker %s: %s", what, ipc_msg_name(m->type));
	drop_worker(arg);
}

static void
worker_gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	log_debug("worker: %s", why);
	drop_worker(arg);
}

static struct ipc_chan *
open_chan(struct wg *w, int *fd, enum ipc_role peer, ipc_chan_cb cb,
    ipc_chan_gone_cb gone)
{
	struct ipc_chan *c;

	c = ipc_chan_new(w->child->base, *fd, ROLE_NETLINK, peer, cb, gone, w);
	if (c == NULL)
		fatal("no channel to %s", ipc_role_name(peer));
	*fd = -1;
	return (c);
}

static int
on_worker(void *arg, int *fd)
{
	struct wg *w = arg;

	ipc_chan_free(w->worker);
	w->worker = open_chan(w, fd, ROLE_WORKER, from_worker, worker_gone);
	w->alone_since = 0;
	w->alone = 0;
	wg_report_all(w);
	return (0);
}

/* Keys */

static int
on_want_key(void *arg, const struct ipc_msg_wgkey_want *v)
{
	struct wg *w = arg;
	uint8_t key[WG_KEYLEN];
	char why[IPC_WHYSIZE] = "there is no such interface";
	struct ipc_msg_wgkey a = { .iface = v->iface, .why = why };
	int rv;

	if (w->slots[v->iface].used && wg_iface_key(
	    &w->slots[v->iface].iface, key, why) == 0) {
		a.secret = key;
		a.secret_len = sizeof(key);
		why[0] = '\0';
	}
	rv = ipc_send_wgkey(w->keys, &a);
	explicit_bzero(key, sizeof(key));
	return (rv);
}

static void
drop_keys(struct wg *w)
{
	ipc_chan_free(w->keys);
	w->keys = NULL;
}

static void
from_keys(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	static const struct ipc_handlers handlers = {
		.wgkey_want = on_want_key
	};
	const char *what;

	(void)c;
	if ((what = ipc_dispatch(&handlers, m, arg)) == NULL)
		return;
	log_warnx("keys %s: %s", what, ipc_msg_name(m->type));
	drop_keys(arg);
}

static void
keys_gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	log_debug("keys: %s", why);
	drop_keys(arg);
}

static int
on_keys(void *arg, int *fd)
{
	struct wg *w = arg;

	ipc_chan_free(w->keys);
	w->keys = open_chan(w, fd, ROLE_WGKEYS, from_keys, keys_gone);
	return (0);
}

/* The clock */

/* Request channels that are missing for longer than a second. */
static void
check_channels(struct wg *w, uint64_t now)
{
	struct ipc_msg_netlink_chanless v = {
		.worker = w->worker == NULL,
		.keys = w->keys == NULL
	};

	if (now < w->checked_at + CHECK_MS)
		return;
	w->checked_at = now;
	if (!v.worker && !v.keys)
		w->late = 0;
	else if (!w->late)
		w->late = 1;
	else if (ipc_send_netlink_chanless(w->child->parent, &v) == -1)
		log_warn("can't send to the parent (sendmsg)");
}

/* Nobody carries packets any more. */
static void
check_alone(struct wg *w, uint64_t now)
{
	if (w->alone_since == 0 || w->alone ||
	    now < w->alone_since + ALONE_MS)
		return;
	w->alone = 1;
	log_warnx("there is no worker: endpoints are direct until there is");
	leave(w);
}

/* Poll what is due.  Returns when the next one is. */
static uint64_t
poll_due(struct wg *w, uint64_t now)
{
	uint64_t next = now + WG_POLL_MS;
	struct wg_iface *f;
	unsigned int i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++) {
		if (!w->slots[i].used)
			continue;
		f = &w->slots[i].iface;
		if (f->due <= now)
			wg_iface_poll(f, now);
		/* The namespace of one that is gone may be another one. */
		if (f->backend.fd == -1 || (!f->up && !f->backend.uapi))
			wg_slot_want(w, i, now);
		if (f->due < next)
			next = f->due;
	}
	return (next);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct wg *w = arg;
	const uint64_t now = base_clock_ms();
	uint64_t next;

	(void)fd;
	(void)what;
	w->next = 0;
	next = poll_due(w, now);
	if (w->memory.dirty && now >= w->save_at)
		wg_save(w);
	check_channels(w, now);
	check_alone(w, now);
	arm(w, next > now ? next - now : 1);
}

/* Start */

static void
prepare(struct ipc_child *c)
{
	static struct wg w;
	unsigned int i;

	if (sodium_init() == -1)
		fatalx("can't initialise libsodium (sodium_init)");
	/* Locked, if the system lets us: keys pass through it. */
	if ((w.buf = sodium_malloc(WG_BACKEND_BUF)) == NULL)
		fatal("no memory for the buffer (sodium_malloc)");
	explicit_bzero(w.buf, WG_BACKEND_BUF);
	if ((c->base = event_base_new()) == NULL)
		fatal("can't make an event loop (epoll, kqueue)");
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		w.slots[i].fd = -1;
	w.child = c;
	if ((w.tick = evtimer_new(c->base, on_tick, &w)) == NULL)
		fatalx("out of memory");
	c->arg = &w;
}

static int
configured(void *arg)
{
	return (((struct wg *)arg)->configured);
}

static void
begin(void *arg)
{
	struct wg *w = arg;

	/* The channel may have come with the settings. */
	if (w->worker == NULL)
		w->alone_since = base_clock_ms();
	arm(w, 0);
}

static const struct ipc_handlers handlers = {
	.netlink_peers = on_peers,
	.netlink_conf = on_conf,
	.netlink_socket = on_socket,
	.netlink_state = on_state,
	.netlink_restore = on_restore,
	.netlink_worker = on_worker,
	.netlink_keys = on_keys,
	.stop = on_stop
};

static struct ipc_child child = {
	.role = ROLE_NETLINK,
	.handlers = &handlers,
	.prepare = prepare,
	.configured = configured,
	.begin = begin,
	.gone = leave
};

void
wg_main(void)
{
	ipc_child_run(&child);
}
