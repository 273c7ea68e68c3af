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

#endif
