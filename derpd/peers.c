/*
 * peers: who is connected, over all workers; see peers.h.  Called by login.c,
 * session.c, conn.c and link.c.
 */
#include <sys/queue.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "peers.h"
#include "link.h"
#include "sent.h"

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

static struct entry	*table;
static uint64_t		 generation;
static TAILQ_HEAD(, peer) reap = TAILQ_HEAD_INITIALIZER(reap);
static unsigned int	 ndup_keys, ndup_conns;

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
tell_health(struct conn *c, const char *text)
{
	uint8_t hdr[FRAME_HDR_LEN];
	size_t n = strlen(text);

	frame_put_hdr(hdr, FRAME_HEALTH, (uint32_t)n);
	conn_send(c, hdr, sizeof(hdr));
	conn_send(c, text, n);
}

/* The number of connections of `p' was `before': duplicates come and go. */
static void
tell_duplicates(struct peer *p, unsigned int before)
{
	unsigned int now = peers_conns(p);
	struct conn *c;
	int dup = now > 1;

	if (before > 1) {
		ndup_keys--;
		ndup_conns -= before;
	}
	if (dup) {
		ndup_keys++;
		ndup_conns += now;
	}
	LIST_FOREACH(c, &p->local, same) {
		if (dup == c->told_dup || c->dead)
			continue;
		c->told_dup = dup != 0;
		tell_health(c, dup ? dup_text : "");
	}
}

/*
 * The latest activity wins; equal times are settled by worker and number, so
 * that all workers agree.
 */
static void
choose_active(struct peer *p)
{
	struct conn *c;
	struct rconn *rc;

	p->active = NULL;
	p->ractive = NULL;
	LIST_FOREACH(c, &p->local, same)
		if (p->active == NULL || c->active_us > p->active->active_us ||
		    (c->active_us == p->active->active_us &&
		    c->id > p->active->id))
			p->active = c;
	LIST_FOREACH(rc, &p->remote, entry)
		if (p->ractive == NULL ||
		    rc->active_us > p->ractive->active_us ||
		    (rc->active_us == p->ractive->active_us &&
		    (rc->worker > p->ractive->worker ||
		    (rc->worker == p->ractive->worker &&
		    rc->id > p->ractive->id))))
			p->ractive = rc;
	if (p->active == NULL || p->ractive == NULL)
		return;
	if (p->active->active_us > p->ractive->active_us ||
	    (p->active->active_us == p->ractive->active_us &&
	    p->active->r->conf.worker > p->ractive->worker))
		p->ractive = NULL;
	else
		p->active = NULL;
}

/* Two frames in one microsecond: the later one must still win. */
static void
make_active(struct peer *p, struct conn *c)
{
	c->active_us = c->r->now_us;
	if (p->ractive != NULL && c->active_us <= p->ractive->active_us)
		c->active_us = p->ractive->active_us + 1;
	if (p->active != NULL && c->active_us <= p->active->active_us)
		c->active_us = p->active->active_us + 1;
	p->active = c;
	p->ractive = NULL;
}

int
peers_add(struct conn *c)
{
	struct relay *r = c->r;
	struct peer *p;
	unsigned int before;

	if ((p = find_or_make(c->key)) == NULL)
		return (-1);
	before = peers_conns(p);
	c->peer = p;
	make_active(p, c);
	LIST_INSERT_HEAD(&p->local, c, same);
	p->nlocal++;
	if (before > 0)
		r->stats.dup_conns_total++;
	link_add(c);
	watch_present(r, c->key, c->addr, c->port, session_flags(c));
	tell_duplicates(p, before);
	return (0);
}

void
peers_remove(struct conn *c)
{
	struct peer *p = c->peer;
	unsigned int before;

	if (p == NULL)
		return;
	before = peers_conns(p);
	LIST_REMOVE(c, same);
	p->nlocal--;
	c->peer = NULL;
	if (p->active == c)
		choose_active(p);
	link_remove(c);
	tell_duplicates(p, before);
	if (peers_conns(p) == 0)
		reap_later(p);
}

void
peers_activity(struct conn *c)
{
	struct peer *p = c->peer;

	if (p->active == c)
		c->active_us = c->r->now_us;
	else {
		make_active(p, c);
		link_active(c);
	}
}

void
peers_remote_add(struct relay *r, unsigned int worker, const uint8_t *key,
    uint64_t id, const uint8_t *addr, uint16_t port, uint8_t flags,
    uint64_t active_us)
{
	struct peer *p;
	struct rconn *rc;
	unsigned int before;

	if ((p = find_or_make(key)) == NULL ||
	    (rc = calloc(1, sizeof(*rc))) == NULL) {
		log_warn("client of worker %u not noted", worker);
		if (p != NULL && peers_conns(p) == 0)
			reap_later(p);
		return;
	}
	before = peers_conns(p);
	rc->worker = worker;
	rc->id = id;
	memcpy(rc->addr, addr, sizeof(rc->addr));
	rc->port = port;
	rc->flags = flags;
	rc->active_us = active_us;
	LIST_INSERT_HEAD(&p->remote, rc, entry);
	p->nremote++;
	choose_active(p);
	watch_present(r, key, addr, port, flags);
	tell_duplicates(p, before);
}

static struct rconn *
find_remote(struct peer *p, unsigned int worker, uint64_t id)
{
	struct rconn *rc;

	LIST_FOREACH(rc, &p->remote, entry)
		if (rc->worker == worker && rc->id == id)
			return (rc);
	return (NULL);
}

static void
drop_remote(struct peer *p, struct rconn *rc)
{
	unsigned int before = peers_conns(p);

	LIST_REMOVE(rc, entry);
	p->nremote--;
	if (p->ractive == rc)
		choose_active(p);
	free(rc);
	tell_duplicates(p, before);
	if (peers_conns(p) == 0)
		reap_later(p);
}

void
peers_remote_remove(struct relay *r, unsigned int worker, const uint8_t *key,
    uint64_t id)
{
	struct peer *p;
	struct rconn *rc;

	(void)r;
	if ((p = peers_find(key)) != NULL &&
	    (rc = find_remote(p, worker, id)) != NULL)
		drop_remote(p, rc);
}

void
peers_remote_active(struct relay *r, unsigned int worker, const uint8_t *key,
    uint64_t id, uint64_t active_us)
{
	struct peer *p;
	struct rconn *rc;

	(void)r;
	if ((p = peers_find(key)) == NULL ||
	    (rc = find_remote(p, worker, id)) == NULL)
		return;
	rc->active_us = active_us;
	choose_active(p);
	/* Ours spoke later than what that worker knew of: say so. */
	if (p->active != NULL)
		link_active(p->active);
}

void
peers_worker_gone(struct relay *r, unsigned int worker)
{
	struct entry *e, *tmp;
	struct rconn *rc, *next;

	(void)r;
	HASH_ITER(hh, table, e, tmp) {
		for (rc = LIST_FIRST(&e->peer.remote); rc != NULL; rc = next) {
			next = LIST_NEXT(rc, entry);
			if (rc->worker == worker)
				drop_remote(&e->peer, rc);
		}
	}
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
			continue;	/* it came back in the same round */
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
