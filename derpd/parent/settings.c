/*
 * settings: the settings of fronts and relay workers, made from the
 * configuration, and the load balancers and certificates of fronts; see
 * parent.h.  Called by reload.c, fronts.c and relays.c.
 */
#include <string.h>

#include "certpick.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

void
parent_front_conf(struct ipc_front_conf *f, const struct conf *c,
    const uint8_t node_key[32], const uint8_t *slot_secret, uint32_t front,
    uint32_t nfronts, uint32_t nworkers)
{
	*f = c->front;
	memcpy(f->node_key, node_key, sizeof(f->node_key));
	memcpy(f->slot_secret, slot_secret, sizeof(f->slot_secret));
	f->front = front;
	f->nfronts = nfronts;
	/* Without a relay a front asks for no owner. */
	f->nworkers = nworkers > 0 ? nworkers : 1;
	f->relay = c->relay.enabled != 0;
	f->notsent_lowat = c->worker.notsent_lowat;
	f->write_timeout = c->worker.write_timeout;
	f->rate_limited = c->worker.client_rate != 0;
	f->max_clients = c->worker.max_clients;
}

void
parent_relay_conf(struct ipc_relay_conf *r, const struct conf *c,
    const uint8_t node_key[32], const uint8_t *slot_secret, uint32_t worker,
    uint32_t nworkers, uint32_t nfronts)
{
	*r = c->worker;
	memcpy(r->node_key, node_key, sizeof(r->node_key));
	memcpy(r->slot_secret, slot_secret, sizeof(r->slot_secret));
	r->worker = worker;
	r->nworkers = nworkers;
	r->nfronts = nfronts;
	r->mesh = c->mesh.key != NULL;
}

static int
send_cert(struct parent_proc *front, const struct parent_cert *c,
    const struct parent_loaded *l)
{
	struct ipc_msg_front_cert v = { .hash = c->hash };
	struct ipc_wr pem;
	int rv = -1;

	ipc_wr_init(&pem);
	ipc_wr_bytes(&pem, c->pem, c->pem_len);
	ipc_wr_bytes(&pem, l->meta, l->meta_len);
	v.pem = pem.p;
	v.len = pem.len;
	if (ipc_wr_ok(&pem))
		rv = ipc_send_front_cert(front->c.chan, &v);
	ipc_wr_free(&pem);
	return (rv);
}

static void
copy_prefixes(struct ipc_prefix *to, const struct net_prefix *from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		memcpy(to[i].addr, from[i].addr, sizeof(to[i].addr));
		to[i].bits = from[i].bits;
	}
}

/* Send the load balancers of all listening addresses.  0, or -1. */
static int
send_proxies(struct parent_proc *front, const struct conf *c)
{
	struct ipc_msg_front_proxies v = { .number = 0 };
	struct ipc_prefix prefixes[IPC_MAXPROXIES];
	const struct conf_listen *l;

	v.prefixes = prefixes;
	for (l = TAILQ_FIRST(&c->listens); l != NULL;
	    l = TAILQ_NEXT(l, entry), v.number++) {
		v.nprefixes = (uint32_t)l->nproxies;
		copy_prefixes(prefixes, l->proxies, l->nproxies);
		if (v.nprefixes > 0 &&
		    ipc_send_front_proxies(front->c.chan, &v) == -1)
			return (-1);
	}
	return (0);
}

/* Send who may see /debug/clients/.  0, or -1. */
static int
send_debug(struct parent_proc *front, const struct conf *c)
{
	struct ipc_prefix prefixes[IPC_MAXPROXIES];
	struct ipc_msg_front_debug v = { .nprefixes = (uint32_t)c->debug.n,
	    .prefixes = prefixes };

	if (v.nprefixes == 0)
		return (0);
	copy_prefixes(prefixes, c->debug.v, c->debug.n);
	return (ipc_send_front_debug(front->c.chan, &v));
}

