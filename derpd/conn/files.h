/*
 * files: the file descriptors that clients may not have.
 *
 * The parent sends the channels of a new keys process and of restarted servers
 * as descriptors, and fronts send clients: a process that can't receive what
 * the parent sends is lost with all its sessions.
 */
#ifndef FILES_H
#define FILES_H

#include "chan.h"

/*
 * Descriptors of a channel for hand-overs, and of an older one that ends: their
 * own, and those that a hostile peer can leave in them.
 */
#define CONN_HAND_FILES	(2 * (1 + CHAN_MAXFDS))

/* The limit of open files; 0 before conn_files_init(). */
struct conn_files {
	unsigned int	 max;
};

/* Read the process's limit of open files; call it before the sandbox. */
void	conn_files_init(struct conn_files *f);

/*
 * Return the lowest descriptor of the reserve, for a process whose channels to
 * fronts or relay workers need `channels' descriptors; clients use those below
 * it.  The reserve is at most a quarter of the limit.  UINT_MAX before
 * conn_files_init().
 */
unsigned int conn_files_mark(const struct conn_files *f,
	    unsigned int channels);

#endif
