/*
 * watch: notifies mesh peers of every connection of this service (WatchConns;
 * derp(7), section 4).
 *
 * Each worker reports its keys.  A watcher gets those that are there slot by
 * slot (lib/ipc/slots.h), some hundred keys at a time, and what comes or goes
 * in the slots that it has had: so it hears of each key once.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdint.h>

#include "msg.h"

struct relay;
struct relay_conn;

/* How far the flood of a watcher is. */
struct cluster_watch {
	/* it has had each worker's slots below this one */
	uint16_t	 next[IPC_MAXWORKERS];
	/* it came from another worker, and hears of all slots: those that it
	   has had may be more */
	int		 all;
	/* workers that have yet to be asked for more, a bit for each */
	uint64_t	 due;
};

/* Begin to watch for a mesh peer.  It is closed without memory. */
void	cluster_watch_begin(struct relay_conn *c);

/*
 * Return the slots that a watcher has had of all workers: those below that
 * number; 0 if it is none.
 */
unsigned int cluster_watch_had(const struct relay_conn *c);

/*
 * Go on with a watcher of another worker, which has had the slots below `slots'
 * of all workers, by this worker's secret.  It is not counted yet.  Return 0,
 * or -1 without memory.
 */
int	cluster_watch_restore(struct relay_conn *c, unsigned int slots);

/* A watcher ends. */
void	cluster_watch_end(struct relay_conn *c);

/*
 * A worker is lost: close the watchers, who then come again and start afresh.
 */
void	cluster_watch_lost(struct relay *r);

/*
 * A connection was added at `worker', from `addr' (IPv6 or IPv4-mapped) and
 * `port' (host order) with `flags' (PEER_*), or the last one of a key was
 * removed: notify the watchers.
 */
void	cluster_watch_present(struct relay *r, unsigned int worker,
	    const uint8_t *key, const uint8_t addr[16], uint16_t port,
	    uint8_t flags);
void	cluster_watch_gone(struct relay *r, unsigned int worker,
	    const uint8_t *key);

/*
 * A piece of the flood for the watcher with the number `id', from `worker': a
 * key, or its end, with the slot to continue with.
 */
void	cluster_watch_there(struct relay *r, uint64_t id, const uint8_t *key,
	    const uint8_t addr[16], uint16_t port, uint8_t flags);
void	cluster_watch_flooded(struct relay *r, unsigned int worker, uint64_t id,
	    unsigned int slot);

/*
 * The link to that worker is new, and its keys are the old ones: request again
 * what is left of the floods.
 */
void	cluster_watch_again(struct relay *r, unsigned int worker);

/* Called at the end of each turn: continue the floods. */
void	cluster_watch_work(struct relay *r);

/* Return 1 when cluster_watch_work() has more to do in the next turn. */
int	cluster_watch_more(const struct relay *r);

#endif
