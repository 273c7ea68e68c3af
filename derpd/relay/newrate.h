/*
 * newrate: a client rate that has changed (derp(7), section 6) is in force for
 * clients that are connected, which are told.
 */
#ifndef NEWRATE_H
#define NEWRATE_H

#include "walk.h"

struct relay;
struct relay_conn;

/* The clients that are yet to be looked at. */
struct relay_newrate {
	struct relay_walk walk;
};

/* Called before r->next_conf is put in force in place of r->conf. */
void	relay_newrate_commit(struct relay *r);

/* The connection is about to leave. */
void	relay_newrate_leave(struct relay_conn *c);

/* Called in each turn: look at some of the clients. */
void	relay_newrate_work(struct relay *r);

/* Return 1 when relay_newrate_work() has more to do in the next turn. */
int	relay_newrate_more(const struct relay *r);

#endif
