/*
 * conn: a connection of a relay worker, from accept to close: its input, why
 * that may be held back, its deadlines.  Called by accept.c, and by everything
 * that has to do with one client.
 *
 * Nothing runs inside anything else.  Input is handled from the event loop or
 * from conn_work(), never within output or within other input; who resumes a
 * connection only queues it.  Closing only marks; conn_reap() unlinks and frees
 * between the steps of a turn, when nobody walks a list or has a connection in
 * hand.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linkstats.h"
#include "log.h"
#include "peers.h"
#include "sent.h"
#include "websocket.h"

/* Most plaintext that is kept of a client that must wait. */
#define PEND_MAX	(256 * 1024)

static void	conn_readable(evutil_socket_t, short, void *);

static void
wheel_off(struct conn *c)
{
	if (!c->on_wheel)
		return;
	TAILQ_REMOVE(&c->r->wheel[c->slot], c, wheel);
	c->on_wheel = 0;
}

void
conn_deadline(struct conn *c, unsigned int secs)
{
	struct relay *r = c->r;

	if (c->dead)
		return;
	wheel_off(c);
	c->slot = (r->now_slot + secs + 1) % WHEEL_SLOTS;
	TAILQ_INSERT_TAIL(&r->wheel[c->slot], c, wheel);
	c->on_wheel = 1;
}

static void
sample_rtt(struct conn *c)
{
#ifdef __linux__
	struct tcp_info ti;
	socklen_t len = sizeof(ti);

	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &ti, &len) == 0)
		stats_rtt(&c->r->stats, ti.tcpi_rtt);
#else
	(void)c;
#endif
}

static void
keep_alive(struct conn *c)
{
	uint8_t hdr[FRAME_HDR_LEN];

	sample_rtt(c);
	frame_put_hdr(hdr, FRAME_KEEP_ALIVE, 0);
	conn_send(c, hdr, sizeof(hdr));
	conn_deadline(c, c->period);
}

void
conn_tick(struct relay *r)
{
	struct conn *c;

	r->now_slot = (r->now_slot + 1) % WHEEL_SLOTS;
	while ((c = TAILQ_FIRST(&r->wheel[r->now_slot])) != NULL) {
		wheel_off(c);
		if (c->state == CONN_UP)
			keep_alive(c);
		else
			conn_close(c, "too slow");
	}
}

struct conn *
conn_new(struct relay *r, int fd, int tls, const uint8_t addr[16],
    uint16_t port)
{
	struct conn *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->r = r;
	c->fd = fd;
	c->id = ++r->next_id;
	memcpy(c->addr, addr, sizeof(c->addr));
	c->port = port;
	c->plain = !tls;
	c->state = tls ? CONN_HANDSHAKE : CONN_HTTP;
	queue_init(&c->queue, &r->queues, c);
	event_assign(&c->ev_read, r->base, fd, EV_READ | EV_PERSIST,
	    conn_readable, c);
	if ((tls && tlsio_begin(c) == -1) ||
	    event_add(&c->ev_read, NULL) == -1) {
		tlsio_end(c);
		free(c);
		return (NULL);
	}
	TAILQ_INSERT_TAIL(&r->conns, c, entry);
	r->nconns++;
	conn_deadline(c, tls ? LOGIN_SECS : HTTP_SECS);
	return (c);
}

static void
count_dropped(struct pkt *p, void *arg)
{
	session_drop(arg, DROP_GONE_DISCONNECTED,
	    p->data + FRAME_HDR_LEN + FRAME_KEY_LEN,
	    p->len - FRAME_HDR_LEN - FRAME_KEY_LEN);
}

/* What the session of a logged-in client leaves behind in tables. */
static void
leave(struct conn *c)
{
	struct relay *r = c->r;

	if (c->peer == NULL)
		return;
	if (c->watching) {
		LIST_REMOVE(c, watcher);
		r->stats.watchers--;
	}
	if (c->home)
		r->stats.home_connections--;
	if (c->not_ideal)
		r->stats.notideal_connections--;
	r->stats.connections--;
	sent_forget(c);
	peers_remove(c);
}

void
conn_close(struct conn *c, const char *why)
{
	if (c->dead)
		return;
	c->dead = 1;
	log_debug("connection %llu closed: %s", (unsigned long long)c->id, why);
	TAILQ_INSERT_TAIL(&c->r->dead, c, dead_link);
}

static void
unlink_all(struct conn *c)
{
	struct relay *r = c->r;

	wheel_off(c);
	if (c->is_dirty)
		TAILQ_REMOVE(&r->dirty, c, dirty);
	if (c->paused & PAUSE_TURN)
		TAILQ_REMOVE(&r->resumed, c, resumed);
	event_del(&c->ev_read);
	if (c->ev_write != NULL)
		event_free(c->ev_write);
	if (c->ev_rate != NULL)
		event_free(c->ev_rate);
	login_free(c);
	linkstats_forget(c);
	TAILQ_REMOVE(&r->conns, c, entry);
	r->nconns--;
}

static void
conn_free(struct conn *c)
{
	tlsio_end(c);
	close(c->fd);
	queue_clear(&c->queue, count_dropped, c->r);
	http_free(c);
	ws_free(c->ws);
	buf_free(&c->held);
	buf_free(&c->pend);
	buf_free(&c->part);
	output_free(c);
	free(c);
}

