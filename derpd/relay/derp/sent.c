/*
 * sent: the connections that had packets from a key; see sent.h.  Called by
 * route.c for a packet on its way, by packets.c when it is written, by
 * cluster.c and linkmsg.c when a key is gone, by relayconn.c when a connection
 * ends.
 *
 * Each source has a set of the connections that received from it: an open hash
 * table with 8 bytes an entry.  A connection that ends is not removed from
 * every set: it leaves the table of slots, so that its entries become invalid.
 * They are dropped when their set is rebuilt.  Each set is bounded, and so is
 * the memory of all; a forgotten entry costs a PeerGone that is not sent.
 *
 * A set begins with the source's first packet to a client of this worker, not
 * when it is written: the source may be gone by then.
 */
#include <sys/queue.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "relayconn.h"
#include "keytable.h"
#include "sent.h"

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#define MIN_BITS	2
#define MAX_BITS	14
#define MEMORY_MAX	(32 * 1024 * 1024)	/* of all sets */
#define SLOTS_MIN	64
#define RECENT		1024		/* a power of two */

/* Identifies a connection: its slot (not 0), and the low half of its id. */
typedef uint64_t entry_t;

struct derp_sent_set {
	/* sets of that size, those of far sources, or whose source is gone */
	TAILQ_ENTRY(derp_sent_set) entry;
	UT_hash_handle		 hh;
	uint8_t			 key[FRAME_KEY_LEN];	/* the source */
	unsigned int		 gone:1, far:1;	/* the source is */
	unsigned int		 bits;	/* capacity is 1 << bits */
	unsigned int		 n;	/* in use */
	entry_t			 v[];	/* 0: free */
};
TAILQ_HEAD(derp_sent_list, derp_sent_set);

/* The slot of a connection that received packets. */
struct derp_slot {
	struct relay_conn	*c;	/* NULL: the slot is free */
	uint32_t		 next;	/* next free slot, 0 none */
};

struct derp_sent {
	struct derp_sent_list sets[MAX_BITS + 1];
	struct derp_sent_list far_sets, gone_sets;
	struct derp_sent_set *table;	/* all, by key */
	/* sets that were found, to find them again without hashing */
	struct derp_sent_set *recent[RECENT];
	uint64_t	 generation;
	unsigned char	 table_secret[crypto_shorthash_KEYBYTES];
	size_t		 memory;	/* of all sets */
	uint64_t	 secret;	/* factor of the hash, odd */
	struct derp_slot *slots;	/* [0] is not used */
	uint32_t	 nslots, free_slot;
	void		(*gone)(struct relay_conn *, const void *, size_t);
};

struct derp_sent *
derp_sent_new(void (*gone)(struct relay_conn *c, const void *frame, size_t n))
{
	struct derp_sent *all;
	unsigned int i;

	if ((all = calloc(1, sizeof(*all))) == NULL)
		return (NULL);
	randombytes_buf(&all->secret, sizeof(all->secret));
	all->secret |= 1;
	randombytes_buf(all->table_secret, sizeof(all->table_secret));
	for (i = 0; i <= MAX_BITS; i++)
		TAILQ_INIT(&all->sets[i]);
	TAILQ_INIT(&all->far_sets);
	TAILQ_INIT(&all->gone_sets);
	all->generation = 1;
	all->gone = gone;
	return (all);
}

/* Return 0, or -1 without memory. */
static int
slots_grow(struct derp_sent *all)
{
	uint32_t i, n = all->nslots == 0 ? SLOTS_MIN : all->nslots * 2;
	struct derp_slot *v;

	if (n < all->nslots ||
	    (v = reallocarray(all->slots, n, sizeof(*v))) == NULL)
		return (-1);
	for (i = n - 1; i >= all->nslots && i > 0; i--) {
		v[i].c = NULL;
		v[i].next = all->free_slot;
		all->free_slot = i;
	}
	all->slots = v;
	all->nslots = n;
	return (0);
}

/* Give the connection a slot.  Return 0, or -1 without memory. */
static int
slot_alloc(struct derp_sent *all, struct relay_conn *c)
{
	uint32_t i;

	if (all->free_slot == 0 && slots_grow(all) == -1)
		return (-1);
	i = all->free_slot;
	all->free_slot = all->slots[i].next;
	all->slots[i].c = c;
	c->session.sent_slot = i;
	return (0);
}

static entry_t
entry_of(const struct relay_conn *c)
{
	return ((uint64_t)c->session.sent_slot << 32 | (uint32_t)c->conn.id);
}

/* Return the connection, NULL when it has ended. */
static struct relay_conn *
conn_of(const struct derp_sent *all, entry_t e)
{
	struct relay_conn *c = all->slots[e >> 32].c;

	return (c != NULL && entry_of(c) == e ? c : NULL);
}

