/*
 * peertable: see peertable.h.  Called by workeriface.c, devices.c, carry.c and
 * relays.c. Touches memory alone.
 *
 * Most packets are of the peer of the packet before, which is found without
 * hashing.  Peers come from the interface, not from the network; so a relay
 * can't choose what is in the tables.
 */
#include <stdlib.h>
#include <string.h>

#include "peertable.h"

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

/* The fields of the tables stay in this file, to keep uthash out of headers. */
struct worker_entry {
	struct worker_peer	 peer;
	UT_hash_handle		 hh_number, hh_key, hh_local;
};

void
worker_peers_init(struct worker_peers *ps)
{
	memset(ps, 0, sizeof(*ps));
	TAILQ_INIT(&ps->list);
}

struct worker_peer *
worker_peers_number(const struct worker_peers *ps, uint32_t number)
{
	struct worker_entry *e;

	HASH_FIND(hh_number, ps->by_number, &number, sizeof(number), e);
	return (e != NULL ? &e->peer : NULL);
}

struct worker_peer *
worker_peers_key(struct worker_peers *ps, const uint8_t key[IPC_KEYLEN])
{
	struct worker_entry *e;

	if (ps->recent_key != NULL &&
	    memcmp(ps->recent_key->key, key, IPC_KEYLEN) == 0)
		return (ps->recent_key);
	HASH_FIND(hh_key, ps->by_key, key, IPC_KEYLEN, e);
	if (e == NULL)
		return (NULL);
	return (ps->recent_key = &e->peer);
}

struct worker_peer *
worker_peers_local(struct worker_peers *ps,
    const uint8_t local[WORKER_UDP_ADDR])
{
	struct worker_entry *e;

	if (ps->recent_local != NULL &&
	    memcmp(ps->recent_local->local, local, WORKER_UDP_ADDR) == 0)
		return (ps->recent_local);
	HASH_FIND(hh_local, ps->by_local, local, WORKER_UDP_ADDR, e);
	if (e == NULL)
		return (NULL);
	return (ps->recent_local = &e->peer);
}

/* Take an entry out of the tables that it is in, and free it. */
static void
drop(struct worker_peers *ps, struct worker_entry *e)
{
	if (e->hh_number.tbl != NULL)
		HASH_DELETE(hh_number, ps->by_number, e);
	if (e->hh_key.tbl != NULL)
		HASH_DELETE(hh_key, ps->by_key, e);
	if (e->hh_local.tbl != NULL)
		HASH_DELETE(hh_local, ps->by_local, e);
	free(e);
}

struct worker_peer *
worker_peers_add(struct worker_peers *ps, uint32_t number,
    const uint8_t key[IPC_KEYLEN], const uint8_t local[WORKER_UDP_ADDR])
{
	struct worker_entry *e;
	struct worker_peer *p;

	if (ps->n >= IPC_BRIDGE_MAXPEERS ||
	    worker_peers_number(ps, number) != NULL ||
	    worker_peers_key(ps, key) != NULL ||
	    worker_peers_local(ps, local) != NULL ||
	    (e = calloc(1, sizeof(*e))) == NULL)
		return (NULL);
	p = &e->peer;
	p->number = number;
	memcpy(p->key, key, IPC_KEYLEN);
	memcpy(p->local, local, WORKER_UDP_ADDR);
	/* An entry for which there is no memory has no table. */
	HASH_ADD(hh_number, ps->by_number, peer.number, sizeof(p->number), e);
	HASH_ADD(hh_key, ps->by_key, peer.key, IPC_KEYLEN, e);
	HASH_ADD(hh_local, ps->by_local, peer.local, WORKER_UDP_ADDR, e);
	if (e->hh_number.tbl == NULL || e->hh_key.tbl == NULL ||
	    e->hh_local.tbl == NULL) {
		drop(ps, e);
		return (NULL);
	}
	TAILQ_INSERT_TAIL(&ps->list, p, entry);
	ps->n++;
	return (p);
}

void
worker_peers_remove(struct worker_peers *ps, struct worker_peer *p)
{
	if (ps->recent_key == p)
		ps->recent_key = NULL;
	if (ps->recent_local == p)
		ps->recent_local = NULL;
	TAILQ_REMOVE(&ps->list, p, entry);
	ps->n--;
	/* The peer is the first member of its entry. */
	drop(ps, (struct worker_entry *)p);
}
