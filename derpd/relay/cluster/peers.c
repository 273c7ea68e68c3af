/*
 * peers: who is connected, over all workers; see peers.h.  Called by login.c,
 * session.c, conn.c and link.c.
 */
#include <sys/queue.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "log.h"
#include "peers.h"
#include "sent.h"
#include "watch.h"

/* Nobody outside can choose keys that collide: the hash has a secret. */
static unsigned char secret[crypto_shorthash_KEYBYTES];

static unsigned int
keyed_hash(const void *key, size_t len)
{
	unsigned char h[crypto_shorthash_BYTES];
	unsigned int v;

	crypto_shorthash(h, key, len, secret);
	memcpy(&v, h, sizeof(v));
	return (v);
}

#define HASH_FUNCTION(keyptr, keylen, hashv)				\
	((hashv) = keyed_hash((keyptr), (keylen)))
#define HASH_NONFATAL_OOM	1
#include <uthash.h>

/* The table's own fields stay in this file: uthash is not for headers. */
struct entry {
	struct peer	 peer;
	UT_hash_handle	 hh;
};

/* A connection of another worker: which one. */
struct remote_id {
	uint64_t	 id;		/* there */
	uint64_t	 worker;
};

struct remote {
	struct rconn	 rconn;
	struct remote_id key;
	struct peer	*peer;
	UT_hash_handle	 hh;
};

static struct entry	*table;
static struct remote	*remotes;
static uint64_t		 generation;
static TAILQ_HEAD(, peer) reap = TAILQ_HEAD_INITIALIZER(reap);
static TAILQ_HEAD(, peer) news = TAILQ_HEAD_INITIALIZER(news);
static unsigned int	 ndup_keys, ndup_conns;
static unsigned int	 nremotes[MAXWORKERS];	/* of each other worker */

static const char	 dup_text[] = "another connection uses the key of "
			    "this node: two machines with one key disturb "
			    "each other";

void
peers_init(struct relay *r)
{
	(void)r;
	randombytes_buf(secret, sizeof(secret));
}

uint64_t
peers_generation(void)
{
	return (generation);
}

struct peer *
peers_find(const uint8_t key[FRAME_KEY_LEN])
{
	struct entry *e;

	HASH_FIND(hh, table, key, FRAME_KEY_LEN, e);
	return (e == NULL ? NULL : &e->peer);
}

unsigned int
peers_conns(const struct peer *p)
{
	return (p->nlocal + p->nremote);
}

static struct peer *
find_or_make(const uint8_t key[FRAME_KEY_LEN])
{
	struct entry *e;
	struct peer *p;

	if ((p = peers_find(key)) != NULL)
		return (p);
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return (NULL);
	memcpy(e->peer.key, key, FRAME_KEY_LEN);
	TAILQ_INIT(&e->peer.local);
	TAILQ_INIT(&e->peer.remote);
	HASH_ADD(hh, table, peer.key, FRAME_KEY_LEN, e);
	if (e->hh.tbl == NULL) {
		free(e);
		return (NULL);
	}
	return (&e->peer);
}

static void
reap_later(struct peer *p)
{
	if (p->reaping)
		return;
	p->reaping = 1;
	TAILQ_INSERT_TAIL(&reap, p, reap);
}

static void
tell_duplicate(struct conn *c, int dup)
{
	const char *text = dup ? dup_text : "";
	uint8_t hdr[FRAME_HDR_LEN];
	size_t n = strlen(text);

	if (dup == c->session.told_dup || c->dead)
		return;
	c->session.told_dup = dup != 0;
	frame_put_hdr(hdr, FRAME_HEALTH, (uint32_t)n);
	conn_send(c, hdr, sizeof(hdr));
	conn_send(c, text, n);
}

/*
 * The number of connections of `p' was `before': duplicates come and go.  Those
 * that were duplicates already have been told; `came' is new, or NULL.
 */
static void
tell_duplicates(struct peer *p, unsigned int before, struct conn *came)
{
	unsigned int now = peers_conns(p);
	struct conn *c;
	int dup = now > 1, changed = (before > 1) != dup;

	if (before > 1) {
		ndup_keys--;
		ndup_conns -= before;
	}
	if (dup) {
		ndup_keys++;
		ndup_conns += now;
	}
	if (changed)
		TAILQ_FOREACH(c, &p->local, session.same)
			tell_duplicate(c, dup);
	else if (came != NULL)
		tell_duplicate(came, dup);
}

/*
 * Does the connection of another worker come before that one of ours, or of
 * another worker?  The latest activity wins; equal times are settled by worker
 * and number, so that all workers agree.
 */
static int
later_than_local(const struct rconn *rc, const struct conn *c)
{
	if (rc->active_us != c->session.active_us)
		return (rc->active_us > c->session.active_us);
	return (rc->worker > c->r->conf.worker);
}

static int
later_than_remote(const struct rconn *rc, const struct rconn *other)
{
	if (rc->active_us != other->active_us)
		return (rc->active_us > other->active_us);
	if (rc->worker != other->worker)
		return (rc->worker > other->worker);
	return (rc->id > other->id);
}

