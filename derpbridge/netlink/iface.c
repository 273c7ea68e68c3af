/*
 * iface: see iface.h.  Called by wg.c, wgslots.c and wgreport.c.  Requests go
 * through backend.c; touches nothing else but memory.
 *
 * Where an endpoint points is what the device says, never what was set: the
 * device roams, and other programs set endpoints, too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iface.h"
#include "log.h"

#define MAXTRIES	4096	/* addresses that are tried for a peer */

void
wg_iface_init(struct wg_iface *f, const struct ipc_wg_iface *conf,
    struct wg_memory *m, uint8_t *buf, const struct wg_iface_ops *ops,
    void *arg)
{
	memset(f, 0, sizeof(*f));
	wg_backend_init(&f->backend, buf);
	f->memory = m;
	f->ops = ops;
	f->arg = arg;
	wg_iface_settings(f, conf);
}

void
wg_iface_settings(struct wg_iface *f, const struct ipc_wg_iface *conf)
{
	f->conf = *conf;
	f->backend.uapi = conf->uapi;
	strlcpy(f->backend.name, conf->name, sizeof(f->backend.name));
	wg_loopback_init(&f->net, conf->local, conf->bits);
	f->due = 0;
}

void
wg_iface_serve(struct wg_iface *f, struct wg_served *s)
{
	wg_served_free(&f->served);
	f->served = *s;
	memset(s, 0, sizeof(*s));
}

int
wg_iface_is(const struct wg_iface *f, const struct ipc_wg_iface *conf)
{
	return (strcmp(f->conf.name, conf->name) == 0 &&
	    f->conf.uapi == conf->uapi);
}

/* Peers */

static void
drop_local(struct wg_iface *f, struct wg_peer *p)
{
	struct wg_peer *holder;

	if (p->memo->local == 0)
		return;
	HASH_FIND(by_local, f->locals, &p->memo->local,
	    sizeof(p->memo->local), holder);
	if (holder == p)
		HASH_DELETE(by_local, f->locals, p);
}

static void
remove_peer(struct wg_iface *f, struct wg_peer *p)
{
	f->ops->gone(f->arg, f, p);
	drop_local(f, p);
	HASH_DELETE(by_key, f->peers, p);
	HASH_DELETE(by_id, f->ids, p);
	p->memo->users--;
	free(p);
}

static void
remove_peers(struct wg_iface *f, int all)
{
	struct wg_peer *p, *next;

	for (p = f->peers; p != NULL; p = next) {
		next = p->by_key.next;
		if (all || p->round != f->round)
			remove_peer(f, p);
	}
}

void
wg_iface_free(struct wg_iface *f)
{
	remove_peers(f, 1);
	wg_backend_close(&f->backend);
	wg_dump_free(&f->dump);
	wg_served_free(&f->served);
}

static int
is_free(const struct wg_iface *f, uint32_t addr)
{
	const struct wg_peer *p;

	if (!wg_loopback_has(&f->net, addr))
		return (0);
	HASH_FIND(by_local, f->locals, &addr, sizeof(addr), p);
	return (p == NULL);
}

/*
 * A loopback address for a peer: the one that it had, the one that the device
 * uses for it, or another one.  0: there is none.
 */
static uint32_t
choose_local(const struct wg_iface *f, const struct wg_memo *o,
    const struct wg_dumped *d)
{
	uint32_t addr = wg_endpoint_get_ipv4(&d->endpoint);
	unsigned int n;

	if (is_free(f, o->local))
		return (o->local);
	if (is_free(f, addr))
		return (addr);
	addr = wg_loopback_for(&f->net, d->key, sizeof(d->key));
	for (n = 0; n < MAXTRIES && !is_free(f, addr); n++)
		addr = wg_loopback_next(&f->net, addr);
	return (n < MAXTRIES ? addr : 0);
}

/* Give the peer an address of the network.  Returns 0, or -1: there is none. */
static int
give_local(struct wg_iface *f, struct wg_peer *p, const struct wg_dumped *d)
{
	const uint32_t addr = choose_local(f, p->memo, d);

	if (addr == 0)
		return (-1);
	if (p->memo->local != addr)
		p->was_local = p->memo->local;
	wg_memo_local(f->memory, p->memo, addr);
	HASH_ADD(by_local, f->locals, memo->local, sizeof(addr), p);
	return (0);
}

static struct wg_peer *
add_peer(struct wg_iface *f, const struct wg_dumped *d)
{
	struct wg_peer *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (NULL);
	p->memo = wg_memory_get(f->memory, f->conf.name, d->key);
	if (p->memo == NULL || give_local(f, p, d) == -1) {
		free(p);
		return (NULL);
	}
	p->memo->users++;
	p->id = ++f->last_id;
	memcpy(p->now.key, d->key, sizeof(p->now.key));
	HASH_ADD(by_key, f->peers, now.key, sizeof(p->now.key), p);
	HASH_ADD(by_id, f->ids, id, sizeof(p->id), p);
	return (p);
}

