/*
 * wgkeys: the process that makes the bridge's logins; see wgkeys.h.
 *
 * The worker asks for a login at a relay.  The private key of the interface
 * comes from netlink, which reads it from the kernel each time it is wanted,
 * and is kept for a few seconds: the connections to several relays are made
 * together.  This process touches its channels alone; it sees no network and no
 * file.
 */
#include <event2/event.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "childrun.h"
#include "clock.h"
#include "keylock.h"
#include "log.h"
#include "wgkeys.h"
#include "wgkeys_asks.h"
#include "wgkeys_box.h"

#define TICK_MS		500		/* between two looks at the clock */
#define MAXQUEUED	(1024 * 1024)	/* unread messages of one channel */
#define LOCKED		(64 * 1024)	/* memory that libsodium locks */

struct wgkeys {
	struct ipc_child *child;
	struct ipc_chan	*netlink, *worker;	/* NULL: none */
	struct event	*ev_tick;
	struct wgkeys_asks asks;
};

static struct wgkeys	wgkeys;

/* Answers */

/* Report that a channel is broken; the parent makes another one. */
static void
chanless(struct wgkeys *k, int netlink, int worker)
{
	struct ipc_msg_wgkeys_chanless v = { netlink, worker };

	if (ipc_send_wgkeys_chanless(k->child->parent, &v) == -1)
		log_debug("can't send to the parent (sendmsg)");
}

static void
drop_worker(struct wgkeys *k)
{
	ipc_chan_free(k->worker);
	k->worker = NULL;
	/* Nobody wants the logins that wait, nor the keys. */
	k->asks.n = 0;
	(void)wgkeys_box_expire(UINT64_MAX);
}

static void
answer(struct wgkeys *k, const struct ipc_msg_wglogged *v)
{
	if (k->worker != NULL && ipc_send_wglogged(k->worker, v) == -1)
		log_warn("can't send a login to the worker (sendmsg)");
}

/* There will be no login. */
static void
refuse(struct wgkeys *k, uint64_t cookie, const char *why)
{
	const struct ipc_msg_wglogged v = {
		.cookie = cookie, .why = why, .info = (const uint8_t *)""
	};

	answer(k, &v);
}

static void
log_in(struct wgkeys *k, const struct wgkeys_ask *ask)
{
	uint8_t info[WGKEYS_INFOSIZE];
	struct ipc_msg_wglogged v = {
		.cookie = ask->cookie, .ok = 1, .why = "", .info = info
	};
	const char *why = "the interface has another key";

	if (wgkeys_box_is(ask->iface, ask->own))
		v.info_len = wgkeys_box_login(ask->iface, ask->server, info,
		    &why);
	if (v.info_len > 0)
		answer(k, &v);
	else
		refuse(k, ask->cookie, why);
}

/* Time */

/* Look at the clock again soon, as long as there is something that ends. */
static void
tick_later(struct wgkeys *k)
{
	static const struct timeval tv = { 0, TICK_MS * 1000 };

	if (!evtimer_pending(k->ev_tick, NULL) &&
	    evtimer_add(k->ev_tick, &tv) == -1)
		fatalx("no timer to forget keys (event_add)");
}

static void
tick(evutil_socket_t fd, short what, void *arg)
{
	struct wgkeys *k = arg;
	const uint64_t now = base_clock_ms();
	struct wgkeys_ask ask;

	(void)fd;
	(void)what;
	while (wgkeys_asks_late(&k->asks, now, &ask))
		refuse(k, ask.cookie, "netlink did not give the key of the "
		    "interface in time");
	if (wgkeys_box_expire(now) > 0 || k->asks.n > 0)
		tick_later(k);
}

/* Netlink */

/* Want the key of an interface, for the logins that wait. */
static void
want(struct wgkeys *k, unsigned int iface)
{
	struct ipc_msg_wgkey_want v = { iface };

	if (k->netlink != NULL && ipc_send_wgkey_want(k->netlink, &v) == -1)
		log_warn("can't ask netlink for a key (sendmsg)");
}

static int
on_key(void *arg, const struct ipc_msg_wgkey *v)
{
	struct wgkeys *k = arg;
	const char *why = v->why;
	struct wgkeys_ask ask;

	/* Too late, and so wanted no more. */
	if (wgkeys_asks_of(&k->asks, v->iface) == 0)
		return (0);
	if (v->secret != NULL && v->secret_len != IPC_KEYLEN)
		return (-1);
	if (v->secret != NULL && wgkeys_box_set(v->iface, v->secret,
	    base_clock_ms()) == -1)
		why = "the interface has no private key";
	while (wgkeys_asks_take(&k->asks, v->iface, &ask))
		if (wgkeys_box_has(v->iface))
			log_in(k, &ask);
		else
			refuse(k, ask.cookie, why);
	tick_later(k);
	return (0);
}

