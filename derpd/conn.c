/*
 * conn: a connection of a relay worker, from accept to close: its input, why
 * that may be held back, its deadlines.  Called by accept.c, and by everything
 * that has to do with one client.
 *
 * A connection that is closed is unlinked at once, but freed only at the end
 * of the round (conn_bury), so that callers further up may still look at it.
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
	queue_init(&c->queue);
	LIST_INIT(&c->heard);
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
	/* What it sent just now goes out first, so that it counts as sent. */
	output_flush(r);
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
	struct relay *r = c->r;

	if (c->dead)
		return;
	c->dead = 1;
	log_debug("connection %llu closed: %s", (unsigned long long)c->id, why);
	leave(c);
	wheel_off(c);
	if (c->is_dirty)
		TAILQ_REMOVE(&r->dirty, c, dirty);
	c->is_dirty = 0;
	event_del(&c->ev_read);
	if (c->ev_write != NULL)
		event_free(c->ev_write);
	if (c->ev_rate != NULL)
		event_free(c->ev_rate);
	c->ev_write = c->ev_rate = NULL;
	login_free(c);
	linkstats_forget(c);
	tlsio_end(c);
	close(c->fd);
	c->fd = -1;
	queue_clear(&c->queue, count_dropped, r);
	TAILQ_REMOVE(&r->conns, c, entry);
	TAILQ_INSERT_TAIL(&r->graves, c, entry);
	r->nconns--;
	accept_resume(r, ACCEPT_FILES | ACCEPT_LIMIT);
}

void
conn_bury(struct relay *r)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&r->graves)) != NULL) {
		TAILQ_REMOVE(&r->graves, c, entry);
		http_free(c);
		ws_free(c->ws);
		buf_free(&c->held);
		buf_free(&c->pend);
		buf_free(&c->part);
		buf_free(&c->out);
		buf_free(&c->ctl);
		free(c);
	}
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
	struct relay *r = c->r;
	struct buf b;

	if (c->dead || (c->paused & why) == 0)
		return;
	c->paused &= ~why;
	if (c->paused != 0)
		return;
	event_add(&c->ev_read, NULL);
	if (buf_left(&c->pend) > 0) {
		b = c->pend;
		memset(&c->pend, 0, sizeof(c->pend));
		if (c->ws != NULL)	/* unwrapped already */
			(void)conn_ws_data(buf_head(&b), buf_left(&b), c);
		else
			conn_input(c, buf_head(&b), buf_left(&b));
		buf_free(&b);
	}
	if (c->dead || c->paused != 0 || c->plain)
		return;
	/* Also without held bytes: libssl may have read ahead of us. */
	b = c->held;
	memset(&c->held, 0, sizeof(c->held));
	r->in_len = buf_left(&b);
	if (r->in_len > 0)
		r->in = buf_head(&b);
	tlsio_pump(c);
	buf_free(&b);
}

int
conn_ws_data(const uint8_t *p, size_t n, void *arg)
{
	struct conn *c = arg;
	size_t used;

	while (n > 0 && !c->dead) {
		if (c->paused != 0) {
			if (buf_left(&c->pend) + n > PEND_MAX ||
			    buf_add(&c->pend, p, n) == -1)
				conn_close(c, "too much while it must wait");
			break;
		}
		used = session_input(c, p, n);
		p += used;
		n -= used;
	}
	return (c->dead ? -1 : 0);
}

void
conn_input(struct conn *c, const uint8_t *p, size_t n)
{
	size_t used;

	while (n > 0 && !c->dead && c->state != CONN_DRAIN) {
		if (c->paused != 0) {
			if (buf_left(&c->pend) + n > PEND_MAX ||
			    buf_add(&c->pend, p, n) == -1)
				conn_close(c, "too much while it must wait");
			return;
		}
		if (c->state == CONN_HTTP)
			used = http_input(c, p, n);
		else if (c->ws != NULL) {
			if (ws_feed(c->ws, p, n) == -1)
				conn_drain(c);
			return;
		} else
			used = session_input(c, p, n);
		p += used;
		n -= used;
	}
}

static void
conn_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct relay *r = c->r;
	ssize_t n;

	(void)what;
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
	if (c->plain) {
		conn_input(c, r->in_buf, (size_t)n);
		return;
	}
	r->in = r->in_buf;
	r->in_len = (size_t)n;
	tlsio_pump(c);
}