static size_t
set_size(unsigned int bits)
{
	return (sizeof(struct derp_sent_set) +
	    ((size_t)1 << bits) * sizeof(entry_t));
}

static struct derp_sent_set **
recent(struct derp_sent *all, const uint8_t *key)
{
	return (&all->recent[derp_key_recent(key, RECENT)]);
}

/* Return the set of a source, NULL if it has none. */
static struct derp_sent_set *
set_by_key(struct derp_sent *all, const uint8_t *key)
{
	struct derp_sent_set **r = recent(all, key), *s;

	if (*r != NULL && memcmp((*r)->key, key, FRAME_KEY_LEN) == 0)
		return (*r);
	HASH_FIND_BYHASHVALUE(hh, all->table, key, FRAME_KEY_LEN,
	    derp_key_hash(key, all->table_secret), s);
	if (s != NULL)
		*r = s;
	return (s);
}

static struct derp_sent_list *
list_of(struct derp_sent *all, const struct derp_sent_set *s)
{
	if (s->gone)
		return (&all->gone_sets);
	return (s->far ? &all->far_sets : &all->sets[s->bits]);
}

static void
set_free(struct derp_sent *all, struct derp_sent_set *s)
{
	if (*recent(all, s->key) == s)
		*recent(all, s->key) = NULL;
	HASH_DELETE(hh, all->table, s);
	TAILQ_REMOVE(list_of(all, s), s, entry);
	all->memory -= set_size(s->bits);
	free(s);
}

/*
 * Create a set outside the table; those of far sources, the oldest first, and
 * then the largest ones are freed for it.  NULL without memory.
 */
static struct derp_sent_set *
set_new(struct derp_sent *all, const uint8_t *key, unsigned int bits)
{
	unsigned int k = MAX_BITS;
	struct derp_sent_set *s;

	while (all->memory + set_size(bits) > MEMORY_MAX && k > 0) {
		if ((s = TAILQ_FIRST(&all->far_sets)) != NULL ||
		    (s = TAILQ_FIRST(&all->sets[k])) != NULL)
			set_free(all, s);
		else
			k--;
	}
	if ((s = calloc(1, set_size(bits))) == NULL)
		return (NULL);
	s->bits = bits;
	memcpy(s->key, key, FRAME_KEY_LEN);
	return (s);
}

/* Put a set, whose key has none, into the table.  Return -1 without memory. */
static int
set_insert(struct derp_sent *all, struct derp_sent_set *s)
{
	HASH_ADD_BYHASHVALUE(hh, all->table, key, FRAME_KEY_LEN,
	    derp_key_hash(s->key, all->table_secret), s);
	if (s->hh.tbl == NULL) {
		free(s);
		return (-1);
	}
	TAILQ_INSERT_TAIL(list_of(all, s), s, entry);
	all->memory += set_size(s->bits);
	return (0);
}

/* Return the place of the entry, used or free. */
static entry_t *
set_find(const struct derp_sent *all, struct derp_sent_set *s, entry_t e)
{
	size_t mask = ((size_t)1 << s->bits) - 1;
	size_t i = (size_t)(e * all->secret >> (64 - s->bits));

	while (s->v[i] != 0 && s->v[i] != e)
		i = (i + 1) & mask;
	return (&s->v[i]);
}

/* Return the bits of a set that the valid entries of `s' fill at most half. */
static unsigned int
bits_for(const struct derp_sent *all, const struct derp_sent_set *s)
{
	unsigned int bits = MIN_BITS;
	size_t i, n = 0;

	for (i = 0; i < (size_t)1 << s->bits; i++)
		n += s->v[i] != 0 && conn_of(all, s->v[i]) != NULL;
	while (bits < MAX_BITS && n > (size_t)1 << bits >> 1)
		bits++;
	return (bits);
}

/* Copy valid entries of `from' until `s' is half full. */
static void
set_copy(const struct derp_sent *all, struct derp_sent_set *s,
    const struct derp_sent_set *from)
{
	size_t i;

	for (i = 0; i < (size_t)1 << from->bits &&
	    s->n < 1U << s->bits >> 1; i++)
		if (from->v[i] != 0 && conn_of(all, from->v[i]) != NULL) {
			*set_find(all, s, from->v[i]) = from->v[i];
			s->n++;
		}
}

/* Replace the set of `key', which is full; NULL without memory. */
static struct derp_sent_set *
set_grow(struct derp_sent *all, const uint8_t *key, unsigned int bits)
{
	struct derp_sent_set *s, *old = set_by_key(all, key);
	const unsigned int far = old->far;

	if ((s = set_new(all, key, bits)) == NULL)
		return (NULL);
	s->far = far;
	/* set_new() may have freed it. */
	if ((old = set_by_key(all, key)) != NULL) {
		set_copy(all, s, old);
		s->gone = old->gone;
		set_free(all, old);
	}
	return (set_insert(all, s) == -1 ? NULL : s);
}