static const struct ipc_handlers netlink_handlers = {
	.wgkey = on_key
};

static void
netlink_gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct wgkeys *k = arg;

	(void)c;
	log_debug("channel to netlink: %s", why);
	ipc_chan_free(k->netlink);
	k->netlink = NULL;
	chanless(k, 1, 0);
}

static void
from_netlink(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	const char *what = ipc_dispatch(&netlink_handlers, m, arg);

	if (what == NULL)
		return;
	log_warnx("netlink %s", what);
	netlink_gone(c, what, arg);
}

/* The worker */

static int
on_login(void *arg, const struct ipc_msg_wglogin *v)
{
	struct wgkeys *k = arg;
	const size_t waiting = wgkeys_asks_of(&k->asks, v->iface);
	const uint64_t now = base_clock_ms();
	struct wgkeys_ask ask;

	if (wgkeys_asks_add(&k->asks, v->cookie, v->iface, v->own_key,
	    v->server_key, now) == -1) {
		refuse(k, v->cookie, "too many logins wait for keys of "
		    "interfaces");
		return (0);
	}
	if (wgkeys_box_outdated(v->iface, v->own_key, now))
		wgkeys_box_forget(v->iface);
	if (wgkeys_box_has(v->iface)) {
		while (wgkeys_asks_take(&k->asks, v->iface, &ask))
			log_in(k, &ask);
		return (0);
	}
	if (waiting == 0)
		want(k, v->iface);
	tick_later(k);
	return (0);
}

static const struct ipc_handlers worker_handlers = {
	.wglogin = on_login
};

static void
worker_gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct wgkeys *k = arg;

	(void)c;
	log_debug("channel to the worker: %s", why);
	drop_worker(k);
	chanless(k, 0, 1);
}

static void
from_worker(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	const char *what = ipc_dispatch(&worker_handlers, m, arg);

	if (what == NULL)
		return;
	log_warnx("the worker %s", what);
	worker_gone(c, what, arg);
}

/* The parent */

/* Use *fd as the channel to `peer'; NULL (logged) without memory. */
static struct ipc_chan *
take(struct wgkeys *k, int *fd, enum ipc_role peer, ipc_chan_cb cb,
    ipc_chan_gone_cb gone)
{
	struct ipc_chan *c = ipc_chan_new(k->child->base, *fd, ROLE_WGKEYS,
	    peer, cb, gone, k);

	if (c == NULL) {
		log_warn("no channel to %s (malloc)", ipc_role_name(peer));
		return (NULL);
	}
	*fd = -1;
	ipc_chan_limit(c, MAXQUEUED);
	return (c);
}

static int
on_netlink(void *arg, int *fd)
{
	struct wgkeys *k = arg;
	unsigned int i;

	ipc_chan_free(k->netlink);
	if ((k->netlink = take(k, fd, ROLE_NETLINK, from_netlink,
	    netlink_gone)) == NULL)
		chanless(k, 1, 0);
	/* What the one before was asked for, and did not answer. */
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (wgkeys_asks_of(&k->asks, i) > 0)
			want(k, i);
	return (0);
}

static int
on_worker(void *arg, int *fd)
{
	struct wgkeys *k = arg;

	drop_worker(k);
	if ((k->worker = take(k, fd, ROLE_WORKER, from_worker,
	    worker_gone)) == NULL)
		chanless(k, 0, 1);
	return (0);
}

static const struct ipc_handlers parent_handlers = {
	.wgkeys_netlink = on_netlink,
	.wgkeys_worker = on_worker
};

static void
prepare(struct ipc_child *c)
{
	struct wgkeys *k = &wgkeys;
	unsigned char byte;

	/* libc reads the time zone before its first time conversion. */
	tzset();
	base_keylock_check(1, LOCKED);
	if (sodium_init() == -1)
		fatalx("can't initialise libsodium");
	randombytes_buf(&byte, sizeof(byte));
	if (wgkeys_box_preload() == -1)
		fatal("can't set up memory for keys (mmap, mprotect, mlock)");
	if ((c->base = event_base_new()) == NULL ||
	    (k->ev_tick = evtimer_new(c->base, tick, k)) == NULL)
		fatal("can't make an event loop (epoll, kqueue)");
	k->child = c;
	c->arg = k;
}

static struct ipc_child child = {
	.role = ROLE_WGKEYS,
	.handlers = &parent_handlers,
	.prepare = prepare
};

void
wgkeys_main(void)
{
	ipc_child_run(&child);
}
