/*
 * workerstatus: see workerstatus.h.  Called by worker.c.  Touches the channel
 * to the parent.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "childrun.h"
#include "clock.h"
#include "json_out.h"
#include "log.h"
#include "lopath.h"
#include "missing.h"
#include "relays.h"
#include "worker.h"
#include "workeriface.h"
#include "workerstatus.h"

#define PART	(64 * 1024)	/* bytes of a message */

static void
put_key(struct json_out *o, const char *name, const uint8_t key[IPC_KEYLEN])
{
	char text[sodium_base64_ENCODED_LEN(IPC_KEYLEN,
	    sodium_base64_VARIANT_ORIGINAL)];

	(void)sodium_bin2base64(text, sizeof(text), key, IPC_KEYLEN,
	    sodium_base64_VARIANT_ORIGINAL);
	json_out_str(o, name, text);
}

static void
put_age(struct json_out *o, const char *name, uint64_t since, uint64_t now)
{
	json_out_uint(o, name, since < now ? (now - since) / 1000 : 0);
}

static void
put_drops(struct json_out *o, const uint64_t drops[WORKER_DROPS])
{
	static const char *const names[WORKER_DROPS] = {
#define DROP(NAME, name)	name,
#include "drops.def"
	};
	size_t i;

	json_out_object(o, "drops");
	for (i = 0; i < WORKER_DROPS; i++)
		if (drops[i] != 0)
			json_out_uint(o, names[i], drops[i]);
	json_out_end(o);
}

/* Peers */

/* An endpoint as wg(8) writes it; "": none. */
static void
put_endpoint(struct json_out *o, const struct worker_peer *p)
{
	char text[INET6_ADDRSTRLEN] = "";
	int v4 = net_address_is_ipv4(p->addr);

	if (p->endpoint == IPC_ENDPOINT_DIRECT)
		(void)inet_ntop(v4 ? AF_INET : AF_INET6,
		    v4 ? p->addr + 12 : p->addr, text, sizeof(text));
	if (text[0] == '\0')
		json_out_str(o, "endpoint", "");
	else
		json_out_fmt(o, "endpoint", v4 ? "%s:%u" : "[%s]:%u", text,
		    p->endpoint_port);
}

/* Seconds since the last handshake, by the clock that is set; -1: none. */
static int64_t
handshake_age(const struct worker_peer *p)
{
	uint64_t now = base_clock_unix_ns();

	if (p->handshake == 0)
		return (-1);
	return (now < p->handshake ? 0 :
	    (int64_t)((now - p->handshake) / 1000000000));
}

/* That of a peer which is left alone is what wg(8) shows. */
static void
put_path(struct json_out *o, const struct worker_peer *p, uint64_t now)
{
	json_out_str(o, "path", p->served ?
	    worker_path_state_name(p->path.state) : "not served");
	json_out_str(o, "reason", p->served ?
	    worker_path_reason_text(p->path.reason) : "it has no peer line");
	put_age(o, "since", p->served ? p->path.since : now, now);
}

static void
put_peer(struct json_out *o, const struct worker_peer *p, uint64_t now)
{
	const struct worker_counts *c = &p->counts;
	char local[INET_ADDRSTRLEN] = "", why[IPC_WHYSIZE];

	(void)inet_ntop(AF_INET, p->local, local, sizeof(local));
	json_out_object(o, NULL);
	put_key(o, "key", p->key);
	json_out_str(o, "name", p->line != NULL ? p->line->name : "");
	json_out_bool(o, "served", p->served);
	json_out_str(o, "local", local);
	put_endpoint(o, p);
	put_path(o, p, now);
	json_out_uint(o, "switches", p->switches);
	json_out_uint(o, "region", p->relay != NULL ? p->relay->region : 0);
	json_out_str(o, "relay", p->relay != NULL ? p->relay->at.name : "");
	worker_missing_why(p, why, sizeof(why));
	json_out_str(o, "no_relay", why);
	json_out_int(o, "handshake", handshake_age(p));
	json_out_uint(o, "rx_bytes", p->rx);
	json_out_uint(o, "tx_bytes", p->tx);
	json_out_uint(o, "rx_rate", worker_rate_get(&p->rx_rate));
	json_out_uint(o, "tx_rate", worker_rate_get(&p->tx_rate));
	json_out_uint(o, "relay_rx_packets", c->rx_packets);
	json_out_uint(o, "relay_rx_bytes", c->rx_bytes);
	json_out_uint(o, "relay_tx_packets", c->tx_packets);
	json_out_uint(o, "relay_tx_bytes", c->tx_bytes);
	put_drops(o, c->drops);
	json_out_end(o);
}

/* Relays */

