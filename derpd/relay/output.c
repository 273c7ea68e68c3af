/*
 * output: sends the pending output of connections.  Called at the end of each
 * turn.
 *
 * A connection with new output is dirty.  Its frames are gathered, encrypted in
 * records of up to 16 KiB, and written with one send.  The kernel gets no more
 * than it may hold unsent (TCP_NOTSENT_LOWAT), so that packets wait in our
 * queue, where CoDel handles them, and an idle client holds no buffer.
 * Encrypting and sending are call-backs (output_sock.c).
 */
#include <errno.h>
#include <string.h>

#include "admit.h"
#include "handover.h"
#include "httpconn.h"
#include "pump.h"
#include "relay.h"
#include "sent.h"
#include "session.h"
#include "tlsio.h"
#include "websocket.h"

/* of one connection, refused by the socket */
#define OUT_MAX		(256 * 1024)
#define CTL_MAX		(1024 * 1024)	/* own frames for a slow client */
#define CTL_MAX_WATCHER	(64 * 1024 * 1024)
#define CTL_ALL		(128 * 1024 * 1024) /* own frames of all; above this */
#define CTL_LEAST	(16 * 1024)	/* each connection may have only this */
#define FRESH_MAX	(256 * 1024)	/* queued bytes before a flush */
#define WS_CHUNK	(RELAY_RECORD_SIZE - WS_MAX_HDR)
#define FLUSH_ROUNDS	16		/* batches of a connection in a turn */

void
relay_outputs_init(struct relay_outputs *o, const struct relay_output_ops *ops)
{
	int i;

	o->ops = ops;
	TAILQ_INIT(&o->dirty);
	for (i = 0; i < OUTPUT_LEVELS; i++) {
		TAILQ_INIT(&o->holders[0][i]);
		TAILQ_INIT(&o->holders[1][i]);
	}
}

/* Nothing more can be sent: it is closed, or its stream has ended. */
static int
is_over(const struct relay_conn *c)
{
	return (c->dead || c->lingering);
}

void
relay_conn_dirty(struct relay_conn *c)
{
	if (c->output.is_dirty || c->dead)
		return;
	c->output.is_dirty = 1;
	TAILQ_INSERT_TAIL(&c->r->outputs.dirty, c, output.dirty);
}

/* Close a client that does not read, at the flush. */
static void
overflow(struct relay_conn *c)
{
	c->output.overflow = 1;
	relay_conn_dirty(c);
}

/* Return the list for a connection with `size' bytes of own frames, or NULL. */
static struct relay_output_holders *
holders_of(struct relay_conn *c, size_t size)
{
	int level = 0;

	if (size < CTL_LEAST)
		return (NULL);
	while ((size >>= 1) >= CTL_LEAST && level < OUTPUT_LEVELS - 1)
		level++;
	return (&c->r->outputs.holders[c->session.mesh][level]);
}

/* Account for own frames whose memory was `before' bytes. */
static void
ctl_changed(struct relay_conn *c, size_t before)
{
	struct relay_output *o = &c->output;
	size_t memory = relay_buf_memory(&o->ctl);
	struct relay_output_holders *to;

	if (memory == before)
		return;
	c->r->outputs.ctl_memory += memory;
	c->r->outputs.ctl_memory -= before;
	if ((to = holders_of(c, memory)) == o->held_in)
		return;
	if (o->held_in != NULL)
		TAILQ_REMOVE(o->held_in, c, output.holder);
	if (to != NULL)
		TAILQ_INSERT_TAIL(to, c, output.holder);
	o->held_in = to;
}

/* Remove the first `n' bytes of own frames, which were sent. */
static void
ctl_drain(struct relay_conn *c, size_t n)
{
	size_t before = relay_buf_memory(&c->output.ctl);

	relay_buf_drain(&c->output.ctl, n);
	ctl_changed(c, before);
}

/*
 * Own frames use too much memory: drop those of a connection that has most; it
 * is closed at the flush.  Mesh peers come last, because they are notified of
 * every connection.  Return 0, or -1 if no connection has many.
 */
