/*
 * workernode: see workernode.h.  Called by relays.c, carry.c and workerasks.c.
 *
 * What a relay does wrong, and what the network does, ends in down(): the node
 * waits, longer each time, and is dialled again if somebody needs it.
 */
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "printable.h"
#include "workernode.h"

#define USER_TIMEOUT_MS	30000	/* data without an acknowledgement */

static void	on_timer(evutil_socket_t, short, void *);

static void
set_timer(struct worker_node *n, uint64_t ms)
{
	struct timeval tv;

	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(&n->timer, &tv);
}

static void
set_state(struct worker_node *n, enum worker_node_state state)
{
	n->state = state;
	n->since = base_clock_ms();
	n->ops->changed(n, n->arg);
}

static void
dial(struct worker_node *n)
{
	event_del(&n->timer);
	n->wanted = 0;
	set_state(n, WORKER_NODE_DIALING);
	dial_trust_begin(&n->target.trust);
	dial_begin(&n->dial);
}

/* Store the reason, in printable characters. */
static void
set_why(struct worker_node *n, const char *why)
{
	strlcpy(n->why, why, sizeof(n->why));
	base_printable(n->why);
}

/* It is not up, for `why': wait for `ms'. */
static void
down(struct worker_node *n, const char *why, unsigned int ms)
{
	set_why(n, why);
	n->where[0] = '\0';
	n->failures++;
	n->again_at = base_clock_ms() + ms;
	set_timer(n, ms);
	set_state(n, WORKER_NODE_WAITING);
}

/* Nobody needs it: close it. */
static void
rest(struct worker_node *n)
{
	event_del(&n->timer);
	if (n->state == WORKER_NODE_UP)
		worker_link_end(&n->link);
	worker_outqueue_free(&n->queue);
	n->where[0] = '\0';
	set_state(n, WORKER_NODE_IDLE);
}

/* The time until it is closed if nothing happens; 0: that is now. */
static uint64_t
idle_left(const struct worker_node *n)
{
	const uint64_t idle = base_clock_ms() - n->link.last_packet;

	return (idle < n->idle_ms ? n->idle_ms - idle : 0);
}

/* Watch whether it is idle. */
static void
watch_idle(struct worker_node *n)
{
	uint64_t left;

	if (n->state != WORKER_NODE_UP || n->holds > 0 || n->idle_ms == 0)
		return;
	if ((left = idle_left(n)) == 0)
		rest(n);
	else
		set_timer(n, left);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct worker_node *n = arg;

	(void)fd;
	(void)what;
	if (n->state == WORKER_NODE_UP)
		watch_idle(n);
	else if (n->state == WORKER_NODE_WAITING) {
		if (n->holds > 0 || n->wanted)
			dial(n);
		else
			rest(n);
	}
}

/* The link */

static void
on_packet(struct worker_link *l, const uint8_t src[FRAME_KEY_LEN], uint8_t *p,
    size_t len, void *arg)
{
	struct worker_node *n = arg;

	(void)l;
	n->ops->packet(n, src, p, len, n->arg);
}

static void
on_read_over(struct worker_link *l, void *arg)
{
	struct worker_node *n = arg;

	(void)l;
	n->ops->read_over(n, n->arg);
}

static void
on_gone(struct worker_link *l, const uint8_t key[FRAME_KEY_LEN], uint8_t reason,
    void *arg)
{
	struct worker_node *n = arg;

	(void)l;
	n->ops->gone(n, key, reason, n->arg);
}

static void
on_health(struct worker_link *l, void *arg)
{
	struct worker_node *n = arg;

	(void)l;
	n->ops->changed(n, n->arg);
}

static void
on_link_ended(struct worker_link *l, void *arg)
{
	struct worker_node *n = arg;
	const uint64_t up = base_clock_ms() - l->since;
	const uint32_t random = randombytes_random();
	unsigned int ms;

	worker_link_end(l);
	/* Not sooner because a relay says so, again and again. */
	ms = dial_redial_after(&n->redial, up, 1, random);
	if (ms < l->reconnect_ms)
		ms = l->reconnect_ms + random % DIAL_REDIAL_NOW_MS;
	down(n, l->why, ms);
}

static const struct worker_link_ops link_ops = {
	.packet = on_packet,
	.read_over = on_read_over,
	.gone = on_gone,
	.health = on_health,
	.ended = on_link_ended
};

/* Dialling */

static void
on_find(struct dial *d, const char *host, void *arg)
{
	struct worker_node *n = arg;
	struct net_place v;

	if (net_place_literal(&v, host))
		dial_places(d, &v, 1, "");
	else
		n->ops->want_addrs(n, ++n->cookie, host, n->arg);
}

static void
on_lend(struct dial *d, int family, void *arg)
{
	struct worker_node *n = arg;

	(void)d;
	n->ops->want_socket(n, ++n->cookie, family, n->arg);
}