/* Bytes of the certificates in a front's queue. */
static size_t
size_of(const struct parent_loaded *l)
{
	size_t i, n = 0;

	/* The first one may be sent twice. */
	for (i = 0; i < l->ncerts; i++)
		n += 2 * (l->certs[i]->pem_len + l->meta_len + 1024);
	return (n);
}

/* The certificate by default, then all in the order of certpick.h. */
static int
send_certs(struct parent_proc *front, const struct parent_loaded *l)
{
	size_t i;
	int k;

	if (l->ncerts > 0 && send_cert(front, l->certs[0], l) == -1)
		return (-1);
	for (i = 0; l->ncerts > 1 && (k = parent_certpick_order(l, i)) != -1;
	    i++)
		if (send_cert(front, l->certs[k], l) == -1)
			return (-1);
	return (0);
}

static int
send_front(struct parent_proc *front, const struct conf *c,
    const struct parent_loaded *l)
{
	const struct parent *d = front->d;
	struct ipc_msg_front_conf v;

	/*
	 * Besides the maps, whose number is bounded, the certificates in force
	 * and the new ones may wait for the front.
	 */
	ipc_chan_limit(front->c.chan, CHAN_MAXQUEUED + size_of(l) +
	    size_of(&d->loaded));
	parent_front_conf(&v.conf, c, l->node_key, d->slot_secret,
	    front->c.worker, d->nfronts, d->nworkers);
	v.conf.rate_limited = l->rate.rate != 0;
	if (ipc_send_front_conf(front->c.chan, &v) == -1 ||
	    send_proxies(front, c) == -1 || send_debug(front, c) == -1)
		return (-1);
	return (send_certs(front, l));
}

static int
send_relay(struct parent_proc *relay, const struct conf *c,
    const struct parent_loaded *l)
{
	const struct parent *d = relay->d;
	struct ipc_msg_relay_conf v;

	parent_relay_conf(&v.conf, c, l->node_key, d->slot_secret,
	    relay->c.worker, d->nworkers, d->nfronts);
	v.conf.client_rate = l->rate.rate;
	v.conf.client_burst = l->rate.burst;
	v.conf.had_mesh = meshset_had_key(&d->mesh);
	v.conf.mesh_key = l->mesh.number;
	return (ipc_send_relay_conf(relay->c.chan, &v));
}

/* Send how to handle the settings just sent.  0, or -1. */
static int
order(struct parent_proc *p, uint32_t id, enum ipc_settings how)
{
	struct ipc_msg_server_commit v = { id, how };

	if (ipc_send_server_commit(p->c.chan, &v) == -1)
		return (-1);
	if (how != SETTINGS_DROP)
		p->commits++;
	return (0);
}

static int
send_all(struct parent_proc *p, const struct conf *c,
    const struct parent_loaded *l, uint32_t id, enum ipc_settings how)
{
	if ((p->c.role == ROLE_FRONT ? send_front(p, c, l) :
	    send_relay(p, c, l)) == -1)
		return (-1);
	return (order(p, id, how));
}

int
parent_settings_first(struct parent_proc *p)
{
	const struct parent *d = p->d;

	return (send_all(p, d->conf, &d->loaded, 0, SETTINGS_FIRST));
}

int
parent_settings_stage(struct parent_proc *p, const struct conf *c,
    const struct parent_loaded *l, uint32_t id)
{
	if (p->c.chan == NULL)
		return (0);
	if (send_all(p, c, l, id, SETTINGS_STAGE) == 0)
		return (1);
	super_fail(&p->c, "could not be sent new settings");
	return (0);
}

int
parent_settings_commit(struct parent_proc *p, uint32_t id)
{
	if (p->c.chan == NULL)
		return (0);
	if (order(p, id, SETTINGS_USE) == 0)
		return (1);
	super_fail(&p->c, "could not be sent new settings");
	return (0);
}

void
parent_settings_drop(struct parent_proc *p, uint32_t id)
{
	if (p->c.chan != NULL && order(p, id, SETTINGS_DROP) == -1)
		super_fail(&p->c, "could not be sent new settings");
}
