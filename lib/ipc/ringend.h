/*
 * ringend: the interface between ring.c and the backend, ring_mem.c or
 * ring_sock.c.  Only these include it.
 */
#ifndef RINGEND_H
#define RINGEND_H

#include "ring.h"

/* The head of an entry: its type in the highest byte, and its length. */
#define IPC_RING_HEAD	4

/*
 * What both backends have; each has it as the first member of its own struct.
 */
struct ipc_ring {
	ipc_ring_cb	 cb;
	void		*arg;
	uint8_t		 first, last;	/* types of entries in place */
	size_t		 size;		/* of the ring, bytes */
	const char	*lost;		/* why; NULL: it is not */
	size_t		 fresh;		/* bytes that are not published */

	/* entries that wait for room, the first `waitoff' bytes are gone */
	uint8_t		*wait;
	size_t		 waitoff, waitlen, waitcap;
	size_t		 flood;		/* of these, of a flood at most */

	/* the entry that is being read: its head, then its payload if cut */
	uint8_t		 head[IPC_RING_HEAD];
	size_t		 nhead;
	uint8_t		 type;
	size_t		 len;		/* at most IPC_RING_MAXLEN */
	uint8_t		*part;
	size_t		 npart, partcap;
};

/* See ipc_ring_open(); the backend sets `size'. */
struct ipc_ring *ipc_ringend_open(const int fds[IPC_RING_MAXFDS]);

void	ipc_ringend_free(struct ipc_ring *r);

/*
 * Return the bytes that can be written.  If these seem to be fewer than `want',
 * look how far the other side has read.  May set r->lost, then return 0.
 */
size_t	ipc_ringend_room(struct ipc_ring *r, size_t want);

/* Write `n' bytes, at most ipc_ringend_room(). */
void	ipc_ringend_write(struct ipc_ring *r, const void *p, size_t n);

/* Show the other side what was written, and wake it if it sleeps. */
void	ipc_ringend_publish(struct ipc_ring *r);

/*
 * `waits': there are entries without room.  Return 1 to be called again when
 * the descriptor is writable, else 0.
 */
int	ipc_ringend_blocked(struct ipc_ring *r, int waits);

/*
 * Find bytes to read, of which *n lie at *p.  Return IPC_RING_MORE if there are
 * any.  Sets r->lost with IPC_RING_LOST.
 */
enum ipc_ring_state ipc_ringend_peek(struct ipc_ring *r, const uint8_t **p,
	    size_t *n);

/* The first `n' of these bytes are read: give back their room. */
void	ipc_ringend_take(struct ipc_ring *r, size_t n);

#endif
