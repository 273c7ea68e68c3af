/*
 * peers: the table of the keys that this worker owns; see peers.h.  Called by
 * route.c, relayconn.c, relay.c, linkmsg.c and watch.c; its call-backs are in
 * cluster.c.
 * Touches memory alone.
 */
#include <sys/queue.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "relayconn.h"
#include "keytable.h"
#include "peers.h"
#include "slots.h"

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#define RECENT	1024		/* a power of two */

/* The hash table's fields stay in this file, to keep uthash out of headers. */
struct cluster_entry {
	struct cluster_peer	 peer;
	UT_hash_handle		 hh;
};

LIST_HEAD(cluster_slot, cluster_peer);

struct cluster_peers {
	struct cluster_entry *table;
	/* peers that were found, to find them again without hashing */
	struct cluster_peer *recent[RECENT];
	struct cluster_slot slots[IPC_SLOTS];
	TAILQ_HEAD(, cluster_peer) reap;
	unsigned int	 ndup_keys, ndup_conns;
	const struct cluster_peers_ops *ops;
	void		*arg;
	const uint8_t	*slot_secret;
	unsigned char	 secret[crypto_shorthash_KEYBYTES];
};

struct cluster_peers *
cluster_peers_new(const struct cluster_peers_ops *ops, void *arg,
    const uint8_t *slot_secret)
{
	struct cluster_peers *ps;
	unsigned int i;

	if ((ps = calloc(1, sizeof(*ps))) == NULL)
		return (NULL);
	for (i = 0; i < IPC_SLOTS; i++)
		LIST_INIT(&ps->slots[i]);
	TAILQ_INIT(&ps->reap);
	ps->ops = ops;
	ps->arg = arg;
	ps->slot_secret = slot_secret;
	randombytes_buf(ps->secret, sizeof(ps->secret));
	return (ps);
}

void
cluster_peers_free(struct cluster_peers *ps)
{
	struct cluster_entry *e, *next;

	if (ps == NULL)
		return;
	HASH_ITER(hh, ps->table, e, next) {
		HASH_DELETE(hh, ps->table, e);
		free(e);
	}
	free(ps);
}

static struct cluster_peer **
recent(struct cluster_peers *ps, const uint8_t *key)
{
	return (&ps->recent[derp_key_recent(key, RECENT)]);
}

struct cluster_peer *
cluster_peers_find(struct cluster_peers *ps, const uint8_t key[FRAME_KEY_LEN])
{
	struct cluster_peer **r = recent(ps, key);
	struct cluster_entry *e;

	if (*r != NULL && memcmp((*r)->key, key, FRAME_KEY_LEN) == 0)
		return (*r);
	HASH_FIND_BYHASHVALUE(hh, ps->table, key, FRAME_KEY_LEN,
	    derp_key_hash(key, ps->secret), e);
	if (e == NULL)
		return (NULL);
	return (*r = &e->peer);
}

struct relay_conn *
cluster_peers_active(const struct cluster_peer *p)
{
	return (TAILQ_FIRST(&p->conns));
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
	p = &e->peer;
	memcpy(p->key, key, FRAME_KEY_LEN);
	TAILQ_INIT(&p->conns);
	HASH_ADD_BYHASHVALUE(hh, ps->table, peer.key, FRAME_KEY_LEN,
	    derp_key_hash(key, ps->secret), e);
	if (e->hh.tbl == NULL) {
		free(e);
		return (NULL);
	}
	LIST_INSERT_HEAD(&ps->slots[ipc_slot_of(key, ps->slot_secret)], p,
	    slot);
	return (p);
}

/* The number of connections of a key has changed. */
static void
count_duplicates(struct cluster_peers *ps, unsigned int before,
    unsigned int now)
{
	if (before > 1) {
		ps->ndup_keys--;
		ps->ndup_conns -= before;
	}
	if (now > 1) {
		ps->ndup_keys++;
		ps->ndup_conns += now;
	}
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
	struct relay_conn *c;
	int dup = p->nconns > 1, changed = (before > 1) != dup;

	count_duplicates(ps, before, p->nconns);
	if (changed)			/* there are two, or one */
		TAILQ_FOREACH(c, &p->conns, session.same)
			ps->ops->duplicate(c, dup);
	else if (came != NULL)
		ps->ops->duplicate(came, dup);
}