/* Both lists have the latest first: only their heads are compared. */
static void
choose_active(struct peer *p)
{
	p->active = TAILQ_FIRST(&p->local);
	p->ractive = TAILQ_FIRST(&p->remote);
	if (p->active == NULL || p->ractive == NULL)
		return;
	if (later_than_local(p->ractive, p->active))
		p->active = NULL;
	else
		p->ractive = NULL;
}

/* Two frames in one microsecond: the later one must still win. */
static void
make_active(struct peer *p, struct conn *c)
{
	c->session.active_us = c->r->now_us;
	if (p->ractive != NULL && c->session.active_us <= p->ractive->active_us)
		c->session.active_us = p->ractive->active_us + 1;
	if (p->active != NULL &&
	    c->session.active_us <= p->active->session.active_us)
		c->session.active_us = p->active->session.active_us + 1;
	p->active = c;
	p->ractive = NULL;
}

/* The other workers hear at the end of the turn which one is active. */
static void
announce_later(struct peer *p)
{
	if (p->has_news)
		return;
	p->has_news = 1;
	TAILQ_INSERT_TAIL(&news, p, news);
}

static void
no_news(struct peer *p)
{
	if (!p->has_news)
		return;
	p->has_news = 0;
	TAILQ_REMOVE(&news, p, news);
}

void
peers_announce(struct relay *r)
{
	struct peer *p;

	(void)r;
	while ((p = TAILQ_FIRST(&news)) != NULL) {
		no_news(p);
		if (p->active != NULL)
			link_active(p->active);
	}
}

/*
 * The active one is gone.  What the other workers know of ours may be older
 * than what we know: say which one follows.
 */
static void
next_active(struct peer *p)
{
	choose_active(p);
	if (p->active != NULL)
		announce_later(p);
}

/*
 * When there are too many connections with one key, one gives way: of ours
 * that which has been silent longest.
 */
static void
make_room(struct peer *p)
{
	struct conn *c;

	if (peers_conns(p) <= PEERS_CONNS_MAX)
		return;
	TAILQ_FOREACH_REVERSE(c, &p->local, peer_conns, session.same)
		if (!c->dead) {
			conn_close(c, "too many connections with one key");
			return;
		}
}

int
peers_add(struct conn *c)
{
	struct relay *r = c->r;
	struct peer *p;
	unsigned int before;

	if ((p = find_or_make(c->session.key)) == NULL)
		return (-1);
	before = peers_conns(p);
	c->session.peer = p;
	make_active(p, c);
	TAILQ_INSERT_HEAD(&p->local, c, session.same);
	p->nlocal++;
	if (before > 0)
		r->stats.dup_conns_total++;
	link_add(c);
	watch_present(r, c->session.key, c->addr, c->port,
	    derp_flags(&c->session));
	tell_duplicates(p, before, c);
	make_room(p);
	return (0);
}

void
peers_remove(struct conn *c)
{
	struct peer *p = c->session.peer;
	unsigned int before;

	if (p == NULL)
		return;
	before = peers_conns(p);
	TAILQ_REMOVE(&p->local, c, session.same);
	p->nlocal--;
	c->session.peer = NULL;
	if (p->active == c)
		next_active(p);
	link_remove(c);
	tell_duplicates(p, before, NULL);
	if (peers_conns(p) == 0)
		reap_later(p);
}

void
peers_activity(struct conn *c)
{
	struct peer *p = c->session.peer;

	if (p->active == c) {
		if (c->session.active_us < c->r->now_us)
			c->session.active_us = c->r->now_us;
		return;
	}
	make_active(p, c);
	TAILQ_REMOVE(&p->local, c, session.same);
	TAILQ_INSERT_HEAD(&p->local, c, session.same);
	announce_later(p);
}

/* Into the list of its key, the latest first; nearly always at the head. */
static void
insert_remote(struct peer *p, struct rconn *rc)
{
	struct rconn *next;

	TAILQ_FOREACH(next, &p->remote, entry)
		if (later_than_remote(rc, next)) {
			TAILQ_INSERT_BEFORE(next, rc, entry);
			return;
		}
	TAILQ_INSERT_TAIL(&p->remote, rc, entry);
}

/* It is active if it spoke later than the one that was. */
static void
consider_remote(struct peer *p, struct rconn *rc)
{
	if (p->active != NULL ? !later_than_local(rc, p->active) :
	    p->ractive != NULL && !later_than_remote(rc, p->ractive))
		return;
	p->active = NULL;
	p->ractive = rc;
}

static struct remote *
find_remote(unsigned int worker, uint64_t id)
{
	struct remote_id key;
	struct remote *m;

	memset(&key, 0, sizeof(key));
	key.id = id;
	key.worker = worker;
	HASH_FIND(hh, remotes, &key, sizeof(key), m);
	return (m);
}

