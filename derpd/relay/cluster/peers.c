/*
 * peers: the table of connections of all workers; see peers.h.  Called by
 * login.c, session.c, conn.c and linkmsg.c; its call-backs are in cluster.c.
 * Touches memory alone.
 */
#include <sys/queue.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "log.h"
#include "msg.h"
#include "peers.h"

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

/* The hash table's fields stay in this file, to keep uthash out of headers. */
struct cluster_entry {
	struct cluster_peer	 peer;
	UT_hash_handle		 hh;
};

/* Identifies a connection of another worker. */
struct cluster_remote_id {
	uint64_t	 id;		/* number in that worker */
	uint64_t	 worker;
};

struct cluster_remote {
	struct cluster_remote_conn	 rconn;
	struct cluster_remote_id key;
	struct cluster_peer	*peer;
	UT_hash_handle		 hh;
};

struct cluster_peers {
	struct cluster_entry *table;
	struct cluster_remote *remotes;
	uint64_t	 generation;
	TAILQ_HEAD(, cluster_peer) reap;
	TAILQ_HEAD(, cluster_peer) news;
	unsigned int	 ndup_keys, ndup_conns;
	unsigned int	 worker;	/* number of this worker */
	unsigned int	 max;	/* connections of another worker; 0 unknown */
	unsigned int	 nremotes[IPC_MAXWORKERS]; /* for each other worker */
	struct log_limit invalid;
	const struct cluster_peers_ops *ops;
	void		*arg;
	unsigned char	 secret[crypto_shorthash_KEYBYTES];
};

struct cluster_peers *
cluster_peers_new(const struct cluster_peers_ops *ops, void *arg)
{
	struct cluster_peers *ps;

	if ((ps = calloc(1, sizeof(*ps))) == NULL)
		return (NULL);
	TAILQ_INIT(&ps->reap);
	TAILQ_INIT(&ps->news);
	ps->ops = ops;
	ps->arg = arg;
	randombytes_buf(ps->secret, sizeof(ps->secret));
	return (ps);
}

void
cluster_peers_free(struct cluster_peers *ps)
{
	struct cluster_entry *e, *next;
	struct cluster_remote *m, *tmp;

	if (ps == NULL)
		return;
	HASH_ITER(hh, ps->remotes, m, tmp) {
		HASH_DELETE(hh, ps->remotes, m);
		free(m);
	}
	HASH_ITER(hh, ps->table, e, next) {
		HASH_DELETE(hh, ps->table, e);
		free(e);
	}
	free(ps);
}

void
cluster_peers_limits(struct cluster_peers *ps, unsigned int worker,
    unsigned int max)
{
	ps->worker = worker;
	ps->max = max;
}

/*
 * The hash is keyed with a secret, so that clients can't choose colliding keys.
 */
static unsigned int
keyed_hash(const struct cluster_peers *ps, const void *key, size_t len)
{
	unsigned char h[crypto_shorthash_BYTES];
	unsigned int v;

	crypto_shorthash(h, key, len, ps->secret);
	memcpy(&v, h, sizeof(v));
	return (v);
}

uint64_t
cluster_peers_generation(const struct cluster_peers *ps)
{
	return (ps->generation);
}

struct cluster_peer *
cluster_peers_find(const struct cluster_peers *ps,
    const uint8_t key[FRAME_KEY_LEN])
{
	struct cluster_entry *e;

	HASH_FIND_BYHASHVALUE(hh, ps->table, key, FRAME_KEY_LEN,
	    keyed_hash(ps, key, FRAME_KEY_LEN), e);
	return (e == NULL ? NULL : &e->peer);
}

unsigned int
cluster_peers_conns(const struct cluster_peer *p)
{
	return (p->nlocal + p->nremote);
}

static struct cluster_peer *
find_or_make(struct cluster_peers *ps, const uint8_t key[FRAME_KEY_LEN])
{
	struct cluster_entry *e;
	struct cluster_peer *p;

	if ((p = cluster_peers_find(ps, key)) != NULL)
		return (p);
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return (NULL);
	memcpy(e->peer.key, key, FRAME_KEY_LEN);
	TAILQ_INIT(&e->peer.local);
	TAILQ_INIT(&e->peer.remote);
	HASH_ADD_BYHASHVALUE(hh, ps->table, peer.key, FRAME_KEY_LEN,
	    keyed_hash(ps, key, FRAME_KEY_LEN), e);
	if (e->hh.tbl == NULL) {
		free(e);
		return (NULL);
	}
	return (&e->peer);
}

