/*
 * relays: see relays.h.  Called by worker.c, devices.c, workeriface.c,
 * workerasks.c and carry.c; its call-backs are called by workernode.c.  Touches
 * the nodes, and which of them the peers of the interface use.
 *
 * Nothing is freed, held or released in a call-back of a node: it sets
 * f->reassign, and the end of the turn does the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "carry.h"
#include "choice.h"
#include "clock.h"
#include "missing.h"
#include "relaylog.h"
#include "relays.h"
#include "survey.h"
#include "surveys.h"
#include "worker.h"
#include "workerasks.h"
#include "workeriface.h"

#define LEAVE_MS	15000	/* a node that the map has no more is kept, for
				   packets under way */
#define LEAVING		64	/* ... but not more of them: a map may change
				   every second */
#define SETTLE_US	5000	/* finding relays anew that takes longer, as the
				   map is large, */
#define SETTLE_TIMES	8	/* ... is not done again for so many times as
				   long: others have their turn */
#define HURRY_MS	60000	/* between two hurries */
#define FLAP_MS		60000	/* a connection that ends sooner */
#define FRESH_MS	180000	/* a handshake holds so long (WireGuard's
				   Reject-After-Time) */

/* Call-backs of a node */

static void
on_packet(struct worker_node *n, const uint8_t src[FRAME_KEY_LEN], uint8_t *p,
    size_t len, void *arg)
{
	struct worker_relay *r = arg;

	(void)n;
	worker_carry_in(r, src, p, len, worker_now(r->iface->worker));
}

static void
on_read_over(struct worker_node *n, void *arg)
{
	struct worker_relay *r = arg;

	(void)n;
	worker_carry_over(r->iface);
}

static void
on_gone(struct worker_node *n, const uint8_t key[FRAME_KEY_LEN],
    uint8_t reason, void *arg)
{
	struct worker_relay *r = arg;
	struct worker_peer *p = worker_peers_key(&r->iface->peers, key);

	(void)n;
	(void)reason;
	if (p != NULL && worker_heard_gone(p, r))
		r->iface->reassign_soon = 1;
}

/*
 * A connection that had ended is there again: the network of this host may be
 * another one.  But it may be a relay that comes and goes.
 */
static void
may_hurry(struct worker_iface *f, uint64_t now)
{
	if (f->hurried_at != 0 && now - f->hurried_at < HURRY_MS)
		return;
	f->hurried_at = now;
	worker_relays_hurry(f, now);
}

static void
on_changed(struct worker_node *n, void *arg)
{
	struct worker_relay *r = arg;
	uint64_t now = worker_now(r->iface->worker);
	int was_up = r->shown == WORKER_NODE_UP;

	if (n->state == r->shown)
		return;
	r->shown = n->state;
	if (was_up && n->state == WORKER_NODE_WAITING)
		r->flaps = now - r->up_at < FLAP_MS ? r->flaps + 1 : 0;
	worker_relaylog(r);
	r->iface->reassign = 1;
	if (n->state != WORKER_NODE_UP)
		return;
	if (r->up_at != 0)
		may_hurry(r->iface, now);
	r->up_at = now;
}

static const struct worker_node_ops ops = {
	.packet = on_packet,
	.read_over = on_read_over,
	.gone = on_gone,
	.changed = on_changed,
	.want_addrs = worker_asks_addrs,
	.want_socket = worker_asks_socket,
	.want_login = worker_asks_login
};

/* Making and freeing */

/* Returns 0, or -1: the node can't be dialled. */
static int
set_target(struct worker_relay *r)
{
	const struct map_places_node *at = &r->at;
	struct dial_node *t = &r->node.target;

	if (dial_node_set(t, map_places_host(at), at->port) == -1 ||
	    dial_proxy_set(&t->proxy, r->iface->worker->proxy) == -1)
		return (-1);
	strlcpy(t->trust.certname, at->certname, sizeof(t->trust.certname));
	t->trust.held = r->iface->cas;
	t->trust.insecure = at->insecure;
	memcpy(t->own, r->iface->key, sizeof(t->own));
	return (0);
}

static unsigned int
idle_ms(const struct worker_iface *f)
{
	return (f->idle != 0 ? f->idle * 1000 : WORKER_RELAY_IDLE_MS);
}

static struct worker_relay *
relay_new(struct worker_iface *f, const struct map_places_region *region,
    const struct map_places_node *at)
{
	struct worker *w = f->worker;
	struct worker_relay *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return (NULL);
	r->iface = f;
	r->id = ++w->last_id & WORKER_RELAY_IDS;
	r->proxy = w->proxies;
	r->fwmark = f->fwmark;
	r->at = *at;
	r->region = region->id;
	strlcpy(r->code, region->code, sizeof(r->code));
	if (set_target(r) == -1) {
		free(r);
		return (NULL);
	}
	r->node.base = w->base;
	r->node.links = w->links;
	r->node.ops = &ops;
	r->node.arg = r;
	r->node.idle_ms = idle_ms(f);
	worker_node_init(&r->node);
	r->shown = r->node.state;
	TAILQ_INSERT_TAIL(&f->relays, r, entry);
	return (r);
}

