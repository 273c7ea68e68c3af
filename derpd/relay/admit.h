/*
 * admit: which connections may be there before they are logged in, and for how
 * much memory (unfinished.c).
 */
#ifndef ADMIT_H
#define ADMIT_H

struct relay_conn;

/*
 * A new connection gets its place; another one may be closed for it.  0, or -1:
 * there are too many from its source.
 */
int	relay_admit(struct relay_conn *c);

/*
 * If it is not logged in: it may make us keep more or less memory now than it
 * did.  When all of them do too much, some are closed.
 */
void	relay_conn_charge(struct relay_conn *c);

/* It is logged in, and none of the strangers any more. */
void	relay_conn_known(struct relay_conn *c);

#endif
