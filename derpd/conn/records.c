/*
 * records: see records.h.  Called by input.c and output.c, and by the
 * call-backs of fronts and relay workers.
 */
#include <string.h>

#include "clock.h"
#include "conn.h"
#include "records.h"

#define RECORDS_LOOK	64	/* records between two checks of the clock */
#define TURN_US		2000		/* time of one client in a turn */
#define RECORDS_TURN	16		/* records in a turn, one by one */

/* Keep ciphertext of a paused connection. */
static void
hold(struct conn *c, const uint8_t *p, size_t n)
{
	if (conn_buf_add_tight(&c->input.held, p, n) == -1)
		conn_close(c, "out of memory");
}

/*
 * Handle a record that ends the connection: it is closed by the peer, or
 * invalid; then send the alert that says why.
 */
static void
ended(struct conn *c, enum net_record_status s,
    const struct net_record_input *in)
{
	struct log_about about;
	uint8_t alert[NET_RECORD_ALERT];
	ssize_t n;

	if (s == NET_RECORD_CLOSED) {
		conn_close(c, in->why);
		return;
	}
	about = conn_about(c);
	log_client(LOG_DEBUG, NULL, &about, "connection %llu: TLS: %s",
	    (unsigned long long)c->id, in->why);
	c->why = in->why;
	if ((n = net_record_alert(c->rec, in->alert, alert)) > 0)
		(void)conn_output_raw(c, alert, (size_t)n);
	conn_drain(c);
}

/* Read one record from c->input.src.  Return 0, or -1: incomplete. */
static int
read_record(struct conn *c)
{
	struct conn_cursor *src = c->input.src;
	struct net_record_input in;
	enum net_record_status s;

	s = net_record_read(c->rec, src->p, src->n, &in);
	if (s == NET_RECORD_MORE)
		return (-1);
	src->p += in.used;
	src->n -= in.used;
	if (s == NET_RECORD_DATA)
		conn_plain(c, in.data, in.len);
	else if (s == NET_RECORD_NONE) {
		if (net_record_owes(c->rec))
			conn_dirty(c);
	} else
		ended(c, s, &in);
	return (0);
}

/*
 * Process the bytes that c->input.src names.  A read may contain thousands of
 * tiny records, each as costly as a packet: after TURN_US other clients have
 * their turn.
 */
static void
decrypt(struct conn *c)
{
	struct conn_set *s = c->set;
	unsigned int records = 0;
	uint64_t start = s->now_us;

	while (!c->dead && c->paused == 0) {
		if ((c->rec != NULL ? read_record(c) :
		    s->ops->libtls(c)) == -1)
			break;
		if (++records % RECORDS_LOOK == 0 &&
		    base_clock_us() - start > TURN_US)
			conn_next_turn(c);
	}
}

/*
 * Process records one by one, while they are complete, so that libssl needs no
 * buffer of 16 KiB for a partial record or for waiting input.  Return the
 * number of bytes consumed.
 */
static size_t
one_by_one(struct conn *c, uint8_t *p, size_t n)
{
	struct conn_cursor in;
	size_t k, done = 0;
	unsigned int records = 0;

	c->input.src = &in;
	while (!c->dead && c->paused == 0 &&
	    (k = c->set->ops->whole(p + done, n - done)) > 0) {
		in.p = p + done;
		in.n = k;
		decrypt(c);
		done += k - in.n;
		if (in.n > 0)
			break;
		if (++records == RECORDS_TURN)
			conn_next_turn(c);
	}
	return (done);
}

void
conn_records(struct conn *c, uint8_t *p, size_t n)
{
	struct conn_cursor in = { p, n };
	struct conn_set *s = c->set;
	size_t done;

	if (s->decrypting) {
		/* A bug in our code must not affect other clients. */
		log_warnx("bug: nested input of connection %llu: queued",
		    (unsigned long long)c->id);
		hold(c, p, n);
		conn_pause(c, PAUSE_NEXT);
		conn_resume(c, PAUSE_NEXT);
		return;
	}
	s->decrypting = 1;
	if (s->ops->one_by_one != NULL && s->ops->one_by_one(c)) {
		done = one_by_one(c, p, n);
		in.p += done;
		in.n -= done;
	} else {
		c->input.src = &in;
		decrypt(c);
	}
	c->input.src = NULL;
	s->decrypting = 0;
	if (!c->dead && c->state != CONN_DRAIN)
		hold(c, in.p, in.n);
}

void
conn_records_received(struct conn *c, uint8_t *p, size_t n)
{
	size_t cut = conn_buf_left(&c->input.held);

	if (cut <= IN_CUT) {
		if (cut > 0)
			memcpy(p - cut, conn_buf_head(&c->input.held), cut);
		conn_buf_free(&c->input.held);
		conn_records(c, p - cut, cut + n);
		return;
	}
	if (conn_buf_add_tight(&c->input.held, p, n) == -1)
		conn_close(c, "out of memory");
	else
		conn_work_records(c);
}

/* Write records of ours for the `n' bytes at `p', with the shared buffer. */
static int
write_records(struct conn *c, const uint8_t *p, size_t n)
{
	uint8_t *wire = c->set->wire;
	struct iovec v;
	ssize_t k;
	size_t m;

	c->rec->quiet = c->paused != 0;
	do {
		m = n < CONN_RECORD_SIZE ? n : CONN_RECORD_SIZE;
		v.iov_base = (uint8_t *)(uintptr_t)p;
		v.iov_len = m;
		if ((k = net_record_write(c->rec, &v, 1, m, wire)) == -1 ||
		    conn_output_raw(c, wire, (size_t)k) == -1)
			return (-1);
		p += m;
		n -= m;
	} while (n > 0);
	return (0);
}

int
conn_records_write(struct conn *c, const uint8_t *p, size_t n)
{
	return (c->rec == NULL ? conn_output_raw(c, p, n) :
	    write_records(c, p, n));
}

/* Copy the pieces for a client without TLS. */
static int
write_plain(struct conn *c, const struct iovec *v, size_t cnt)
{
	for (; cnt > 0; cnt--, v++)
		if (conn_output_raw(c, v->iov_base, v->iov_len) == -1)
			return (-1);
	return (0);
}

int
conn_records_write_pieces(struct conn *c, const struct iovec *v, size_t cnt,
    size_t n)
{
	uint8_t *dst;
	ssize_t k;

	if (c->rec == NULL)
		return (write_plain(c, v, cnt));
	c->rec->quiet = c->paused != 0;
	if ((dst = conn_output_stage(c, net_record_room(c->rec, n))) == NULL ||
	    (k = net_record_write(c->rec, v, cnt, n, dst)) == -1)
		return (-1);
	conn_output_staged(c, (size_t)k);
	return (0);
}

int
conn_records_owes(const struct conn *c)
{
	return (c->rec != NULL && net_record_owes(c->rec));
}

int
conn_records_is_over(const struct conn *c)
{
	return (c->rec != NULL && c->rec->ended);
}

void
conn_records_close(struct conn *c)
{
	uint8_t alert[NET_RECORD_ALERT];
	ssize_t n;

	if (c->rec != NULL && (n = net_record_alert(c->rec,
	    NET_ALERT_CLOSE_NOTIFY, alert)) > 0)
		(void)conn_output_raw(c, alert, (size_t)n);
}