static void
relay_free(struct worker_relay *r)
{
	struct worker_iface *f = r->iface;
	struct worker_peer *p;

	TAILQ_FOREACH(p, &f->peers.list, entry) {
		if (p->relay == r)
			p->relay = NULL;
		worker_heard_forget(p, r);
	}
	if (r->unsent)
		worker_relays_sent(r);
	TAILQ_REMOVE(&f->relays, r, entry);
	worker_node_free(&r->node);
	free(r);
}

void
worker_relays_free(struct worker_iface *f)
{
	struct worker_relay *r;

	while ((r = TAILQ_FIRST(&f->relays)) != NULL)
		relay_free(r);
}

struct worker_relay *
worker_relays_find(const struct worker_iface *f, uint32_t id)
{
	struct worker_relay *r;

	TAILQ_FOREACH(r, &f->relays, entry)
		if (r->id == id)
			return (r);
	return (NULL);
}

/* The relay of this node of the map, which is made if need be. */
static struct worker_relay *
relay_of(struct worker_iface *f, const struct map_places_region *region,
    const struct map_places_node *at)
{
	struct worker_relay *r;

	TAILQ_FOREACH(r, &f->relays, entry)
		if (r->leave_at == 0 && r->region == region->id &&
		    strcmp(r->at.name, at->name) == 0)
			return (r);
	return (relay_new(f, region, at));
}

/* Changes of the map */

/* Returns 1 when a node is connected to in the same way as another, else 0. */
static int
is_same(const struct map_places_node *a, const struct map_places_node *b)
{
	return (strcmp(a->host, b->host) == 0 && a->port == b->port &&
	    strcmp(a->certname, b->certname) == 0 &&
	    strcmp(a->ipv4, b->ipv4) == 0 && strcmp(a->ipv6, b->ipv6) == 0 &&
	    a->insecure == b->insecure);
}

/* Returns 1 when the relay is still what the map and the settings say. */
static int
is_current(struct worker_relay *r)
{
	const struct worker_iface *f = r->iface;
	const struct map_places *m = f->worker->map;
	const struct map_places_region *region;
	const struct map_places_node *at;

	if (!f->up || m == NULL || r->proxy != f->worker->proxies ||
	    (region = map_places_region(m, r->region)) == NULL ||
	    (at = map_places_node(region, r->at.name)) == NULL ||
	    !is_same(at, &r->at))
		return (0);
	r->at = *at;
	strlcpy(r->code, region->code, sizeof(r->code));
	return (1);
}

/* Free the oldest of too many relays that the map has no more. */
static void
limit_leaving(struct worker_iface *f)
{
	struct worker_relay *r, *next;
	unsigned int n = 0;

	TAILQ_FOREACH(r, &f->relays, entry)
		n += r->leave_at != 0;
	TAILQ_FOREACH_SAFE(r, &f->relays, entry, next)
		if (r->leave_at != 0 && n > LEAVING) {
			relay_free(r);
			n--;
		}
}

/* Returns 1 when another relay has taken the place of this one, else 0. */
static int
is_replaced(const struct worker_relay *r)
{
	const struct worker_relay *o;

	TAILQ_FOREACH(o, &r->iface->relays, entry)
		if (o->leave_at == 0 && o->region == r->region &&
		    strcmp(o->at.name, r->at.name) == 0)
			return (1);
	return (0);
}

/*
 * A relay that is not current is kept a while: the peer may send there until it
 * has the new map.  Not so with another key of the interface, nor with another
 * mark: wg-quick(8) sets that late, and then routes all else into the tunnel.
 */
void
worker_relays_update(struct worker_iface *f, uint64_t now)
{
	struct worker_relay *r, *next;

	TAILQ_FOREACH_SAFE(r, &f->relays, entry, next) {
		if (memcmp(r->node.target.own, f->key, IPC_KEYLEN) != 0 ||
		    (f->up && r->fwmark != f->fwmark))
			relay_free(r);
		else if (r->leave_at == 0 && !is_current(r))
			r->leave_at = now + LEAVE_MS;
		else if (r->leave_at != 0 && is_current(r) && !is_replaced(r))
			r->leave_at = 0;
		else
			r->node.idle_ms = idle_ms(f);
	}
	limit_leaving(f);
	worker_surveys_update(f);
	worker_missing_log(f);
	f->reassign = 1;
}

