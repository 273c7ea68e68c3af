/*
 * carry: see carry.h.  Called by worker.c, workeriface.c and relays.c.
 * Touches the UDP sockets, queues of nodes and counters.
 *
 * A packet is copied once on its way to a relay, into the queue of its node,
 * and not at all on its way to the kernel.
 */
#include <errno.h>
#include <string.h>

#include "carry.h"
#include "log.h"
#include "relays.h"
#include "worker.h"
#include "workeriface.h"

#define BATCHES	4		/* of datagrams, of one interface in a turn */

/* From the kernel */

/* Count a dropped packet of a peer, or of no peer. */
static void
drop(struct worker_iface *f, struct worker_peer *p, enum worker_drop why)
{
	if (p != NULL)
		p->counts.drops[why]++;
	else
		f->drops[why]++;
}

static void
queue(struct worker_peer *p, const struct worker_datagram *d, uint64_t now)
{
	struct worker_relay *r = p->relay;

	if (r == NULL) {
		drop(p->iface, p, WORKER_DROP_NO_RELAY);
		return;
	}
	if (worker_node_send(&r->node, p->key, d->p, d->len, now) == -1) {
		drop(p->iface, p, WORKER_DROP_QUEUE);
		return;
	}
	p->counts.tx_packets++;
	p->counts.tx_bytes += d->len;
	worker_relays_unsent(r);
}

static void
datagram(struct worker_iface *f, int i, uint64_t now)
{
	struct worker_datagram d;
	struct worker_peer *p;

	switch (worker_udp_get(f->worker->udp, i, f->listen_port, &d)) {
	case WORKER_UDP_FOREIGN:
		drop(f, NULL, WORKER_DROP_FOREIGN);
		return;
	case WORKER_UDP_BROKEN:
		drop(f, NULL, WORKER_DROP_BROKEN);
		return;
	case WORKER_UDP_VALID:
		break;
	}
	p = worker_peers_local(&f->peers, d.local);
	if (p != NULL)
		p->arrived++;
	if (p == NULL || !p->served)
		drop(f, NULL, WORKER_DROP_NO_PEER);
	else
		queue(p, &d, now);
}

void
worker_carry_out(struct worker_iface *f, uint64_t now)
{
	static struct log_limit limit;
	int i, n, turn;

	for (turn = 0; turn < BATCHES; turn++) {
		n = worker_udp_receive(f->worker->udp, f->fd);
		if (n == -1) {
			log_limited_warnx(&limit, "%s: can't receive from "
			    "WireGuard (recvmmsg): %s", f->name,
			    strerror(errno));
			return;
		}
		for (i = 0; i < n; i++)
			datagram(f, i, now);
		f->worker->carried += (unsigned int)n;
		if (n < WORKER_UDP_BATCH)
			return;
	}
}

/* From a relay */

void
worker_carry_in(struct worker_relay *r, const uint8_t src[IPC_KEYLEN],
    const uint8_t *p, size_t n, uint64_t now)
{
	struct worker_iface *f = r->iface;
	struct worker *w = f->worker;
	struct worker_peer *peer;

	w->carried++;
	peer = worker_peers_key(&f->peers, src);
	if (peer == NULL || !peer->served) {
		drop(f, NULL, WORKER_DROP_NO_PEER);
		return;
	}
	if (n == 0 || n > WORKER_UDP_MAX)
		drop(f, peer, WORKER_DROP_BROKEN);
	else if (!worker_iface_listens(f))
		drop(f, peer, WORKER_DROP_NO_INTERFACE);
	else if (!worker_path_admit(&peer->path, p, n, now))
		drop(f, peer, WORKER_DROP_DIRECT);
	else {
		worker_udpout_to(w->udpout, f->fd, f->listen_port);
		worker_udpout_add(w->udpout, peer->local, p, n);
		worker_path_delivered(&peer->path, n);
		worker_heard_packet(peer, r, n, now);
		peer->counts.rx_packets++;
		peer->counts.rx_bytes += n;
	}
}

void
worker_carry_over(struct worker_iface *f)
{
	f->drops[WORKER_DROP_KERNEL] +=
	    worker_udpout_flush(f->worker->udpout);
}

/* To a relay */

void
worker_carry_flush(struct worker *w, uint64_t now)
{
	struct worker_relay *r;

	while ((r = TAILQ_FIRST(&w->unsent)) != NULL) {
		worker_relays_sent(r);
		worker_node_flush(&r->node, now);
	}
}