/* The network may be another one since the last poll. */
static int
keep_local(struct wg_iface *f, struct wg_peer *p, const struct wg_dumped *d,
    int *report)
{
	if (wg_loopback_has(&f->net, p->memo->local))
		return (0);
	*report = 1;
	drop_local(f, p);
	if (give_local(f, p, d) == 0)
		return (0);
	remove_peer(f, p);
	return (-1);
}

/* One peer of the dump. */
static void
saw_peer(struct wg_iface *f, const struct wg_dumped *d)
{
	struct wg_peer *p;
	int report = f->report_all;

	HASH_FIND(by_key, f->peers, d->key, sizeof(d->key), p);
	if (p != NULL && p->round == f->round)
		return;			/* the device named it twice */
	if (p == NULL) {
		p = add_peer(f, d);
		report = 1;
	} else if (keep_local(f, p, d, &report) == -1)
		p = NULL;
	else
		report |= p->now.keepalive != d->keepalive;
	if (p == NULL) {
		f->unserved++;
		return;
	}
	p->round = f->round;
	p->now = *d;
	wg_iface_look(f, p);
	if (report)
		f->ops->peer(f->arg, f, p);
}

static void
saw_peers(struct wg_iface *f)
{
	const size_t unserved = f->unserved;
	size_t i;

	f->unserved = f->dump.left_out;
	for (i = 0; i < f->dump.npeers; i++)
		saw_peer(f, &f->dump.peers[i]);
	if (f->unserved > 0 && f->unserved != unserved)
		log_warnx("%s: %zu peers are not served: there are more than "
		    "%d, no memory, or no address left in the local network",
		    f->conf.name, f->unserved, WG_MAXPEERS);
	remove_peers(f, 0);
}

/* The interface */

/* It is down, because of `why'; told once. */
static void
set_down(struct wg_iface *f, const char *why)
{
	if (!f->up && strcmp(why, f->why) == 0)
		return;
	log_warnx("%s: %s", f->conf.name, why);
	strlcpy(f->why, why, sizeof(f->why));
	remove_peers(f, 1);
	f->up = 0;
	f->ops->iface(f->arg, f);
}

/* A poll has failed, with this errno. */
static void
failed(struct wg_iface *f, int error)
{
	char why[IPC_WHYSIZE];

	f->failures++;
	f->missing = error == ENODEV;
	/* The interface itself is gone; the rest may pass. */
	if (error != ENODEV && error != EOPNOTSUPP && !f->restoring &&
	    f->failures < WG_FAILURES)
		return;
	snprintf(why, sizeof(why), "can't read the interface (%s): %s",
	    strerror(error), wg_backend_why(&f->backend, error));
	set_down(f, why);
}

/*
 * Compare the device with what it was.  Returns 1 when it must be reported with
 * all its peers.
 */
static int
saw_device(struct wg_iface *f)
{
	const struct wg_dump *d = &f->dump;
	const int other_key = memcmp(f->key, d->key, sizeof(f->key)) != 0;
	const int same = f->up && f->ifindex == d->ifindex &&
	    f->port == d->port && f->fwmark == d->fwmark && !other_key;

	/* Another interface of this name: its counters began at 0. */
	if (f->up && f->ifindex != d->ifindex)
		remove_peers(f, 1);
	if (f->up && other_key)
		log_info("%s: the key has changed", f->conf.name);
	f->ifindex = d->ifindex;
	f->port = d->port;
	f->fwmark = d->fwmark;
	memcpy(f->key, d->key, sizeof(f->key));
	return (!same);
}

/* The dump is complete. */
static void
saw(struct wg_iface *f)
{
	f->round++;
	f->report_all = saw_device(f);
	if (!f->up)
		log_info("%s: %zu peers", f->conf.name, f->dump.npeers);
	f->up = 1;
	f->why[0] = '\0';
	if (f->report_all)
		f->ops->iface(f->arg, f);
	saw_peers(f);
	f->ops->polled(f->arg, f);
}

void
wg_iface_poll(struct wg_iface *f, uint64_t now)
{
	f->due = now + (now < f->fast_until ? WG_POLL_FAST_MS : WG_POLL_MS);
	if (wg_backend_dump(&f->backend, &f->dump) == -1) {
		failed(f, errno);
		return;
	}
	f->failures = 0;
	f->missing = 0;
	f->polled = now;
	if (f->dump.has_key)
		saw(f);
	else
		set_down(f, "the interface has no private key");
}

void
wg_iface_report(struct wg_iface *f)
{
	const struct wg_peer *p;

	if (!f->up && f->why[0] == '\0')
		return;
	f->ops->iface(f->arg, f);
	for (p = f->peers; p != NULL; p = p->by_key.next)
		f->ops->peer(f->arg, f, p);
	if (f->up)
		f->ops->polled(f->arg, f);
}