static int
drop_holder(struct relay *r)
{
	struct relay_conn *c = NULL;
	int mesh, level;

	for (mesh = 0; mesh < 2; mesh++)
		for (level = OUTPUT_LEVELS - 1; level >= 0; level--)
			if ((c = TAILQ_FIRST(
			    &r->outputs.holders[mesh][level])) != NULL) {
				ctl_drain(c, relay_buf_left(&c->output.ctl));
				overflow(c);
				return (0);
			}
	return (-1);
}

void
relay_conn_send(struct relay_conn *c, const void *p, size_t n)
{
	struct relay *r = c->r;
	size_t max = c->session.mesh ? CTL_MAX_WATCHER : CTL_MAX;
	size_t before = relay_buf_memory(&c->output.ctl);

	if (is_over(c) || c->output.overflow)
		return;
	if (r->outputs.ctl_memory > CTL_ALL)
		max = CTL_LEAST;
	if (relay_buf_left(&c->output.ctl) + n > max ||
	    relay_buf_add(&c->output.ctl, p, n) == -1)
		overflow(c);
	else
		relay_conn_dirty(c);
	ctl_changed(c, before);
	while (r->outputs.ctl_memory > CTL_ALL && drop_holder(r) == 0)
		;
}

void
relay_conn_send_at(struct relay_conn *c, size_t at, const void *p, size_t n)
{
	struct relay_buf *b = &c->output.ctl;
	size_t left = relay_buf_left(b);

	relay_conn_send(c, p, n);
	if (at >= left || relay_buf_left(b) != left + n)
		return;			/* the last ones, or too many */
	memmove(relay_buf_head(b) + at + n, relay_buf_head(b) + at, left - at);
	memcpy(relay_buf_head(b) + at, p, n);
}

void
relay_output_free(struct relay_conn *c, derp_queue_drop_cb drop, void *arg)
{
	derp_queue_free(c->output.queue, drop, arg);
	c->output.queue = NULL;
	ctl_drain(c, relay_buf_left(&c->output.ctl));
	relay_buf_free(&c->output.out);
}

int
relay_output_raw(struct relay_conn *c, const void *p, size_t n)
{
	struct relay *r = c->r;

	if (r->outputs.staging == c) {
		if (r->outputs.stage_len + n > sizeof(r->outputs.stage))
			return (-1);
		memcpy(r->outputs.stage + r->outputs.stage_len, p, n);
		r->outputs.stage_len += n;
		return (0);
	}
	if (relay_buf_left(&c->output.out) + n > OUT_MAX ||
	    relay_buf_add(&c->output.out, p, n) == -1)
		return (-1);
	relay_conn_dirty(c);
	return (0);
}

uint8_t *
relay_output_stage(struct relay_conn *c, size_t n)
{
	struct relay_outputs *o = &c->r->outputs;

	if (o->staging != c || n > sizeof(o->stage) - o->stage_len)
		return (NULL);
	return (o->stage + o->stage_len);
}

void
relay_output_staged(struct relay_conn *c, size_t n)
{
	c->r->outputs.stage_len += n;
}

void
relay_conn_write(struct relay_conn *c, const void *p, size_t n)
{
	if (c->dead)
		return;
	if ((c->plain ? relay_output_raw(c, p, n) :
	    c->r->outputs.ops->encrypt(c, p, n)) == -1)
		overflow(c);
}

static void
limits(const struct relay *r, struct derp_queue_limits *lim)
{
	lim->bytes = r->conf.queue_bytes;
	lim->packets = r->conf.queue_packets;
	lim->target = r->conf.codel_target * 1000;
	lim->interval = r->conf.codel_interval * 1000;
}

void
relay_output_dropped(struct derp_pkt *p, void *arg)
{
	struct relay_conn *c = arg;

	c->session.drops++;
	derp_count_drop(c->r->stats, DROP_QUEUE_HEAD,
	    p->data + FRAME_HDR_LEN + FRAME_KEY_LEN,
	    p->len - FRAME_HDR_LEN - FRAME_KEY_LEN);
}