static void
reap_later(struct cluster_peers *ps, struct cluster_peer *p)
{
	if (p->reaping)
		return;
	p->reaping = 1;
	TAILQ_INSERT_TAIL(&ps->reap, p, reap);
}

/*
 * Notify clients after the number of connections of `p' has changed from
 * `before'.  Clients that were duplicates already were notified before; `came'
 * is a new connection, or NULL.
 */
static void
notify_duplicates(struct cluster_peers *ps, struct cluster_peer *p,
    unsigned int before, struct relay_conn *came)
{
	unsigned int now = cluster_peers_conns(p);
	struct relay_conn *c;
	int dup = now > 1, changed = (before > 1) != dup;

	if (before > 1) {
		ps->ndup_keys--;
		ps->ndup_conns -= before;
	}
	if (dup) {
		ps->ndup_keys++;
		ps->ndup_conns += now;
	}
	if (changed)
		TAILQ_FOREACH(c, &p->local, session.same)
			ps->ops->duplicate(c, dup);
	else if (came != NULL)
		ps->ops->duplicate(came, dup);
}

/*
 * Return 1 if a connection of another worker takes precedence over a local one,
 * or over one of a third worker.  The latest activity wins; equal times are
 * ordered by worker and number, so that all workers agree.
 */
static int
later_than_local(const struct cluster_peers *ps,
    const struct cluster_remote_conn *rc, const struct relay_conn *c)
{
	if (rc->active_us != c->session.active_us)
		return (rc->active_us > c->session.active_us);
	return (rc->worker > ps->worker);
}

static int
later_than_remote(const struct cluster_remote_conn *rc,
    const struct cluster_remote_conn *other)
{
	if (rc->active_us != other->active_us)
		return (rc->active_us > other->active_us);
	if (rc->worker != other->worker)
		return (rc->worker > other->worker);
	return (rc->id > other->id);
}

/* Both lists have the latest first, so only their heads are compared. */
static void
choose_active(const struct cluster_peers *ps, struct cluster_peer *p)
{
	p->active = TAILQ_FIRST(&p->local);
	p->ractive = TAILQ_FIRST(&p->remote);
	if (p->active == NULL || p->ractive == NULL)
		return;
	if (later_than_local(ps, p->ractive, p->active))
		p->active = NULL;
	else
		p->ractive = NULL;
}

/* Of two frames within one microsecond the later one must still win. */
static void
make_active(struct cluster_peer *p, struct relay_conn *c, uint64_t now)
{
	c->session.active_us = now;
	if (p->ractive != NULL && c->session.active_us <= p->ractive->active_us)
		c->session.active_us = p->ractive->active_us + 1;
	if (p->active != NULL &&
	    c->session.active_us <= p->active->session.active_us)
		c->session.active_us = p->active->session.active_us + 1;
	p->active = c;
	p->ractive = NULL;
}

/*
 * Notify the other workers at the end of the turn which connection is active.
 */
static void
announce_later(struct cluster_peers *ps, struct cluster_peer *p)
{
	if (p->has_news)
		return;
	p->has_news = 1;
	TAILQ_INSERT_TAIL(&ps->news, p, news);
}

static void
no_news(struct cluster_peers *ps, struct cluster_peer *p)
{
	if (!p->has_news)
		return;
	p->has_news = 0;
	TAILQ_REMOVE(&ps->news, p, news);
}

void
cluster_peers_announce(struct cluster_peers *ps)
{
	struct cluster_peer *p;

	while ((p = TAILQ_FIRST(&ps->news)) != NULL) {
		no_news(ps, p);
		if (p->active != NULL)
			ps->ops->active(p->active);
	}
}

/*
 * Choose the next active connection after one was removed.  The other workers'
 * times of our connections may be outdated, so notify them of the choice.
 */
static void
next_active(struct cluster_peers *ps, struct cluster_peer *p)
{
	choose_active(ps, p);
	if (p->active != NULL)
		announce_later(ps, p);
}

/*
 * Close one connection when a key has too many: of the local ones, the one that
 * has been silent longest.
 */
static void
make_room(const struct cluster_peers *ps, struct cluster_peer *p)
{
	struct relay_conn *c;

	if (cluster_peers_conns(p) <= PEERS_CONNS_MAX)
		return;
	TAILQ_FOREACH_REVERSE(c, &p->local, cluster_peer_conns, session.same)
		if (!c->dead) {
			ps->ops->crowded(c);
			return;
		}
}

