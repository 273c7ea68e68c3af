/*
 * input: input of clients in the order of a connection's life: the header of a
 * load balancer, a ClientHello, records, requests, frames; and the reasons to
 * pause it.  Called by all modules that handle one client.
 *
 * Input is handled from the event loop or from relay_conn_work(), never within
 * output or other input; resuming a connection only queues it.
 */
#include <sys/socket.h>
#include <errno.h>
#include <string.h>

#include "admit.h"
#include "beat.h"
#include "hello.h"
#include "httpconn.h"
#include "input.h"
#include "pump.h"
#include "relay.h"
#include "session.h"
#include "tlsio.h"
#include "websocket.h"

/* Maximum plaintext that is kept for a paused client. */
#define PEND_MAX	(256 * 1024)

#define UNFINISHED_READ	8192	/* bytes of one read before the login */
#define SHAKE_US	2000	/* time for handshakes in a turn */
#define SHAKES_MAX	256	/* waiting handshakes that stop accept */

static void
unqueue_shake(struct relay_conn *c)
{
	TAILQ_REMOVE(&c->r->shaking, c, resumed);
	if (c->shaking == SHAKE_HELLO)
		c->r->nshaking--;
	c->shaking = 0;
}

/*
 * Handle plaintext by the connection's state, until it is paused, ends, or
 * continues as a WebSocket.  Return how many bytes were handled.
 */
static size_t
feed(struct relay_conn *c, const uint8_t *p, size_t n)
{
	const struct web_ws *ws = c->ws;
	size_t used = 0;

	while (used < n && c->paused == 0 && !c->dead &&
	    c->state != CONN_DRAIN && c->ws == ws) {
		if (c->state == CONN_HTTP)
			used += web_input(c, p + used, n - used);
		else if (c->state == CONN_PUMP)
			used += relay_pump_input(c, p + used, n - used);
		else
			used += derp_input(&c->session, p + used, n - used);
	}
	return (used);
}

/* Handle plaintext and keep the rest if paused; return the bytes consumed. */
static size_t
feed_or_keep(struct relay_conn *c, const uint8_t *p, size_t n)
{
	size_t used = feed(c, p, n);

	if (used == n || c->paused == 0 || c->dead || c->state == CONN_DRAIN)
		return (used);
	if (relay_buf_left(&c->input.pend) + (n - used) > PEND_MAX ||
	    relay_buf_add(&c->input.pend, p + used, n - used) == -1)
		relay_conn_close(c, "too much input while paused");
	return (n);
}

void
relay_conn_pause(struct relay_conn *c, unsigned int why)
{
	if (c->paused == 0) {
		relay_beat_leave(c);
		event_del(&c->ev_read);
	}
	c->paused |= why;
}

/*
 * Return 1 before the login: handshake and requests are handled for only
 * SHAKE_US a turn.
 */
static int
is_unfinished(const struct relay_conn *c)
{
	return (c->state == CONN_HANDSHAKE || c->state == CONN_HTTP);
}

/* Queue input for the turn; PAUSE_TURN is set. */
static void
queue_input(struct relay_conn *c)
{
	struct relay *r = c->r;

	if (!is_unfinished(c)) {
		TAILQ_INSERT_TAIL(&r->resumed, c, resumed);
		return;
	}
	c->shaking = c->state == CONN_HANDSHAKE ? SHAKE_HELLO : SHAKE_REQUEST;
	TAILQ_INSERT_TAIL(&r->shaking, c, resumed);
	/* Only handshakes count: a flood of requests must not stop accept. */
	if (c->shaking == SHAKE_HELLO && ++r->nshaking >= SHAKES_MAX)
		relay_accept_pause(r, ACCEPT_SHAKES);
}

void
relay_conn_resume(struct relay_conn *c, unsigned int why)
{
	if (c->dead || (c->paused & why) == 0)
		return;
	c->paused &= ~why;
	if (c->paused != 0)
		return;
	/* Input resumes when the turn has handled the kept input. */
	c->paused = PAUSE_TURN;
	queue_input(c);
}

/* Return 1 if kept input can continue a handshake, or TLS is established. */
static int
held_suffices(struct relay_conn *c)
{
	const struct relay_buf *b = &c->input.held;

	if (c->state != CONN_HANDSHAKE)
		return (1);
	if (c->tls == NULL)
		return (relay_hello_check(&c->unknown->hello, relay_buf_head(b),
		    relay_buf_left(b)) == HELLO_WHOLE);
	return (relay_hello_record(relay_buf_head(b), relay_buf_left(b)) > 0);
}

