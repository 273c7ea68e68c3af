/*
 * keys_ticket: see keys_ticket.h.  Called by keys.c, and by keys_parent.c with
 * the secrets of relay workers.
 *
 * Logins are kept in a ring, in the order of keys_seen.c: the box at place i
 * there is at i modulo KEYS_TICKET_KEPT here, if it is young enough.  The
 * number of a ticket ends with its place, so that it is found without a search.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "keys_seen.h"
#include "keys_ticket.h"
#include "ticket.h"

#define PLACE_AT	(IPC_TICKET_NUMBERLEN - 4)	/* in a number */
#define MAX_US		(KEYS_TICKET_SECS * (uint64_t)1000000)

/* A login whose shared secret is kept. */
struct keys_kept {
	uint64_t	 us;		/* when it came; 0: not in use */
	uint64_t	 made_us;	/* the time of its ticket; 0: that was
					   for an earlier start of the worker */
	uint64_t	 cookie;
	uint32_t	 from, worker;
	uint8_t		 number[IPC_TICKET_NUMBERLEN];
	int		 mesh;
};

/* In locked memory. */
struct locked {
	struct ipc_ticket_key key[IPC_MAXWORKERS];
	uint8_t	 shared[KEYS_TICKET_KEPT][KEYS_SHAREDLEN];
};

static struct keys_seen	*seen;		/* all boxes */
static struct keys_seen	*seen_mesh;	/* those with the mesh key */
static struct keys_kept	*ring;
static struct locked	*locked;
static int		 have_key[IPC_MAXWORKERS];
static uint32_t		 oldest;	/* in the ring */
static uint32_t		 nkept;

int
keys_ticket_preload(void)
{
	if (seen != NULL)
		return (0);
	seen = keys_seen_new(KEYS_TICKET_BOXES);
	seen_mesh = keys_seen_new(KEYS_TICKET_MESH_BOXES);
	ring = calloc(KEYS_TICKET_KEPT, sizeof(*ring));
	locked = sodium_malloc(sizeof(*locked));
	if (seen == NULL || seen_mesh == NULL || ring == NULL ||
	    locked == NULL)
		return (-1);
	sodium_memzero(locked, sizeof(*locked));
	return (0);
}

static void
drop(uint32_t i)
{
	sodium_memzero(locked->shared[i], KEYS_SHAREDLEN);
	memset(&ring[i], 0, sizeof(ring[i]));
}

static void
drop_oldest(void)
{
	drop(oldest);
	oldest = (oldest + 1) % KEYS_TICKET_KEPT;
	nkept--;
}

int
keys_ticket_expire(uint64_t now_us)
{
	while (nkept > 0 && (ring[oldest].us == 0 ||
	    now_us - ring[oldest].us > MAX_US))
		drop_oldest();
	return (nkept > 0);
}

void
keys_ticket_secret(uint32_t worker, const uint8_t secret[IPC_TICKET_SECRETLEN])
{
	struct ipc_ticket_key *k = &locked->key[worker];
	uint32_t i;

	if (have_key[worker] && sodium_memcmp(k->secret, secret,
	    sizeof(k->secret)) == 0)
		return;
	ipc_ticket_key_set(k, worker, secret);
	have_key[worker] = 1;
	for (i = 0; i < KEYS_TICKET_KEPT; i++)
		if (ring[i].us != 0 && ring[i].worker == worker) {
			ring[i].made_us = 0;
			sodium_memzero(locked->shared[i], KEYS_SHAREDLEN);
		}
}

/* Give a kept login, at this place, a ticket made now. */
static void
make_new(struct keys_kept *k, uint32_t place, const uint8_t *shared,
    uint64_t now_us)
{
	int b;

	k->made_us = now_us;
	randombytes_buf(k->number, PLACE_AT);
	for (b = 0; b < 4; b++)
		k->number[PLACE_AT + b] = (uint8_t)(place >> 8 * b);
	memcpy(locked->shared[place % KEYS_TICKET_KEPT], shared,
	    KEYS_SHAREDLEN);
}

/* Keep a new login, which got this place among the boxes seen. */
static struct keys_kept *
keep(const struct keys_ticket_login *l, uint32_t place, uint64_t now_us)
{
	const uint32_t i = place % KEYS_TICKET_KEPT;
	struct keys_kept *k = &ring[i];

	if (nkept == KEYS_TICKET_KEPT)
		drop_oldest();
	if (nkept == 0)
		oldest = i;
	nkept++;
	k->us = now_us;
	k->cookie = l->cookie;
	k->from = l->from;
	k->worker = l->worker;
	k->mesh = l->mesh;
	make_new(k, place, l->shared, now_us);
	return (k);
}

/* The login kept at this place; NULL when there is none, or it is too old. */
static struct keys_kept *
find(uint32_t place, uint64_t now_us)
{
	struct keys_kept *k = &ring[place % KEYS_TICKET_KEPT];

	return (k->us == 0 || now_us - k->us > MAX_US ? NULL : k);
}

/* Is it the request that `k' was kept for? */
static int
same(const struct keys_kept *k, const struct keys_ticket_login *l,
    uint32_t place)
{
	const uint8_t *p;

	if (k == NULL)
		return (0);
	p = k->number + PLACE_AT;
	return (k->from == l->from && k->cookie == l->cookie &&
	    k->worker == l->worker && place == ((uint32_t)p[3] << 24 |
	    (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0]));
}

/*
 * Remember a box that is not among the last KEYS_TICKET_BOXES, with its place
 * there in *place.  0, or -1: it has the mesh key, and was opened before.
 */
static int
add_new(const struct keys_ticket_login *l, uint32_t *place)
{
	uint32_t unused;

	if (l->mesh && keys_seen_add(seen_mesh, l->client, l->nonce,
	    &unused) == -1)
		return (-1);
	return (keys_seen_add(seen, l->client, l->nonce, place));
}

enum ipc_login_end
keys_ticket_make(const struct keys_ticket_login *l, uint64_t now_us,
    uint8_t ticket[IPC_TICKET_LEN])
{
	struct ipc_ticket t;
	struct keys_kept *k;
	uint32_t place;

	if (l->worker >= IPC_MAXWORKERS || !have_key[l->worker])
		return (IPC_LOGIN_NO_SECRET);
	if (keys_seen_find(seen, l->client, l->nonce, &place)) {
		if (!same(k = find(place, now_us), l, place))
			return (IPC_LOGIN_SEEN);
		if (k->made_us == 0)
			make_new(k, place, l->shared, now_us);
	} else if (add_new(l, &place) == -1)
		return (IPC_LOGIN_SEEN);
	else
		k = keep(l, place, now_us);
	memcpy(t.client, l->client, sizeof(t.client));
	memcpy(t.number, k->number, sizeof(t.number));
	t.us = k->made_us;
	t.mesh = k->mesh;
	ipc_ticket_put(&locked->key[l->worker], IPC_TICKET_LOGIN, &t, ticket);
	return (IPC_LOGIN_OK);
}

const uint8_t *
keys_ticket_shared(uint32_t worker, const uint8_t number[IPC_TICKET_NUMBERLEN],
    uint64_t now_us)
{
	uint32_t place = (uint32_t)number[PLACE_AT + 1] << 8 | number[PLACE_AT];
	const struct keys_kept *k = find(place, now_us);

	if (k == NULL || k->worker != worker || k->made_us == 0 ||
	    sodium_memcmp(k->number, number, sizeof(k->number)) != 0)
		return (NULL);
	return (locked->shared[place % KEYS_TICKET_KEPT]);
}