void
relay_conn_enqueue(struct relay_conn *c, const uint8_t src[FRAME_KEY_LEN],
    const uint8_t *p, size_t n)
{
	struct relay *r = c->r;
	struct derp_queue_limits lim;
	struct derp_pkt *k;

	if (is_over(c)) {
		derp_count_drop(r->stats, DROP_GONE_DISCONNECTED, p, n);
		return;
	}
	if (c->output.queue == NULL)
		c->output.queue = derp_queue_new(&r->queues, c);
	if (c->output.queue == NULL || (k = derp_pkt_new(&r->queues,
	    (uint32_t)(FRAME_HDR_LEN + FRAME_KEY_LEN + n))) == NULL) {
		derp_count_drop(r->stats, DROP_QUEUE_TAIL, p, n);
		return;
	}
	net_frame_put_hdr(k->data, FRAME_RECV_PACKET,
	    (uint32_t)(FRAME_KEY_LEN + n));
	memcpy(k->data + FRAME_HDR_LEN, src, FRAME_KEY_LEN);
	memcpy(k->data + FRAME_HDR_LEN + FRAME_KEY_LEN, p, n);
	limits(r, &lim);
	/* The copy is looked at: another worker may change the original. */
	derp_queue_put(c->output.queue, k, net_frame_is_disco(k->data +
	    FRAME_HDR_LEN + FRAME_KEY_LEN, n), r->now_us, &lim);
	relay_conn_dirty(c);
	r->outputs.fresh_bytes += n;
}

/* Record that the client gets a PeerGone when the packet's source leaves. */
static void
note_source(struct relay_conn *c, const uint8_t *src)
{
	uint64_t gen = derp_sent_generation(c->r->sent);

	if (c->output.src_gen == gen &&
	    memcmp(c->output.last_src, src, FRAME_KEY_LEN) == 0)
		return;
	if (derp_sent_note(c->r->sent, src, c) == -1)
		return;
	memcpy(c->output.last_src, src, FRAME_KEY_LEN);
	c->output.src_gen = gen;
}

static void
count_sent(struct relay_conn *c, const struct derp_pkt *p)
{
	struct relay_stats *s = c->r->stats;
	uint64_t n = p->len - FRAME_HDR_LEN - FRAME_KEY_LEN;

	s->packets_sent++;
	s->bytes_sent += n;
	c->session.tx_packets++;
	c->session.tx_bytes += n;
	s->queue_us = (s->queue_us * 9 + (c->r->now_us - p->at)) / 10;
}

/* Write the pongs that are due to `dst'.  Return their bytes. */
static size_t
gather_pongs(struct relay_conn *c, uint8_t *dst)
{
	struct relay_buf *pongs = &c->session.pongs;
	size_t n = 0;

	while (relay_buf_left(pongs) > 0) {
		n += net_frame_put_pong(dst + n, relay_buf_head(pongs));
		relay_buf_drain(pongs, FRAME_PING_LEN);
		c->r->stats->sent_pong++;
	}
	return (n);
}

/* Append a piece of the batch. */
static void
add_piece(struct relay_outputs *o, void *p, size_t n)
{
	if (n == 0)
		return;
	o->pieces[o->npieces].iov_base = p;
	o->pieces[o->npieces++].iov_len = n;
}

/* Append queued packets to the `n' bytes, up to about `max'; the new total. */
static size_t
gather_packets(struct relay_conn *c, size_t n, size_t max)
{
	struct relay_outputs *o = &c->r->outputs;
	struct derp_queue_limits lim;
	struct derp_pkt *p;

	if (c->output.queue == NULL)
		return (n);
	limits(c->r, &lim);
	while (n < max && o->npieces < OUTPUT_PIECES &&
	    (p = derp_queue_get(c->output.queue, c->r->now_us,
	    &lim)) != NULL) {
		add_piece(o, p->data, p->len);
		o->packets[o->npackets++] = p;
		n += p->len;
		note_source(c, p->data + FRAME_HDR_LEN);
		count_sent(c, p);
	}
	return (n);
}