void
worker_relays_tick(struct worker_iface *f, uint64_t now)
{
	struct worker_relay *r, *next;

	TAILQ_FOREACH_SAFE(r, &f->relays, entry, next)
		if (r->leave_at != 0 && r->leave_at <= now)
			relay_free(r);
	/* What a peer needs changes with time, too. */
	if (f->idle != 0 || f->reassign_soon)
		f->reassign = 1;
	f->reassign_soon = 0;
}

void
worker_relays_hurry(struct worker_iface *f, uint64_t now)
{
	struct worker_relay *r;
	struct worker_peer *p;

	TAILQ_FOREACH(r, &f->relays, entry)
		worker_node_hurry(&r->node);
	TAILQ_FOREACH(p, &f->peers.list, entry)
		if (p->served)
			worker_path_hurry(&p->path, now);
	if (f->survey != NULL)
		worker_survey_hurry(f->survey);
}

/* Peers and their relays */

static int
has_failed(const struct worker_relay *r)
{
	return (r->node.state != WORKER_NODE_UP && r->node.failures > 0);
}

/* The peer may come over a relay, so that its home must be up. */
static int
needs_home(const struct worker_peer *p, uint64_t now)
{
	return (p->iface->idle == 0 || p->path.state != WORKER_PATH_DIRECT ||
	    p->handshake_at == 0 || now - p->handshake_at > FRESH_MS);
}

/* `own' is the relay of the order; but the peer may be heard elsewhere. */
static void
use(struct worker_peer *p, struct worker_relay *own, int needed, uint64_t now)
{
	struct worker_relay *there;

	worker_heard_own(p, own, now);
	p->relay = own;
	if ((there = worker_heard_relay(p, now)) != NULL) {
		p->relay = there;
		there->wanted += (unsigned int)needed;
	}
	if (p->relay != NULL)
		p->relay->used++;
}

struct worker_choice
worker_relays_choice(const struct worker_peer *p)
{
	const struct worker_iface *f = p->iface;
	struct worker_choice c = { f->policy, f->region };

	if (p->line != NULL && !p->line->inherit) {
		c.policy = p->line->policy;
		c.region = p->line->region;
	}
	if (c.policy == IPC_REGION_NEAREST)
		c.region = f->nearest;
	return (c);
}

/* Find the relay of a peer, and what relays it needs. */
static void
assign(struct worker_peer *p, uint64_t now)
{
	struct worker_iface *f = p->iface;
	const struct map_places_node *at[WORKER_CHOICE_MAX];
	const struct map_places_region *region;
	struct worker_relay *home = NULL, *own = NULL, *r;
	struct worker_choice c = worker_relays_choice(p);
	int needed = needs_home(p, now);
	size_t i, n;

	n = worker_choice_make(f->worker->map, &c, f->key, p->key, &region, at);
	for (i = 0; i < n; i++) {
		if ((r = relay_of(f, region, at[i])) == NULL)
			continue;
		if (home == NULL)
			home = r;
		r->wanted += (unsigned int)needed;
		if (!has_failed(r)) {
			own = r;
			break;
		}
	}
	use(p, own != NULL ? own : home, needed, now);
}

static void
hold(struct worker_relay *r)
{
	int wanted = r->wanted > 0 || (r->leave_at != 0 && r->held);

	if (wanted && !r->held)
		worker_node_hold(&r->node);
	else if (!wanted && r->held)
		worker_node_release(&r->node);
	r->held = wanted;
}

void
worker_relays_settle(struct worker_iface *f, uint64_t now)
{
	const uint64_t begun = base_clock_us();
	struct worker_relay *r;
	struct worker_peer *p;
	uint64_t us;

	if (!f->reassign || begun < f->settle_at)
		return;
	f->reassign = 0;
	TAILQ_FOREACH(r, &f->relays, entry)
		r->wanted = r->used = 0;
	TAILQ_FOREACH(p, &f->peers.list, entry)
		if (p->served && f->up && f->worker->map != NULL)
			assign(p, now);
		else
			use(p, NULL, 0, now);
	TAILQ_FOREACH(r, &f->relays, entry)
		hold(r);
	us = base_clock_us() - begun;
	if (us > SETTLE_US)
		f->settle_at = begun + us * SETTLE_TIMES;
}

void
worker_relays_unsent(struct worker_relay *r)
{
	if (r->unsent)
		return;
	r->unsent = 1;
	TAILQ_INSERT_TAIL(&r->iface->worker->unsent, r, unsent_entry);
}

void
worker_relays_sent(struct worker_relay *r)
{
	r->unsent = 0;
	TAILQ_REMOVE(&r->iface->worker->unsent, r, unsent_entry);
}
