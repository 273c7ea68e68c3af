/*
 * keyage: which mesh sessions have to end, because the mesh key that they
 * logged in with was replaced a day ago.  Pure: the caller brings the clock.
 */
#ifndef KEYAGE_H
#define KEYAGE_H

#include <stdint.h>

#define NODES_CHANGES	4	/* changes of the key that are remembered */

/* All zero at the start: the key has not changed. */
struct nodes_keyage {
	uint64_t	 changed[NODES_CHANGES];	/* us, oldest first */
	unsigned int	 n;				/* of them */
	uint64_t	 before;	/* sessions from before this end; us */
};

/*
 * The mesh key has changed at `now' (us, monotonic).  When it changes too often
 * to remember each change, sessions of the keys between live longer.
 */
void	nodes_keyage_changed(struct nodes_keyage *k, uint64_t now);

/*
 * Return 1 if a mesh session that logged in at `login' (us) has to end at `now'
 * because a later key has been in force for a day, else 0.
 */
int	nodes_keyage_is_over(struct nodes_keyage *k, uint64_t login,
	    uint64_t now);

/*
 * Return when (us, monotonic) a mesh session that logged in at `login' has to
 * end, for a worker that does not know of the changes: the earlier one of this
 * and of `end', what an older worker said of it.  0, also of `end': never.
 */
uint64_t nodes_keyage_end(const struct nodes_keyage *k, uint64_t login,
	    uint64_t end);

/*
 * Return when the mesh session of another worker has to end, of which that
 * worker says `end', as above: a day from `now' at the latest, or never.  With
 * `rekeyed' its key is not the one in force, and it always ends.
 */
uint64_t nodes_keyage_moved(uint64_t end, int rekeyed, uint64_t now);

#endif
