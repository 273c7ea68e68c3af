/*
 * ring_mem: two rings in shared memory; see ring.h and ringpage.h.  Called by
 * ring.c alone.
 *
 * The parent makes a file in memory for each side, which that side may write
 * and the other one may not: its descriptor is open for reading only, and a
 * mapping of it can't be made writable.  Seals keep the size, so that no access
 * ends a process.
 *
 * A writer that finds its ring empty starts again at offset 0: as long as the
 * reader keeps up, few pages are used, and these stay in the cache.  Those of a
 * burst are given back soon after it.  The writer
 * shows the new base before the new head.  A reader that has seen a head beyond
 * its tail thus sees the base of these bytes, as no other one follows until it
 * has shown that it has read them.
 *
 * What the other side says is loaded once, checked against what this side knows
 * by itself, then used.  This side never reads back what it wrote.
 *
 * No wake-up is lost: a side that is about to sleep says so, then looks for
 * something to do; the other side writes, then looks whether this one sleeps.
 * Between each two steps is a sequentially consistent fence, so at least one of
 * the two sees what the other did.
 */
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ringend.h"
#include "ringpage.h"
#include "shmem.h"

#define KEEP	(64 * 1024)	/* bytes of a file, whole pages of any size */

/* The order of a side's descriptors. */
enum { MINE, THEIRS, BELL, THEIR_BELL, NFDS };

struct ipc_ringmem {
	struct ipc_ring		 ring;
	size_t			 mapped;	/* bytes of a file */
	struct ipc_ringpage	*mine;		/* this side's file */
	const struct ipc_ringpage *theirs;
	uint8_t			*out;		/* the rings in these files */
	const uint8_t		*in;
	int			 bell;		/* eventfd */
	int			 their_bell;

	/* positions, as in struct ipc_ringpage, and an offset in the ring */
	uint64_t		 head;		/* of what is written */
	uint64_t		 shown;		/* of what is published */
	uint64_t		 freed;		/* their tail, as seen last */
	uint64_t		 base;		/* of offset 0 */
	size_t			 outoff;	/* of the head */
	uint64_t		 used;		/* most bytes behind a base */
	uint64_t		 tail;		/* of what is read */
	uint64_t		 seen;		/* their head, as seen last */
	uint64_t		 naps;
	uint64_t		 rung;		/* their nap that was ended */
	int			 waits;
};

static struct ipc_ringmem *
mem_of(struct ipc_ring *r)
{
	return ((struct ipc_ringmem *)(void *)r);
}

/* The parent's part */

unsigned int
ipc_ring_nfds(void)
{
	return (NFDS);
}

/* Make a file that `writer' may write, and the bell that wakes the writer. */
static int
make_half(size_t size, int writer[IPC_RING_MAXFDS], int reader[IPC_RING_MAXFDS])
{
	if ((writer[MINE] = ipc_shmem_make("ring", IPC_RING_PAGE + size,
	    &reader[THEIRS])) == -1 ||
	    (writer[BELL] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) == -1)
		return (-1);
	reader[THEIR_BELL] = fcntl(writer[BELL], F_DUPFD_CLOEXEC, 0);
	return (reader[THEIR_BELL] == -1 ? -1 : 0);
}

int
ipc_ring_make(size_t size, int a[IPC_RING_MAXFDS], int b[IPC_RING_MAXFDS])
{
	int i, error;

	for (i = 0; i < IPC_RING_MAXFDS; i++)
		a[i] = b[i] = -1;
	if (make_half(size, a, b) == 0 && make_half(size, b, a) == 0)
		return (0);
	error = errno;
	ipc_ring_close_fds(a);
	ipc_ring_close_fds(b);
	errno = error;
	return (-1);
}

void
ipc_ring_close_fds(const int fds[IPC_RING_MAXFDS])
{
	int i;

	for (i = 0; i < NFDS; i++)
		if (fds[i] != -1)
			close(fds[i]);
}

/* Open and close */

