/*
 * admit: which unauthenticated connections a worker keeps, and how much memory
 * they may use (unfinished.c).
 */
#ifndef ADMIT_H
#define ADMIT_H

struct relay_conn;

/*
 * Admit a new connection; another unauthenticated one may be closed for it.
 * Return 0, or -1 when its source has too many.
 */
int	relay_admit(struct relay_conn *c);

/*
 * Account for the memory that an unauthenticated connection uses now.  If all
 * of them together exceed the limit, some are closed.
 */
void	relay_conn_charge(struct relay_conn *c);

#endif
