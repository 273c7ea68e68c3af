/*
 * cluster: creates the modules that make all workers act as one server, and
 * connects them through call-backs.
 */
#ifndef CLUSTER_H
#define CLUSTER_H

#include <stdint.h>

#include "frame.h"

struct relay;
struct relay_conn;

/*
 * Create r->peers, r->far and r->sent, empty; call it once, at the start.
 * Return 0, or -1 without memory.
 */
int	cluster_init(struct relay *r);

/* Update the counters of r->stats about keys. */
void	cluster_count(struct relay *r);

/*
 * Register a connection that was at another worker, and tell nobody.  Return 0,
 * or -1: no memory, or its key has too many.
 */
int	cluster_restore(struct relay_conn *c);

/*
 * It goes on here: tell it if it has other connections, or no longer, unless it
 * knows.
 */
void	cluster_restored(struct relay_conn *c);

/*
 * Another worker had that key, which this one owns: of a client (`local' 1), or
 * of a node that was connected there (0).  If neither is here, tell all that it
 * is gone.
 */
void	cluster_not_restored(struct relay *r, const uint8_t key[FRAME_KEY_LEN],
	    int local);

/* Tell the client again that its key has other connections, if it has. */
void	cluster_duplicate_again(struct relay_conn *c);

#endif
