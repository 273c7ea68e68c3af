/*
 * frontconn: see frontconn.h.  Called by accept.c, front.c, handover.c and
 * proxy.c; its call-backs by derpd/conn.
 *
 * Input in the order of a connection's life: the header of a load balancer, a
 * ClientHello, records, requests, ClientInfo; then what a pump passes on.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "admission.h"
#include "budget.h"
#include "clients.h"
#include "front.h"
#include "frontconn.h"
#include "frontlogin.h"
#include "fronttls.h"
#include "handover.h"
#include "httpconn.h"
#include "late.h"
#include "log.h"
#include "proxy.h"
#include "pump.h"
#include "records.h"
#include "ticket.h"
#include "websocket.h"

#define UNFINISHED_READ	8192	/* bytes of one read before the login */
#define SHAKE_US	2000	/* time for handshakes in a turn */
#define SHAKES_MAX	256	/* waiting handshakes that stop accept */
#define RECORD_KEYS	2048	/* maximum number of expanded keys, each
				   for the time of a login: 2 MB */

/*
 * Return 1 for those that are handled for only SHAKE_US a turn: handshakes and
 * requests.
 */
static int
is_unfinished(const struct conn *c)
{
	return (c->state == CONN_HANDSHAKE || c->state == CONN_HTTP);
}

/*
 * A handshake that has begun goes before those that have not: most of its work
 * is done, and it holds memory until its end.
 */
static int
queue(struct conn *c)
{
	struct front_conn *fc = front_conn_of(c);
	struct front *f = fc->f;

	if (!is_unfinished(c))
		return (0);
	fc->shaking = c->state == CONN_HANDSHAKE ? SHAKE_HELLO : SHAKE_REQUEST;
	if (fc->shaking == SHAKE_HELLO && fc->tls != NULL)
		TAILQ_INSERT_HEAD(&f->shaking, c, resumed);
	else
		TAILQ_INSERT_TAIL(&f->shaking, c, resumed);
	/* Only handshakes count: a flood of requests must not stop accept. */
	if (fc->shaking == SHAKE_HELLO && ++f->nshaking >= SHAKES_MAX)
		front_accept_pause(f, ACCEPT_SHAKES);
	return (1);
}

static void
unqueue(struct conn *c)
{
	struct front_conn *fc = front_conn_of(c);

	TAILQ_REMOVE(&fc->f->shaking, c, resumed);
	if (fc->shaking == SHAKE_HELLO)
		fc->f->nshaking--;
	fc->shaking = 0;
	c->queued = 0;
}

/* Return 1 if kept input can continue a handshake, or TLS is established. */
static int
held_suffices(struct front_conn *c)
{
	const struct conn_buf *b = &c->conn.input.held;

	if (c->conn.state != CONN_HANDSHAKE)
		return (1);
	if (c->tls == NULL)
		return (front_hello_check(&c->hello, conn_buf_head(b),
		    conn_buf_left(b)) == HELLO_WHOLE);
	return (front_hello_record(conn_buf_head(b), conn_buf_left(b)) > 0);
}

static void
unwrap(struct conn *c, const uint8_t *p, size_t n)
{
	if (n > 0 && !c->dead && c->state != CONN_DRAIN &&
	    web_ws_feed(front_conn_of(c)->ws, p, n) == -1)
		conn_drain(c);
}

static size_t
input(struct conn *c, const uint8_t *p, size_t n)
{
	struct front_conn *fc = front_conn_of(c);

	if (c->state == CONN_HTTP)
		return (web_input(fc, p, n));
	if (c->state == CONN_PUMP)
		return (front_pump_input(fc, p, n));
	/* Input is always in memory that may be written. */
	return (front_login_input(fc, (uint8_t *)(uintptr_t)p, n));
}

static void
work(struct conn *c)
{
	conn_work_plain(c);
	if (c->dead || c->paused != 0 || c->plain ||
	    !held_suffices(front_conn_of(c)))
		return;
	if (c->state == CONN_HANDSHAKE)
		front_tls_hello(front_conn_of(c),
		    conn_buf_head(&c->input.held),
		    conn_buf_left(&c->input.held));
	/* Without kept bytes too: libssl may have read ahead. */
	conn_work_records(c);
}

