/*
 * latelystate: how admit_lately is saved and loaded; see lately.h.
 *
 *	15	HEADER
 *	 1	number of sources
 *	16	the id of each
 *	 4	number of keys, the oldest first
 *		of each key:
 *	32	    the key
 *	 1	    the sources that admitted it, a bit each
 *	 8	    of each of these: when, seconds since 1970
 *	16	BLAKE2b of all before
 *
 * Integers are big endian.
 */
#include <sodium.h>
#include <string.h>

#include "latelypriv.h"

#define HEADER		"derpd lately 1\n"
#define HASHLEN		16
#define SET_TIME	1577836800	/* 2020: no clock that was set shows
					   less */

static void
hash(uint8_t h[HASHLEN], const void *p, size_t n)
{
	crypto_generichash(h, HASHLEN, p, n, NULL, 0);
}

/*
 * Forget the keys that are too old.  What was loaded counts as admitted at the
 * start, as the clock may have been wrong then.
 */
static void
forget(struct admit_lately *l)
{
	const int64_t before = (int64_t)l->now - l->remember;
	struct admit_last *e, *next;
	int64_t newest;
	size_t i;

	for (e = admit_bykey_head(l->table); e != NULL; e = next) {
		next = admit_bykey_next(e);
		newest = INT64_MIN;
		for (i = 0; i < l->n; i++)
			if (e->at[i] != ADMIT_LAST_NEVER &&
			    (e->at[i] < 0 ? 0 : e->at[i]) > newest)
				newest = e->at[i] < 0 ? 0 : e->at[i];
		if (newest < before)
			admit_bykey_remove(l->table, e);
	}
}

static void
put_entry(const struct admit_lately *l, struct ipc_wr *w,
    const struct admit_last *e)
{
	int64_t t;
	uint8_t bits = 0;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (e->at[i] != ADMIT_LAST_NEVER)
			bits |= (uint8_t)(1 << i);
	ipc_wr_bytes(w, e->entry.key, IPC_KEYLEN);
	ipc_wr_u8(w, bits);
	for (i = 0; i < l->n; i++)
		if (bits & 1 << i) {
			t = (int64_t)l->wall - l->now + e->at[i];
			ipc_wr_u64(w, t < 0 ? 0 : (uint64_t)t);
		}
}

void
admit_lately_save(struct admit_lately *l, struct ipc_wr *w)
{
	const size_t start = w->len;
	const struct admit_last *e;
	uint8_t h[HASHLEN];
	size_t i;

	if (l->wall < SET_TIME)
		return;
	forget(l);
	ipc_wr_bytes(w, HEADER, strlen(HEADER));
	ipc_wr_u8(w, (uint8_t)l->n);
	for (i = 0; i < l->n; i++)
		ipc_wr_bytes(w, l->ids[i], sizeof(l->ids[i]));
	ipc_wr_u32(w, (uint32_t)admit_bykey_count(l->table));
	for (e = admit_bykey_head(l->table); e != NULL;
	    e = admit_bykey_next(e))
		put_entry(l, w, e);
	if (!ipc_wr_ok(w))
		return;
	hash(h, w->p + start, w->len - start);
	ipc_wr_bytes(w, h, sizeof(h));
	l->changed = 0;
	l->saved_offset = (int64_t)l->wall - l->now;
}

/* The time `t' of the saved state as one of struct admit_last. */
static int32_t
loaded(const struct admit_lately *l, uint64_t t)
{
	int64_t at;

	if (l->wall < 0 || t > (uint64_t)l->wall)
		return (admit_last_guess(l));
	at = (int64_t)t - ((int64_t)l->wall - l->now);
	/* It is from before the start, whatever the seconds were rounded to. */
	return (admit_last_limit(at < 0 ? at : -1));
}

/* Which sources the file is about: old[i] is the number now, -1 none. */
static size_t
get_sources(const struct admit_lately *l, struct ipc_rd *r, int *old)
{
	uint8_t id[ADMIT_LATELY_IDLEN];
	const size_t n = ipc_rd_u8(r);
	size_t i, j;

	if (n > IPC_MAXVERIFY) {
		r->bad = 1;
		return (0);
	}
	for (i = 0; i < n; i++) {
		ipc_rd_bytes(r, id, sizeof(id));
		old[i] = -1;
		for (j = 0; j < l->n; j++)
			if (memcmp(l->ids[j], id, sizeof(id)) == 0)
				old[i] = (int)j;
	}
	return (n);
}

/*
 * Read one key, of a state with `n' sources; with `add' it is added.  Sets
 * r->bad when it is malformed.
 */
static void
get_entry(struct admit_lately *l, struct ipc_rd *r, const int *old, size_t n,
    int add)
{
	const uint8_t *key = ipc_rd_ptr(r, IPC_KEYLEN);
	const uint8_t bits = ipc_rd_u8(r);
	struct admit_last *e;
	uint64_t t;
	size_t i;

	if (n < IPC_MAXVERIFY && bits >> n != 0)
		r->bad = 1;
	for (i = 0; i < n && ipc_rd_ok(r); i++) {
		if (!(bits & 1 << i))
			continue;
		t = ipc_rd_u64(r);
		if (add && old[i] != -1 && ipc_rd_ok(r) &&
		    (e = admit_last_of(l, key)) != NULL &&
		    e->at[old[i]] < loaded(l, t))
			e->at[old[i]] = loaded(l, t);
	}
}

/* Read the body of a state; with `add' its keys are added.  0, or -1. */
static int
get(struct admit_lately *l, const uint8_t *p, size_t len, int add)
{
	int old[IPC_MAXVERIFY];
	struct ipc_rd r;
	uint32_t i, nkeys;
	size_t n;

	ipc_rd_init(&r, p, len);
	n = get_sources(l, &r, old);
	nkeys = ipc_rd_u32(&r);
	for (i = 0; i < nkeys && ipc_rd_ok(&r); i++)
		get_entry(l, &r, old, n, add);
	return (ipc_rd_end(&r) ? 0 : -1);
}

const char *
admit_lately_load(struct admit_lately *l, const void *p, size_t n)
{
	const size_t head = strlen(HEADER);
	const uint8_t *bytes = p;
	uint8_t h[HASHLEN];

	if (n < head || memcmp(p, HEADER, head) != 0)
		return ("it is not of this version of derpd");
	if (n < head + sizeof(h))
		return ("it is cut off");
	hash(h, p, n - sizeof(h));
	if (memcmp(h, bytes + n - sizeof(h), sizeof(h)) != 0)
		return ("its checksum is wrong");
	n -= head + sizeof(h);
	if (get(l, bytes + head, n, 0) == -1)
		return ("it is malformed");
	(void)get(l, bytes + head, n, 1);
	l->saved_offset = (int64_t)l->wall - l->now;
	return (NULL);
}
