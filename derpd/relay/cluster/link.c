/*
 * link: the streams between the workers of one service; see link.h.
 *
 * What one worker tells another: which connections it has (so that each keeps
 * the whole table), who spoke last among duplicates, and packets.  Order on a
 * link is the order in which things happened in its sender.  News of clients
 * is never dropped; packets are, when the other side is far behind.
 */
#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec.h"
#include "link.h"
#include "linkstats.h"
#include "log.h"
#include "login.h"
#include "peers.h"
#include "route.h"

enum link_type {
	LINK_ADD = 1,	/* key(32) id(8) seq(8) address(16) port(2) flags(1)
			   us(8) */
	LINK_REMOVE,	/* key(32) id(8) */
	LINK_ACTIVE,	/* key(32) id(8) seq(8) us(8) */
	LINK_ACK,	/* key(32) id(8) seq(8): ADD or ACTIVE is in force */
	LINK_CLOSE,	/* key(32) */
	LINK_PACKET,	/* source(32) destination(32) packet */
	LINK_STATS_ASK,	/* request(8) */
	LINK_STATS	/* request(8) stats_put() */
};

#define LINK_ROUND	(256 * 1024)	/* bytes read at once */
#define LINK_READS	8		/* reads a turn: clients wait for it */
#define LINK_FLUSH	(64 * 1024)	/* bytes that are worth a send */
#define LINK_PACKETS	(4 * 1024 * 1024) /* above: no more packets */
#define LINK_MAX	(32 * 1024 * 1024) /* above: the other one is lost */
#define LINK_MAXLEN	(2 * FRAME_KEY_LEN + FRAME_MAX_PACKET)
#define LINK_ACK_US	1500000		/* a worker that lives answers news */

struct link {
	struct relay	*r;
	unsigned int	 worker;
	int		 fd;
	struct event	*ev_read, *ev_write;
	struct buf	 out;
	struct buf	 part;		/* a frame that is not whole yet */
	int		 broken;
	uint64_t	 asked, got;	/* acknowledgements, since it is up */
	uint64_t	 heard_us;	/* of the last one, or the question */
	int		 slow;		/* nobody waits for any */
};

static uint8_t			in_buf[LINK_ROUND];

static void
link_free(struct link *l)
{
	if (l == NULL)
		return;
	if (l->ev_read != NULL)
		event_free(l->ev_read);
	if (l->ev_write != NULL)
		event_free(l->ev_write);
	if (l->fd != -1)
		close(l->fd);
	buf_free(&l->out);
	buf_free(&l->part);
	free(l);
}

static void	acked(struct conn *, unsigned int);

/* Nobody waits for a worker that is gone. */
static void
forget_acks(struct relay *r, unsigned int worker)
{
	struct conn *c;

	TAILQ_FOREACH(c, &r->conns, entry)
		acked(c, worker);
}

/*
 * The other side is gone, and the parent will send a link to the next one; or
 * this side gave it up, and link_tick() asks for a new one.
 */
static void
link_lost(struct link *l)
{
	struct relay *r = l->r;
	unsigned int worker = l->worker;

	if (r->links[worker] == l)
		r->links[worker] = NULL;
	link_free(l);
	peers_worker_gone(r->peers, worker);
	forget_acks(r, worker);
	linkstats_gone(worker);
}

static void
link_write(struct link *l)
{
	ssize_t n;

	while (buf_left(&l->out) > 0) {
		n = send(l->fd, buf_head(&l->out), buf_left(&l->out),
		    MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			if (errno == EAGAIN || errno == ENOBUFS)
				event_add(l->ev_write, NULL);
			else
				l->broken = 1;	/* the read side tells */
			return;
		}
		buf_drain(&l->out, (size_t)n);
	}
}

static void
link_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_write(arg);
}

/*
 * Nothing more goes to that worker.  The link is lost in the next turn, for the
 * caller may be walking connections.
 */
static void
give_up(struct link *l, const char *why)
{
	log_warnx("link to worker %u closed: %s", l->worker, why);
	l->broken = 1;
	l->r->unlinked |= 1ULL << l->worker;
	event_active(l->ev_read, EV_TIMEOUT, 1);
}

static int
link_put(struct link *l, uint8_t type, const void *a, size_t alen,
    const void *b, size_t blen)
{
	uint8_t hdr[FRAME_HDR_LEN];

	if (l->broken)
		return (-1);
	frame_put_hdr(hdr, type, (uint32_t)(alen + blen));
	if (buf_left(&l->out) > LINK_MAX) {
		give_up(l, "it does not read what it is sent");
		return (-1);
	}
	if (buf_add(&l->out, hdr, sizeof(hdr)) == -1 ||
	    buf_add(&l->out, a, alen) == -1 ||
	    buf_add(&l->out, b, blen) == -1) {
		give_up(l, "out of memory");	/* half a frame may be there */
		return (-1);
	}
	if (buf_left(&l->out) >= LINK_FLUSH &&
	    !event_pending(l->ev_write, EV_WRITE, NULL))
		link_write(l);
	return (0);
}

