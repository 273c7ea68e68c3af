/*
 * ringfixture: shared by the tests of the rings: two sides in one process, and
 * what the last one of them to read has received.
 */
#ifndef RINGFIXTURE_H
#define RINGFIXTURE_H

#include <sys/types.h>
#include <atf-c.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"

#define PACKET	1		/* type of entries that are read in place */
#define NEWS	2

/* One side, and what it has received. */
struct side {
	struct ipc_ring	*ring;
	unsigned int	 n;		/* entries */
	size_t		 bytes;		/* of their payloads */
	uint8_t		 type;		/* of the last one */
	size_t		 len;
	uint8_t		 data[IPC_RING_MAXLEN];
	unsigned int	 refuse;	/* the type that is malformed */
};

static struct side	a, b;

static int
ring_entry(void *arg, uint8_t type, const uint8_t *p, size_t n)
{
	struct side *s = arg;

	ATF_REQUIRE(n <= sizeof(s->data));
	s->n++;
	s->bytes += n;
	s->type = type;
	s->len = n;
	ipc_ring_copy(s->data, p, n);
	return (s->refuse != 0 && type == s->refuse ? -1 : 0);
}

/* Connect the two sides with descriptors of both; `cb' gets the entries. */
static inline void
ring_use(const int *fa, const int *fb, ipc_ring_cb cb)
{
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	a.ring = ipc_ring_open(fa, PACKET, PACKET, cb, &a);
	b.ring = ipc_ring_open(fb, PACKET, PACKET, cb, &b);
	ATF_REQUIRE(a.ring != NULL && b.ring != NULL);
}

/* Connect the two sides with rings of `size' bytes. */
static inline void
ring_connect(size_t size)
{
	int fa[IPC_RING_MAXFDS], fb[IPC_RING_MAXFDS];

	ATF_REQUIRE_EQ(ipc_ring_make(size, fa, fb), 0);
	ring_use(fa, fb, ring_entry);
}

/* Is the side's descriptor readable within `ms' milliseconds? */
static inline int
ring_readable(const struct side *s, int ms)
{
	struct pollfd pfd = { .fd = ipc_ring_fd(s->ring), .events = POLLIN };

	return (poll(&pfd, 1, ms) == 1);
}

/* Read all that is there, as after an event. */
static inline enum ipc_ring_state
ring_drain(struct side *s)
{
	enum ipc_ring_state state;

	ipc_ring_woken(s->ring);
	ipc_ring_awake(s->ring);
	while ((state = ipc_ring_read(s->ring, 65536)) == IPC_RING_MORE)
		;
	return (state);
}

static inline int
ring_put(struct side *s, enum ipc_ring_kind kind, const void *p, size_t n)
{
	return (ipc_ring_put(s->ring, kind, kind == IPC_RING_PACKET ? PACKET :
	    NEWS, p, n / 2, (const uint8_t *)p + n / 2, n - n / 2));
}

#endif
