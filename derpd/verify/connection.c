/*
 * connection: see connection.h.  Called by verify.c.
 *
 * A connection goes through the steps of enum verify_step; each step ends at
 * once, waits for its socket, or fails.  One timer ends the step, or the
 * question.  A new turn begins with each event.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "connection.h"

#define READ_SIZE	(16 * 1024)

/* Results of a step. */
enum { FAILED = -1, WAITS, GOES_ON };

static void	run(struct verify_conn *);
static int	fail(struct verify_conn *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/*
 * Store the reason, unless a later step failed at another address: that a
 * certificate has expired says more than that there is no IPv6.  Always returns
 * FAILED.
 */
static int
fail(struct verify_conn *c, const char *fmt, ...)
{
	va_list ap;

	if (c->why[0] != '\0' && c->step < c->why_step)
		return (FAILED);
	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	c->why_step = c->step;
	return (FAILED);
}

/* The same, with what the connection was doing where. */
static int
fail_here(struct verify_conn *c, const char *why)
{
	static const char *const doing[] = {
		[VERIFY_CONNECT] = "connect to",
		[VERIFY_SHAKE] = "TLS with",
		[VERIFY_SEND] = "request to",
		[VERIFY_READ] = "answer of"
	};

	return (fail(c, "%s %s: %s", doing[c->step], c->where, why));
}

/* Events */

static void
wait_for(struct verify_conn *c, short events)
{
	event_del(&c->io);
	event_assign(&c->io, c->sh->base, c->t.fd, events,
	    event_get_callback(&c->io), c);
	event_add(&c->io, NULL);
}

/* Wait as the transport's result `want' says. */
static int
wait_as(struct verify_conn *c, ssize_t want)
{
	wait_for(c, want == TRANSPORT_WANT_READ ? EV_READ : EV_WRITE);
	return (WAITS);
}

/* The step, or the rest, ends at `until', monotonic ms. */
static void
set_timer(struct verify_conn *c, uint64_t until)
{
	uint64_t now = base_clock_ms(), ms = until > now ? until - now : 0;
	struct timeval tv;

	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(&c->timer, &tv);
}

static void
drop_response(struct verify_conn *c)
{
	if (c->reading)
		net_http_reader_free(&c->in);
	c->reading = 0;
}

/* Close the transport. */
static void
hang_up(struct verify_conn *c)
{
	event_del(&c->io);
	event_del(&c->timer);
	drop_response(c);
	net_transport_close(&c->t);
	c->kept = 0;
}

void
verify_conn_close(struct verify_conn *c)
{
	hang_up(c);
	c->step = VERIFY_CLOSED;
}

/* The end of a question */

static void
begin_rest(struct verify_conn *c)
{
	c->step = VERIFY_REST;
	c->kept = 1;
	c->rest_bytes = 0;
	set_timer(c, base_clock_ms() + VERIFY_REST_MS);
	wait_for(c, EV_READ);
}

/* Report the answer. */
static int
finish(struct verify_conn *c, enum ipc_verify_answer answer, int late)
{
	struct verify_result r = { .answer = answer, .late = late };
	int keep = answer != IPC_VERIFY_FAILED && c->reading &&
	    net_http_reader_reusable(&c->in);

	r.q = c->q;
	r.why = c->why;
	drop_response(c);
	if (keep)
		begin_rest(c);
	else
		verify_conn_close(c);
	c->sh->answered(&r, c->sh->arg);
	return (WAITS);
}

/* A response is complete. */
static int
got_response(struct verify_conn *c)
{
	return (finish(c, verify_answer_of(c->sh->target->kind, &c->in, c->why,
	    sizeof(c->why)), 0));
}

/* Steps */

static int
step_closed(struct verify_conn *c)
{
	(void)c;
	return (WAITS);
}

static int
step_find(struct verify_conn *c)
{
	struct verify_places *p = &c->sh->places;
	int rv;

	if (c->sh->target->why[0] != '\0')
		return (fail(c, "%s", c->sh->target->why));
	rv = verify_places_find(p, base_clock_ms());
	/* The resolver may have taken a long time. */
	event_base_update_cache_time(c->sh->base);
	if (rv == -1)
		return (fail(c, "%s", p->why));
	memcpy(c->places, p->v, sizeof(c->places));
	c->nplaces = p->n;
	c->tried = 0;
	c->step = VERIFY_TRY;
	return (GOES_ON);
}

/* An address has its share of the time that is left. */
static int
step_try(struct verify_conn *c)
{
	const struct net_place *v = &c->places[c->tried++];
	uint64_t now = base_clock_ms();
	int rv;

	net_place_text(v, c->where, sizeof(c->where));
	if (now >= c->q.due)
		return (fail(c, "no time left to connect to %s", c->where));
	c->step = VERIFY_CONNECT;
	set_timer(c, now + (c->q.due - now) / (c->nplaces - c->tried + 1));
	rv = net_transport_connect(&c->t, (const struct sockaddr *)&v->ss,
	    v->len);
	if (rv == -1)
		return (fail_here(c, c->t.why));
	return (wait_as(c, TRANSPORT_WANT_WRITE));
}

/* The connection is there: send the question. */
static int
begin_send(struct verify_conn *c)
{
	set_timer(c, c->q.due);
	c->out_len = verify_target_request(c->sh->target, c->q.key, c->q.addr,
	    c->out);
	c->out_done = 0;
	c->step = VERIFY_SEND;
	return (GOES_ON);
}

static int
step_connect(struct verify_conn *c)
{
	const struct verify_target *target = c->sh->target;

	if (net_transport_connected(&c->t) == -1)
		return (fail_here(c, c->t.why));
	if (target->tls == NULL)
		return (begin_send(c));
	c->step = VERIFY_SHAKE;
	if (net_transport_secure(&c->t, target->tls, target->url.host) == -1)
		return (fail_here(c, c->t.why));
	return (GOES_ON);
}

static int
step_shake(struct verify_conn *c)
{
	int rv = net_transport_shake(&c->t);

	if (rv == -1)
		return (fail_here(c, c->t.why));
	return (rv == 0 ? begin_send(c) : wait_as(c, rv));
}

static int
step_send(struct verify_conn *c)
{
	ssize_t n;

	while (c->out_done < c->out_len) {
		n = net_transport_write(&c->t, c->out + c->out_done,
		    c->out_len - c->out_done);
		if (n == -1)
			return (fail_here(c, c->t.why));
		if (n < 0)
			return (wait_as(c, n));
		c->out_done += (size_t)n;
	}
	c->step = VERIFY_READ;
	c->reading = 1;
	return (net_http_reader_init(&c->in, 0, c->sh->target->kind ==
	    IPC_VERIFY_URL ? VERIFY_MAX_BODY : VERIFY_MAX_WHOIS) == -1 ?
	    fail_here(c, c->in.why) : GOES_ON);
}

static int
step_read(struct verify_conn *c)
{
	uint8_t buf[READ_SIZE];
	ssize_t n;
	int rv;

	do {
		n = net_transport_read(&c->t, buf, sizeof(buf));
		if (n == -1)
			return (fail_here(c, c->t.why));
		if (n < 0)
			return (wait_as(c, n));
		if (n > 0)
			rv = net_http_reader_feed(&c->in, buf, (size_t)n);
		else
			rv = net_http_reader_end(&c->in) == 0 ? 1 : -1;
	} while (rv == 0);
	if (rv == -1)
		return (fail_here(c, c->in.why));
	verify_places_worked(&c->sh->places, &c->places[c->tried - 1]);
	return (got_response(c));
}

/*
 * The server sent something at rest, or closed.  TLS may have messages of its
 * own, but no data is expected.
 */
static int
step_rest(struct verify_conn *c)
{
	char byte;
	ssize_t n = net_transport_read(&c->t, &byte, 1);

	c->rest_bytes += TRANSPORT_TURN - c->t.quota;
	if (n != TRANSPORT_WANT_READ || c->rest_bytes > VERIFY_REST_BYTES) {
		verify_conn_close(c);
		return (WAITS);
	}
	return (wait_as(c, n));
}

/* After a failure of this step, is there another address to try? */
static int
more_places(const struct verify_conn *c, enum verify_step step)
{
	return ((step == VERIFY_CONNECT || step == VERIFY_SHAKE) &&
	    c->tried < c->nplaces);
}

/*
 * A step failed: ask again over a new connection, try another address, or give
 * up.
 */
static int
recover(struct verify_conn *c)
{
	const enum verify_step step = c->step;
	const int again = c->kept &&
	    (step == VERIFY_SEND || step == VERIFY_READ) &&
	    (!c->reading || net_http_reader_empty(&c->in));

	hang_up(c);
	if (again) {
		c->why[0] = '\0';
		c->step = VERIFY_FIND;
		return (GOES_ON);
	}
	if (more_places(c, step)) {
		c->step = VERIFY_TRY;
		return (GOES_ON);
	}
	return (finish(c, IPC_VERIFY_FAILED, 0));
}

/* Go on until the connection waits. */
static void
run(struct verify_conn *c)
{
	static int (*const steps[])(struct verify_conn *) = {
		[VERIFY_CLOSED] = step_closed,
		[VERIFY_FIND] = step_find,
		[VERIFY_TRY] = step_try,
		[VERIFY_CONNECT] = step_connect,
		[VERIFY_SHAKE] = step_shake,
		[VERIFY_SEND] = step_send,
		[VERIFY_READ] = step_read,
		[VERIFY_REST] = step_rest
	};
	int rv;

	net_transport_turn(&c->t);
	do {
		if ((rv = steps[c->step](c)) == FAILED)
			rv = recover(c);
	} while (rv == GOES_ON);
}

static void
on_io(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	run(arg);
}

/* The time is over: of the rest, of an address, or of the question. */
static void
on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct verify_conn *c = arg;

	(void)fd;
	(void)events;
	if (c->step == VERIFY_REST) {
		verify_conn_close(c);
		return;
	}
	(void)fail_here(c, "no answer in time");
	if (!more_places(c, c->step))
		(void)finish(c, IPC_VERIFY_FAILED, 1);
	else {
		(void)recover(c);
		run(c);
	}
}

void
verify_conn_init(struct verify_conn *c, struct verify_shared *sh)
{
	memset(c, 0, sizeof(*c));
	c->sh = sh;
	net_transport_init(&c->t);
	event_assign(&c->io, sh->base, -1, 0, on_io, c);
	evtimer_assign(&c->timer, sh->base, on_timer, c);
}

int
verify_conn_free(const struct verify_conn *c)
{
	return (c->step == VERIFY_CLOSED || c->step == VERIFY_REST);
}

int
verify_conn_rests(const struct verify_conn *c)
{
	return (c->step == VERIFY_REST);
}

void
verify_conn_ask(struct verify_conn *c, const struct verify_question *q)
{
	c->q = *q;
	c->why[0] = '\0';
	if (c->step == VERIFY_REST) {
		event_del(&c->io);
		(void)begin_send(c);
	} else
		c->step = VERIFY_FIND;
	run(c);
}
