/*
 * welcome: the end of a login at the owner of the key: the session is
 * registered, keys seals ServerInfo, and the client is logged in (derp(7),
 * section 2).  It gets another ServerInfo when its limits change.
 */
#ifndef WELCOME_H
#define WELCOME_H

#include <stdint.h>

#include "bounds.h"

struct ipc_msg_sealed;
struct relay;
struct relay_conn;

/*
 * Register the session of a client that was taken over, and request ServerInfo,
 * by the number of its ticket.
 */
void	relay_welcome(struct relay_conn *c,
	    const uint8_t number[IPC_TICKET_NUMBERLEN]);

/*
 * ServerInfo is sealed: the login is complete; or close.  Or it is another one.
 */
void	relay_welcome_sealed(struct relay *r, const struct ipc_msg_sealed *v);

/* There is a new channel to keys: send all waiting requests again. */
void	relay_welcome_again(struct relay *r);

/* The limits of the client may have changed: tell it, if they have. */
void	relay_welcome_tell(struct relay_conn *c);

/* Called in each turn: ask keys for what is to be told. */
void	relay_welcome_work(struct relay *r);

#endif
