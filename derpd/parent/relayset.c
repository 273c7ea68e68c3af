/*
 * relayset: the settings, load balancers and certificates of a relay worker,
 * made from the configuration; see parent.h.  Called by reload.c and relays.c.
 */
#include <string.h>

#include "ipcsend.h"
#include "log.h"
#include "parent.h"
#include "relayconf.h"

void
parent_relay_conf(struct ipc_relay_conf *r, const struct conf *c,
    const uint8_t node_key[32], const uint8_t *slot_secret, uint32_t worker,
    uint32_t nworkers)
{
	*r = c->worker;
	memcpy(r->node_key, node_key, sizeof(r->node_key));
	memcpy(r->slot_secret, slot_secret, sizeof(r->slot_secret));
	r->worker = worker;
	r->nworkers = nworkers;
	r->relay = c->relay.enabled != 0;
}

static int
send_cert(struct parent_proc *relay, const struct parent_cert *c,
    const struct parent_loaded *l)
{
	struct ipc_msg_relay_cert v = { .hash = c->hash };
	struct ipc_wr pem;
	int rv = -1;

	ipc_wr_init(&pem);
	ipc_wr_bytes(&pem, c->pem, c->pem_len);
	ipc_wr_bytes(&pem, l->meta, l->meta_len);
	v.pem = pem.p;
	v.len = pem.len;
	if (ipc_wr_ok(&pem))
		rv = ipc_send_relay_cert(relay->chan, &v);
	ipc_wr_free(&pem);
	return (rv);
}

/* Send the load balancers of all listening addresses.  0, or -1. */
static int
send_proxies(struct parent_proc *relay, const struct conf *c)
{
	struct ipc_msg_relay_proxies v = { .number = 0 };
	struct ipc_prefix prefixes[IPC_MAXPROXIES];
	const struct conf_listen *l;
	uint32_t i;

	v.prefixes = prefixes;
	for (l = TAILQ_FIRST(&c->listens); l != NULL;
	    l = TAILQ_NEXT(l, entry), v.number++) {
		v.nprefixes = (uint32_t)l->nproxies;
		for (i = 0; i < v.nprefixes; i++) {
			memcpy(prefixes[i].addr, l->proxies[i].addr,
			    sizeof(prefixes[i].addr));
			prefixes[i].bits = l->proxies[i].bits;
		}
		if (v.nprefixes > 0 &&
		    ipc_send_relay_proxies(relay->chan, &v) == -1)
			return (-1);
	}
	return (0);
}

/* Bytes of the certificates in a worker's queue. */
static size_t
size_of(const struct parent_loaded *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->ncerts; i++)
		n += l->certs[i]->pem_len + l->meta_len + 1024;
	return (n);
}

/* Send how to handle the settings and certificates just sent.  0, or -1. */
static int
order(struct parent_proc *relay, uint32_t id, enum ipc_settings how)
{
	struct ipc_msg_relay_commit v = { id, how };

	if (ipc_send_relay_commit(relay->chan, &v) == -1)
		return (-1);
	if (how != SETTINGS_DROP)
		relay->commits++;
	return (0);
}

static int
send_all(struct parent_proc *relay, const struct conf *c,
    const struct parent_loaded *l, uint32_t id, enum ipc_settings how)
{
	struct ipc_relay_conf rc;
	struct ipc_wr w;
	size_t i;
	int rv;

	/*
	 * Besides the maps, whose number is bounded, the certificates in force
	 * and the new ones may wait for the worker.
	 */
	ipc_chan_limit(relay->chan, CHAN_MAXQUEUED + size_of(l) +
	    size_of(&relay->d->loaded));
	parent_relay_conf(&rc, c, l->node_key, relay->d->slot_secret,
	    relay->worker, relay->d->nworkers);
	ipc_wr_init(&w);
	ipc_relay_conf_put(&w, &rc);
	rv = ipc_chan_send(relay->chan, MSG_RELAY_CONF, &w, -1);
	ipc_wr_free(&w);
	if (rv == 0)
		rv = send_proxies(relay, c);
	for (i = 0; rv == 0 && i < l->ncerts; i++)
		rv = send_cert(relay, l->certs[i], l);
	return (rv == 0 ? order(relay, id, how) : -1);
}

int
parent_settings_first(struct parent_proc *relay)
{
	const struct parent *d = relay->d;

	return (send_all(relay, d->conf, &d->loaded, 0, SETTINGS_FIRST));
}

int
parent_settings_stage(struct parent_proc *relay, const struct conf *c,
    const struct parent_loaded *l, uint32_t id)
{
	if (relay->chan == NULL)
		return (0);
	if (send_all(relay, c, l, id, SETTINGS_STAGE) == 0)
		return (1);
	parent_procs_fail(relay, "could not be sent new settings");
	return (0);
}

int
parent_settings_commit(struct parent_proc *relay, uint32_t id)
{
	if (relay->chan == NULL)
		return (0);
	if (order(relay, id, SETTINGS_USE) == 0)
		return (1);
	parent_procs_fail(relay, "could not be sent new settings");
	return (0);
}

void
parent_settings_drop(struct parent_proc *relay, uint32_t id)
{
	if (relay->chan != NULL && order(relay, id, SETTINGS_DROP) == -1)
		parent_procs_fail(relay, "could not be sent new settings");
}
