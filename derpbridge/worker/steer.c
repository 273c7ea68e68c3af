/*
 * steer: see steer.h.  Called by devices.c and workeriface.c.  Touches the
 * paths of peers and the channel to netlink.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "ipcsend.h"
#include "log.h"
#include "lopath.h"
#include "relays.h"
#include "steer.h"
#include "worker.h"
#include "workeriface.h"

#define LABEL	80	/* room for a peer in a line */

/* Name a peer for a line: its name, or its key as wg(8) writes it. */
static void
get_label(const struct worker_peer *p, char buf[LABEL])
{
	if (p->line != NULL && p->line->name[0] != '\0')
		(void)snprintf(buf, LABEL, "%s", p->line->name);
	else
		(void)sodium_bin2base64(buf, LABEL, p->key, IPC_KEYLEN,
		    sodium_base64_VARIANT_ORIGINAL);
}

/* Tell netlink where the endpoint of the peer is to be. */
static void
set_endpoint(const struct worker_peer *p, int relay)
{
	struct worker *w = p->iface->worker;
	struct ipc_msg_dev_set v = {
		.iface = p->iface->number,
		.peer = p->number,
		.relay = relay
	};

	if (w->netlink != NULL && ipc_send_dev_set(w->netlink, &v) == -1)
		log_warn("can't send to netlink (sendmsg)");
}

/* Where the packets of the peer go, for a line. */
static void
log_switch(const struct worker_peer *p)
{
	const struct worker_path *path = &p->path;
	const char *dry = p->iface->worker->dry ? "would be " : "";
	const char *why = worker_path_reason_text(path->reason);
	char label[LABEL];

	get_label(p, label);
	if (path->state == WORKER_PATH_RELAYED && p->relay != NULL)
		log_info("%s: peer %s: %srelayed by %s of region %llu: %s",
		    p->iface->name, label, dry, p->relay->at.name,
		    (unsigned long long)p->relay->region, why);
	else
		log_info("%s: peer %s: %s%s: %s", p->iface->name, label, dry,
		    worker_path_state_name(path->state), why);
}

void
worker_steer_poll(struct worker_peer *p, const struct ipc_wg_stats *v,
    uint64_t now)
{
	struct worker_iface *f = p->iface;
	struct worker_path_policy policy = {
		.direct = f->direct,
		.endpoints = f->endpoints,
		.dry = f->worker->dry
	};
	struct worker_path_step step;

	worker_lopath_poll(p, v);
	if (worker_heard_poll(p, v, now))
		f->reassign = 1;
	p->tx = v->tx;
	p->rx = v->rx;
	worker_rate_count(&p->tx_rate, v->tx, now);
	worker_rate_count(&p->rx_rate, v->rx, now);
	if (p->polled && v->handshake != p->handshake)
		p->handshake_at = now;
	p->polled = 1;
	p->handshake = v->handshake;
	p->endpoint = v->endpoint;
	memcpy(p->addr, v->addr, sizeof(p->addr));
	p->endpoint_port = v->port;
	if (!p->served)
		return;
	step = worker_path_poll(&p->path, &policy, v, p->keepalive, now);
	if (step.order != WORKER_PATH_KEEP)
		set_endpoint(p, step.order == WORKER_PATH_TO_RELAY);
	if (!step.switched)
		return;
	p->switches++;
	if (!step.quiet)
		log_switch(p);
	/* What relays it needs may be others. */
	f->reassign = 1;
}

void
worker_steer_let_go(struct worker_peer *p)
{
	if (p->path.state != WORKER_PATH_DIRECT)
		set_endpoint(p, 0);
}
