/*
 * ring: the transport between two relay workers: entries in order, both ways.
 *
 * ring_mem.c has two rings in shared memory, one for each direction, and an
 * eventfd that wakes a side that sleeps.  ring_sock.c has a socket pair, for
 * systems without sealed memory.  configure chooses one of them; ring.c is the
 * part that they share.
 *
 * Either side takes the other one for hostile.  Whatever the other side writes,
 * and whenever it does, costs this side at most the ring: it counts as lost.
 */
#ifndef RING_H
#define RING_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define IPC_RING_MAXFDS	4	/* descriptors of one side */
/* payload of an entry, bytes: a packet with three keys */
#define IPC_RING_MAXLEN	(3 * IPC_KEYLEN + IPC_MAXPACKET)
/* entries that wait for room in the ring, bytes */
#define IPC_RING_WAITING (1024 * 1024)
/* all rings of a service, bytes */
#define IPC_RING_ALL	(64 * 1024 * 1024)
#define IPC_RING_LARGEST (4 * 1024 * 1024)	/* one ring, bytes */

struct ipc_ring;

enum ipc_ring_kind {
	/* refused when less than a quarter of the ring is free */
	IPC_RING_PACKET,
	/* may fill the ring, and waits beyond that */
	IPC_RING_NEWS,
	/* the same, but does not count against IPC_RING_WAITING */
	IPC_RING_FLOOD,
	/* refused when half of IPC_RING_WAITING waits: nothing depends on it */
	IPC_RING_HINT
};

enum ipc_ring_state {
	IPC_RING_EMPTY,		/* all is read */
	IPC_RING_MORE,		/* there is more */
	IPC_RING_CLOSED,	/* the other side has closed, all is read */
	IPC_RING_LOST		/* see ipc_ring_why() */
};

/*
 * Called with a received entry of `n' bytes at `p', valid during the call.
 * Entries of the types `first' to `last' of ipc_ring_open() lie where the other
 * side may change them at any time: copy them with ipc_ring_copy(), once, and
 * check the copy.  Return 0, or
 * -1 if the entry is malformed: the ring is then lost.  Must not free the ring.
 */
typedef int (*ipc_ring_cb)(void *arg, uint8_t type, const uint8_t *p,
	    size_t n);

/*
 * Copy `n' bytes from where the other side may change them meanwhile; from then
 * on the copy alone is used.
 */
void	ipc_ring_copy(void *to, const void *from, size_t n);

/* Bytes of one ring between two of `workers' workers, at least 2. */
size_t	ipc_ring_size(unsigned int workers);

/* Number of descriptors of one side. */
unsigned int ipc_ring_nfds(void);

/*
 * In the parent: make the descriptors of both sides, ipc_ring_nfds() each, for
 * rings of `size' bytes, a multiple of 4096.  Return 0, or -1 with errno.
 */
int	ipc_ring_make(size_t size, int a[IPC_RING_MAXFDS],
	    int b[IPC_RING_MAXFDS]);

/* Close the descriptors of one side that were not given away. */
void	ipc_ring_close_fds(const int fds[IPC_RING_MAXFDS]);

/*
 * Use the descriptors of one side (taken, also on error).  `cb' gets the
 * entries, those of a type from `first' to `last' without a copy.  Return NULL
 * with errno if memory is short or the descriptors are not from
 * ipc_ring_make().
 */
struct ipc_ring *ipc_ring_open(const int fds[IPC_RING_MAXFDS],
	    uint8_t first, uint8_t last, ipc_ring_cb cb, void *arg);

/* Close this side, which the other one then notices, and free `r'. */
void	ipc_ring_free(struct ipc_ring *r);

/*
 * Append an entry of `type' with the `alen' bytes at `a' and the `blen' bytes
 * at `b' (both copied), IPC_RING_MAXLEN in all.  Return 0, 1 if a packet or
 * a hint was refused, or -1 if the ring is lost: the other side does not read.
 * The other side sees it after ipc_ring_flush() at the latest.
 */
int	ipc_ring_put(struct ipc_ring *r, enum ipc_ring_kind kind, uint8_t type,
	    const void *a, size_t alen, const void *b, size_t blen);

/* Return 1 while entries wait for room in the ring, else 0. */
int	ipc_ring_waits(const struct ipc_ring *r);

/*
 * Show the other side all entries and wake it if it sleeps; called at the end
 * of a turn.  Return 0, 1 to be called again when ipc_ring_fd() is writable, or
 * -1 if the ring is lost.
 */
int	ipc_ring_flush(struct ipc_ring *r);

/*
 * Call back for entries of `max' bytes or a little more.  IPC_RING_MORE is the
 * only result after which the caller must not sleep.
 */
enum ipc_ring_state ipc_ring_read(struct ipc_ring *r, size_t max);

/* The descriptor that becomes readable when the other side wakes this one. */
int	ipc_ring_fd(const struct ipc_ring *r);

/* ipc_ring_fd() is readable; called before ipc_ring_read(). */
void	ipc_ring_woken(struct ipc_ring *r);

/*
 * This side wants to sleep until ipc_ring_fd() is readable.  Return 1, or 0 if
 * there is something to read or to flush: it must not sleep.  Either way call
 * ipc_ring_awake() before anything else.
 */
int	ipc_ring_sleep(struct ipc_ring *r);

/* This side does not sleep any more. */
void	ipc_ring_awake(struct ipc_ring *r);

/* Once a second: give back memory that this side used and needs no more. */
void	ipc_ring_tick(struct ipc_ring *r);

/* Why the ring is lost, a few words; NULL: it is not. */
const char *ipc_ring_why(const struct ipc_ring *r);

#endif
