/*
 * input: see input.h.  Called by all modules that handle one client.
 *
 * Input is handled from the event loop or from conn_work(), never within output
 * or other input; resuming a connection only queues it.
 */
#include <sys/socket.h>
#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "conn.h"
#include "input.h"
#include "output.h"
#include "records.h"

/* Maximum plaintext that is kept for a paused client. */
#define PEND_MAX	(256 * 1024)

static void
charge(struct conn *c)
{
	if (c->set->ops->charge != NULL)
		c->set->ops->charge(c);
}

/*
 * Handle plaintext until the connection is paused, ends, or its stream is
 * wrapped.  Return how many bytes were handled.
 */
static size_t
feed(struct conn *c, const uint8_t *p, size_t n)
{
	const unsigned int wrapped = c->wrapped;
	size_t used = 0;

	while (used < n && c->paused == 0 && !c->dead &&
	    c->state != CONN_DRAIN && c->wrapped == wrapped)
		used += c->set->ops->input(c, p + used, n - used);
	return (used);
}

size_t
conn_feed(struct conn *c, const uint8_t *p, size_t n)
{
	size_t used = feed(c, p, n);

	if (used == n || c->paused == 0 || c->dead || c->state == CONN_DRAIN)
		return (used);
	if (conn_buf_left(&c->input.pend) + (n - used) > PEND_MAX ||
	    conn_buf_add(&c->input.pend, p + used, n - used) == -1)
		conn_close(c, "too much input while paused");
	return (n);
}

void
conn_plain(struct conn *c, const uint8_t *p, size_t n)
{
	size_t used;

	if (!c->wrapped) {
		used = conn_feed(c, p, n);
		p += used;
		n -= used;
	}
	if (c->wrapped)		/* now or before */
		c->set->ops->unwrap(c, p, n);
}

void
conn_pause(struct conn *c, unsigned int why)
{
	if (c->paused == 0) {
		if (c->set->ops->pausing != NULL)
			c->set->ops->pausing(c);
		event_del(&c->ev_read);
	}
	c->paused |= why;
}

void
conn_resume(struct conn *c, unsigned int why)
{
	struct conn_set *s = c->set;

	if (c->dead || (c->paused & why) == 0)
		return;
	c->paused &= ~why;
	if (c->paused != 0)
		return;
	/* Input resumes when the turn has handled the kept input. */
	c->paused = PAUSE_TURN;
	c->queued = s->ops->queue != NULL && s->ops->queue(c);
	if (!c->queued)
		TAILQ_INSERT_TAIL(&s->resumed, c, resumed);
}

void
conn_hold(struct conn *c)
{
	struct conn_set *s = c->set;

	if (c->dead || (c->paused & PAUSE_HOLD) != 0)
		return;
	if (c->paused == 0)
		conn_pause(c, PAUSE_HOLD);
	/* One that lingers is paused already, and read. */
	event_del(&c->ev_read);
	if ((c->paused & PAUSE_TURN) != 0)
		TAILQ_REMOVE(&s->resumed, c, resumed);
	c->paused &= ~(unsigned int)PAUSE_TURN;
	c->paused |= PAUSE_HOLD;
	TAILQ_INSERT_TAIL(&s->held, c, resumed);
}

void
conn_unhold(struct conn_set *s)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&s->held)) != NULL) {
		TAILQ_REMOVE(&s->held, c, resumed);
		if (c->lingering && !c->dead)
			event_add(&c->ev_read, NULL);
		conn_resume(c, PAUSE_HOLD);
		c->paused &= ~(unsigned int)PAUSE_HOLD;
	}
}

void
conn_next_turn(struct conn *c)
{
	if (c->dead || c->paused != 0)
		return;
	conn_pause(c, PAUSE_NEXT);
	conn_resume(c, PAUSE_NEXT);
}

void
conn_work_plain(struct conn *c)
{
	const unsigned int wrapped = c->wrapped; /* then all is unwrapped */
	struct conn_buf b = c->input.pend;

	event_add(&c->ev_read, NULL);
	if (conn_buf_left(&b) == 0)
		return;
	memset(&c->input.pend, 0, sizeof(c->input.pend));
	conn_buf_drain(&b, feed(c, conn_buf_head(&b), conn_buf_left(&b)));
	if (c->wrapped == wrapped) {
		c->input.pend = b;
		return;
	}
	c->set->ops->unwrap(c, conn_buf_head(&b), conn_buf_left(&b));
	conn_buf_free(&b);
}

void
conn_work_records(struct conn *c)
{
	struct conn_buf b = c->input.held;

	memset(&c->input.held, 0, sizeof(c->input.held));
	conn_records(c, conn_buf_head(&b), conn_buf_left(&b));
	conn_buf_free(&b);
}

void
conn_work(struct conn_set *s)
{
	struct conn *c, *last = TAILQ_LAST(&s->resumed, conn_list);

	/* A connection that is resumed meanwhile waits for the next turn. */
	while (last != NULL && (c = TAILQ_FIRST(&s->resumed)) != NULL) {
		if (c == last)
			last = NULL;
		TAILQ_REMOVE(&s->resumed, c, resumed);
		c->paused &= ~(unsigned int)PAUSE_TURN;
		if (c->dead || c->paused != 0)
			continue;	/* paused for another reason */
		s->ops->work(c);
		charge(c);
		conn_output_relieve(s);
	}
}

/* Discard input after the end of our stream, up to a limit. */
static void
linger(struct conn *c, size_t n)
{
	c->input.linger_left -= (uint32_t)n;
	if (c->input.linger_left == 0)
		event_del(&c->ev_read);
}

static void
was_read(struct conn *c, int input)
{
	if (c->set->ops->was_read != NULL)
		c->set->ops->was_read(c, input);
}

void
conn_input_read(struct conn *c)
{
	struct conn_set *s = c->set;
	uint8_t *in = s->in_buf + IN_CUT;
	ssize_t n;

	if (c->dead) {
		/* The reaper may come later. */
		event_del(&c->ev_read);
		return;
	}
	conn_clock(s);
	if (s->ops->may_read != NULL && !s->ops->may_read(c))
		return;
	n = recv(c->fd, in, c->lingering ? c->input.linger_left :
	    s->ops->read_size(c), MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		was_read(c, 0);
		return;
	}
	if (c->lingering && n > 0) {
		linger(c, (size_t)n);
		return;
	}
	if (n <= 0) {
		conn_close(c, n == 0 ? "closed by the other side" :
		    "connection lost");
		return;
	}
	s->ops->received(c, in, (size_t)n);
	charge(c);
	was_read(c, 1);
	conn_output_relieve(s);
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	conn_input_read(arg);
}

void
conn_input_assign(struct conn *c)
{
	event_assign(&c->ev_read, c->set->base, c->fd, EV_READ | EV_PERSIST,
	    readable, c);
}

int
conn_input_begin(struct conn *c)
{
	return (event_add(&c->ev_read, NULL));
}

void
conn_input_end(struct conn *c)
{
	struct conn_set *s = c->set;

	if ((c->paused & PAUSE_HOLD) != 0)
		TAILQ_REMOVE(&s->held, c, resumed);
	else if (c->queued && (c->paused & PAUSE_TURN) != 0)
		s->ops->unqueue(c);
	else if ((c->paused & PAUSE_TURN) != 0)
		TAILQ_REMOVE(&s->resumed, c, resumed);
	if (s->ops->pausing != NULL)
		s->ops->pausing(c);
	event_del(&c->ev_read);
}

void
conn_input_free(struct conn *c)
{
	conn_buf_free(&c->input.held);
	conn_buf_free(&c->input.pend);
}