/*
 * Gather whole frames, about `max' bytes: our own in `batch', packets in place.
 * Return the number of bytes.
 */
static size_t
gather(struct relay_conn *c, size_t max)
{
	struct relay_outputs *o = &c->r->outputs;
	size_t n, k;

	o->npieces = o->npackets = 0;
	if ((n = web_read(c, o->batch, max)) > 0) {
		add_piece(o, o->batch, n);
		return (n);
	}
	if (relay_pump_pending(c)) {
		n = relay_pump_read(c, o->batch, max);
		add_piece(o, o->batch, n);
		return (n);
	}
	if ((k = relay_buf_left(&c->output.ctl)) > 0) {
		/* A DERP stream may be cut anywhere between two batches. */
		n = k < max ? k : max;
		memcpy(o->batch, relay_buf_head(&c->output.ctl), n);
		ctl_drain(c, n);
	}
	if (relay_buf_left(&c->output.ctl) > 0) {
		add_piece(o, o->batch, n);
		return (n);
	}
	n += gather_pongs(c, o->batch + n);
	add_piece(o, o->batch, n);
	return (gather_packets(c, n, max));
}

/* Free the batch's packets, after encryption or on failure. */
static void
free_packets(struct relay *r)
{
	struct relay_outputs *o = &r->outputs;
	size_t i;

	for (i = 0; i < o->npackets; i++)
		derp_pkt_free(&r->queues, o->packets[i]);
	o->npackets = 0;
}

/* Copy the pieces together in `batch', where the first may be already. */
static void
flatten(struct relay_outputs *o)
{
	size_t i, n = 0;

	for (i = 0; i < o->npieces; i++) {
		if (o->pieces[i].iov_base != o->batch)
			memcpy(o->batch + n, o->pieces[i].iov_base,
			    o->pieces[i].iov_len);
		n += o->pieces[i].iov_len;
	}
}

/*
 * Return an upper bound of the unsent bytes in the kernel: bytes may have been
 * sent since the last query.  The kernel is queried only if that matters.
 */
static unsigned int
unsent(struct relay_conn *c, unsigned int limit)
{
	if (c->output.unsent >= limit / 2)
		c->output.unsent = c->r->outputs.ops->unsent(c);
	return (c->output.unsent);
}

/* Return the write deadline of this connection in ms, 0 for none. */
static unsigned int
output_deadline(const struct relay_conn *c)
{
	/* Its session, which knows what it is, has its own. */
	return (c->session.mesh || c->state == CONN_PUMP ? MESH_WRITE_MS :
	    c->r->conf.write_timeout);
}

/* Wait until the socket accepts more, or the write deadline passes. */
static void
wait_writable(struct relay_conn *c)
{
	const struct relay_output_ops *ops = c->r->outputs.ops;

	if (ops->wait(c, output_deadline(c)) == -1) {
		overflow(c);
		return;
	}
	c->output.want_write = 1;
	c->output.outq = ops->unacked(c);
}

/* Send; c->output.out keeps the unsent rest.  Return -1: connection lost. */
static int
send_some(struct relay_conn *c, const uint8_t *p, size_t n)
{
	ssize_t k;

	do
		k = c->r->outputs.ops->send(c, p, n);
	while (k == -1 && errno == EINTR);
	if (k == -1) {
		if (errno != EAGAIN && errno != ENOBUFS)
			return (-1);
		k = 0;
	}
	c->output.unsent += (unsigned int)k;
	return (relay_buf_add(&c->output.out, p + k, n - (size_t)k));
}

