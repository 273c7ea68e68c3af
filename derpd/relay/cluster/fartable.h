/*
 * fartable: the table of the keys that this worker owns (owner.h) and that are
 * connected to other nodes of the region, with the links over which the nodes
 * said so: claims (far.h).  Touches memory alone.
 *
 * When a link is lost, its claims do not count from that moment on.  They are
 * removed some hundred keys at a time, by cluster_fartable_work().
 */
#ifndef FARTABLE_H
#define FARTABLE_H

#include <stdint.h>

#include "far.h"
#include "frame.h"
#include "stats.h"

/* Maximum of keys, and of the claims of one link. */
#define FAR_KEYS_MAX	(1024 * 1024)
#define FAR_CLAIMS_MAX	(256 * 1024)

struct cluster_fartable;

/*
 * Create an empty table, keyed with a fresh secret.  `gone' is called with
 * `arg' when the last claim of `key' is removed and no client has the key: it
 * is gone from the region.  It must not change the table.  NULL without memory.
 */
struct cluster_fartable *cluster_fartable_new(void (*gone)(void *arg,
	    const uint8_t key[FRAME_KEY_LEN]), void *arg);

/* Free the table; NULL is permitted. */
void	cluster_fartable_free(struct cluster_fartable *t);

/*
 * Add the claim of `link', below FAR_LINKS, on the key; `local' is 1 when a
 * client here has it, else 0.  What was claimed before changes nothing.  Return
 * 0, or -1: no memory, or too many.
 */
int	cluster_fartable_claim(struct cluster_fartable *t, unsigned int link,
	    const uint8_t key[FRAME_KEY_LEN], int local);

/* Remove this claim, if there is one. */
void	cluster_fartable_unclaim(struct cluster_fartable *t, unsigned int link,
	    const uint8_t key[FRAME_KEY_LEN]);

/*
 * These links, a bit each, are lost.  A link begins again with its next claim.
 */
void	cluster_fartable_lost(struct cluster_fartable *t, uint64_t links);

/*
 * Called at the end of each turn: remove claims of lost links, from the keys
 * that a turn has time for.
 */
void	cluster_fartable_work(struct cluster_fartable *t);

/* Return 1 when cluster_fartable_work() has more to do in the next turn. */
int	cluster_fartable_more(const struct cluster_fartable *t);

/*
 * Return the link with the oldest claim on the key that counts; -1: no node has
 * the key.
 */
int	cluster_fartable_find(struct cluster_fartable *t,
	    const uint8_t key[FRAME_KEY_LEN]);

/* Return the links with a claim on the key that counts, a bit each. */
uint64_t cluster_fartable_links(struct cluster_fartable *t,
	    const uint8_t key[FRAME_KEY_LEN]);

/*
 * A walk over the claims that count, those of a key in their order, as far as
 * it is known.  Store the next one; *w is all zero at the begin.  Return 1, or
 * 0 at the end.  The table must not change during a walk.
 */
struct cluster_farwalk {
	const void	*at;		/* the key */
	unsigned int	 n;		/* of its claims that were met */
	int		 begun;
};
int	cluster_fartable_next(const struct cluster_fartable *t,
	    struct cluster_farwalk *w, unsigned int *link,
	    const uint8_t **key);

/* A client has that key from now on (1), or none has it any longer (0). */
void	cluster_fartable_local(struct cluster_fartable *t,
	    const uint8_t key[FRAME_KEY_LEN], int local);

/* Return how many claims a link has that count. */
unsigned int cluster_fartable_claims(const struct cluster_fartable *t,
	    unsigned int link);

/*
 * Store in `s' how many keys no client here has, and add how many came to be
 * claimed by several links since the last call, and no longer are.
 */
void	cluster_fartable_count(struct cluster_fartable *t,
	    struct conn_stats *s);

#endif