/* Begin or continue a handshake, or handle requests. */
static void
shake(struct conn *c)
{
	struct front_conn *fc = front_conn_of(c);

	if (c->state == CONN_HANDSHAKE && fc->tls == NULL && front_late(fc))
		return;
	work(c);
	front_budget_charge(fc);
}

void
front_conn_shake(struct front *f)
{
	struct conn *c;
	uint64_t end;

	/*
	 * The time starts now, so that a long turn leaves some for handshakes.
	 */
	if (!TAILQ_EMPTY(&f->shaking))
		conn_clock(&f->set);
	end = f->set.now_us + SHAKE_US;
	while ((c = TAILQ_FIRST(&f->shaking)) != NULL) {
		unqueue(c);
		c->paused &= ~(unsigned int)PAUSE_TURN;
		if (c->dead || c->paused != 0)
			continue;
		if (c->state == CONN_HANDSHAKE && !front_can_sign(f)) {
			conn_pause(c, PAUSE_KEYS);
			continue;
		}
		shake(c);
		conn_clock(&f->set);
		if (f->set.now_us >= end)
			break;
	}
	if (f->nshaking <= SHAKES_MAX / 2)
		front_accept_resume(f, ACCEPT_SHAKES);
}

void
front_conn_signs(struct front *f)
{
	struct conn *c;

	TAILQ_FOREACH(c, &f->set.conns, entry)
		conn_resume(c, PAUSE_KEYS);
	front_accept_resume(f, ACCEPT_KEYS);
}

/* Return the bytes of one read: few before the login. */
static size_t
read_size(const struct conn *c)
{
	return (c->state == CONN_PUMP ? CONN_IN_SIZE : UNFINISHED_READ);
}

static int
may_read(struct conn *c)
{
	if (c->state != CONN_HANDSHAKE || front_can_sign(front_conn_of(c)->f))
		return (1);
	conn_pause(c, PAUSE_KEYS);
	return (0);
}

/*
 * A handshake continues when a whole ClientHello, and later a whole record, is
 * there.  The turn handles a few at a time.
 */
static void
shake_input(struct conn *c)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 47 };
	struct front_conn *fc = front_conn_of(c);

	if (held_suffices(fc)) {
		conn_pause(c, PAUSE_TURN);
		c->queued = queue(c) != 0;
	} else if (fc->tls == NULL && front_hello_check(&fc->hello,
	    conn_buf_head(&c->input.held), conn_buf_left(&c->input.held)) ==
	    HELLO_LONG) {
		/* illegal_parameter (RFC 8446 6.2) */
		(void)conn_output_raw(c, alert, sizeof(alert));
		conn_drain(c);
	}
}

/*
 * Handle the `n' bytes at `p' of a connection from a load balancer: its header,
 * and what came with it.
 */
static void
proxy_input(struct conn *c, const uint8_t *p, size_t n)
{
	struct conn_buf b;

	if (conn_buf_add_tight(&c->input.held, p, n) == -1) {
		conn_close(c, "out of memory");
		return;
	}
	if (!front_proxy_header(front_conn_of(c)) ||
	    conn_buf_left(&c->input.held) == 0)
		return;
	if (!c->plain) {
		shake_input(c);
		return;
	}
	b = c->input.held;
	memset(&c->input.held, 0, sizeof(c->input.held));
	conn_plain(c, conn_buf_head(&b), conn_buf_left(&b));
	conn_buf_free(&b);
}

static void
received(struct conn *c, uint8_t *p, size_t n)
{
	if (c->state == CONN_PROXY)
		proxy_input(c, p, n);
	else if (c->plain)
		conn_plain(c, p, n);
	else if (!is_unfinished(c))
		conn_records_received(c, p, n);
	else if (conn_buf_add_tight(&c->input.held, p, n) == -1)
		conn_close(c, "out of memory");
	else
		shake_input(c);
}

static int
pending(const struct conn *c)
{
	const struct front_conn *fc = front_conn_peek(c);

	return (web_pending(fc) > 0 || front_pump_pending(fc));
}

static size_t
gather(struct conn *c, size_t n, size_t max)
{
	struct front_conn *fc = front_conn_of(c);
	struct front *f = fc->f;
	uint8_t *dst = f->set.outputs.batch + n;
	size_t k = 0;

	if (n >= max)
		return (n);
	if (web_pending(fc) > 0)
		k = web_read(fc, dst, max - n);
	else if (front_pump_pending(fc))
		k = front_pump_read(fc, dst, max - n);
	conn_output_piece(&f->set, dst, k);
	return (n + k);
}