int
cluster_peers_add(struct cluster_peers *ps, struct relay_conn *c, uint64_t now)
{
	struct cluster_peer *p;
	unsigned int before;

	if ((p = find_or_make(ps, c->session.key)) == NULL)
		return (-1);
	before = cluster_peers_conns(p);
	c->session.peer = p;
	make_active(p, c, now);
	TAILQ_INSERT_HEAD(&p->local, c, session.same);
	p->nlocal++;
	ps->ops->came(c, before > 0);
	notify_duplicates(ps, p, before, c);
	make_room(ps, p);
	return (0);
}

void
cluster_peers_remove(struct cluster_peers *ps, struct relay_conn *c)
{
	struct cluster_peer *p = c->session.peer;
	unsigned int before;

	if (p == NULL)
		return;
	before = cluster_peers_conns(p);
	TAILQ_REMOVE(&p->local, c, session.same);
	p->nlocal--;
	c->session.peer = NULL;
	if (p->active == c)
		next_active(ps, p);
	ps->ops->went(c);
	notify_duplicates(ps, p, before, NULL);
	if (cluster_peers_conns(p) == 0)
		reap_later(ps, p);
}

void
cluster_peers_activity(struct cluster_peers *ps, struct relay_conn *c,
    uint64_t now)
{
	struct cluster_peer *p = c->session.peer;

	if (p->active == c) {
		if (c->session.active_us < now)
			c->session.active_us = now;
		return;
	}
	make_active(p, c, now);
	TAILQ_REMOVE(&p->local, c, session.same);
	TAILQ_INSERT_HEAD(&p->local, c, session.same);
	announce_later(ps, p);
}

/* Insert by activity, the latest first; mostly that is the head. */
static void
insert_remote(struct cluster_peer *p, struct cluster_remote_conn *rc)
{
	struct cluster_remote_conn *next;

	TAILQ_FOREACH(next, &p->remote, entry)
		if (later_than_remote(rc, next)) {
			TAILQ_INSERT_BEFORE(next, rc, entry);
			return;
		}
	TAILQ_INSERT_TAIL(&p->remote, rc, entry);
}

/* Make it active if its last frame is later than the active one's. */
static void
consider_remote(const struct cluster_peers *ps, struct cluster_peer *p,
    struct cluster_remote_conn *rc)
{
	if (p->active != NULL ? !later_than_local(ps, rc, p->active) :
	    p->ractive != NULL && !later_than_remote(rc, p->ractive))
		return;
	p->active = NULL;
	p->ractive = rc;
}

static struct cluster_remote *
find_remote(const struct cluster_peers *ps, unsigned int worker, uint64_t id)
{
	struct cluster_remote_id key;
	struct cluster_remote *m;

	memset(&key, 0, sizeof(key));
	key.id = id;
	key.worker = worker;
	HASH_FIND_BYHASHVALUE(hh, ps->remotes, &key, sizeof(key),
	    keyed_hash(ps, &key, sizeof(key)), m);
	return (m);
}

static struct cluster_remote *
new_remote(struct cluster_peers *ps, struct cluster_peer *p,
    unsigned int worker, uint64_t id)
{
	struct cluster_remote *m;

	/* A number identifies one connection: a repeated one is an error. */
	if (p == NULL || find_remote(ps, worker, id) != NULL ||
	    (m = calloc(1, sizeof(*m))) == NULL)
		return (NULL);
	m->key.id = m->rconn.id = id;
	m->key.worker = m->rconn.worker = worker;
	m->peer = p;
	HASH_ADD_BYHASHVALUE(hh, ps->remotes, key, sizeof(m->key),
	    keyed_hash(ps, &m->key, sizeof(m->key)), m);
	if (m->hh.tbl == NULL) {
		free(m);
		return (NULL);
	}
	return (m);
}