static struct remote *
new_remote(struct peer *p, unsigned int worker, uint64_t id)
{
	struct remote *m;

	/* A number is of one connection: a worker that says it twice lies. */
	if (p == NULL || find_remote(worker, id) != NULL ||
	    (m = calloc(1, sizeof(*m))) == NULL)
		return (NULL);
	m->key.id = m->rconn.id = id;
	m->key.worker = m->rconn.worker = worker;
	m->peer = p;
	HASH_ADD(hh, remotes, key, sizeof(m->key), m);
	if (m->hh.tbl == NULL) {
		free(m);
		return (NULL);
	}
	return (m);
}

void
peers_remote_add(struct relay *r, unsigned int worker, const uint8_t *key,
    uint64_t id, const uint8_t *addr, uint16_t port, uint8_t flags,
    uint64_t active_us)
{
	static struct log_limit limit;
	struct peer *p = find_or_make(key);
	struct remote *m = NULL;
	struct rconn *rc;
	unsigned int before;

	/*
	 * More than twice what there can be of a key, or more in all than a
	 * worker can have: one that lies.
	 */
	if (p != NULL && p->nremote < 2 * PEERS_CONNS_MAX &&
	    (r->acceptor.files == 0 || nremotes[worker] < r->acceptor.files))
		m = new_remote(p, worker, id);
	if (m == NULL) {
		log_limited(&limit, "client of worker %u not noted", worker);
		if (p != NULL && peers_conns(p) == 0)
			reap_later(p);
		return;
	}
	before = peers_conns(p);
	rc = &m->rconn;
	memcpy(rc->addr, addr, sizeof(rc->addr));
	rc->port = port;
	rc->flags = flags;
	rc->active_us = active_us;
	insert_remote(p, rc);
	p->nremote++;
	nremotes[worker]++;
	consider_remote(p, rc);
	watch_present(r, key, addr, port, flags);
	tell_duplicates(p, before, NULL);
}

static void
drop_remote(struct remote *m)
{
	struct peer *p = m->peer;
	struct rconn *rc = &m->rconn;
	unsigned int before = peers_conns(p);

	TAILQ_REMOVE(&p->remote, rc, entry);
	p->nremote--;
	nremotes[rc->worker]--;
	if (p->ractive == rc)
		next_active(p);
	HASH_DELETE(hh, remotes, m);
	free(m);
	tell_duplicates(p, before, NULL);
	if (peers_conns(p) == 0)
		reap_later(p);
}

/* What `worker' has as `id' under that key; NULL nothing. */
static struct remote *
find_remote_of(unsigned int worker, const uint8_t *key, uint64_t id)
{
	struct remote *m = find_remote(worker, id);

	if (m == NULL || memcmp(m->peer->key, key, FRAME_KEY_LEN) != 0)
		return (NULL);
	return (m);
}

void
peers_remote_remove(struct relay *r, unsigned int worker, const uint8_t *key,
    uint64_t id)
{
	struct remote *m;

	(void)r;
	if ((m = find_remote_of(worker, key, id)) != NULL)
		drop_remote(m);
}

void
peers_remote_active(struct relay *r, unsigned int worker, const uint8_t *key,
    uint64_t id, uint64_t active_us)
{
	struct remote *m;
	struct rconn *rc;
	struct peer *p;

	(void)r;
	if ((m = find_remote_of(worker, key, id)) == NULL)
		return;
	p = m->peer;
	rc = &m->rconn;
	if (active_us > rc->active_us) {
		rc->active_us = active_us;
		TAILQ_REMOVE(&p->remote, rc, entry);
		insert_remote(p, rc);
		if (p->ractive != rc)
			consider_remote(p, rc);
	}
	/* Ours spoke later than what that worker knew of: say so. */
	if (p->active != NULL)
		announce_later(p);
}

void
peers_worker_gone(struct relay *r, unsigned int worker)
{
	struct remote *m, *tmp;

	(void)r;
	HASH_ITER(hh, remotes, m, tmp)
		if (m->rconn.worker == worker)
			drop_remote(m);
}

void
peers_reap(struct relay *r)
{
	struct peer *p;
	struct entry *e;

	while ((p = TAILQ_FIRST(&reap)) != NULL) {
		TAILQ_REMOVE(&reap, p, reap);
		p->reaping = 0;
		if (peers_conns(p) != 0)
			continue;	/* it came back in the same turn */
		no_news(p);
		sent_gone(p);
		watch_gone(r, p->key);
		generation++;
		e = (struct entry *)p;
		HASH_DELETE(hh, table, e);
		free(e);
	}
}

void
peers_each(void (*cb)(struct peer *p, void *arg), void *arg)
{
	struct entry *e, *tmp;

	HASH_ITER(hh, table, e, tmp)
		if (peers_conns(&e->peer) > 0)
			cb(&e->peer, arg);
}

void
peers_count(struct stats *s)
{
	s->clients = HASH_COUNT(table);
	s->dup_keys = ndup_keys;
	s->dup_conns = ndup_conns;
}