/* No data may follow the close frame of a WebSocket. */
static int
over(const struct conn *c)
{
	const struct front_conn *fc = front_conn_peek(c);

	return (fc->ws != NULL && web_ws_is_over(fc->ws));
}

static void
flushed(struct conn *c)
{
	if (c->state == CONN_HAND)
		front_handover_ready(front_conn_of(c));
	else if (c->paused & PAUSE_BODY)
		web_sent(front_conn_of(c));
}

static void
charge(struct conn *c)
{
	front_budget_charge(front_conn_of(c));
}

static void
expired(struct conn *c)
{
	if (c->state == CONN_ASK || c->state == CONN_REFUSED)
		front_admission_expired(front_conn_of(c));
	else if (!web_clients_late(front_conn_of(c)))
		conn_close(c, "timed out");
}

static void
draining(struct conn *c)
{
	front_pump_free(front_conn_of(c));
}

static void
leave(struct conn *c)
{
	struct front_conn *fc = front_conn_of(c);

	front_login_free(fc);
	if (fc->counted)
		fc->f->npumps--;
}

/* Free all but the connection's memory. */
static void
clear(struct front_conn *c)
{
	front_tls_end(c);
	front_pump_free(c);
	web_free(c);
	web_ws_free(c->ws);
	front_conn_known(c);
	conn_end(&c->conn);
}

static void
free_conn(struct conn *c)
{
	clear(front_conn_of(c));
	free(front_conn_of(c));
}

static void
reaped(struct conn_set *s)
{
	front_accept_room(s->arg);
}

/* keys has opened the login box in these states. */
static const uint8_t *
key(const struct conn *c)
{
	switch (c->state) {
	case CONN_ASK:
	case CONN_REFUSED:
	case CONN_HAND:
	case CONN_PUMP:
		return (ipc_ticket_client(front_conn_peek(c)->login.ticket));
	default:
		return (NULL);
	}
}

static const struct conn_ops ops = {
	.received = received,
	.input = input,
	.work = work,
	.read_size = read_size,
	.may_read = may_read,
	.queue = queue,
	.unqueue = unqueue,
	.charge = charge,
	.unwrap = unwrap,
	.libtls = front_tls_continue,
	.one_by_one = front_tls_one_by_one,
	.whole = front_hello_record,
	.encrypt = front_tls_write,
	.encrypt_pieces = front_tls_write_pieces,
	.end = front_tls_close,
	.pending = pending,
	.gather = gather,
	.over = over,
	.key = key,
	.flushed = flushed,
	.rested = charge,
	.expired = expired,
	.draining = draining,
	.leave = leave,
	.free = free_conn,
	.reaped = reaped
};

void
front_conn_init(struct front *f)
{
	TAILQ_INIT(&f->shaking);
	conn_set_init(&f->set, &ops, &conn_output_sock, &f->own.none,
	    RECORD_KEYS, f);
}

enum conn_state
front_conn_first_state(const struct front_conn *c)
{
	return (c->conn.plain ? CONN_HTTP : CONN_HANDSHAKE);
}

void
front_conn_known(struct front_conn *c)
{
	front_unfinished_remove(&c->f->unfinished, &c->unfinished);
}

struct front_conn *
front_conn_new(struct front *f, int fd, int tls, uint16_t listener,
    const uint8_t addr[16], uint16_t port)
{
	struct front_conn *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->f = f;
	c->listener = listener;
	conn_begin(&f->set, &c->conn, fd, addr, port);
	c->conn.plain = !tls;
	c->conn.state = front_proxies_has(&f->proxies, listener, addr) ?
	    CONN_PROXY : front_conn_first_state(c);
	if (front_budget_add(c) == -1 || conn_input_begin(&c->conn) == -1) {
		c->conn.fd = -1;	/* the caller's */
		clear(c);
		free(c);
		return (NULL);
	}
	front_budget_charge(c);
	conn_add(&c->conn);
	conn_deadline(&c->conn, c->conn.state == CONN_HTTP ? FRONT_HTTP_SECS :
	    LOGIN_SECS);
	return (c);
}
