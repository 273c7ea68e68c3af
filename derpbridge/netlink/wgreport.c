/*
 * wgreport: what the process tells the worker, and the parent to save.  Called
 * by iface.c and wg.c.  Touches the channels to both.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "wgpriv.h"

#define DAY_NS		(UINT64_C(86400) * 1000000000)
#define SAVE_MS		10000	/* between two, unless an endpoint is set */
#define STATS		256	/* peers of one message */

/* A message could not be sent; the loop reports a worker that is gone. */
static void
sent(int rv)
{
	if (rv == -1)
		log_debug("can't send to the worker (sendmsg)");
}

static void
report_iface(void *arg, struct wg_iface *f)
{
	struct wg *w = arg;
	struct ipc_msg_dev_iface v = {
		.iface = f->conf.iface,
		.up = f->up,
		.key = f->key,
		.listen_port = f->port,
		.fwmark = f->fwmark,
		.why = f->why
	};
	const struct ipc_msg_netlink_mark m = { v.iface, f->up ? f->fwmark :
	    0 };

	/* First the parent, which the worker then asks for marked sockets. */
	if (ipc_send_netlink_mark(w->child->parent, &m) == -1)
		log_warn("can't send to the parent (sendmsg)");
	if (w->worker != NULL)
		sent(ipc_send_dev_iface(w->worker, &v));
}

static void
report_peer(void *arg, struct wg_iface *f, const struct wg_peer *p)
{
	struct wg *w = arg;
	const uint32_t a = p->memo->local;
	const uint8_t local[4] = { (uint8_t)(a >> 24), (uint8_t)(a >> 16),
	    (uint8_t)(a >> 8), (uint8_t)a };
	struct ipc_msg_dev_peer v = {
		.iface = f->conf.iface,
		.peer = p->id,
		.key = p->now.key,
		.local = local,
		.keepalive = p->now.keepalive
	};

	if (w->worker != NULL)
		sent(ipc_send_dev_peer(w->worker, &v));
}

static void
report_gone(void *arg, struct wg_iface *f, const struct wg_peer *p)
{
	struct wg *w = arg;
	struct ipc_msg_dev_peer_gone v = { f->conf.iface, p->id };

	if (w->worker != NULL)
		sent(ipc_send_dev_peer_gone(w->worker, &v));
}

static void
fill(struct ipc_wg_stats *s, const struct wg_peer *p)
{
	memset(s, 0, sizeof(*s));
	s->peer = p->id;
	s->endpoint = p->at;
	if (p->at == IPC_ENDPOINT_DIRECT) {
		memcpy(s->addr, p->now.endpoint.addr, sizeof(s->addr));
		s->port = p->now.endpoint.port;
	}
	s->remembered = p->memo->direct.port != 0;
	s->tx = p->now.tx_bytes;
	s->rx = p->now.rx_bytes;
	s->handshake = p->now.handshake_ns;
}

static void
send_stats(struct wg *w, const struct wg_iface *f,
    const struct ipc_wg_stats *stats, uint32_t n)
{
	struct ipc_msg_dev_stats v = {
		.iface = f->conf.iface,
		.npeers = n,
		.peers = stats
	};

	if (n > 0)
		sent(ipc_send_dev_stats(w->worker, &v));
}

static void
report_polled(void *arg, struct wg_iface *f)
{
	struct wg *w = arg;
	struct ipc_msg_dev_polled v = { f->conf.iface };
	struct ipc_wg_stats stats[STATS];
	const struct wg_peer *p;
	uint32_t n = 0;

	w->slots[f->conf.iface].wants = 0;
	w->slots[f->conf.iface].want_at = 0;
	if (w->worker == NULL)
		return;
	for (p = f->peers; p != NULL; p = p->by_key.next) {
		fill(&stats[n++], p);
		if (n < STATS)
			continue;
		send_stats(w, f, stats, n);
		n = 0;
	}
	send_stats(w, f, stats, n);
	sent(ipc_send_dev_polled(w->worker, &v));
}

void
wg_report_all(struct wg *w)
{
	unsigned int i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (w->slots[i].used)
			wg_iface_report(&w->slots[i].iface);
}

uint32_t
wg_today(void)
{
	return ((uint32_t)(base_clock_unix_ns() / DAY_NS));
}

void
wg_save(struct wg *w)
{
	struct ipc_msg_netlink_save v;
	size_t left_out;
	char *text;

	if (!w->memory.dirty)
		return;
	w->save_at = base_clock_ms() + SAVE_MS;
	if ((text = malloc(IPC_BRIDGE_STATESIZE)) == NULL) {
		log_warn("can't save endpoints");
		return;
	}
	v.state = text;
	v.len = wg_memory_text(&w->memory, text, IPC_BRIDGE_STATESIZE,
	    wg_today(), &left_out);
	if (left_out > 0)
		log_debug("%zu endpoints are not saved: the state is full",
		    left_out);
	if (ipc_send_netlink_save(w->child->parent, &v) == -1)
		log_warn("can't send to the parent (sendmsg)");
	free(text);
}

static void
save(void *arg)
{
	wg_save(arg);
}

const struct wg_iface_ops wg_report = {
	report_iface, report_peer, report_gone, report_polled, save
};