/*
 * When a key has too many connections, close the one that has been silent
 * longest.  If it is closed already, its removal calls this again.
 */
static void
make_room(const struct cluster_peers *ps, struct cluster_peer *p)
{
	struct relay_conn *c;

	if (p->nconns <= PEERS_CONNS_MAX)
		return;
	c = TAILQ_LAST(&p->conns, cluster_peer_conns);
	if (!c->conn.dead)
		ps->ops->crowded(c);
}

int
cluster_peers_add(struct cluster_peers *ps, struct relay_conn *c)
{
	struct cluster_peer *p;
	unsigned int before;

	if ((p = find_or_make(ps, c->session.key)) == NULL)
		return (-1);
	before = p->nconns++;
	c->session.peer = p;
	TAILQ_INSERT_HEAD(&p->conns, c, session.same);
	ps->ops->came(c, before > 0);
	notify_duplicates(ps, p, before, c);
	make_room(ps, p);
	return (0);
}

int
cluster_peers_restore(struct cluster_peers *ps, struct relay_conn *c)
{
	struct cluster_peer *p;

	if ((p = find_or_make(ps, c->session.key)) == NULL ||
	    p->nconns >= PEERS_CONNS_MAX)
		return (-1);
	p->nconns++;
	count_duplicates(ps, p->nconns - 1, p->nconns);
	c->session.peer = p;
	TAILQ_INSERT_TAIL(&p->conns, c, session.same);
	return (0);
}

void
cluster_peers_remove(struct cluster_peers *ps, struct relay_conn *c)
{
	struct cluster_peer *p = c->session.peer;
	unsigned int before;

	if (p == NULL)
		return;
	before = p->nconns--;
	TAILQ_REMOVE(&p->conns, c, session.same);
	c->session.peer = NULL;
	notify_duplicates(ps, p, before, NULL);
	make_room(ps, p);
	if (p->nconns == 0 && !p->reaping) {
		p->reaping = 1;
		TAILQ_INSERT_TAIL(&ps->reap, p, reap);
	}
}

void
cluster_peers_activity(struct relay_conn *c)
{
	struct cluster_peer *p = c->session.peer;

	if (TAILQ_FIRST(&p->conns) == c)
		return;
	TAILQ_REMOVE(&p->conns, c, session.same);
	TAILQ_INSERT_HEAD(&p->conns, c, session.same);
}

void
cluster_peers_reap(struct cluster_peers *ps)
{
	struct cluster_peer *p;
	struct cluster_entry *e;

	while ((p = TAILQ_FIRST(&ps->reap)) != NULL) {
		TAILQ_REMOVE(&ps->reap, p, reap);
		p->reaping = 0;
		if (p->nconns != 0)
			continue;	/* connected again in the same turn */
		ps->ops->gone(ps->arg, p);
		LIST_REMOVE(p, slot);
		if (*recent(ps, p->key) == p)
			*recent(ps, p->key) = NULL;
		e = (struct cluster_entry *)p;
		HASH_DELETE(hh, ps->table, e);
		free(e);
	}
}

unsigned int
cluster_peers_each(const struct cluster_peers *ps, unsigned int slot,
    unsigned int enough, void (*cb)(const struct cluster_peer *p, void *arg),
    void *arg)
{
	const struct cluster_peer *p;
	unsigned int n = 0;

	for (; slot < IPC_SLOTS && n < enough; slot++)
		LIST_FOREACH(p, &ps->slots[slot], slot)
			if (p->nconns > 0) {
				cb(p, arg);
				n++;
			}
	return (slot);
}

const struct cluster_peer *
cluster_peers_next(const struct cluster_peers *ps,
    const struct cluster_peer *p)
{
	const struct cluster_peer *next = NULL;
	unsigned int slot = 0;

	if (p != NULL) {
		next = LIST_NEXT(p, slot);
		slot = ipc_slot_of(p->key, ps->slot_secret) + 1;
	}
	for (; next == NULL && slot < IPC_SLOTS; slot++)
		next = LIST_FIRST(&ps->slots[slot]);
	return (next);
}

void
cluster_peers_count(const struct cluster_peers *ps, struct conn_stats *s)
{
	s->clients = HASH_COUNT(ps->table);
	s->dup_keys = ps->ndup_keys;
	s->dup_conns = ps->ndup_conns;
}