void
derp_sent_free(struct derp_sent *all)
{
	if (all == NULL)
		return;
	while (all->table != NULL)
		set_free(all, all->table);
	free(all->slots);
	free(all);
}

/* Send the PeerGone of a source, and forget its receivers. */
static void
tell(struct derp_sent *all, struct derp_sent_set *s)
{
	uint8_t frame[FRAME_PEER_GONE_SIZE];
	struct relay_conn *c;
	size_t i, n;

	all->generation++;
	n = net_frame_put_peer_gone(frame, s->key, PEER_GONE_DISCONNECTED);
	for (i = 0; i < (size_t)1 << s->bits; i++)
		if (s->v[i] != 0 && (c = conn_of(all, s->v[i])) != NULL)
			all->gone(c, frame, n);
	set_free(all, s);
}

/* The source was far, and is a client here. */
static void
mark_near(struct derp_sent *all, struct derp_sent_set *s)
{
	TAILQ_REMOVE(list_of(all, s), s, entry);
	s->far = 0;
	TAILQ_INSERT_TAIL(list_of(all, s), s, entry);
}

void
derp_sent_source(struct derp_sent *all, const uint8_t key[FRAME_KEY_LEN],
    int far)
{
	struct derp_sent_set *s = set_by_key(all, key);

	if (s != NULL && !s->gone) {
		if (s->far && !far)
			mark_near(all, s);
		return;
	}
	if (s != NULL)
		tell(all, s);		/* it is back in the same turn */
	if ((s = set_new(all, key, MIN_BITS)) == NULL)
		return;
	s->far = far != 0;
	(void)set_insert(all, s);
}

int
derp_sent_note(struct derp_sent *all, const uint8_t key[FRAME_KEY_LEN],
    struct relay_conn *c)
{
	struct derp_sent_set *s;
	entry_t *e;

	if ((s = set_by_key(all, key)) == NULL ||
	    (c->session.sent_slot == 0 && slot_alloc(all, c) == -1))
		return (-1);
	if (*set_find(all, s, entry_of(c)) != 0)
		return (0);
	if (s->n >= 3U << s->bits >> 2 &&
	    (s = set_grow(all, key, bits_for(all, s))) == NULL)
		return (-1);
	e = set_find(all, s, entry_of(c));
	*e = entry_of(c);
	s->n++;
	c->session.senders++;
	return (0);
}

uint64_t
derp_sent_generation(const struct derp_sent *all)
{
	return (all->generation);
}

static void
mark_gone(struct derp_sent *all, struct derp_sent_set *s)
{
	TAILQ_REMOVE(list_of(all, s), s, entry);
	s->gone = 1;
	TAILQ_INSERT_TAIL(list_of(all, s), s, entry);
}

void
derp_sent_gone(struct derp_sent *all, const uint8_t key[FRAME_KEY_LEN])
{
	struct derp_sent_set *s;

	if ((s = set_by_key(all, key)) != NULL)
		mark_gone(all, s);
}

void
derp_sent_gone_all(struct derp_sent *all,
    int (*is_gone)(void *arg, const uint8_t *key), void *arg)
{
	struct derp_sent_set *s, *next;

	HASH_ITER(hh, all->table, s, next)
		if (is_gone(arg, s->key))
			mark_gone(all, s);
}

void
derp_sent_reap(struct derp_sent *all)
{
	struct derp_sent_set *s;

	while ((s = TAILQ_FIRST(&all->gone_sets)) != NULL)
		tell(all, s);
}

int
derp_sent_next(const struct derp_sent *all, struct derp_sent_walk *w,
    const uint8_t **key, int *far,
    void (*cb)(void *arg, const struct relay_conn *c), void *arg)
{
	const struct derp_sent_set *s = all->table;
	const struct relay_conn *c;
	size_t i;

	if (w->begun)
		s = w->at == NULL ? NULL : w->at->hh.next;
	while (s != NULL && s->gone)
		s = s->hh.next;
	w->at = s;
	w->begun = 1;
	if (s == NULL)
		return (0);
	*key = s->key;
	*far = s->far;
	for (i = 0; i < (size_t)1 << s->bits; i++)
		if (s->v[i] != 0 && (c = conn_of(all, s->v[i])) != NULL)
			cb(arg, c);
	return (1);
}

void
derp_sent_forget(struct derp_sent *all, struct relay_conn *c)
{
	uint32_t i = c->session.sent_slot;

	if (i == 0)
		return;
	all->slots[i].c = NULL;
	all->slots[i].next = all->free_slot;
	all->free_slot = i;
	c->session.sent_slot = 0;
}
