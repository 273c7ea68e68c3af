/*
 * admission: may a client that keys knows use the relay?  The process admit
 * decides that (derp(7), section 6).
 */
#ifndef ADMISSION_H
#define ADMISSION_H

#include "asks.h"
#include "log.h"

struct front;
struct front_conn;
struct ipc_chan;

/* The admission of a front. */
struct front_admission {
	struct ipc_chan	*chan;		/* to admit; NULL: none */
	struct front_asks asks;
	struct log_limit refused;
};

/* Initialize f->admission; call it once, at the start. */
void	front_admission_init(struct front *f);

/*
 * Use the descriptor `fd' as the channel to admit, in place of an older one,
 * and ask all again.  Return 0, or -1 without memory; the caller then still
 * owns `fd'.
 */
int	front_admission_open(struct front *f, int fd);

/*
 * Ask whether the client may use the relay; the ticket of keys is in c->login.
 * The connection is in CONN_ASK until the answer, or the deadline of its login:
 * then it is handed over, or refused.
 */
void	front_admission_ask(struct front_conn *c);

/* The connection does not ask any more, and was not admitted. */
void	front_admission_forget(struct front_conn *c);

/* The deadline of a connection in CONN_ASK or CONN_REFUSED has passed. */
void	front_admission_expired(struct front_conn *c);

/*
 * f->conf.admit has changed: ask about clients that wait to be handed over, or
 * hand over those that were asked about.
 */
void	front_admission_changed(struct front *f);

/* Called every second: request a channel if there is none. */
void	front_admission_tick(struct front *f);

#endif
