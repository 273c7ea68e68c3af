/*
 * outqueue: see outqueue.h.  Called by workerlink.c, linkout.c and
 * workernode.c.
 *
 * Frames lie in a ring of bytes, one behind the other, so that a batch of them
 * is one piece or two for the records.  An empty ring begins at its start
 * again: as long as the socket takes all, the same few pages are used, which
 * stay in the cache.
 */
#include <stdlib.h>
#include <string.h>

#include "outqueue.h"

#define FRAME_OVERHEAD	(FRAME_HDR_LEN + FRAME_KEY_LEN)

struct worker_outqueue_entry {
	uint64_t	 when;		/* added */
	uint32_t	 len;		/* of the frame */
};

void
worker_outqueue_init(struct worker_outqueue *q)
{
	memset(q, 0, sizeof(*q));
	q->max_ms = WORKER_QUEUE_DIAL_MS;
}

void
worker_outqueue_free(struct worker_outqueue *q)
{
	free(q->bytes);
	free(q->entries);
	q->bytes = NULL;
	q->entries = NULL;
	q->head = q->len = 0;
	q->first = q->n = 0;
}

/* Make the rings.  Returns 0, or -1. */
static int
make(struct worker_outqueue *q)
{
	q->bytes = malloc(WORKER_QUEUE_BYTES);
	q->entries = reallocarray(NULL, WORKER_QUEUE_PACKETS,
	    sizeof(q->entries[0]));
	if (q->bytes != NULL && q->entries != NULL)
		return (0);
	worker_outqueue_free(q);
	return (-1);
}

/* Remove the first frame.  Returns its bytes. */
static size_t
remove_first(struct worker_outqueue *q)
{
	const size_t len = q->entries[q->first].len;

	q->first = (q->first + 1) % WORKER_QUEUE_PACKETS;
	q->n--;
	q->head = (q->head + len) % WORKER_QUEUE_BYTES;
	q->len -= len;
	return (len);
}

/* Append `n' bytes; there is room. */
static void
append(struct worker_outqueue *q, const void *p, size_t n)
{
	const size_t at = (q->head + q->len) % WORKER_QUEUE_BYTES;
	const size_t room = WORKER_QUEUE_BYTES - at;

	if (n <= room)
		memcpy(q->bytes + at, p, n);
	else {
		memcpy(q->bytes + at, p, room);
		memcpy(q->bytes, (const uint8_t *)p + room, n - room);
	}
	q->len += n;
}

int
worker_outqueue_add(struct worker_outqueue *q, const uint8_t dst[FRAME_KEY_LEN],
    const void *p, size_t n, uint64_t now)
{
	struct worker_outqueue_entry *e;
	uint8_t head[FRAME_OVERHEAD];

	if (n > FRAME_MAX_PACKET)
		return (-1);
	if (q->bytes == NULL && make(q) == -1) {
		q->drops.memory++;
		return (-1);
	}
	while (q->n == WORKER_QUEUE_PACKETS ||
	    WORKER_QUEUE_BYTES - q->len < FRAME_OVERHEAD + n) {
		(void)remove_first(q);
		q->drops.full++;
	}
	if (q->n == 0)
		q->head = 0;
	e = &q->entries[(q->first + q->n++) % WORKER_QUEUE_PACKETS];
	e->when = now;
	e->len = (uint32_t)(FRAME_OVERHEAD + n);
	net_frame_put_hdr(head, FRAME_SEND_PACKET, FRAME_KEY_LEN + (uint32_t)n);
	memcpy(head + FRAME_HDR_LEN, dst, FRAME_KEY_LEN);
	append(q, head, sizeof(head));
	append(q, p, n);
	return (0);
}

/* Drop the packets that are too late. */
static void
expire(struct worker_outqueue *q, uint64_t now)
{
	while (q->n > 0 && now - q->entries[q->first].when > q->max_ms) {
		(void)remove_first(q);
		q->drops.late++;
	}
}

size_t
worker_outqueue_take(struct worker_outqueue *q, size_t max, uint64_t now,
    struct iovec v[2], unsigned int *packets)
{
	size_t at, n = 0;

	*packets = 0;
	expire(q, now);
	at = q->head;
	while (q->n > 0 && (n == 0 || n + q->entries[q->first].len <= max)) {
		n += remove_first(q);
		++*packets;
	}
	v[0].iov_base = q->bytes + at;
	v[0].iov_len = n <= WORKER_QUEUE_BYTES - at ? n :
	    WORKER_QUEUE_BYTES - at;
	v[1].iov_base = q->bytes;
	v[1].iov_len = n - v[0].iov_len;
	return (n);
}
