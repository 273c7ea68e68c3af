/*
 * output: sends the pending output of connections.  Called at the end of each
 * turn.
 *
 * A connection with new output is dirty.  Its frames are gathered, encrypted in
 * records of up to 16 KiB, and written with one send.  The kernel gets no more
 * than it may hold unsent (TCP_NOTSENT_LOWAT), so that packets wait in our
 * queue, where CoDel handles them, and an idle client holds no buffer.
 */
#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "conn.h"
#include "output.h"
#include "records.h"

/* of one connection, refused by the socket */
#define OUT_MAX		(256 * 1024)
#define CTL_MAX		(1024 * 1024)	/* own frames for a slow client */
#define CTL_MAX_PATIENT	(64 * 1024 * 1024)	/* for a mesh peer */
#define CTL_ALL		(128 * 1024 * 1024) /* own frames of all; above this */
#define CTL_LEAST	(16 * 1024)	/* each connection may have only this */
#define FRESH_MAX	(256 * 1024)	/* queued bytes before a flush */
#define PATIENT_MS	30000	/* write deadline of patient ones */
#define FLUSH_ROUNDS	16		/* batches of a connection in a turn */

void
conn_outputs_init(struct conn_outputs *o, const struct conn_output_ops *ops)
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
is_over(const struct conn *c)
{
	return (c->dead || c->lingering);
}

void
conn_dirty(struct conn *c)
{
	if (c->output.is_dirty || c->dead)
		return;
	c->output.is_dirty = 1;
	TAILQ_INSERT_TAIL(&c->set->outputs.dirty, c, output.dirty);
}

/* Close a client that does not read, at the flush. */
static void
overflow(struct conn *c)
{
	c->output.overflow = 1;
	conn_dirty(c);
}

/* Return the list for a connection with `size' bytes of own frames, or NULL. */
static struct conn_output_holders *
holders_of(struct conn *c, size_t size)
{
	int level = 0;

	if (size < CTL_LEAST)
		return (NULL);
	while ((size >>= 1) >= CTL_LEAST && level < OUTPUT_LEVELS - 1)
		level++;
	return (&c->set->outputs.holders[c->patient][level]);
}

