/*
 * ring: entries between two relay workers; see ring.h.  Called by link.c of the
 * relay, by relays.c of the parent for the size.
 *
 * This file has what both backends share: entries, those that wait for room,
 * and the collection of an entry that does not lie in one piece.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ringend.h"

#define EARLY	(64 * 1024)	/* bytes that are shown within a turn */
#define PIECE	(64 * 1024)	/* bytes read before their room is free */
#define KEEP	4096		/* bytes of a buffer that is kept */

size_t
ipc_ring_size(unsigned int workers)
{
	/* Each worker has a ring to each other one, and a page beside it. */
	size_t n = (size_t)workers * (workers - 1);
	size_t size = IPC_RING_ALL / n / 4096 * 4096 - 4096;

	return (size < IPC_RING_LARGEST ? size : IPC_RING_LARGEST);
}

struct ipc_ring *
ipc_ring_open(const int fds[IPC_RING_MAXFDS], uint8_t first, uint8_t last,
    ipc_ring_cb cb, void *arg)
{
	struct ipc_ring *r;

	if ((r = ipc_ringend_open(fds)) == NULL)
		return (NULL);
	r->first = first;
	r->last = last;
	r->cb = cb;
	r->arg = arg;
	return (r);
}

void
ipc_ring_free(struct ipc_ring *r)
{
	if (r == NULL)
		return;
	free(r->wait);
	free(r->part);
	ipc_ringend_free(r);
}

const char *
ipc_ring_why(const struct ipc_ring *r)
{
	return (r->lost);
}

/* Output */

static size_t
waiting(const struct ipc_ring *r)
{
	return (r->waitlen - r->waitoff);
}

int
ipc_ring_waits(const struct ipc_ring *r)
{
	return (waiting(r) > 0);
}

/* Append to the entries that wait. */
static int
wait_add(struct ipc_ring *r, const void *p, size_t n)
{
	size_t cap = r->waitcap == 0 ? KEEP : r->waitcap;
	uint8_t *q;

	if (n == 0)
		return (0);
	if (r->waitoff > r->waitlen / 2) {
		memmove(r->wait, r->wait + r->waitoff, waiting(r));
		r->waitlen -= r->waitoff;
		r->waitoff = 0;
	}
	while (cap < r->waitlen + n)
		cap *= 2;
	if (cap != r->waitcap) {
		if ((q = realloc(r->wait, cap)) == NULL) {
			r->lost = "out of memory";
			return (-1);
		}
		r->wait = q;
		r->waitcap = cap;
	}
	memcpy(r->wait + r->waitlen, p, n);
	r->waitlen += n;
	return (0);
}

/* Write what has room, in order, and let the rest wait. */
static int
add(struct ipc_ring *r, const void *p, size_t n)
{
	size_t room = 0;

	if (n == 0)
		return (0);
	if (waiting(r) == 0 && (room = ipc_ringend_room(r, n)) > 0) {
		if (room > n)
			room = n;
		ipc_ringend_write(r, p, room);
		r->fresh += room;
	}
	return (wait_add(r, (const uint8_t *)p + room, n - room));
}

/* Move what waits to the ring as far as there is room. */
static void
push(struct ipc_ring *r)
{
	size_t n, room = ipc_ringend_room(r, waiting(r));

	n = waiting(r) < room ? waiting(r) : room;
	if (n > 0)
		ipc_ringend_write(r, r->wait + r->waitoff, n);
	r->waitoff += n;
	if (waiting(r) > 0)
		return;
	free(r->wait);
	r->wait = NULL;
	r->waitoff = r->waitlen = r->waitcap = r->flood = 0;
}

static void
publish(struct ipc_ring *r)
{
	r->fresh = 0;
	ipc_ringend_publish(r);
}

/* May an entry of `n' bytes be taken?  As ipc_ring_put(). */
static int
judge(struct ipc_ring *r, enum ipc_ring_kind kind, size_t n)
{
	size_t room = 0;

	if (waiting(r) == 0)
		room = ipc_ringend_room(r, n > r->size / 4 ? n : r->size / 4);
	if (r->lost != NULL)
		return (-1);
	if (kind == IPC_RING_PACKET)
		return (waiting(r) > 0 || room < r->size / 4);
	if (room >= n)
		return (0);
	n -= room;
	if (kind == IPC_RING_HINT &&
	    waiting(r) + n > IPC_RING_WAITING / 2 + r->flood)
		return (1);
	if (kind == IPC_RING_FLOOD)
		r->flood += n;
	else if (waiting(r) + n > IPC_RING_WAITING + r->flood) {
		r->lost = "it does not read";
		return (-1);
	}
	return (0);
}