static int
map_files(struct ipc_ringmem *m, const int *fds)
{
	struct stat mine, theirs;
	void *p;

	if (fstat(fds[MINE], &mine) == -1 || fstat(fds[THEIRS], &theirs) == -1)
		return (-1);
	if (mine.st_size != theirs.st_size || mine.st_size <= IPC_RING_PAGE ||
	    mine.st_size > IPC_RING_PAGE + IPC_RING_LARGEST) {
		errno = EINVAL;
		return (-1);
	}
	m->mapped = (size_t)mine.st_size;
	m->ring.size = m->mapped - IPC_RING_PAGE;
	p = mmap(NULL, m->mapped, PROT_READ | PROT_WRITE, MAP_SHARED,
	    fds[MINE], 0);
	if (p == MAP_FAILED)
		return (-1);
	m->mine = p;
	m->out = (uint8_t *)p + IPC_RING_PAGE;
	p = mmap(NULL, m->mapped, PROT_READ, MAP_SHARED, fds[THEIRS], 0);
	if (p == MAP_FAILED)
		return (-1);
	m->theirs = p;
	m->in = (const uint8_t *)p + IPC_RING_PAGE;
	return (0);
}

static void
unmap_files(struct ipc_ringmem *m)
{
	if (m->mine != NULL)
		munmap(m->mine, m->mapped);
	if (m->theirs != NULL)
		munmap((void *)(uintptr_t)m->theirs, m->mapped);
}

struct ipc_ring *
ipc_ringend_open(const int fds[IPC_RING_MAXFDS])
{
	struct ipc_ringmem *m;
	int error;

	if ((m = calloc(1, sizeof(*m))) == NULL || map_files(m, fds) == -1) {
		error = errno;
		if (m != NULL)
			unmap_files(m);
		free(m);
		ipc_ring_close_fds(fds);
		errno = error;
		return (NULL);
	}
	close(fds[MINE]);
	close(fds[THEIRS]);
	m->bell = fds[BELL];
	m->their_bell = fds[THEIR_BELL];
	return (&m->ring);
}

/* Wake the other side, whether it sleeps or not. */
static void
ring_bell(struct ipc_ringmem *m)
{
	static const uint64_t one = 1;
	ssize_t n;

	/* It fails if the bell has been rung often, which is as good. */
	n = write(m->their_bell, &one, sizeof(one));
	(void)n;
}

void
ipc_ringend_free(struct ipc_ring *r)
{
	struct ipc_ringmem *m = mem_of(r);

	atomic_store_explicit(&m->mine->closed, 1, memory_order_release);
	ring_bell(m);
	unmap_files(m);
	close(m->bell);
	close(m->their_bell);
	free(m);
}

int
ipc_ring_fd(const struct ipc_ring *r)
{
	return (((const struct ipc_ringmem *)(const void *)r)->bell);
}

/* Sleep */

/*
 * Wake the other side if it sleeps; called after a store that it looks for
 * before it sleeps.  One ring is enough for each nap.
 */
static void
wake(struct ipc_ringmem *m)
{
	uint64_t nap;

	atomic_thread_fence(memory_order_seq_cst);
	nap = atomic_load_explicit(&m->theirs->naps, memory_order_relaxed);
	if ((nap & 1) == 0 || nap == m->rung)
		return;
	m->rung = nap;
	ring_bell(m);
}

void
ipc_ring_woken(struct ipc_ring *r)
{
	uint64_t count;
	ssize_t n;

	/* The other side may have read it: then there is nothing to end. */
	n = read(mem_of(r)->bell, &count, sizeof(count));
	(void)n;
}

static void
set_naps(struct ipc_ringmem *m)
{
	atomic_store_explicit(&m->mine->naps, ++m->naps, memory_order_relaxed);
}

int
ipc_ring_sleep(struct ipc_ring *r)
{
	struct ipc_ringmem *m = mem_of(r);

	if ((m->naps & 1) == 0)
		set_naps(m);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&m->theirs->head, memory_order_relaxed) !=
	    m->tail || atomic_load_explicit(&m->theirs->closed,
	    memory_order_relaxed) != 0)
		return (0);
	return (!m->waits || atomic_load_explicit(&m->theirs->tail,
	    memory_order_relaxed) == m->freed);
}

