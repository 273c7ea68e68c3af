/*
 * walk: a walk over the connections of a process, some in each turn, while
 * others come and go.  It meets those that were there when it began and still
 * are, each once, in the order in which they came.
 */
#ifndef WALK_H
#define WALK_H

#include <stdint.h>

struct conn;
struct conn_set;

/* A walk; all zero: it has ended. */
struct relay_walk {
	struct conn	*at;		/* the next one; NULL: it has ended */
	uint64_t	 last;		/* number of the last one */
};

/* Begin again. */
void	relay_walk_begin(struct relay_walk *w, const struct conn_set *s);

/* Meet those of the walk `other' again, which has ended, and no others. */
void	relay_walk_again(struct relay_walk *w, const struct conn_set *s,
	    const struct relay_walk *other);

/* Return the next connection; NULL: the walk has ended. */
struct conn *relay_walk_next(struct relay_walk *w);

/* The connection is about to leave the list. */
void	relay_walk_leave(struct relay_walk *w, const struct conn *c);

/* Return 1 if the walk has yet to meet the connection, else 0. */
int	relay_walk_ahead(const struct relay_walk *w, const struct conn *c);

#endif
