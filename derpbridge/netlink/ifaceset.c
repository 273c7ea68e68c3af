/*
 * ifaceset: what is done to an interface; see iface.h.  Called by iface.c, wg.c
 * and wgslots.c.  Sets endpoints through backend.c.
 *
 * Every endpoint that is set is made here of what netlink itself remembers: the
 * worker only chooses between the two of a peer.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "iface.h"
#include "log.h"

#define KEYTEXT		sodium_base64_ENCODED_LEN(WG_KEYLEN,		\
			    sodium_base64_VARIANT_ORIGINAL)

/* Set an endpoint.  Returns 0, also in a dry run, or -1 with errno. */
static int
set_endpoint(struct wg_iface *f, struct wg_peer *p, const struct wg_endpoint *e)
{
	char where[WG_ENDPOINT_TEXT], key[KEYTEXT];

	wg_endpoint_text(e, where);
	sodium_bin2base64(key, sizeof(key), p->now.key, sizeof(p->now.key),
	    sodium_base64_VARIANT_ORIGINAL);
	if (f->conf.dry) {
		log_info("%s: dry run: the endpoint of %s would become %s",
		    f->conf.name, key, where);
		return (0);
	}
	if (wg_backend_set(&f->backend, p->now.key, e) == -1)
		return (-1);
	log_debug("%s: the endpoint of %s is %s", f->conf.name, key, where);
	p->now.endpoint = *e;
	p->at = wg_endpoint_get_ipv4(e) == p->memo->local ?
	    IPC_ENDPOINT_RELAY : IPC_ENDPOINT_DIRECT;
	return (0);
}

static void
set_failed(struct wg_iface *f, const char *to, int error)
{
	static struct log_limit limit;

	log_limited_warnx(&limit, "%s: can't set an endpoint to %s (%s): %s",
	    f->conf.name, to, strerror(error),
	    wg_backend_why(&f->backend, error));
}

static void
set_relay(struct wg_iface *f, struct wg_peer *p)
{
	struct wg_endpoint e;

	if (f->conf.port == 0)
		return;
	wg_endpoint_ipv4(&e, p->memo->local, f->conf.port);
	if (wg_endpoint_same(&e, &p->now.endpoint))
		return;
	/* After a crash the direct one is known by what was saved alone. */
	if (p->memo->dirty)
		f->ops->save(f->arg);
	if (set_endpoint(f, p, &e) == -1)
		set_failed(f, "the relay", errno);
}

/* Returns 1 when the endpoint is direct now, 0 without one, -1 with errno. */
static int
set_direct(struct wg_iface *f, struct wg_peer *p)
{
	if (p->memo->direct.port == 0)
		return (0);
	return (set_endpoint(f, p, &p->memo->direct) == -1 ? -1 : 1);
}

/*
 * Is this an endpoint of the bridge, or was it one of the peer?  The worker can
 * send from any loopback address at our port, but no other program has that.
 */
static int
is_ours(const struct wg_iface *f, const struct wg_peer *p,
    const struct wg_endpoint *e)
{
	const uint32_t addr = wg_endpoint_get_ipv4(e);

	return (wg_loopback_has(&f->net, addr) ||
	    (addr != 0 && addr == p->was_local) ||
	    (addr >> 24 == 127 && e->port == f->conf.port));
}

/* The endpoint of a peer is one of the bridge: is it the right one? */
static void
correct(struct wg_iface *f, struct wg_peer *p)
{
	/*
	 * Of an earlier run with another port, or a relay forwarded packets of
	 * this peer as those of another one.
	 */
	if (wg_served_has(&f->served, p->now.key))
		set_relay(f, p);
	/* Nobody carries its packets. */
	else if (set_direct(f, p) == -1)
		set_failed(f, "the direct one", errno);
}

void
wg_iface_look(struct wg_iface *f, struct wg_peer *p)
{
	const struct wg_endpoint *e = &p->now.endpoint;

	if (e->port == 0)
		p->at = IPC_ENDPOINT_NONE;
	else if (!is_ours(f, p, e)) {
		p->at = IPC_ENDPOINT_DIRECT;
		wg_memo_direct(f->memory, p->memo, e);
	} else {
		p->at = IPC_ENDPOINT_RELAY;
		if (!f->restoring && !f->conf.dry)
			correct(f, p);
	}
}

static struct wg_peer *
find(struct wg_iface *f, uint32_t id)
{
	struct wg_peer *p;

	HASH_FIND(by_id, f->ids, &id, sizeof(id), p);
	return (p);
}

void
wg_iface_set(struct wg_iface *f, uint32_t id, int relay, uint64_t now)
{
	struct wg_peer *p;

	/* The device may have roamed since the last poll. */
	if (now - f->polled > WG_FRESH_MS)
		wg_iface_poll(f, now);
	if ((p = find(f, id)) == NULL)
		return;
	if (relay && !wg_served_has(&f->served, p->now.key)) {
		log_debug("%s: the worker wants the relay for a peer that is "
		    "not served", f->conf.name);
		return;
	}
	if (relay)
		set_relay(f, p);
	else if (p->at != IPC_ENDPOINT_DIRECT && set_direct(f, p) == -1)
		set_failed(f, "the direct one", errno);
	f->fast_until = now + WG_FAST_MS;
	if (f->due > now + WG_POLL_FAST_MS)
		f->due = now + WG_POLL_FAST_MS;
}

/* Restore one peer.  Returns 0, or -1 with errno. */
static int
restore(struct wg_iface *f, struct wg_peer *p, uint32_t *restored,
    uint32_t *left)
{
	int rv;

	if (p->at != IPC_ENDPOINT_RELAY)
		return (0);
	if ((rv = set_direct(f, p)) == -1)
		return (-1);
	*restored += rv == 1;
	*left += rv == 0;
	return (0);
}

int
wg_iface_restore(struct wg_iface *f, uint64_t now, uint32_t *restored,
    uint32_t *left)
{
	struct wg_peer *p;

	f->restoring = 1;
	wg_iface_poll(f, now);
	f->restoring = 0;
	if (!f->up || f->failures > 0)
		return (-1);
	for (p = f->peers; p != NULL; p = p->by_key.next) {
		if (restore(f, p, restored, left) == 0)
			continue;
		snprintf(f->why, sizeof(f->why), "can't set an endpoint (%s): "
		    "%s", strerror(errno), wg_backend_why(&f->backend, errno));
		return (-1);
	}
	return (0);
}

int
wg_iface_key(struct wg_iface *f, uint8_t key[WG_KEYLEN], char *why)
{
	int rv;

	explicit_bzero(key, WG_KEYLEN);
	f->dump.private_key = key;
	rv = wg_backend_dump(&f->backend, &f->dump);
	f->dump.private_key = NULL;
	if (rv == 0 && !sodium_is_zero(key, WG_KEYLEN))
		return (0);
	explicit_bzero(key, WG_KEYLEN);
	if (rv == -1)
		snprintf(why, IPC_WHYSIZE, "can't read the interface %s (%s): "
		    "%s", f->conf.name, strerror(errno),
		    wg_backend_why(&f->backend, errno));
	else
		snprintf(why, IPC_WHYSIZE, "the interface %s has no private "
		    "key", f->conf.name);
	return (-1);
}
