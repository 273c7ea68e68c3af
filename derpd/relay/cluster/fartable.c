/*
 * fartable: the keys that are connected to other nodes; see fartable.h.  Called
 * by far.c; its call-back is there.  Touches memory alone.
 *
 * A key has a bit for each link that claims it, and the order of the first
 * claims.  A lost link leaves its bits behind, which a sweep over all keys
 * clears, in slices.  Links that are lost meanwhile are for the sweep after it.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "fartable.h"
#include "keytable.h"

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#define ORDERED	7		/* claims whose order is known */
#define SLICE	512		/* keys of a sweep in a turn */
#define RECENT	1024		/* a power of two */

_Static_assert(FAR_LINKS <= 64, "a bit for each link");

/* A key.  A sweep frees those without a claim. */
struct far_entry {
	uint8_t		 key[FRAME_KEY_LEN];
	uint64_t	 claims;	/* those of lost links too */
	uint8_t		 order[ORDERED];	/* links, the oldest first */
	unsigned int	 norder:3, local:1;
	UT_hash_handle	 hh;
};

struct cluster_fartable {
	struct far_entry *table;
	/* keys that were found, to find them again without hashing */
	struct far_entry *recent[RECENT];
	uint64_t	 alive;		/* links whose claims count */
	uint64_t	 swept;		/* lost links that the sweep is for */
	uint64_t	 later;		/* and those that the next one is for */
	struct far_entry *next;		/* of the sweep; NULL: it is through */
	unsigned int	 nclaims[FAR_LINKS];	/* in the table */
	unsigned int	 nlocal;	/* keys that clients have too */
	unsigned int	 created, deleted;	/* see count() */
	void		(*gone)(void *, const uint8_t *);
	void		*arg;
	unsigned char	 secret[crypto_shorthash_KEYBYTES];
};

struct cluster_fartable *
cluster_fartable_new(void (*gone)(void *arg, const uint8_t key[FRAME_KEY_LEN]),
    void *arg)
{
	struct cluster_fartable *t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return (NULL);
	t->gone = gone;
	t->arg = arg;
	randombytes_buf(t->secret, sizeof(t->secret));
	return (t);
}

void
cluster_fartable_free(struct cluster_fartable *t)
{
	struct far_entry *e, *next;

	if (t == NULL)
		return;
	HASH_ITER(hh, t->table, e, next) {
		HASH_DELETE(hh, t->table, e);
		free(e);
	}
	free(t);
}

static struct far_entry **
recent(struct cluster_fartable *t, const uint8_t *key)
{
	return (&t->recent[derp_key_recent(key, RECENT)]);
}

static struct far_entry *
find(struct cluster_fartable *t, const uint8_t *key)
{
	struct far_entry **r = recent(t, key), *e;

	if (t->table == NULL)
		return (NULL);
	if (*r != NULL && memcmp((*r)->key, key, FRAME_KEY_LEN) == 0)
		return (*r);
	HASH_FIND_BYHASHVALUE(hh, t->table, key, FRAME_KEY_LEN,
	    derp_key_hash(key, t->secret), e);
	if (e != NULL)
		*r = e;
	return (e);
}

static struct far_entry *
make(struct cluster_fartable *t, const uint8_t *key)
{
	struct far_entry *e;

	if (HASH_COUNT(t->table) >= FAR_KEYS_MAX ||
	    (e = calloc(1, sizeof(*e))) == NULL)
		return (NULL);
	memcpy(e->key, key, FRAME_KEY_LEN);
	HASH_ADD_BYHASHVALUE(hh, t->table, key, FRAME_KEY_LEN,
	    derp_key_hash(key, t->secret), e);
	if (e->hh.tbl == NULL) {
		free(e);
		return (NULL);
	}
	return (e);
}

static uint64_t
bit(unsigned int link)
{
	return (1ULL << link);
}

static void
set_local(struct cluster_fartable *t, struct far_entry *e, int local)
{
	t->nlocal -= e->local;
	e->local = local != 0;
	t->nlocal += e->local;
}

/* Remove a key without claims. */
static void
drop(struct cluster_fartable *t, struct far_entry *e)
{
	if (!e->local)
		t->gone(t->arg, e->key);
	set_local(t, e, 0);
	if (t->next == e)
		t->next = e->hh.next;
	if (*recent(t, e->key) == e)
		*recent(t, e->key) = NULL;
	HASH_DELETE(hh, t->table, e);
	free(e);
}

/* Return 1 if there are two or more. */
static int
several(uint64_t claims)
{
	return ((claims & (claims - 1)) != 0);
}

/* Return the claims whose order is known. */
static uint64_t
ordered(const struct far_entry *e)
{
	uint64_t claims = 0;
	unsigned int i;

	for (i = 0; i < e->norder; i++)
		claims |= bit(e->order[i]);
	return (claims);
}

static void
count_several(struct cluster_fartable *t, uint64_t before, uint64_t after)
{
	t->created += !several(before) && several(after);
	t->deleted += several(before) && !several(after);
}

/* Behind a claim whose order is not known, none is known. */
static void
add_claim(struct cluster_fartable *t, struct far_entry *e, unsigned int link)
{
	if (e->norder < ORDERED && ordered(e) == e->claims)
		e->order[e->norder++] = (uint8_t)link;
	count_several(t, e->claims, e->claims | bit(link));
	e->claims |= bit(link);
	t->nclaims[link]++;
}