static void
on_ask(struct dial *d, void *arg)
{
	struct worker_node *n = arg;

	n->ops->want_login(n, ++n->cookie, d->login.server.key, n->arg);
}

/* The attempt failed. */
static void
failed(struct worker_node *n, const char *why)
{
	down(n, why, dial_redial_after(&n->redial, 0, 0,
	    randombytes_random()));
}

/* Logged in. */
static void
up(struct worker_node *n)
{
	const struct worker_link_counts counts = n->link.counts;
	struct dial *d = &n->dial;
	uint64_t now = base_clock_ms();

	memset(&n->link, 0, sizeof(n->link));
	n->link.shared = n->links;
	n->link.ops = &link_ops;
	n->link.arg = n;
	n->link.queue = &n->queue;
	n->link.counts = counts;
	if (worker_link_begin(&n->link, &d->t, d->login.buf, d->login.len,
	    now) == -1) {
		failed(n, "the connection can't be used: out of memory");
		return;
	}
	/* The next attempt begins with the address that has answered. */
	d->first = d->at;
	memcpy(n->key, d->login.server.key, sizeof(n->key));
	strlcpy(n->where, d->where, sizeof(n->where));
	n->why[0] = '\0';
	n->failures = 0;
	worker_link_flush(&n->link, now);
	set_state(n, WORKER_NODE_UP);
	watch_idle(n);
}

static void
on_dial_ended(struct dial *d, enum dial_end e, void *arg)
{
	struct worker_node *n = arg;

	dial_trust_end(&n->target.trust);
	switch (e) {
	case DIAL_FAILED:
		failed(n, d->why);
		break;
	case DIAL_SELF:
		failed(n, "the relay has the key of this interface");
		break;
	case DIAL_IN:
		up(n);
		break;
	}
}

void
worker_node_addrs(struct worker_node *n, uint32_t cookie,
    const struct net_place *places, size_t n_places, const char *why)
{
	if (cookie == n->cookie)
		dial_places(&n->dial, places, n_places, why);
}

void
worker_node_socket(struct worker_node *n, uint32_t cookie, int fd,
    const char *why)
{
	if (cookie == n->cookie)
		dial_socket(&n->dial, fd, why);
	else if (fd != -1)
		close(fd);
}

void
worker_node_login(struct worker_node *n, uint32_t cookie, const uint8_t *info,
    size_t len, const char *why)
{
	if (cookie != n->cookie)
		return;
	if (info != NULL)
		dial_info(&n->dial, info, len);
	else
		dial_no_info(&n->dial, why);
}

/* The owner */

void
worker_node_init(struct worker_node *n)
{
	struct dial *d = &n->dial;

	n->since = base_clock_ms();
	n->target.tcp.unsent = WORKER_UNSENT;
	n->target.tcp.user_timeout = USER_TIMEOUT_MS;
	d->base = n->base;
	d->node = &n->target;
	d->records = worker_links_records(n->links);
	d->find = on_find;
	d->lend = on_lend;
	d->ask = on_ask;
	d->ended = on_dial_ended;
	d->arg = n;
	dial_init(d);
	evtimer_assign(&n->timer, n->base, on_timer, n);
	worker_outqueue_init(&n->queue);
}

void
worker_node_free(struct worker_node *n)
{
	event_del(&n->timer);
	if (n->state == WORKER_NODE_UP)
		worker_link_end(&n->link);
	else
		dial_stop(&n->dial);
	dial_trust_free(&n->target.trust);
	worker_outqueue_free(&n->queue);
}

void
worker_node_hold(struct worker_node *n)
{
	n->holds++;
	if (n->state == WORKER_NODE_IDLE)
		dial(n);
	else if (n->state == WORKER_NODE_UP)
		event_del(&n->timer);
}

void
worker_node_release(struct worker_node *n)
{
	if (--n->holds == 0 && n->state == WORKER_NODE_UP && n->idle_ms > 0)
		set_timer(n, idle_left(n));
}

void
worker_node_hurry(struct worker_node *n)
{
	if (n->state == WORKER_NODE_WAITING)
		dial(n);
	else if (n->state == WORKER_NODE_UP)
		worker_link_probe(&n->link, base_clock_ms());
}

int
worker_node_send(struct worker_node *n, const uint8_t dst[FRAME_KEY_LEN],
    const void *p, size_t len, uint64_t now)
{
	if (worker_outqueue_add(&n->queue, dst, p, len, now) == -1)
		return (-1);
	n->wanted = 1;
	if (n->state == WORKER_NODE_IDLE)
		dial(n);
	return (0);
}

void
worker_node_flush(struct worker_node *n, uint64_t now)
{
	if (n->state == WORKER_NODE_UP)
		worker_link_flush(&n->link, now);
}