void
cluster_peers_remote_add(struct cluster_peers *ps, unsigned int worker,
    const uint8_t *key, uint64_t id, const uint8_t *addr, uint16_t port,
    uint8_t flags, uint64_t active_us)
{
	struct cluster_peer *p = find_or_make(ps, key);
	struct cluster_remote *m = NULL;
	struct cluster_remote_conn *rc;
	unsigned int before;

	/*
	 * More than twice the permitted number for a key, or more than a worker
	 * can have at all: that worker is in error.
	 */
	if (p != NULL && p->nremote < 2 * PEERS_CONNS_MAX &&
	    (ps->max == 0 || ps->nremotes[worker] < ps->max))
		m = new_remote(ps, p, worker, id);
	if (m == NULL) {
		log_limited(&ps->invalid, "a connection that worker %u reports "
		    "is ignored: invalid, or out of memory", worker);
		if (p != NULL && cluster_peers_conns(p) == 0)
			reap_later(ps, p);
		return;
	}
	before = cluster_peers_conns(p);
	rc = &m->rconn;
	memcpy(rc->addr, addr, sizeof(rc->addr));
	rc->port = port;
	rc->flags = flags;
	rc->active_us = active_us;
	insert_remote(p, rc);
	p->nremote++;
	ps->nremotes[worker]++;
	consider_remote(ps, p, rc);
	ps->ops->remote(ps->arg, key, addr, port, flags);
	notify_duplicates(ps, p, before, NULL);
}

static void
drop_remote(struct cluster_peers *ps, struct cluster_remote *m)
{
	struct cluster_peer *p = m->peer;
	struct cluster_remote_conn *rc = &m->rconn;
	unsigned int before = cluster_peers_conns(p);

	TAILQ_REMOVE(&p->remote, rc, entry);
	p->nremote--;
	ps->nremotes[rc->worker]--;
	if (p->ractive == rc)
		next_active(ps, p);
	HASH_DELETE(hh, ps->remotes, m);
	free(m);
	notify_duplicates(ps, p, before, NULL);
	if (cluster_peers_conns(p) == 0)
		reap_later(ps, p);
}

/*
 * Find the connection `id' of `worker' under that key; NULL if there is none.
 */
static struct cluster_remote *
find_remote_of(const struct cluster_peers *ps, unsigned int worker,
    const uint8_t *key, uint64_t id)
{
	struct cluster_remote *m = find_remote(ps, worker, id);

	if (m == NULL || memcmp(m->peer->key, key, FRAME_KEY_LEN) != 0)
		return (NULL);
	return (m);
}

void
cluster_peers_remote_remove(struct cluster_peers *ps, unsigned int worker,
    const uint8_t *key, uint64_t id)
{
	struct cluster_remote *m;

	if ((m = find_remote_of(ps, worker, key, id)) != NULL)
		drop_remote(ps, m);
}

void
cluster_peers_remote_active(struct cluster_peers *ps, unsigned int worker,
    const uint8_t *key, uint64_t id, uint64_t active_us)
{
	struct cluster_remote *m;
	struct cluster_remote_conn *rc;
	struct cluster_peer *p;

	if ((m = find_remote_of(ps, worker, key, id)) == NULL)
		return;
	p = m->peer;
	rc = &m->rconn;
	if (active_us > rc->active_us) {
		rc->active_us = active_us;
		TAILQ_REMOVE(&p->remote, rc, entry);
		insert_remote(p, rc);
		if (p->ractive != rc)
			consider_remote(ps, p, rc);
	}
	/* A local one is later than that worker knew: notify it. */
	if (p->active != NULL)
		announce_later(ps, p);
}

void
cluster_peers_worker_gone(struct cluster_peers *ps, unsigned int worker)
{
	struct cluster_remote *m, *tmp;

	HASH_ITER(hh, ps->remotes, m, tmp)
		if (m->rconn.worker == worker)
			drop_remote(ps, m);
}

void
cluster_peers_reap(struct cluster_peers *ps)
{
	struct cluster_peer *p;
	struct cluster_entry *e;

	while ((p = TAILQ_FIRST(&ps->reap)) != NULL) {
		TAILQ_REMOVE(&ps->reap, p, reap);
		p->reaping = 0;
		if (cluster_peers_conns(p) != 0)
			continue;	/* connected again in the same turn */
		no_news(ps, p);
		ps->ops->gone(ps->arg, p);
		ps->generation++;
		e = (struct cluster_entry *)p;
		HASH_DELETE(hh, ps->table, e);
		free(e);
	}
}

void
cluster_peers_each(const struct cluster_peers *ps,
    void (*cb)(struct cluster_peer *p, void *arg), void *arg)
{
	struct cluster_entry *e, *tmp;

	HASH_ITER(hh, ps->table, e, tmp)
		if (cluster_peers_conns(&e->peer) > 0)
			cb(&e->peer, arg);
}

void
cluster_peers_count(const struct cluster_peers *ps, struct relay_stats *s)
{
	s->clients = HASH_COUNT(ps->table);
	s->dup_keys = ps->ndup_keys;
	s->dup_conns = ps->ndup_conns;
}