/* Unwrap WebSocket bytes; paused input is kept unwrapped. */
static void
unwrap(struct relay_conn *c, const uint8_t *p, size_t n)
{
	if (n > 0 && !c->dead && c->state != CONN_DRAIN &&
	    web_ws_feed(c->ws, p, n) == -1)
		relay_conn_drain(c);
}

/*
 * Handle the input that was kept while a connection was paused.  If it is
 * paused again, the rest is kept.
 */
static void
work(struct relay_conn *c)
{
	const struct web_ws *ws;
	struct relay_buf b;

	event_add(&c->ev_read, NULL);
	if (relay_buf_left(&c->input.pend) > 0) {
		b = c->input.pend;
		memset(&c->input.pend, 0, sizeof(c->input.pend));
		ws = c->ws;	/* of a WebSocket all is unwrapped */
		relay_buf_drain(&b, feed(c, relay_buf_head(&b),
		    relay_buf_left(&b)));
		if (c->ws == ws)
			c->input.pend = b;
		else {
			unwrap(c, relay_buf_head(&b), relay_buf_left(&b));
			relay_buf_free(&b);
		}
	}
	if (c->dead || c->paused != 0 || c->plain || !held_suffices(c))
		return;
	/* Without kept bytes too: libssl may have read ahead. */
	b = c->input.held;
	memset(&c->input.held, 0, sizeof(c->input.held));
	relay_tlsio_pump(c, relay_buf_head(&b), relay_buf_left(&b));
	relay_buf_free(&b);
}

void
relay_conn_work(struct relay *r)
{
	struct relay_conn *c, *last = TAILQ_LAST(&r->resumed, relay_conn_list);

	/* A connection that is resumed meanwhile waits for the next turn. */
	while (last != NULL && (c = TAILQ_FIRST(&r->resumed)) != NULL) {
		if (c == last)
			last = NULL;
		TAILQ_REMOVE(&r->resumed, c, resumed);
		c->paused &= ~(unsigned int)PAUSE_TURN;
		if (c->dead || c->paused != 0)
			continue;	/* paused for another reason */
		work(c);
		relay_conn_charge(c);
		relay_output_relieve(r);
	}
}

void
relay_conn_shake(struct relay *r)
{
	struct relay_conn *c;
	uint64_t end;

	/*
	 * The time starts now, so that a long turn leaves some for handshakes.
	 */
	if (!TAILQ_EMPTY(&r->shaking))
		relay_clock(r);
	end = r->now_us + SHAKE_US;
	while ((c = TAILQ_FIRST(&r->shaking)) != NULL) {
		unqueue_shake(c);
		c->paused &= ~(unsigned int)PAUSE_TURN;
		if (c->dead || c->paused != 0)
			continue;
		if (c->state == CONN_HANDSHAKE && !relay_can_sign(r)) {
			relay_conn_pause(c, PAUSE_KEYS);
			continue;
		}
		work(c);
		relay_conn_charge(c);
		relay_clock(r);
		if (r->now_us >= end)
			break;
	}
	if (r->nshaking <= SHAKES_MAX / 2)
		relay_accept_resume(r, ACCEPT_SHAKES);
}

int
relay_conn_ws_data(const uint8_t *p, size_t n, void *arg)
{
	struct relay_conn *c = arg;

	feed_or_keep(c, p, n);
	return (c->dead ? -1 : 0);
}

void
relay_conn_input(struct relay_conn *c, const uint8_t *p, size_t n)
{
	size_t used;

	if (c->ws == NULL) {
		used = feed_or_keep(c, p, n);
		p += used;
		n -= used;
	}
	if (c->ws != NULL)	/* set now or before */
		unwrap(c, p, n);
}

/* Return the bytes of one read: few before the login. */
static size_t
read_size(const struct relay_conn *c)
{
	if (c->lingering)
		return (c->input.linger_left);
	return (c->state == CONN_UP || c->state == CONN_PUMP ?
	    RELAY_IN_SIZE : UNFINISHED_READ);
}

/* Discard input after the end of our stream, up to a limit. */
static void
linger(struct relay_conn *c, size_t n)
{
	c->input.linger_left -= (uint32_t)n;
	if (c->input.linger_left == 0)
		event_del(&c->ev_read);
}