/* Remove those of these claims that the key has. */
static void
remove_claims(struct cluster_fartable *t, struct far_entry *e, uint64_t claims)
{
	const uint64_t before = e->claims;
	unsigned int i, n = 0;

	if ((before & claims) == 0)
		return;
	e->claims &= ~claims;
	count_several(t, before, e->claims);
	for (i = 0; i < FAR_LINKS; i++)
		t->nclaims[i] -= (before & claims & bit(i)) != 0;
	for (i = 0; i < e->norder; i++)
		if (e->claims & bit(e->order[i]))
			e->order[n++] = e->order[i];
	e->norder = n & 7;
}

/* Remove the claims that do not count. */
static void
settle(struct cluster_fartable *t, struct far_entry *e)
{
	remove_claims(t, e, ~t->alive);
}

/*
 * A link begins.  What the sweep has not removed of it, since it was lost,
 * would count again.
 */
static void
revive(struct cluster_fartable *t, unsigned int link)
{
	struct far_entry *e;

	for (e = t->table; e != NULL && t->nclaims[link] > 0; e = e->hh.next)
		settle(t, e);
	t->alive |= bit(link);
}

int
cluster_fartable_claim(struct cluster_fartable *t, unsigned int link,
    const uint8_t key[FRAME_KEY_LEN], int local)
{
	struct far_entry *e;

	if ((t->alive & bit(link)) == 0)
		revive(t, link);
	e = find(t, key);
	if (e != NULL && (e->claims & bit(link)) != 0)
		return (0);
	if (t->nclaims[link] >= FAR_CLAIMS_MAX ||
	    (e == NULL && (e = make(t, key)) == NULL))
		return (-1);
	settle(t, e);
	set_local(t, e, local);
	add_claim(t, e, link);
	return (0);
}

void
cluster_fartable_unclaim(struct cluster_fartable *t, unsigned int link,
    const uint8_t key[FRAME_KEY_LEN])
{
	struct far_entry *e = find(t, key);

	if (e == NULL || (e->claims & bit(link)) == 0)
		return;
	remove_claims(t, e, bit(link) | ~t->alive);
	if (e->claims == 0)
		drop(t, e);
}

/* Begin the next sweep, if there is something to remove. */
static void
sweep(struct cluster_fartable *t)
{
	t->swept = t->later;
	t->later = 0;
	t->next = t->swept != 0 ? t->table : NULL;
}

void
cluster_fartable_lost(struct cluster_fartable *t, uint64_t links)
{
	unsigned int i;

	t->alive &= ~links;
	for (i = 0; i < FAR_LINKS; i++)
		if ((links & bit(i)) != 0 && t->nclaims[i] > 0)
			t->later |= bit(i);
	if (t->swept == 0)
		sweep(t);
}

void
cluster_fartable_work(struct cluster_fartable *t)
{
	struct far_entry *e;
	unsigned int i;

	for (i = 0; i < SLICE && (e = t->next) != NULL; i++) {
		t->next = e->hh.next;
		settle(t, e);
		if (e->claims == 0)
			drop(t, e);
	}
	if (t->swept != 0 && t->next == NULL)
		sweep(t);
}

int
cluster_fartable_more(const struct cluster_fartable *t)
{
	return (t->swept != 0);
}

int
cluster_fartable_find(struct cluster_fartable *t,
    const uint8_t key[FRAME_KEY_LEN])
{
	const struct far_entry *e = find(t, key);
	unsigned int i;

	if (e == NULL)
		return (-1);
	for (i = 0; i < e->norder; i++)
		if (t->alive & bit(e->order[i]))
			return (e->order[i]);
	for (i = 0; i < FAR_LINKS; i++)
		if (t->alive & e->claims & bit(i))
			return ((int)i);
	return (-1);
}

uint64_t
cluster_fartable_links(struct cluster_fartable *t,
    const uint8_t key[FRAME_KEY_LEN])
{
	const struct far_entry *e = find(t, key);

	return (e == NULL ? 0 : e->claims & t->alive);
}

/* Return the n-th claim on a key that counts; -1: it has no more. */
static int
nth_claim(const struct cluster_fartable *t, const struct far_entry *e,
    unsigned int n)
{
	const uint64_t rest = e->claims & t->alive & ~ordered(e);
	unsigned int i;

	for (i = 0; i < e->norder; i++)
		if ((t->alive & bit(e->order[i])) != 0 && n-- == 0)
			return (e->order[i]);
	for (i = 0; i < FAR_LINKS; i++)
		if ((rest & bit(i)) != 0 && n-- == 0)
			return ((int)i);
	return (-1);
}

int
cluster_fartable_next(const struct cluster_fartable *t,
    struct cluster_farwalk *w, unsigned int *link, const uint8_t **key)
{
	const struct far_entry *e = w->begun ? w->at : t->table;
	int claim;

	w->begun = 1;
	while (e != NULL && (claim = nth_claim(t, e, w->n)) == -1) {
		e = e->hh.next;
		w->n = 0;
	}
	w->at = e;
	if (e == NULL)
		return (0);
	w->n++;
	*link = (unsigned int)claim;
	*key = e->key;
	return (1);
}

void
cluster_fartable_local(struct cluster_fartable *t,
    const uint8_t key[FRAME_KEY_LEN], int local)
{
	struct far_entry *e;

	if ((e = find(t, key)) != NULL)
		set_local(t, e, local);
}

unsigned int
cluster_fartable_claims(const struct cluster_fartable *t, unsigned int link)
{
	return (t->alive & bit(link) ? t->nclaims[link] : 0);
}

void
cluster_fartable_count(struct cluster_fartable *t, struct conn_stats *s)
{
	s->far_keys = HASH_COUNT(t->table) - t->nlocal;
	s->multi_created += t->created;
	s->multi_deleted += t->deleted;
	t->created = t->deleted = 0;
}