/* News was sent that is to be acknowledged. */
static void
want_ack(struct link *l)
{
	if (l->asked++ == l->got)
		l->heard_us = l->r->now_us;
}

/* 0 written, -1 not. */
static int
put_add(struct link *l, struct conn *c)
{
	struct wr w;
	int rv = -1;

	wr_init(&w);
	wr_bytes(&w, c->session.key, FRAME_KEY_LEN);
	wr_u64(&w, c->id);
	wr_u64(&w, c->session.seq);
	wr_bytes(&w, c->addr, sizeof(c->addr));
	wr_u16(&w, c->port);
	wr_u8(&w, derp_flags(&c->session));
	wr_u64(&w, c->session.active_us);
	if (wr_ok(&w))
		rv = link_put(l, LINK_ADD, w.p, w.len, NULL, 0);
	wr_free(&w);
	if (rv == 0)
		want_ack(l);
	return (rv);
}

/* A frame with a key and `n' numbers. */
static void
make_news(struct wr *w, const uint8_t *key, const uint64_t *v, int n)
{
	wr_init(w);
	wr_bytes(w, key, FRAME_KEY_LEN);
	while (n-- > 0)
		wr_u64(w, *v++);
}

/* Send it to all; the workers whose acknowledgement counts, a bit each. */
static uint64_t
tell_all(struct relay *r, uint8_t type, const uint8_t *key, const uint64_t *v,
    int n)
{
	uint64_t told = 0;
	unsigned int i;
	struct link *l;
	struct wr w;

	make_news(&w, key, v, n);
	for (i = 0; wr_ok(&w) && i < MAXWORKERS; i++) {
		if ((l = r->links[i]) == NULL ||
		    link_put(l, type, w.p, w.len, NULL, 0) == -1)
			continue;
		if (type == LINK_ACTIVE)
			want_ack(l);
		if (!l->slow)
			told |= 1ULL << i;
	}
	wr_free(&w);
	return (told);
}

void
link_add(struct conn *c)
{
	unsigned int i;

	c->session.seq++;
	c->session.acks = 0;
	for (i = 0; i < MAXWORKERS; i++)
		if (c->r->links[i] != NULL &&
		    put_add(c->r->links[i], c) == 0 && !c->r->links[i]->slow)
			c->session.acks |= 1ULL << i;
}

void
link_remove(struct conn *c)
{
	tell_all(c->r, LINK_REMOVE, c->session.key, &c->id, 1);
}

void
link_active(struct conn *c)
{
	uint64_t v[3] = { c->id, ++c->session.seq, c->session.active_us };

	c->session.acks = tell_all(c->r, LINK_ACTIVE, c->session.key, v, 3);
}

void
link_close_peer(struct relay *r, const uint8_t key[FRAME_KEY_LEN])
{
	tell_all(r, LINK_CLOSE, key, NULL, 0);
}

static void
acked(struct conn *c, unsigned int worker)
{
	if ((c->session.acks & 1ULL << worker) == 0)
		return;
	c->session.acks &= ~(1ULL << worker);
	if (c->session.acks == 0)
		login_agreed(c);
}

/* The latest news of a connection of ours is in force at that worker. */
static void
got_ack(struct link *l, const uint8_t *key, uint64_t id, uint64_t seq)
{
	struct peer *p;
	struct conn *c;

	if (l->got < l->asked)
		l->got++;
	l->heard_us = l->r->now_us;
	l->slow = 0;
	if ((p = peers_find(l->r->peers, key)) == NULL)
		return;
	TAILQ_FOREACH(c, &p->local, session.same)
		if (c->id == id && c->session.seq == seq) {
			acked(c, l->worker);
			return;
		}
}

static void
send_ack(struct link *l, const uint8_t *key, uint64_t id, uint64_t seq)
{
	uint64_t v[2] = { id, seq };
	struct wr w;

	make_news(&w, key, v, 2);
	if (wr_ok(&w))
		link_put(l, LINK_ACK, w.p, w.len, NULL, 0);
	wr_free(&w);
}

