/*
 * packets: see packets.h.  Called by route.c, relayconn.c, relay.c, nodes/ and,
 * for output, by derpd/conn.
 */
#include <string.h>

#include "conn.h"
#include "nodes.h"
#include "packets.h"
#include "queue.h"
#include "relay.h"
#include "relayconn.h"
#include "sent.h"
#include "session.h"

_Static_assert(PONGS_MAX * FRAME_PONG_SIZE + FRAME_KEY_LEN <= 1024,
    "pongs and a second key fit behind a batch, OUTPUT_MORE");

static void
limits(const struct relay_conn *c, struct derp_queue_limits *lim)
{
	const struct relay *r = c->r;

	lim->bytes = r->conf.queue_bytes;
	lim->packets = r->conf.queue_packets;
	lim->target = r->conf.codel_target * 1000;
	lim->interval = r->conf.codel_interval * 1000;
	lim->since = r->hold.over_us;
	if (c->node != NULL)
		nodes_link_limits(lim);
}

/* Count a packet that is not sent to the client, or the node. */
static void
drop(struct relay_conn *c, enum conn_drop_reason why, const uint8_t *p,
    size_t n)
{
	derp_count_drop(c->r->stats, why, p, n);
	if (c->node != NULL)
		nodes_link_dropped(c);
}

/* The same for a queued one. */
static void
drop_queued(struct relay_conn *c, enum conn_drop_reason why,
    const struct derp_pkt *p)
{
	const size_t head = FRAME_HDR_LEN + (c->node == NULL ? 1 : 2) *
	    FRAME_KEY_LEN;

	drop(c, why, p->data + head, p->len - head);
}

/* The queue of the connection `arg' dropped a packet. */
static void
dropped(struct derp_pkt *p, void *arg)
{
	struct relay_conn *c = arg;

	c->session.drops++;
	drop_queued(c, DROP_QUEUE_HEAD, p);
}

/* The connection of this packet has ended. */
static void
left_over(struct derp_pkt *p, void *arg)
{
	drop_queued(arg, DROP_GONE_DISCONNECTED, p);
}

void
relay_packets_init(struct relay *r)
{
	derp_queue_set_init(&r->queues, &r->pool, dropped);
}

/* Make sure that the connection has a queue.  Return 0, or -1: no memory. */
static int
need_queue(struct relay_conn *c)
{
	struct derp_queue **q = &c->packets.queue;

	if (*q == NULL)
		*q = derp_queue_new(&c->r->queues, c);
	return (*q == NULL ? -1 : 0);
}

/* Queue a packet: a RecvPacket, or with `dst' (else NULL) a ForwardPacket. */
static inline void
put(struct relay_conn *c, const uint8_t *src, const uint8_t *dst,
    const uint8_t *p, size_t n)
{
	const size_t keys = (dst == NULL ? 1 : 2) * FRAME_KEY_LEN;
	struct derp_queue **q = &c->packets.queue;
	struct relay *r = c->r;
	struct derp_queue_limits lim;
	struct derp_pkt *k;

	if (c->conn.dead || c->conn.lingering ||
	    (c->conn.state == CONN_DRAIN && !r->stopping)) {
		drop(c, DROP_GONE_DISCONNECTED, p, n);
		return;
	}
	if (need_queue(c) == -1 || (k = derp_pkt_new(&r->queues,
	    (uint32_t)(FRAME_HDR_LEN + keys + n))) == NULL) {
		drop(c, DROP_QUEUE_TAIL, p, n);
		return;
	}
	net_frame_put_hdr(k->data, dst == NULL ? FRAME_RECV_PACKET :
	    FRAME_FORWARD_PACKET, (uint32_t)(keys + n));
	memcpy(k->data + FRAME_HDR_LEN, src, FRAME_KEY_LEN);
	if (dst != NULL)
		memcpy(k->data + FRAME_HDR_LEN + FRAME_KEY_LEN, dst,
		    FRAME_KEY_LEN);
	memcpy(k->data + FRAME_HDR_LEN + keys, p, n);
	limits(c, &lim);
	/* The copy is looked at: another worker may change the original. */
	derp_queue_put(*q, k, net_frame_is_disco(k->data + FRAME_HDR_LEN +
	    keys, n), r->set.now_us, &lim);
	conn_dirty(&c->conn);
	r->set.outputs.fresh_bytes += n;
}

void
relay_packets_put(struct relay_conn *c, const uint8_t src[FRAME_KEY_LEN],
    const uint8_t *p, size_t n)
{
	put(c, src, NULL, p, n);
}

void
relay_packets_forward(struct relay_conn *c, const uint8_t src[FRAME_KEY_LEN],
    const uint8_t dst[FRAME_KEY_LEN], const uint8_t *p, size_t n)
{
	put(c, src, dst, p, n);
}

int
relay_packets_restore(struct relay_conn *c, int class,
    const struct derp_queue_class *from, unsigned int run)
{
	struct derp_queue_limits lim;

	if (need_queue(c) == -1)
		return (-1);
	limits(c, &lim);
	derp_queue_restore(c->packets.queue, class, from, c->r->set.now_us,
	    &lim);
	c->packets.queue->disco_run = run;
	return (0);
}

/*
 * Return 1 if it is a whole RecvPacket, or ForwardPacket of a link, else 0.
 */
