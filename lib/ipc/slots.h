/*
 * slots: which relay worker owns a key.  A key belongs to one of IPC_SLOTS
 * slots, by a hash with a secret, so that nobody chooses the slot of a key; a
 * page of shared memory, which the parent writes and others can only read, says
 * which worker owns each slot.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include <stdint.h>

#include "bounds.h"

struct ipc_slots;

/* Return the slot of a key, below IPC_SLOTS. */
unsigned int ipc_slot_of(const uint8_t key[IPC_KEYLEN],
	    const uint8_t secret[IPC_SLOT_SECRETLEN]);

/*
 * Create the page: slot n is owned by worker n mod `nworkers' (at least 1).
 * NULL on failure, with errno.
 */
struct ipc_slots *ipc_slots_new(unsigned int nworkers);

/*
 * Return a new descriptor of a page that ipc_slots_new() has made, which allows
 * no writing, to be sent to a front or worker; -1 on failure, with errno.
 */
int	ipc_slots_share(const struct ipc_slots *s);

/*
 * Map the page of the descriptor `fd' of ipc_slots_share(), which the caller
 * still owns.  NULL on failure, with errno.
 */
struct ipc_slots *ipc_slots_map(int fd);

/* Unmap the page; NULL is permitted. */
void	ipc_slots_free(struct ipc_slots *s);

/* The number of the present assignment; it grows with each change. */
uint32_t ipc_slots_epoch(const struct ipc_slots *s);

/*
 * Return the worker that owns `slot' (below IPC_SLOTS), or IPC_MAXWORKERS when
 * the page has no number below `nworkers' there.
 */
unsigned int ipc_slots_worker(const struct ipc_slots *s, unsigned int slot,
	    unsigned int nworkers);

#endif