int
link_packet(struct relay *r, unsigned int worker, const uint8_t *src,
    const uint8_t *dst, const uint8_t *p, size_t n)
{
	uint8_t keys[2 * FRAME_KEY_LEN];
	struct link *l;

	if (worker >= MAXWORKERS || (l = r->links[worker]) == NULL ||
	    buf_left(&l->out) > LINK_PACKETS)
		return (-1);
	memcpy(keys, src, FRAME_KEY_LEN);
	memcpy(keys + FRAME_KEY_LEN, dst, FRAME_KEY_LEN);
	return (link_put(l, LINK_PACKET, keys, sizeof(keys), p, n));
}

static void
got_stats_ask(struct link *l, struct rd *rd)
{
	struct stats s = l->r->stats;
	struct wr w;

	wr_init(&w);
	wr_u64(&w, rd_u64(rd));
	stats_put(&w, &s);
	if (rd_end(rd) && wr_ok(&w))
		link_put(l, LINK_STATS, w.p, w.len, NULL, 0);
	wr_free(&w);
}

static int
got_stats(struct link *l, struct rd *rd)
{
	struct stats s;
	uint64_t id = rd_u64(rd);

	if (stats_get(rd, &s) == -1)
		return (-1);
	linkstats_answer(l->worker, id, &s);
	return (0);
}

/* News of a connection at that worker; -1: malformed. */
static int
got_news(struct link *l, uint8_t type, const uint8_t *key, struct rd *rd)
{
	const uint8_t *addr = NULL;
	uint64_t id, seq = 0, us = 0;
	uint16_t port = 0;
	uint8_t flags = 0;

	id = rd_u64(rd);
	if (type != LINK_REMOVE)
		seq = rd_u64(rd);
	if (type == LINK_ADD) {
		addr = rd_ptr(rd, 16);
		port = rd_u16(rd);
		flags = rd_u8(rd);
	}
	if (type == LINK_ADD || type == LINK_ACTIVE)
		us = rd_u64(rd);
	if (!rd_end(rd))
		return (-1);
	if (type == LINK_ACK)
		got_ack(l, key, id, seq);
	else if (type == LINK_REMOVE)
		peers_remote_remove(l->r->peers, l->worker, key, id);
	else {
		if (type == LINK_ADD)
			peers_remote_add(l->r->peers, l->worker, key, id,
			    addr, port, flags, us);
		else
			peers_remote_active(l->r->peers, l->worker, key, id,
			    us);
		send_ack(l, key, id, seq);
	}
	return (0);
}

/* One whole frame; -1: malformed. */
static int
got_frame(struct link *l, uint8_t type, const uint8_t *p, size_t n)
{
	const uint8_t *key;
	struct rd rd;

	rd_init(&rd, p, n);
	if (type == LINK_STATS_ASK) {
		got_stats_ask(l, &rd);
		return (0);
	}
	if (type == LINK_STATS)
		return (got_stats(l, &rd));
	if ((key = rd_ptr(&rd, FRAME_KEY_LEN)) == NULL)
		return (-1);
	switch (type) {
	case LINK_PACKET:
		if (n < 2 * FRAME_KEY_LEN)
			return (-1);
		session_deliver(l->r, key, key + FRAME_KEY_LEN,
		    p + 2 * FRAME_KEY_LEN, n - 2 * FRAME_KEY_LEN);
		return (0);
	case LINK_ADD:
	case LINK_REMOVE:
	case LINK_ACTIVE:
	case LINK_ACK:
		return (got_news(l, type, key, &rd));
	case LINK_CLOSE:
		session_close_peer(l->r, key);
		return (0);
	default:
		return (-1);
	}
}

/* Take whole frames from the front of `p'; *used says how many bytes. */
static int
take_frames(struct link *l, const uint8_t *p, size_t n, size_t *used)
{
	uint32_t len;
	uint8_t type;

	*used = 0;
	while (n - *used >= FRAME_HDR_LEN) {
		frame_get_hdr(p + *used, &type, &len);
		if (len > LINK_MAXLEN)
			return (-1);
		if (n - *used - FRAME_HDR_LEN < len)
			break;
		if (got_frame(l, type, p + *used + FRAME_HDR_LEN, len) == -1)
			return (-1);
		*used += FRAME_HDR_LEN + len;
	}
	return (0);
}

/* Bytes still missing from the frame at the front of `b'. */
static size_t
missing(const struct buf *b)
{
	uint32_t len;
	uint8_t type;
	size_t have = buf_left(b);

	if (have < FRAME_HDR_LEN)
		return (FRAME_HDR_LEN - have);
	frame_get_hdr(buf_head(b), &type, &len);
	if (len > LINK_MAXLEN)
		return (0);
	return (FRAME_HDR_LEN + len - have);
}