/* Account for own frames whose memory was `before' bytes. */
static void
ctl_changed(struct conn *c, size_t before)
{
	struct conn_output *o = &c->output;
	size_t memory = conn_buf_memory(&o->ctl);
	struct conn_output_holders *to;

	if (memory == before)
		return;
	c->set->outputs.ctl_memory += memory;
	c->set->outputs.ctl_memory -= before;
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
ctl_drain(struct conn *c, size_t n)
{
	size_t before = conn_buf_memory(&c->output.ctl);

	conn_buf_drain(&c->output.ctl, n);
	ctl_changed(c, before);
}

/*
 * Own frames use too much memory: drop those of a connection that has most; it
 * is closed at the flush.  Mesh peers come last, because they are notified of
 * every connection.  Return 0, or -1 if no connection has many.
 */
static int
drop_holder(struct conn_set *s)
{
	struct conn *c = NULL;
	int patient, level;

	for (patient = 0; patient < 2; patient++)
		for (level = OUTPUT_LEVELS - 1; level >= 0; level--)
			if ((c = TAILQ_FIRST(
			    &s->outputs.holders[patient][level])) != NULL) {
				ctl_drain(c, conn_buf_left(&c->output.ctl));
				overflow(c);
				return (0);
			}
	return (-1);
}

void
conn_send(struct conn *c, const void *p, size_t n)
{
	struct conn_set *s = c->set;
	size_t max = c->patient ? CTL_MAX_PATIENT : CTL_MAX;
	size_t before = conn_buf_memory(&c->output.ctl);

	if (is_over(c) || c->output.overflow)
		return;
	if (s->outputs.ctl_memory > CTL_ALL)
		max = CTL_LEAST;
	if (conn_buf_left(&c->output.ctl) + n > max ||
	    conn_buf_add(&c->output.ctl, p, n) == -1)
		overflow(c);
	else
		conn_dirty(c);
	ctl_changed(c, before);
	while (s->outputs.ctl_memory > CTL_ALL && drop_holder(s) == 0)
		;
}

void
conn_send_first(struct conn *c, const void *p, size_t n)
{
	struct conn_buf *b = &c->output.ctl;
	size_t left = conn_buf_left(b);

	conn_send(c, p, n);
	if (left == 0 || conn_buf_left(b) != left + n)
		return;			/* there was none, or too many */
	memmove(conn_buf_head(b) + n, conn_buf_head(b), left);
	memcpy(conn_buf_head(b), p, n);
}

void
conn_output_free(struct conn *c)
{
	ctl_drain(c, conn_buf_left(&c->output.ctl));
	conn_buf_free(&c->output.out);
}

void
conn_output_end(struct conn *c)
{
	if (c->output.is_dirty)
		TAILQ_REMOVE(&c->set->outputs.dirty, c, output.dirty);
	c->output.is_dirty = 0;
	if (c->output.ev_write != NULL)
		event_free(c->output.ev_write);
	c->output.ev_write = NULL;
}

int
conn_output_raw(struct conn *c, const void *p, size_t n)
{
	struct conn_set *s = c->set;

	if (s->outputs.staging == c) {
		if (s->outputs.stage_len + n > sizeof(s->outputs.stage))
			return (-1);
		memcpy(s->outputs.stage + s->outputs.stage_len, p, n);
		s->outputs.stage_len += n;
		return (0);
	}
	if (conn_buf_left(&c->output.out) + n > OUT_MAX ||
	    conn_buf_add(&c->output.out, p, n) == -1)
		return (-1);
	conn_dirty(c);
	return (0);
}

uint8_t *
conn_output_stage(struct conn *c, size_t n)
{
	struct conn_outputs *o = &c->set->outputs;

	if (o->staging != c || n > sizeof(o->stage) - o->stage_len)
		return (NULL);
	return (o->stage + o->stage_len);
}

void
conn_output_staged(struct conn *c, size_t n)
{
	c->set->outputs.stage_len += n;
}

void
conn_write(struct conn *c, const void *p, size_t n)
{
	if (c->dead)
		return;
	if (c->set->ops->encrypt(c, p, n) == -1)
		overflow(c);
}

void
conn_output_piece(struct conn_set *s, void *p, size_t n)
{
	struct conn_outputs *o = &s->outputs;

	if (n == 0)
		return;
	o->pieces[o->npieces].iov_base = p;
	o->pieces[o->npieces++].iov_len = n;
}

/*
 * Gather about `max' bytes: own frames, which go to `batch', then what the
 * owner of the connection has.  Return the number of bytes.
 */
static size_t
gather(struct conn *c, size_t max)
{
	struct conn_set *s = c->set;
	uint8_t *batch = s->outputs.batch;
	size_t n, k = conn_buf_left(&c->output.ctl);

	s->outputs.npieces = 0;
	/* A DERP stream may be cut anywhere between two batches. */
	n = k < max ? k : max;
	if (n > 0) {
		memcpy(batch, conn_buf_head(&c->output.ctl), n);
		ctl_drain(c, n);
		conn_output_piece(s, batch, n);
	}
	return (n < k ? n : s->ops->gather(c, n, max));
}

const uint8_t *
conn_output_flatten(struct conn_set *s)
{
	struct conn_outputs *o = &s->outputs;
	size_t i, n = 0;

	for (i = 0; i < o->npieces; i++) {
		if (o->pieces[i].iov_base != o->batch + n)
			memmove(o->batch + n, o->pieces[i].iov_base,
			    o->pieces[i].iov_len);
		n += o->pieces[i].iov_len;
	}
	return (o->batch);
}

/*
 * Return an upper bound of the unsent bytes in the kernel: bytes may have been
 * sent since the last query.  The kernel is queried only if that matters.
 */
static unsigned int
unsent(struct conn *c, unsigned int limit)
{
	if (c->output.unsent >= limit / 2)
		c->output.unsent = c->set->outputs.ops->unsent(c);
	return (c->output.unsent);
}

/* Return the write deadline of this connection in ms, 0 for none. */
static unsigned int
output_deadline(const struct conn *c)
{
	/* Mesh peers, and pumps, whose sessions have a deadline, too. */
	return (c->patient ? PATIENT_MS : c->set->write_timeout);
}

/* Wait until the socket accepts more, or the write deadline passes. */
static void
wait_writable(struct conn *c)
{
	const struct conn_output_ops *ops = c->set->outputs.ops;

	if (ops->wait(c, output_deadline(c)) == -1) {
		overflow(c);
		return;
	}
	c->output.want_write = 1;
	c->output.outq = ops->unacked(c);
}

/* Send; c->output.out keeps the unsent rest.  Return -1: connection lost. */
static int
send_some(struct conn *c, const uint8_t *p, size_t n)
{
	ssize_t k;

	do
		k = c->set->outputs.ops->send(c, p, n);
	while (k == -1 && errno == EINTR);
	if (k == -1) {
		if (errno != EAGAIN && errno != ENOBUFS)
			return (-1);
		k = 0;
	}
	c->output.unsent += (unsigned int)k;
	return (conn_buf_add(&c->output.out, p + k, n - (size_t)k));
}

/* Send output that was refused before.  Return 1: all, 0: not all, -1: lost. */
static int
send_rest(struct conn *c)
{
	ssize_t k;

	while (conn_buf_left(&c->output.out) > 0) {
		k = c->set->outputs.ops->send(c, conn_buf_head(&c->output.out),
		    conn_buf_left(&c->output.out));
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return (errno == EAGAIN || errno == ENOBUFS ? 0 : -1);
		c->output.unsent += (unsigned int)k;
		conn_buf_drain(&c->output.out, (size_t)k);
	}
	return (1);
}

static int
send_batch(struct conn *c, size_t n)
{
	struct conn_set *s = c->set;
	int rv;

	s->outputs.staging = c;
	s->outputs.stage_len = 0;
	rv = s->ops->encrypt_pieces(c, s->outputs.pieces, s->outputs.npieces,
	    n);
	s->outputs.staging = NULL;
	if (s->ops->gathered != NULL)
		s->ops->gathered(s);
	if (rv == -1)
		return (-1);
	return (send_some(c, s->outputs.stage, s->outputs.stage_len));
}

void
conn_reply(struct conn *c, const void *head, size_t n,
    const void *body, size_t m)
{
	if (c->dead)
		return;
	if (c->plain || c->output.want_write ||
	    conn_buf_left(&c->output.out) > 0 || n + m > OUTPUT_BATCH) {
		conn_write(c, head, n);
		conn_write(c, body, m);
		return;
	}
	c->set->outputs.npieces = 0;
	conn_output_piece(c->set, (void *)(uintptr_t)head, n);
	conn_output_piece(c->set, (void *)(uintptr_t)body, m);
	if (send_batch(c, n + m) == -1)
		conn_close(c, "connection lost");
	else if (conn_buf_left(&c->output.out) > 0)
		conn_dirty(c);
}

static int
is_held(const struct conn *c)
{
	return (c->set->ops->held != NULL && c->set->ops->held(c));
}

static int
has_more(const struct conn *c)
{
	const struct conn_ops *ops = c->set->ops;

	if ((ops->over != NULL && ops->over(c)) || conn_records_is_over(c))
		return (0);
	return (conn_buf_left(&c->output.ctl) > 0 || ops->pending(c));
}

/*
 * All output is sent: end the stream, then wait for the client to end its own.
 */
static void
finish(struct conn *c)
{
	const struct conn_output_ops *ops = c->set->outputs.ops;

	if (c->lingering)
		return;
	c->set->ops->end(c);
	if (send_rest(c) == -1 || ops->shut(c) == -1) {
		conn_close(c, "ended");
		return;
	}
	/*
	 * Closing while input arrives would send a reset, which may overtake
	 * unread output.  So some input is read; then TCP's window stops the
	 * client.
	 */
	c->lingering = 1;
	c->input.linger_left = LINGER_BYTES;
	conn_deadline(c, LINGER_SECS);
}

/*
 * Send output that was refused before, and a KeyUpdate that is owed.  Return as
 * send_rest().
 */
static int
send_owed(struct conn *c)
{
	int rv = send_rest(c);

	if (rv != 1 || !conn_records_owes(c))
		return (rv);
	c->set->outputs.npieces = 0;
	if (send_batch(c, 0) == -1)
		return (-1);
	return (conn_buf_left(&c->output.out) == 0);
}

/*
 * Return the most bytes of the next batch; 0: the kernel has enough unsent.
 * After EV_WRITE, `woken', it is one at least.
 */
static size_t
batch_max(struct conn *c, int woken)
{
	unsigned int lowat = c->set->notsent_lowat, queued;

	if (lowat == 0)
		return (OUTPUT_BATCH);
	queued = unsent(c, lowat);
	if (queued >= lowat)
		return (woken ? 1 : 0);
	return (lowat - queued < OUTPUT_BATCH ? lowat - queued : OUTPUT_BATCH);
}

static void
flush_one(struct conn *c)
{
	size_t max;
	int i, rv, woken = c->output.woken;

	/*
	 * A socket that was reset is writable, but keeps its unsent bytes
	 * forever.  After EV_WRITE output is always sent, which then fails.
	 */
	c->output.woken = 0;

	if (c->output.overflow) {
		conn_close(c, "the client does not read");
		return;
	}
	if (c->output.want_write || is_held(c))
		return;
	if ((rv = send_owed(c)) == -1) {
		conn_close(c, "connection lost");
		return;
	}
	if (rv == 0) {
		wait_writable(c);
		return;
	}
	for (i = 0; has_more(c); i++) {
		max = batch_max(c, woken);
		if (max == 0 ||
		    (i >= FLUSH_ROUNDS && c->set->notsent_lowat != 0)) {
			wait_writable(c);
			return;
		}
		woken = 0;
		if (send_batch(c, gather(c, max)) == -1) {
			conn_close(c, "connection lost");
			return;
		}
		if (conn_buf_left(&c->output.out) > 0) {
			wait_writable(c);
			return;
		}
	}
	if (c->state == CONN_DRAIN)
		finish(c);
	else if (c->set->ops->flushed != NULL)
		c->set->ops->flushed(c);
}

void
conn_output_flush(struct conn_set *s)
{
	struct conn *c;

	s->outputs.fresh_bytes = 0;
	while ((c = TAILQ_FIRST(&s->outputs.dirty)) != NULL) {
		TAILQ_REMOVE(&s->outputs.dirty, c, output.dirty);
		c->output.is_dirty = 0;
		if (!c->dead) {
			flush_one(c);
			if (s->ops->rested != NULL)
				s->ops->rested(c);
		}
	}
}

void
conn_output_relieve(struct conn_set *s)
{
	if (s->outputs.fresh_bytes >= FRESH_MAX)
		conn_output_flush(s);
}

void
conn_output_ready(struct conn *c)
{
	if (c->dead)
		return;
	c->output.want_write = 0;
	c->output.woken = 1;
	conn_dirty(c);
}

void
conn_output_overdue(struct conn *c)
{
	unsigned int now;

	if (c->dead)
		return;
	c->output.want_write = 0;
	/* The kernel still has unsent bytes; compare the acknowledged ones. */
	now = c->set->outputs.ops->unacked(c);
	if (now < c->output.outq) {
		wait_writable(c);
		return;
	}
	c->set->stats->write_timeouts++;
	conn_close(c, "write timeout");
}
