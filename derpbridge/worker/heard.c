/*
 * heard: see heard.h.  Called by relays.c, carry.c and steer.c.  Touches the
 * peer, and counts where its packets go.
 *
 * What was authenticated is the growth of the kernel's counter.  It proves a
 * node when it is more than all others can have brought, not counting those
 * that are distrusted, which bring junk.  A node is distrusted when it brought
 * more than the counter has grown by at two polls: what came just before the
 * first may be counted after it.  If the growth is more than all that are not
 * distrusted brought, one of the others was wronged, and all begin again.
 */
#include <string.h>

#include "heard.h"
#include "log.h"
#include "relays.h"
#include "workeriface.h"

static int
is_distrusted(const struct worker_heard *h, const struct worker_relay *r,
    uint64_t now)
{
	size_t i;

	for (i = 0; i < WORKER_HEARD_LIARS; i++)
		if (h->liars[i].relay == r && now < h->liars[i].until)
			return (1);
	return (0);
}

/* The place of the one that has been distrusted for the longest time. */
static void
distrust(struct worker_heard *h, struct worker_relay *r, uint64_t now)
{
	struct worker_heard_liar *l = h->liars;
	size_t i;

	for (i = 1; i < WORKER_HEARD_LIARS; i++)
		if (h->liars[i].until < l->until)
			l = &h->liars[i];
	l->relay = r;
	l->until = now + WORKER_HEARD_LIAR_MS;
}

/* The peer is heard at another relay, or (NULL) at none but its own. */
static void
move(struct worker_heard *h, struct worker_relay *r)
{
	h->others += h->got;
	h->others_before += h->got_before;
	h->got = h->got_before = 0;
	h->relay = r;
	h->proved = 0;
}

/* Packets do not go to and fro when they come over two. */
static int
may_move(const struct worker_heard *h, uint64_t now)
{
	return ((h->own_at == 0 || now - h->own_at >= WORKER_HEARD_SWITCH_MS) &&
	    (h->relay == NULL || now - h->at >= WORKER_HEARD_SWITCH_MS));
}

/* Its own relay needs no proof: packets go there in any case. */
static void
heard_own(struct worker_peer *p, uint64_t now)
{
	struct worker_heard *h = &p->heard;

	h->own_at = now;
	if (h->relay != NULL)
		move(h, NULL);
	if (p->relay == p->own)
		return;
	if (p->relay != NULL)
		p->relay->used--;
	p->relay = p->own;
	p->relay->used++;
}

/* Not a relay of another region: that may be of somebody else. */
static int
is_candidate(const struct worker_peer *p, const struct worker_relay *r)
{
	return (p->own != NULL && r->region == p->own->region &&
	    r->leave_at == 0);
}

void
worker_heard_packet(struct worker_peer *p, struct worker_relay *r, size_t n,
    uint64_t now)
{
	struct worker_heard *h = &p->heard;

	if (r == p->own)
		heard_own(p, now);
	else if (r != h->relay) {
		if (is_distrusted(h, r, now))
			return;
		if (is_candidate(p, r) && may_move(h, now)) {
			move(h, r);
			h->at = now;
		}
	}
	if (r == h->relay)
		h->got += n;
	else
		h->others += n;
}

static void
log_liar(const struct worker_peer *p, const struct worker_relay *r)
{
	static struct log_limit limit;

	log_limited_warnx(&limit, "%s: WireGuard did not accept what %s of "
	    "region %llu brought in the name of a peer: the peer's packets do "
	    "not go there", p->iface->name, r->at.name,
	    (unsigned long long)r->region);
}

/* It brought what is not the peer's.  Returns 1: packets went there. */
static int
drop_liar(struct worker_peer *p, uint64_t now)
{
	struct worker_heard *h = &p->heard;
	const int was = h->proved;

	log_liar(p, h->relay);
	distrust(h, h->relay, now);
	h->got = h->got_before = 0;
	move(h, NULL);
	return (was);
}

/* It brought authenticated packets.  Returns 1 when that is new. */
static int
prove(struct worker_peer *p, uint64_t now)
{
	struct worker_heard *h = &p->heard;
	const int news = !h->proved;

	h->proved = 1;
	h->at = now;
	/* While the endpoint became the relay, packets may have come
	   directly. */
	h->until = now + (p->endpoint == IPC_ENDPOINT_DIRECT ?
	    WORKER_HEARD_GRACE_MS : WORKER_HEARD_MS);
	return (news);
}

/*
 * `growth' bytes were authenticated.  Packets that come directly move the
 * endpoint, so that `relayed' says whether they came over relays.
 */
static int
judge(struct worker_peer *p, uint64_t growth, int relayed, uint64_t now)
{
	struct worker_heard *h = &p->heard;
	const uint64_t others = h->others + h->others_before;
	const uint64_t got = h->got + h->got_before;

	if (relayed && growth > others + got)
		memset(h->liars, 0, sizeof(h->liars));
	if (growth + h->growth_before < h->got_before)
		return (drop_liar(p, now));
	if (!relayed || growth == 0 || got == 0)
		return (0);
	if (growth > others)
		return (prove(p, now));
	/* Others may bring junk, so that nothing is proved. */
	if (h->proved)
		h->at = now;
	return (0);
}

int
worker_heard_poll(struct worker_peer *p, const struct ipc_wg_stats *v,
    uint64_t now)
{
	struct worker_heard *h = &p->heard;
	int news = 0;

	if (!p->polled || v->rx < p->rx)
		h->got = h->others = h->growth_before = 0;
	else {
		news = judge(p, v->rx - p->rx,
		    v->endpoint == IPC_ENDPOINT_RELAY, now);
		h->growth_before = v->rx - p->rx;
	}
	h->got_before = h->got;
	h->others_before = h->others;
	h->got = h->others = 0;
	if (h->proved && now >= h->until) {
		move(h, NULL);
		news = 1;
	}
	return (news);
}

void
worker_heard_own(struct worker_peer *p, struct worker_relay *own, uint64_t now)
{
	struct worker_heard *h = &p->heard;
	struct worker_relay *before = p->own;

	if (before == own)
		return;
	p->own = own;
	if (own == NULL || h->relay == own)
		move(h, NULL);
	else if (before != NULL && h->relay == NULL && h->own_at != 0 &&
	    now - h->own_at < WORKER_HEARD_MS) {
		/* The peer may not know yet that its first node is back. */
		move(h, before);
		h->proved = 1;
		h->at = h->own_at;
		h->until = now + WORKER_HEARD_GRACE_MS;
	}
	h->own_at = 0;
}

struct worker_relay *
worker_heard_relay(const struct worker_peer *p, uint64_t now)
{
	const struct worker_heard *h = &p->heard;

	if (h->relay == NULL || !h->proved || now >= h->until ||
	    !is_candidate(p, h->relay) ||
	    h->relay->node.state != WORKER_NODE_UP)
		return (NULL);
	return (h->relay);
}

int
worker_heard_gone(struct worker_peer *p, const struct worker_relay *r)
{
	if (p->heard.relay != r)
		return (0);
	move(&p->heard, NULL);
	return (1);
}

void
worker_heard_forget(struct worker_peer *p, const struct worker_relay *r)
{
	size_t i;

	(void)worker_heard_gone(p, r);
	if (p->own == r)
		p->own = NULL;
	for (i = 0; i < WORKER_HEARD_LIARS; i++)
		if (p->heard.liars[i].relay == r)
			p->heard.liars[i].relay = NULL;
}