/* Send output that was refused before.  Return 1: all, 0: not all, -1: lost. */
static int
send_rest(struct relay_conn *c)
{
	ssize_t k;

	while (relay_buf_left(&c->output.out) > 0) {
		k = c->r->outputs.ops->send(c, relay_buf_head(&c->output.out),
		    relay_buf_left(&c->output.out));
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return (errno == EAGAIN || errno == ENOBUFS ? 0 : -1);
		c->output.unsent += (unsigned int)k;
		relay_buf_drain(&c->output.out, (size_t)k);
	}
	return (1);
}

/* Encrypt `n' bytes of the batch as a WebSocket frame, if possible in place. */
static int
encrypt_frame(struct relay_conn *c, uint8_t *p, size_t n)
{
	const struct relay_output_ops *ops = c->r->outputs.ops;
	uint8_t hdr[WS_MAX_HDR];
	size_t k = web_ws_wrap(hdr, n);
	struct iovec v[2] = { { hdr, k }, { p, n } };
	int rv;

	if (ops->encrypt_pieces != NULL &&
	    (rv = ops->encrypt_pieces(c, v, 2, k + n)) != 1)
		return (rv);
	return (ops->encrypt(c, hdr, k) == -1 || ops->encrypt(c, p, n) == -1 ?
	    -1 : 0);
}

/* Encrypt the batch, `n' bytes, onto the stage. */
static int
encrypt(struct relay_conn *c, size_t n)
{
	struct relay_outputs *o = &c->r->outputs;
	size_t off, k;
	int rv;

	if (c->ws == NULL && o->ops->encrypt_pieces != NULL &&
	    (rv = o->ops->encrypt_pieces(c, o->pieces, o->npieces, n)) != 1)
		return (rv);
	flatten(o);
	if (c->ws == NULL || n == 0)
		return (o->ops->encrypt(c, o->batch, n));
	for (off = 0; off < n; off += k) {
		k = n - off < WS_CHUNK ? n - off : WS_CHUNK;
		if (encrypt_frame(c, o->batch + off, k) == -1)
			return (-1);
	}
	return (0);
}

static int
send_batch(struct relay_conn *c, size_t n)
{
	struct relay *r = c->r;
	int rv;

	r->outputs.staging = c;
	r->outputs.stage_len = 0;
	rv = encrypt(c, n);
	r->outputs.staging = NULL;
	free_packets(r);
	if (rv == -1)
		return (-1);
	return (send_some(c, r->outputs.stage, r->outputs.stage_len));
}

void
relay_conn_reply(struct relay_conn *c, const void *head, size_t n,
    const void *body, size_t m)
{
	if (c->dead)
		return;
	if (c->plain || c->output.want_write ||
	    relay_buf_left(&c->output.out) > 0 || n + m > OUTPUT_BATCH) {
		relay_conn_write(c, head, n);
		relay_conn_write(c, body, m);
		return;
	}
	c->r->outputs.npieces = 0;
	add_piece(&c->r->outputs, (void *)(uintptr_t)head, n);
	add_piece(&c->r->outputs, (void *)(uintptr_t)body, m);
	if (send_batch(c, n + m) == -1)
		relay_conn_close(c, "connection lost");
	else if (relay_buf_left(&c->output.out) > 0)
		relay_conn_dirty(c);
}

/* Return 1 while a session is registered and its ServerInfo is not ready. */
static int
is_held(const struct relay_conn *c)
{
	return (c->state == CONN_ADMIT && c->session.peer != NULL &&
	    c->unknown->login != NULL);
}

static int
has_more(const struct relay_conn *c)
{
	if (is_held(c))
		return (0);
	if (c->ws != NULL && web_ws_is_over(c->ws))
		return (0);
	if (relay_tlsio_is_over(c))
		return (0);
	return (relay_buf_left(&c->output.ctl) > 0 ||
	    relay_buf_left(&c->session.pongs) > 0 ||
	    derp_queue_packets(c->output.queue) > 0 || web_pending(c) > 0 ||
	    relay_pump_pending(c));
}

/*
 * All output is sent: end the stream, then wait for the client to end its own.
 */
