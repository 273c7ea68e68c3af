/*
 * workerlink: see workerlink.h.  Called by workernode.c.  Touches its socket.
 *
 * A relay sends KeepAlive each minute, and answers a Ping at once.  So one that
 * is silent for two minutes is gone; and one that is silent for some seconds,
 * while packets go to it, is pinged.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "crypto.h"
#include "linkpriv.h"
#include "log.h"
#include "printable.h"
#include "tlssecrets.h"

#define TICK_MS		2500
#define QUIET_MS	10000	/* without a packet: memory is freed */
#define FORGIVE_TICKS	24	/* a minute: see net_record_forgive() */
#define MAX_KEYS	256	/* expanded ones: two a link */

struct worker_links *
worker_links_new(struct event_base *base)
{
	const struct net_aead *aead = net_aead_best();
	struct worker_links *s;

	if (tls_init() == -1)
		fatalx("can't initialise libtls (tls_init)");
	if ((s = calloc(1, sizeof(*s))) == NULL || net_tlssecrets_init() == -1)
		fatalx("out of memory");
	net_crypto_preload();
	if (aead->setup() == -1)
		fatalx("can't initialise the ciphers of TLS");
	s->base = base;
	net_record_cache_init(&s->records, aead, MAX_KEYS);
	return (s);
}

void
worker_links_tick(struct worker_links *s)
{
	net_record_tick(&s->records);
}

struct net_record_cache *
worker_links_records(struct worker_links *s)
{
	return (&s->records);
}

void
worker_links_free(struct worker_links *s)
{
	net_record_cache_free(&s->records);
	free(s);
}

int
worker_link_keep(struct worker_link_bytes *b, const void *p, size_t n)
{
	uint8_t *q;

	if (n > b->size || b->p == NULL) {
		if ((q = malloc(n > 0 ? n : 1)) == NULL)
			return (-1);
		free(b->p);
		b->p = q;
		b->size = n;
	}
	if (n > 0)
		memcpy(b->p, p, n);
	b->len = n;
	return (0);
}

void
worker_link_drop(struct worker_link_bytes *b)
{
	free(b->p);
	memset(b, 0, sizeof(*b));
}

void
worker_link_fail(struct worker_link *l, const char *why)
{
	if (l->dead)
		return;
	l->dead = 1;
	strlcpy(l->why, why, sizeof(l->why));
	base_printable(l->why);
	event_del(&l->readable);
	event_del(&l->writable);
	event_active(&l->tick, EV_TIMEOUT, 1);
}

/* Is the relay there? */

/* Send a ping, behind what waits in the socket alone. */
static void
ping(struct worker_link *l, uint64_t now)
{
	uint8_t frame[FRAME_PONG_SIZE];

	if (l->pinged != 0)
		return;
	l->pinged = now;
	l->ping_end = 0;
	l->acked = worker_link_acked(l);
	net_frame_put_hdr(frame, FRAME_PING, FRAME_PING_LEN);
	randombytes_buf(frame + FRAME_HDR_LEN, FRAME_PING_LEN);
	worker_link_control(l, frame, sizeof(frame));
	worker_link_flush(l, now);
}

/*
 * The ping was not answered in time.  While it has not arrived, but other bytes
 * have, the way is slow and not dead.
 */
static void
unanswered(struct worker_link *l, uint64_t now)
{
	const uint64_t acked = worker_link_acked(l);

	if (acked > l->acked && (l->ping_end == 0 || acked < l->ping_end)) {
		l->acked = acked;
		l->pinged = now;
		return;
	}
	worker_link_fail(l, "the relay does not answer");
}

/* Free what a quiet link does not need. */
static void
trim(struct worker_link *l)
{
	if (l->queue->n == 0)
		worker_outqueue_free(l->queue);
	if (l->cut.len == 0)
		worker_link_drop(&l->cut);
	if (l->part_len == 0)
		worker_link_drop(&l->saved);
	if (l->rest.len == 0)
		worker_link_drop(&l->rest);
}

void
worker_link_watch(struct worker_link *l, uint64_t now)
{
	if (now - l->last_packet >= QUIET_MS)
		trim(l);
	if (now - l->last_in >= WORKER_SILENCE_MS)
		worker_link_fail(l, "the relay was silent for 2 minutes");
	else if (l->pinged != 0 && now - l->pinged >= WORKER_PONG_MS)
		unanswered(l, now);
	else if (l->unanswered != 0 && now - l->unanswered >= WORKER_PING_MS)
		ping(l, now);
}