void
conn_reap(struct relay *r)
{
	struct conn *c;

	if (TAILQ_EMPTY(&r->dead))
		return;
	while ((c = TAILQ_FIRST(&r->dead)) != NULL) {
		TAILQ_REMOVE(&r->dead, c, dead_link);
		leave(c);
		unlink_all(c);
		conn_free(c);
	}
	accept_resume(r, ACCEPT_FILES | ACCEPT_LIMIT);
}

void
conn_drain(struct conn *c)
{
	if (c->dead || c->state == CONN_DRAIN)
		return;
	c->state = CONN_DRAIN;
	conn_pause(c, PAUSE_DRAIN);
	conn_deadline(c, 2);
	conn_dirty(c);
}

/*
 * Plaintext as the connection's state says, until it must wait, ends, or goes on
 * as a WebSocket: how many bytes were handled.
 */
static size_t
feed(struct conn *c, const uint8_t *p, size_t n)
{
	const struct ws *ws = c->ws;
	size_t used = 0;

	while (used < n && c->paused == 0 && !c->dead &&
	    c->state != CONN_DRAIN && c->ws == ws) {
		if (c->state == CONN_HTTP)
			used += http_input(c, p + used, n - used);
		else
			used += session_input(c, p + used, n - used);
	}
	return (used);
}

/* The same, and what must wait is kept: how many bytes were taken. */
static size_t
feed_or_keep(struct conn *c, const uint8_t *p, size_t n)
{
	size_t used = feed(c, p, n);

	if (used == n || c->paused == 0 || c->dead || c->state == CONN_DRAIN)
		return (used);
	if (buf_left(&c->pend) + (n - used) > PEND_MAX ||
	    buf_add(&c->pend, p + used, n - used) == -1)
		conn_close(c, "too much while it must wait");
	return (n);
}

void
conn_pause(struct conn *c, unsigned int why)
{
	if (c->paused == 0)
		event_del(&c->ev_read);
	c->paused |= why;
}

void
conn_resume(struct conn *c, unsigned int why)
{
	if (c->dead || (c->paused & why) == 0)
		return;
	c->paused &= ~why;
	if (c->paused != 0)
		return;
	/* It goes on when what was held has been handled. */
	c->paused = PAUSE_TURN;
	TAILQ_INSERT_TAIL(&c->r->resumed, c, resumed);
}

/* Bytes of a WebSocket; what must wait is kept unwrapped. */
static void
unwrap(struct conn *c, const uint8_t *p, size_t n)
{
	if (n > 0 && !c->dead && c->state != CONN_DRAIN &&
	    ws_feed(c->ws, p, n) == -1)
		conn_drain(c);
}

/*
 * Handle what was held of a connection while it had to wait.  It may have to
 * wait again before all of that is handled: the rest stays where it is.
 */
static void
work(struct conn *c)
{
	const struct ws *ws;
	struct buf b;

	event_add(&c->ev_read, NULL);
	if (buf_left(&c->pend) > 0) {
		b = c->pend;
		memset(&c->pend, 0, sizeof(c->pend));
		ws = c->ws;	/* if it is one, all that is unwrapped */
		buf_drain(&b, feed(c, buf_head(&b), buf_left(&b)));
		if (c->ws == ws)
			c->pend = b;
		else {
			unwrap(c, buf_head(&b), buf_left(&b));
			buf_free(&b);
		}
	}
	if (c->dead || c->paused != 0 || c->plain)
		return;
	/* Also without held bytes: libssl may have read ahead of us. */
	b = c->held;
	memset(&c->held, 0, sizeof(c->held));
	tlsio_pump(c, buf_head(&b), buf_left(&b));
	buf_free(&b);
}

void
conn_work(struct relay *r)
{
	struct conn *c, *last = TAILQ_LAST(&r->resumed, conn_list);

	/* One that is resumed meanwhile waits for the next turn. */
	while (last != NULL && (c = TAILQ_FIRST(&r->resumed)) != NULL) {
		if (c == last)
			last = NULL;
		TAILQ_REMOVE(&r->resumed, c, resumed);
		c->paused &= ~(unsigned int)PAUSE_TURN;
		if (c->dead || c->paused != 0)
			continue;	/* another reason came meanwhile */
		work(c);
		output_relieve(r);
	}
}

int
conn_ws_data(const uint8_t *p, size_t n, void *arg)
{
	struct conn *c = arg;

	feed_or_keep(c, p, n);
	return (c->dead ? -1 : 0);
}

void
conn_input(struct conn *c, const uint8_t *p, size_t n)
{
	size_t used;

	if (c->ws == NULL) {
		used = feed_or_keep(c, p, n);
		p += used;
		n -= used;
	}
	if (c->ws != NULL)	/* maybe only now */
		unwrap(c, p, n);
}

static void
conn_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct relay *r = c->r;
	ssize_t n;

	(void)what;
	if (c->dead)
		return;
	relay_clock(r);
	if (c->state == CONN_HANDSHAKE && !relay_can_sign()) {
		conn_pause(c, PAUSE_KEYS);
		return;
	}
	n = recv(fd, r->in_buf, sizeof(r->in_buf), 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (c->lingering && n > 0)
		return;			/* nobody listens any more */
	if (n <= 0) {
		conn_close(c, n == 0 ? "closed by the client" :
		    "connection lost");
		return;
	}
	if (c->plain)
		conn_input(c, r->in_buf, (size_t)n);
	else
		tlsio_pump(c, r->in_buf, (size_t)n);
	output_relieve(r);
}