static void
finish(struct relay_conn *c)
{
	const struct relay_output_ops *ops = c->r->outputs.ops;

	if (c->lingering)
		return;
	ops->end(c);
	if (send_rest(c) == -1 || ops->shut(c) == -1) {
		relay_conn_close(c, "ended");
		return;
	}
	/*
	 * Closing while input arrives would send a reset, which may overtake
	 * unread output.  So some input is read; then TCP's window stops the
	 * client.
	 */
	c->lingering = 1;
	c->input.linger_left = LINGER_BYTES;
	relay_conn_deadline(c, LINGER_SECS);
}

static void
flush_one(struct relay_conn *c)
{
	unsigned int lowat = c->r->conf.notsent_lowat, queued;
	size_t max;
	int i, rv, full, woken = c->output.woken;

	/*
	 * A socket that was reset is writable, but keeps its unsent bytes
	 * forever.  After EV_WRITE output is always sent, which then fails.
	 */
	c->output.woken = 0;

	if (c->output.overflow) {
		relay_conn_close(c, "the client does not read");
		return;
	}
	if (c->output.want_write)
		return;
	if ((rv = send_rest(c)) == -1) {
		relay_conn_close(c, "connection lost");
		return;
	}
	if (rv == 1 && c->r->outputs.ops->owes(c)) {
		c->r->outputs.npieces = 0;
		if (send_batch(c, 0) == -1) {
			relay_conn_close(c, "connection lost");
			return;
		}
		rv = relay_buf_left(&c->output.out) == 0;
	}
	if (rv == 0) {
		wait_writable(c);
		return;
	}
	for (i = 0; has_more(c); i++) {
		max = OUTPUT_BATCH;
		if (lowat != 0) {
			queued = unsent(c, lowat);
			full = queued >= lowat;
			if ((full && !woken) || i >= FLUSH_ROUNDS) {
				wait_writable(c);
				return;
			}
			if (full)
				max = 1;
			else if (max > lowat - queued)
				max = lowat - queued;
		}
		woken = 0;
		if (send_batch(c, gather(c, max)) == -1) {
			relay_conn_close(c, "connection lost");
			return;
		}
		if (relay_buf_left(&c->output.out) > 0) {
			wait_writable(c);
			return;
		}
	}
	if (c->state == CONN_DRAIN)
		finish(c);
	else if (c->state == CONN_HAND)
		relay_handover_ready(c);
	else if (c->paused & PAUSE_BODY)
		web_sent(c);
}

void
relay_output_rest(struct relay_conn *c)
{
	struct derp_queue_limits lim;

	if (c->output.queue == NULL)
		return;
	limits(c->r, &lim);
	if (derp_queue_is_idle(c->output.queue, c->r->now_us, &lim)) {
		derp_queue_free(c->output.queue, NULL, NULL);
		c->output.queue = NULL;
	}
}

void
relay_output_flush(struct relay *r)
{
	struct relay_conn *c;

	r->outputs.fresh_bytes = 0;
	while ((c = TAILQ_FIRST(&r->outputs.dirty)) != NULL) {
		TAILQ_REMOVE(&r->outputs.dirty, c, output.dirty);
		c->output.is_dirty = 0;
		if (!c->dead) {
			flush_one(c);
			relay_output_rest(c);
			relay_conn_charge(c);
		}
	}
}

void
relay_output_relieve(struct relay *r)
{
	if (r->outputs.fresh_bytes >= FRESH_MAX)
		relay_output_flush(r);
}

void
relay_output_ready(struct relay_conn *c)
{
	if (c->dead)
		return;
	c->output.want_write = 0;
	c->output.woken = 1;
	relay_conn_dirty(c);
}

void
relay_output_overdue(struct relay_conn *c)
{
	unsigned int now;

	if (c->dead)
		return;
	c->output.want_write = 0;
	/* The kernel still has unsent bytes; compare the acknowledged ones. */
	now = c->r->outputs.ops->unacked(c);
	if (now < c->output.outq) {
		wait_writable(c);
		return;
	}
	c->r->stats->write_timeouts++;
	relay_conn_close(c, "write timeout");
}