static int
is_packet(const struct relay_conn *c, const uint8_t *p, size_t n)
{
	const size_t keys = c->node == NULL ? 1 : 2;
	const size_t least = FRAME_HDR_LEN + keys * FRAME_KEY_LEN;
	uint32_t len;
	uint8_t type;

	if (n < least || n > least + FRAME_MAX_PACKET)
		return (0);
	net_frame_get_hdr(p, &type, &len);
	return (type == (keys == 1 ? FRAME_RECV_PACKET :
	    FRAME_FORWARD_PACKET) && len == n - FRAME_HDR_LEN);
}

int
relay_packets_restore_one(struct relay_conn *c, int class, uint64_t at,
    const uint8_t *p, size_t n)
{
	const uint64_t now = c->r->set.now_us;
	struct derp_queue_limits lim;
	struct derp_pkt *k;

	if (!is_packet(c, p, n) || need_queue(c) == -1 ||
	    (k = derp_pkt_new(&c->r->queues, (uint32_t)n)) == NULL)
		return (-1);
	memcpy(k->data, p, n);
	limits(c, &lim);
	derp_queue_put(c->packets.queue, k, class == 0, at < now ? at : now,
	    &lim);
	return (0);
}

/* Record that the client gets a PeerGone when the packet's source leaves. */
static void
note_source(struct relay_conn *c, const uint8_t *src)
{
	struct relay_packets *ps = &c->packets;
	uint64_t gen = derp_sent_generation(c->r->sent);

	if (ps->src_gen == gen && memcmp(ps->last_src, src, FRAME_KEY_LEN) == 0)
		return;
	if (derp_sent_note(c->r->sent, src, c) == -1)
		return;
	memcpy(ps->last_src, src, FRAME_KEY_LEN);
	ps->src_gen = gen;
}

/* Count a packet that is written to the client. */
static void
count_sent(struct relay_conn *c, const struct derp_pkt *p)
{
	struct conn_stats *s = c->r->stats;
	uint64_t n = p->len - FRAME_HDR_LEN - FRAME_KEY_LEN;

	s->packets_sent++;
	s->bytes_sent += n;
	c->session.tx_packets++;
	c->session.tx_bytes += n;
	s->queue_us = (s->queue_us * 9 + (c->r->set.now_us - p->at)) / 10;
}

/* The packet is written. */
static void
sent(struct relay_conn *c, const struct derp_pkt *p)
{
	if (c->node != NULL) {
		nodes_link_sent(c, p->len - FRAME_HDR_LEN - 2 * FRAME_KEY_LEN);
		return;
	}
	note_source(c, p->data + FRAME_HDR_LEN);
	count_sent(c, p);
}

/* Write the pongs that are due to `dst'.  Return their bytes. */
static size_t
gather_pongs(struct relay_conn *c, uint8_t *dst)
{
	struct conn_buf *pongs = &c->session.pongs;
	size_t n = 0;

	while (conn_buf_left(pongs) > 0) {
		n += net_frame_put_pong(dst + n, conn_buf_head(pongs));
		conn_buf_drain(pongs, FRAME_PING_LEN);
		c->r->stats->sent_pong++;
	}
	return (n);
}

int
relay_packets_pending(const struct conn *c)
{
	const struct relay_conn *rc = relay_conn_peek(c);

	return (conn_buf_left(&rc->session.pongs) > 0 ||
	    derp_queue_packets(rc->packets.queue) > 0);
}

size_t
relay_packets_gather(struct conn *c, size_t n, size_t max)
{
	struct relay_conn *rc = relay_conn_of(c);
	struct relay *r = rc->r;
	struct conn_outputs *o = &r->set.outputs;
	struct derp_queue_limits lim;
	struct derp_pkt *p;
	size_t k;

	k = gather_pongs(rc, o->batch + n);
	conn_output_piece(&r->set, o->batch + n, k);
	n += k;
	if (rc->packets.queue == NULL)
		return (n);
	limits(rc, &lim);
	while (n < max && o->npieces < OUTPUT_PIECES &&
	    (p = derp_queue_get(rc->packets.queue, r->set.now_us,
	    &lim)) != NULL) {
		conn_output_piece(&r->set, p->data, p->len);
		r->batch.v[r->batch.n++] = p;
		n += p->len;
		sent(rc, p);
	}
	return (n);
}

void
relay_packets_gathered(struct conn_set *s)
{
	struct relay *r = s->arg;
	size_t i;

	for (i = 0; i < r->batch.n; i++)
		derp_pkt_free(&r->queues, r->batch.v[i]);
	r->batch.n = 0;
}

void
relay_packets_rest(struct relay_conn *c)
{
	struct derp_queue_limits lim;

	if (c->packets.queue == NULL)
		return;
	limits(c, &lim);
	if (derp_queue_is_idle(c->packets.queue, c->r->set.now_us, &lim)) {
		derp_queue_free(c->packets.queue, NULL, NULL);
		c->packets.queue = NULL;
	}
}

void
relay_packets_rested(struct conn *c)
{
	relay_packets_rest(relay_conn_of(c));
}

void
relay_packets_free(struct relay_conn *c)
{
	derp_queue_free(c->packets.queue, left_over, c);
	c->packets.queue = NULL;
}
