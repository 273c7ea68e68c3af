/*
 * ring_fuzz: any bytes in the memory that another worker may write, and any
 * positions, between the calls of this side.
 *
 * The input is a list of steps: a byte that says what is done, then its
 * argument.
 */
#include <sys/mman.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ring.h"
#include "ringpage.h"

#define SIZE	8192

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static size_t	got;		/* bytes of entries of one call */

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* Look at each byte. */
static int
entry(void *arg, uint8_t type, const uint8_t *p, size_t n)
{
	static uint8_t copy[IPC_RING_MAXLEN];

	(void)arg;
	must(n <= sizeof(copy));
	ipc_ring_copy(copy, p, n);
	got += n;
	return (type == 200 ? -1 : 0);
}

struct input {
	const uint8_t	*p;
	size_t		 n;
};

static uint64_t
number(struct input *in, size_t bytes)
{
	uint64_t v = 0;

	for (; bytes > 0 && in->n > 0; bytes--, in->n--)
		v = v << 8 | *in->p++;
	return (v);
}

/* The other worker's step. */
static void
hostile(struct ipc_ringpage *page, struct input *in, uint8_t what)
{
	uint8_t *ring = (uint8_t *)page + IPC_RING_PAGE;
	uint64_t head, base;
	size_t n;

	switch (what % 8) {
	case 0:
		atomic_store(&page->head, number(in, 8));
		break;
	case 1:
		atomic_store(&page->tail, number(in, 8));
		break;
	case 2:
		atomic_store(&page->naps, number(in, 1));
		atomic_store(&page->waits, (uint32_t)number(in, 1));
		break;
	case 3:
		atomic_store(&page->closed, (uint32_t)number(in, 1));
		break;
	case 4:
		atomic_fetch_add(&page->tail, number(in, 2));
		break;
	case 6:
		atomic_store(&page->base, number(in, 8));
		break;
	default:
		/* Entries behind those that are there. */
		n = number(in, 1);
		head = atomic_load(&page->head);
		base = atomic_load(&page->base);
		for (; n > 0 && in->n > 0; n--)
			ring[(head++ - base) % SIZE] = (uint8_t)number(in, 1);
		atomic_store(&page->head, head);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int theirs[IPC_RING_MAXFDS], ours[IPC_RING_MAXFDS];
	static const uint8_t out[3000];
	struct input in = { data, size };
	struct ipc_ringpage *page;
	struct ipc_ring *r;
	uint8_t what;

	/* A socket is not shared memory. */
	if (ipc_ring_nfds() == 1)
		return (0);
	must(ipc_ring_make(SIZE, theirs, ours) == 0);
	must((r = ipc_ring_open(ours, 1, 1, entry, NULL)) != NULL);
	page = mmap(NULL, IPC_RING_PAGE + SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED, theirs[0], 0);
	must(page != MAP_FAILED);
	while (in.n > 0) {
		what = (uint8_t)number(&in, 1);
		if (what >= 64) {
			hostile(page, &in, what);
			continue;
		}
		got = 0;
		if (what % 4 == 0)
			(void)ipc_ring_read(r, SIZE);
		else if (what % 4 == 1)
			(void)ipc_ring_put(r, what & 4 ? IPC_RING_NEWS :
			    IPC_RING_PACKET, what, out, number(&in, 2) %
			    sizeof(out), NULL, 0);
		else if (what % 4 == 2)
			(void)ipc_ring_flush(r);
		else {
			(void)ipc_ring_sleep(r);
			ipc_ring_awake(r);
			ipc_ring_tick(r);
		}
		/* One more entry than was asked for, of the largest size. */
		must(got <= SIZE + 65536 + IPC_RING_MAXLEN);
	}
	ipc_ring_free(r);
	munmap(page, IPC_RING_PAGE + SIZE);
	ipc_ring_close_fds(theirs);
	return (0);
}