void
worker_link_probe(struct worker_link *l, uint64_t now)
{
	if (!l->dead)
		ping(l, now);
}

/* Events */

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct worker_link *l = arg;

	(void)fd;
	(void)what;
	if (!l->dead) {
		worker_link_watch(l, base_clock_ms());
		if (++l->ticks % FORGIVE_TICKS == 0 && l->rec != NULL)
			net_record_forgive(l->rec);
		return;
	}
	event_del(&l->tick);
	l->ops->ended(l, l->arg);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct worker_link *l = arg;
	uint64_t now = base_clock_ms();

	(void)fd;
	(void)what;
	if (l->dead)
		return;
	worker_link_read(l, now);
	if (l->control_len > 0 || (l->rec != NULL && net_record_owes(l->rec)))
		worker_link_flush(l, now);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct worker_link *l = arg;

	(void)fd;
	(void)what;
	if (!l->dead)
		worker_link_writable(l, base_clock_ms());
}

/* Begin and end */

/* Take the records of `t' over.  Returns 0, or -1. */
static int
take_records(struct worker_link *l, struct net_transport *t)
{
	struct net_transport_state st;
	struct worker_links *s = l->shared;
	int rv = -1;

	if (net_transport_save(t, &st) == -1)
		return (-1);
	if (st.plain_len > 0)
		memcpy(s->in + l->early.len, st.plain, st.plain_len);
	if ((l->rec = net_record_new(&s->records)) != NULL &&
	    net_record_load(l->rec, &s->records, st.record) == 0 &&
	    worker_link_keep(&l->cut, st.cipher, st.cipher_len) == 0 &&
	    worker_link_keep(&l->early, s->in, l->early.len + st.plain_len) ==
	    0) {
		l->fd = net_transport_give(t);
		rv = 0;
	}
	explicit_bzero(&st, sizeof(st));
	return (rv);
}

/* Take the connection over.  Returns 0, or -1. */
static int
take(struct worker_link *l, struct net_transport *t, const uint8_t *p, size_t n)
{
	if (n > WORKER_LINK_IN - 2 * NET_RECORD_WIRE ||
	    worker_link_keep(&l->early, p, n) == -1)
		return (-1);
	if (t->own != NULL) {
		memcpy(l->shared->in, l->early.p, n);
		return (take_records(l, t));
	}
	l->tls = t;
	l->fd = t->fd;
	return (0);
}

int
worker_link_begin(struct worker_link *l, struct net_transport *t,
    const uint8_t *p, size_t n, uint64_t now)
{
	static const struct timeval every = { TICK_MS / 1000,
	    TICK_MS % 1000 * 1000 };
	struct event_base *base = l->shared->base;

	l->fd = -1;
	l->since = l->last_in = l->last_packet = now;
	if (take(l, t, p, n) == -1)
		net_transport_close(t);
	event_assign(&l->readable, base, l->fd, EV_READ | EV_PERSIST,
	    on_readable, l);
	event_assign(&l->writable, base, l->fd, EV_WRITE, on_writable, l);
	event_assign(&l->tick, base, -1, EV_PERSIST, on_tick, l);
	if (l->fd == -1 || event_add(&l->readable, NULL) == -1 ||
	    event_add(&l->tick, &every) == -1) {
		worker_link_end(l);
		return (-1);
	}
	event_active(&l->readable, EV_READ, 1);
	return (0);
}

void
worker_link_end(struct worker_link *l)
{
	event_del(&l->readable);
	event_del(&l->writable);
	event_del(&l->tick);
	if (l->tls != NULL)
		net_transport_close(l->tls);
	else if (l->fd != -1) {
		worker_link_alert(l, NET_ALERT_CLOSE_NOTIFY);
		close(l->fd);
	}
	net_record_free(&l->shared->records, l->rec);
	worker_link_drop(&l->early);
	worker_link_drop(&l->cut);
	worker_link_drop(&l->saved);
	worker_link_drop(&l->rest);
	l->rec = NULL;
	l->tls = NULL;
	l->fd = -1;
	l->dead = 1;
	l->queue->max_ms = WORKER_QUEUE_DIAL_MS;
}