/*
 * A handshake continues when a whole ClientHello, and later a whole record, is
 * there.  The turn handles a few at a time.
 */
static void
shake_input(struct relay_conn *c)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 47 };

	if (held_suffices(c)) {
		relay_conn_pause(c, PAUSE_TURN);
		queue_input(c);
	} else if (c->tls == NULL && relay_hello_check(&c->unknown->hello,
	    relay_buf_head(&c->input.held), relay_buf_left(&c->input.held)) ==
	    HELLO_LONG) {
		/* illegal_parameter (RFC 8446 6.2) */
		(void)relay_output_raw(c, alert, sizeof(alert));
		relay_conn_drain(c);
	}
}

/*
 * Handle `n' bytes of received ciphertext at `p'; IN_CUT bytes before are free.
 */
static void
tls_input(struct relay_conn *c, uint8_t *p, size_t n)
{
	size_t cut = relay_buf_left(&c->input.held);
	struct relay_buf b;

	if (!is_unfinished(c) && cut <= IN_CUT) {
		if (cut > 0)
			memcpy(p - cut, relay_buf_head(&c->input.held), cut);
		relay_buf_free(&c->input.held);
		relay_tlsio_pump(c, p - cut, cut + n);
		return;
	}
	/* Append to the partial record. */
	if (relay_buf_add_tight(&c->input.held, p, n) == -1) {
		relay_conn_close(c, "out of memory");
		return;
	}
	if (is_unfinished(c)) {
		shake_input(c);
		return;
	}
	b = c->input.held;
	memset(&c->input.held, 0, sizeof(c->input.held));
	relay_tlsio_pump(c, relay_buf_head(&b), relay_buf_left(&b));
	relay_buf_free(&b);
}

/*
 * Handle the `n' bytes at `p' of a connection from a load balancer: its header,
 * and what came with it.
 */
static void
proxy_input(struct relay_conn *c, const uint8_t *p, size_t n)
{
	struct relay_buf b;

	if (relay_buf_add_tight(&c->input.held, p, n) == -1) {
		relay_conn_close(c, "out of memory");
		return;
	}
	if (!relay_proxy_header(c) || relay_buf_left(&c->input.held) == 0)
		return;
	if (!c->plain) {
		shake_input(c);
		return;
	}
	b = c->input.held;
	memset(&c->input.held, 0, sizeof(c->input.held));
	relay_conn_input(c, relay_buf_head(&b), relay_buf_left(&b));
	relay_buf_free(&b);
}

void
relay_input_read(struct relay_conn *c)
{
	struct relay *r = c->r;
	uint8_t *in = r->in_buf + IN_CUT;
	ssize_t n;

	if (c->dead)
		return;
	relay_clock(r);
	if (c->state == CONN_HANDSHAKE && !relay_can_sign(r)) {
		relay_conn_pause(c, PAUSE_KEYS);
		return;
	}
	n = recv(c->fd, in, read_size(c), MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		if (c->pace.on)
			relay_beat_note(c, 0);
		return;
	}
	if (c->lingering && n > 0) {
		linger(c, (size_t)n);
		return;
	}
	if (n <= 0) {
		relay_conn_close(c, n == 0 ? "closed by the client" :
		    "connection lost");
		return;
	}
	if (c->state == CONN_PROXY)
		proxy_input(c, in, (size_t)n);
	else if (c->plain)
		relay_conn_input(c, in, (size_t)n);
	else
		tls_input(c, in, (size_t)n);
	relay_conn_charge(c);
	if (c->state == CONN_UP && c->paused == 0 && !c->dead)
		relay_beat_note(c, 1);
	relay_output_relieve(r);
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	relay_input_read(arg);
}

void
relay_input_assign(struct relay_conn *c)
{
	event_assign(&c->ev_read, c->r->base, c->fd, EV_READ | EV_PERSIST,
	    readable, c);
}

int
relay_input_begin(struct relay_conn *c)
{
	relay_input_assign(c);
	return (event_add(&c->ev_read, NULL));
}

void
relay_input_end(struct relay_conn *c)
{
	if (c->shaking)
		unqueue_shake(c);
	else if (c->paused & PAUSE_TURN)
		TAILQ_REMOVE(&c->r->resumed, c, resumed);
	relay_beat_leave(c);
	event_del(&c->ev_read);
}

void
relay_input_free(struct relay_conn *c)
{
	relay_buf_free(&c->input.held);
	relay_buf_free(&c->input.pend);
}