void
ipc_ring_awake(struct ipc_ring *r)
{
	struct ipc_ringmem *m = mem_of(r);

	if ((m->naps & 1) == 1)
		set_naps(m);
}

/* Output */

size_t
ipc_ringend_room(struct ipc_ring *r, size_t want)
{
	struct ipc_ringmem *m = mem_of(r);
	uint64_t tail;

	/* If all was read already, it can't have read more. */
	if (m->freed != m->head && (m->shown == m->head ||
	    r->size - (size_t)(m->head - m->freed) < want)) {
		tail = atomic_load_explicit(&m->theirs->tail,
		    memory_order_acquire);
		if (tail - m->freed > m->shown - m->freed) {
			r->lost = "it has read what was not written";
			return (0);
		}
		if ((m->freed = tail) == m->head) {
			if (m->head - m->base > m->used)
				m->used = m->head - m->base;
			m->base = m->head;
			m->outoff = 0;
		}
	}
	return (r->size - (size_t)(m->head - m->freed));
}

void
ipc_ring_tick(struct ipc_ring *r)
{
	struct ipc_ringmem *m = mem_of(r);

	(void)ipc_ringend_room(r, r->size);
	if (m->freed != m->head || m->used <= KEEP - IPC_RING_PAGE)
		return;
	m->used = 0;
	if (m->mapped > KEEP)
		(void)madvise((uint8_t *)m->mine + KEEP, m->mapped - KEEP,
		    MADV_REMOVE);
}

void
ipc_ringend_write(struct ipc_ring *r, const void *p, size_t n)
{
	struct ipc_ringmem *m = mem_of(r);
	size_t k = r->size - m->outoff;

	if (k > n)
		k = n;
	memcpy(m->out + m->outoff, p, k);
	memcpy(m->out, (const uint8_t *)p + k, n - k);
	m->outoff = n < r->size - m->outoff ? m->outoff + n : n - k;
	m->head += n;
}

void
ipc_ringend_publish(struct ipc_ring *r)
{
	struct ipc_ringmem *m = mem_of(r);

	if (m->shown == m->head)
		return;
	m->shown = m->head;
	atomic_store_explicit(&m->mine->base, m->base, memory_order_relaxed);
	atomic_store_explicit(&m->mine->head, m->head, memory_order_release);
	wake(m);
}

int
ipc_ringend_blocked(struct ipc_ring *r, int waits)
{
	struct ipc_ringmem *m = mem_of(r);

	if (waits != m->waits) {
		m->waits = waits;
		atomic_store_explicit(&m->mine->waits, (uint32_t)waits,
		    memory_order_relaxed);
	}
	/* The other side rings when it has read. */
	return (0);
}

/* Input */

enum ipc_ring_state
ipc_ringend_peek(struct ipc_ring *r, const uint8_t **p, size_t *n)
{
	struct ipc_ringmem *m = mem_of(r);
	uint32_t closed = atomic_load_explicit(&m->theirs->closed,
	    memory_order_acquire);
	uint64_t head = atomic_load_explicit(&m->theirs->head,
	    memory_order_acquire);
	size_t off;

	/* It never goes back, nor beyond the room that it was given. */
	if (head - m->seen > r->size || head - m->tail > r->size) {
		r->lost = "its position is wrong";
		return (IPC_RING_LOST);
	}
	m->seen = head;
	if (head == m->tail)
		return (closed ? IPC_RING_CLOSED : IPC_RING_EMPTY);
	/* Any base gives an offset in the ring, and wrong bytes at worst. */
	off = (size_t)((m->tail - atomic_load_explicit(&m->theirs->base,
	    memory_order_relaxed)) % r->size);
	*p = m->in + off;
	*n = (size_t)(head - m->tail);
	if (*n > r->size - off)
		*n = r->size - off;
	return (IPC_RING_MORE);
}

void
ipc_ringend_take(struct ipc_ring *r, size_t n)
{
	struct ipc_ringmem *m = mem_of(r);

	m->tail += n;
	atomic_store_explicit(&m->mine->tail, m->tail, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&m->theirs->waits, memory_order_relaxed) != 0)
		wake(m);
}
