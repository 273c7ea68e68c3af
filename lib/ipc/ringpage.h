/*
 * ringpage: the shared memory of ring_mem.c, for it and for tests that play a
 * hostile worker.
 *
 * Each side writes one file and reads that of the other side: a page, then the
 * bytes of the ring to the other side.
 */
#ifndef RINGPAGE_H
#define RINGPAGE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

#define IPC_RING_PAGE	4096	/* offset of the ring in the file */

/*
 * What changes by itself has a cache line of its own.  Positions count bytes
 * since the start.
 */
struct ipc_ringpage {
	/* bytes written to the own ring */
	alignas(64) _Atomic uint64_t head;
	/* the position at offset 0 of the own ring; see ring_mem.c */
	_Atomic uint64_t base;
	/* bytes read of the other side's ring */
	alignas(64) _Atomic uint64_t tail;
	/* beginnings and ends of this side's sleep: odd while it sleeps */
	alignas(64) _Atomic uint64_t naps;
	/* 1: entries wait for room in the own ring */
	alignas(64) _Atomic uint32_t waits;
	/* 1: this side writes and reads no more */
	_Atomic uint32_t closed;
};

_Static_assert(sizeof(struct ipc_ringpage) <= IPC_RING_PAGE, "too large");

#endif