static int
link_input(struct link *l, const uint8_t *p, size_t n)
{
	size_t used, want;

	/* The frame that the last read cut in two. */
	while (buf_left(&l->part) > 0 && n > 0) {
		want = missing(&l->part);
		if (want > n)
			want = n;
		if (buf_add(&l->part, p, want) == -1)
			return (-1);
		p += want;
		n -= want;
		if (take_frames(l, buf_head(&l->part), buf_left(&l->part),
		    &used) == -1)
			return (-1);
		buf_drain(&l->part, used);
	}
	if (take_frames(l, p, n, &used) == -1)
		return (-1);
	return (buf_add(&l->part, p + used, n - used));
}

/* Read once; 1 there may be more, 0 not, -1 the link is lost. */
static int
link_read(struct link *l)
{
	ssize_t n;

	n = recv(l->fd, in_buf, sizeof(in_buf), 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n > 0 && link_input(l, in_buf, (size_t)n) == 0)
		return ((size_t)n == sizeof(in_buf));
	if (n > 0)
		give_up(l, "malformed");
	return (-1);
}

/*
 * What is on a link has been taken from a client already: it comes before what
 * other clients send, or it would pile up while they are read.  EV_TIMEOUT is
 * from give_up().
 */
static void
link_readable(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	int i, rv = what & EV_TIMEOUT ? -1 : 1;

	(void)fd;
	relay_clock(l->r);
	for (i = 0; i < LINK_READS && rv == 1; i++) {
		rv = link_read(l);
		output_relieve(l->r);
	}
	if (rv == -1)
		link_lost(l);
}

static void
tell_local(struct peer *p, void *arg)
{
	struct conn *c;

	/* The oldest first: the other side has the latest at the head. */
	TAILQ_FOREACH_REVERSE(c, &p->local, peer_conns, session.same)
		(void)put_add(arg, c);
}

int
link_open(struct relay *r, int fd, unsigned int worker)
{
	struct link *l;

	if (worker >= MAXWORKERS)
		return (-1);
	if (r->links[worker] != NULL)
		link_lost(r->links[worker]);
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return (-1);
	l->r = r;
	l->worker = worker;
	l->fd = fd;
	evutil_make_socket_nonblocking(fd);
	l->ev_read = event_new(r->base, fd, EV_READ | EV_PERSIST,
	    link_readable, l);
	l->ev_write = event_new(r->base, fd, EV_WRITE, link_writable, l);
	if (l->ev_read == NULL || l->ev_write == NULL ||
	    event_add(l->ev_read, NULL) == -1) {
		l->fd = -1;
		link_free(l);
		return (-1);
	}
	r->links[worker] = l;
	r->unlinked &= ~(1ULL << worker);
	peers_each(r->peers, tell_local, l);
	return (0);
}

void
link_flush(struct relay *r)
{
	struct link *l;
	unsigned int i;

	for (i = 0; i < MAXWORKERS; i++) {
		if ((l = r->links[i]) == NULL || l->broken)
			continue;
		if (buf_left(&l->out) > 0 &&
		    !event_pending(l->ev_write, EV_WRITE, NULL))
			link_write(l);
	}
}

uint64_t
link_ask_stats(struct relay *r, uint64_t id)
{
	uint64_t asked = 0;
	unsigned int i;
	struct wr w;

	wr_init(&w);
	wr_u64(&w, id);
	for (i = 0; wr_ok(&w) && i < MAXWORKERS; i++)
		if (r->links[i] != NULL && link_put(r->links[i],
		    LINK_STATS_ASK, w.p, w.len, NULL, 0) == 0)
			asked |= 1ULL << i;
	wr_free(&w);
	return (asked);
}

/*
 * A worker that hangs will be replaced; until then logins go on without it, or
 * none would succeed anywhere.
 */
static void
check_slow(struct link *l)
{
	if (l->slow || l->got == l->asked ||
	    l->r->now_us - l->heard_us < LINK_ACK_US)
		return;
	log_warnx("worker %u does not answer: logins do not wait for it",
	    l->worker);
	l->slow = 1;
	forget_acks(l->r, l->worker);
}

void
link_tick(struct relay *r)
{
	unsigned int i;
	struct wr w;

	for (i = 0; i < MAXWORKERS; i++)
		if (r->links[i] != NULL)
			check_slow(r->links[i]);
	if (r->unlinked == 0)
		return;
	wr_init(&w);
	wr_u64(&w, r->unlinked);
	if (!wr_ok(&w) ||
	    chan_send(r->parent, MSG_RELAY_UNLINKED, &w, -1) == -1)
		log_warn("can't ask the parent for links");
	wr_free(&w);
}