static const char *
state_name(enum worker_node_state s)
{
	switch (s) {
	case WORKER_NODE_IDLE:
		return ("idle");
	case WORKER_NODE_DIALING:
		return ("connecting");
	case WORKER_NODE_UP:
		return ("up");
	case WORKER_NODE_WAITING:
		return ("waiting");
	}
	return ("idle");
}

static void
put_relay(struct json_out *o, const struct worker_relay *r, uint64_t now)
{
	const struct worker_node *n = &r->node;
	const struct worker_link_counts *c = &n->link.counts;

	json_out_object(o, NULL);
	json_out_str(o, "name", r->at.name);
	json_out_uint(o, "region", r->region);
	json_out_str(o, "code", r->code);
	json_out_str(o, "host", n->target.label);
	json_out_str(o, "state", state_name(n->state));
	json_out_str(o, "why", n->why);
	json_out_str(o, "where", n->where);
	put_age(o, "since", n->since, now);
	json_out_uint(o, "again", n->state == WORKER_NODE_WAITING &&
	    n->again_at > now ? (n->again_at - now) / 1000 : 0);
	json_out_uint(o, "peers", r->used);
	json_out_bool(o, "leaving", r->leave_at != 0);
	json_out_str(o, "health", n->state == WORKER_NODE_UP ?
	    n->link.health : "");
	json_out_uint(o, "rx_packets", c->rx_packets);
	json_out_uint(o, "rx_bytes", c->rx_bytes);
	json_out_uint(o, "rx_ignored", c->rx_ignored);
	json_out_uint(o, "tx_packets", c->tx_packets);
	json_out_uint(o, "tx_bytes", c->tx_bytes);
	json_out_uint(o, "dropped_full", n->queue.drops.full);
	json_out_uint(o, "dropped_late", n->queue.drops.late);
	json_out_uint(o, "dropped_memory", n->queue.drops.memory);
	json_out_end(o);
}

/* Interfaces */

static const char *
policy_name(enum ipc_region_policy p)
{
	switch (p) {
	case IPC_REGION_RENDEZVOUS:
		return ("rendezvous");
	case IPC_REGION_NEAREST:
		return ("nearest");
	case IPC_REGION_FIXED:
		return ("region");
	}
	return ("rendezvous");
}

static void
put_iface(struct json_out *o, const struct worker_iface *f, uint64_t now)
{
	const struct worker_relay *r;
	const struct worker_peer *p;
	char why[IPC_WHYSIZE];

	json_out_object(o, NULL);
	json_out_str(o, "name", f->name);
	json_out_bool(o, "up", f->up);
	json_out_str(o, "why", f->known ? f->why : "netlink has not said yet");
	worker_lopath_why(f, why, sizeof(why));
	json_out_str(o, "fault", why);
	put_key(o, "key", f->key);
	json_out_uint(o, "listen_port", f->listen_port);
	json_out_uint(o, "udp_port", f->port);
	json_out_str(o, "policy", policy_name(f->policy));
	json_out_uint(o, "region", f->policy == IPC_REGION_NEAREST ?
	    f->nearest : f->region);
	put_drops(o, f->drops);
	json_out_array(o, "peers");
	TAILQ_FOREACH(p, &f->peers.list, entry)
		put_peer(o, p, now);
	json_out_end(o);
	json_out_array(o, "relays");
	TAILQ_FOREACH(r, &f->relays, entry)
		put_relay(o, r, now);
	json_out_end(o);
	json_out_end(o);
}

static void
put_all(struct worker *w, struct ipc_wr *wr)
{
	struct json_out o;
	size_t i;

	json_out_init(&o, wr);
	json_out_object(&o, NULL);
	json_out_bool(&o, "dry_run", w->dry);
	json_out_uint(&o, "regions", w->map != NULL ? w->map->nregions : 0);
	json_out_uint(&o, "nodes", w->map != NULL ? w->map->nnodes : 0);
	json_out_array(&o, "interfaces");
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (w->ifaces[i] != NULL)
			put_iface(&o, w->ifaces[i], worker_now(w));
	json_out_end(&o);
	json_out_end(&o);
}

void
worker_status_send(struct worker *w, uint32_t request)
{
	struct ipc_msg_worker_text v = { .request = request };
	struct ipc_wr wr;
	size_t at = 0;

	ipc_wr_init(&wr);
	put_all(w, &wr);
	do {
		v.text = wr.p + at;
		v.len = wr.len - at < PART ? wr.len - at : PART;
		at += v.len;
		v.last = at == wr.len;
		if (ipc_send_worker_text(w->child->parent, &v) == -1)
			fatal("can't send to the parent (sendmsg)");
	} while (!v.last);
	ipc_wr_free(&wr);
}