int
ipc_ring_put(struct ipc_ring *r, enum ipc_ring_kind kind, uint8_t type,
    const void *a, size_t alen, const void *b, size_t blen)
{
	uint32_t head = (uint32_t)type << 24 | (uint32_t)(alen + blen);
	int rv;

	if ((rv = judge(r, kind, sizeof(head) + alen + blen)) != 0)
		return (rv);
	if (add(r, &head, sizeof(head)) == -1 || add(r, a, alen) == -1 ||
	    add(r, b, blen) == -1)
		return (-1);
	if (r->fresh >= EARLY || r->fresh >= r->size / 4)
		publish(r);
	return (0);
}

int
ipc_ring_flush(struct ipc_ring *r)
{
	int waits;

	do {
		if (waiting(r) > 0)
			push(r);
		publish(r);
		waits = waiting(r) > 0;
	} while (waits && ipc_ringend_room(r, 1) > 0);
	waits = ipc_ringend_blocked(r, waits);
	return (r->lost != NULL ? -1 : waits);
}

/* Input */

void
ipc_ring_copy(void *to, const void *from, size_t n)
{
	memcpy(to, from, n);
	/* The compiler must not read the original again. */
	atomic_signal_fence(memory_order_seq_cst);
}

static int
malformed(struct ipc_ring *r)
{
	r->lost = "malformed";
	return (-1);
}

/* Read the head of an entry, or a part of it.  Return the bytes read, or -1. */
static int
read_head(struct ipc_ring *r, const uint8_t *p, size_t n)
{
	size_t k = IPC_RING_HEAD - r->nhead;
	uint32_t v;

	if (k > n)
		k = n;
	ipc_ring_copy(r->head + r->nhead, p, k);
	if ((r->nhead += k) == IPC_RING_HEAD) {
		memcpy(&v, r->head, sizeof(v));
		r->type = (uint8_t)(v >> 24);
		r->len = v & 0xffffff;
		r->npart = 0;
		if (r->len > IPC_RING_MAXLEN)
			return (malformed(r));
	}
	return ((int)k);
}

static int
room_for_part(struct ipc_ring *r)
{
	size_t cap = r->len < KEEP ? KEEP : r->len;
	uint8_t *q;

	if (r->partcap >= cap)
		return (0);
	/* Nothing of the entry is there yet. */
	if ((q = malloc(cap)) == NULL) {
		r->lost = "out of memory";
		return (-1);
	}
	free(r->part);
	r->part = q;
	r->partcap = cap;
	return (0);
}

/*
 * Read the payload of an entry whose head is read, or a part of it.  Return the
 * bytes read, or -1.
 */
static int
read_payload(struct ipc_ring *r, const uint8_t *p, size_t n)
{
	size_t k = r->len - r->npart;
	int whole = r->npart == 0 && n >= k;

	if (k > n)
		k = n;
	if (!whole || r->type < r->first || r->type > r->last) {
		if (r->npart == 0 && room_for_part(r) == -1)
			return (-1);
		ipc_ring_copy(r->part + r->npart, p, k);
		if ((r->npart += k) < r->len)
			return ((int)k);
		p = r->part;
	}
	r->nhead = 0;
	return (r->cb(r->arg, r->type, p, r->len) == -1 ? malformed(r) :
	    (int)k);
}

/*
 * Read entries of about `max' of the `n' bytes at `p'.  Return the bytes read,
 * or -1.
 */
static int
read_entries(struct ipc_ring *r, const uint8_t *p, size_t n, size_t max)
{
	size_t used = 0;
	int k;

	while (used < n && used < max) {
		if (r->nhead < IPC_RING_HEAD) {
			if ((k = read_head(r, p + used, n - used)) == -1)
				return (-1);
			used += (size_t)k;
		}
		if (r->nhead == IPC_RING_HEAD) {
			if ((k = read_payload(r, p + used, n - used)) == -1)
				return (-1);
			used += (size_t)k;
		}
	}
	return ((int)used);
}

/* A large buffer is not kept for the next entry that needs one. */
static void
trim(struct ipc_ring *r)
{
	if (r->partcap <= KEEP || r->nhead > 0)
		return;
	free(r->part);
	r->part = NULL;
	r->partcap = 0;
}

enum ipc_ring_state
ipc_ring_read(struct ipc_ring *r, size_t max)
{
	enum ipc_ring_state state = IPC_RING_MORE;
	size_t n, done = 0;
	const uint8_t *p;
	int used;

	while (done < max) {
		if (r->lost != NULL)
			return (IPC_RING_LOST);
		if ((state = ipc_ringend_peek(r, &p, &n)) != IPC_RING_MORE)
			break;
		if ((used = read_entries(r, p, n, PIECE)) == -1)
			return (IPC_RING_LOST);
		ipc_ringend_take(r, (size_t)used);
		done += (size_t)used;
	}
	trim(r);
	return (state);
}
