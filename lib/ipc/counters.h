/*
 * counters: the counters of a process in a page of shared memory, which that
 * process alone writes and others can only read.  The parent makes the page and
 * keeps it, so that the counters go on when a process ends and the next one of
 * its kind starts.
 *
 * What a reader finds may be anything if the writer was taken over: numbers to
 * show.  One alone decides something: the clients of a relay worker, which
 * fronts count for `max clients', each worker's up to its own share.
 */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

struct ipc_counters;

/* Create a page, all 0, without a writer.  NULL on failure, with errno. */
struct ipc_counters *ipc_counters_new(void);

/*
 * Return a new descriptor of a page that ipc_counters_new() has made, to be
 * sent to its writer, or to a reader, whom it allows no writing; -1 on failure,
 * with errno.
 */
int	ipc_counters_share_write(const struct ipc_counters *c);
int	ipc_counters_share_read(const struct ipc_counters *c);

/*
 * The writer of a page that ipc_counters_new() has made has ended: readers are
 * told so until the next writer begins.
 */
void	ipc_counters_ended(const struct ipc_counters *c);

/*
 * Map the page of the descriptor `fd' of one of the share functions; `fd' is
 * taken, also on failure: NULL, with errno.
 */
struct ipc_counters *ipc_counters_map_write(int fd);
struct ipc_counters *ipc_counters_map_read(int fd);

/*
 * Return the IPC_MAXCOUNTERS counters of a page that ipc_counters_map_write()
 * has mapped, to be changed in place.
 */
uint64_t *ipc_counters_values(struct ipc_counters *c);

/* The same page: the writer has begun, and all counters are its own. */
void	ipc_counters_begin(struct ipc_counters *c);

/*
 * Read the first `n' counters (at most IPC_MAXCOUNTERS) into `v', each once.
 * Return 1, or 0 if the writer has not begun or has ended: its counters are the
 * last ones.
 */
int	ipc_counters_read(const struct ipc_counters *c, uint64_t *v, size_t n);

/* Unmap the page and close what is open; NULL is permitted. */
void	ipc_counters_free(struct ipc_counters *c);

#endif
