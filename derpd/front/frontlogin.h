/*
 * frontlogin: the DERP login (derp(7), section 2) up to the hand-over.
 */
#ifndef FRONTLOGIN_H
#define FRONTLOGIN_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "asks.h"
#include "boxes.h"
#include "buf.h"
#include "log.h"

struct conn;
struct front;
struct front_conn;
struct ipc_msg_login_result;

/* The login of one connection. */
struct front_login {
	struct conn_buf	 part;		/* a partial ClientInfo frame */
	struct front_box *box;		/* until the client is handed over */
	uint8_t		 ticket[IPC_TICKET_LEN];	/* of CONN_HAND */
	uint8_t		 admit[IPC_ADMIT_LEN];	/* ticket of admit, if
						   `admitted' */
	struct front_ask ask;			/* of CONN_ASK */
	unsigned int	 worker;		/* that owns the key */
	uint32_t	 version;	/* of ClientInfo, and its AppName
					   (heap; NULL: none) */
	char		*app;
	unsigned int	 mesh:1, prober:1, not_ideal:1, admitted:1,
			 waiting:1;	/* on the list of its owner */
	TAILQ_ENTRY(front_conn) entry;	/* of that list */
};

/* The logins of a front. */
struct front_logins {
	struct front_boxes boxes;
	struct log_limit refused;
};

/* Initialize f->logins; call it once, at the start. */
void	front_login_init(struct front *f);

/* Begin the login: send ServerKey and expect ClientInfo. */
void	front_login_begin(struct front_conn *c);

/*
 * Handle `n' bytes of DERP of a connection in CONN_INFO, at `p'.  Return how
 * many were handled, and zeroed there: not those behind ClientInfo.
 */
size_t	front_login_input(struct front_conn *c, uint8_t *p, size_t n);

/* Handle the answer of keys to a box: hand the client over, or close. */
void	front_login_result(struct front *f,
	    const struct ipc_msg_login_result *v);

/* The client is admitted, with this ticket of admit: hand it over. */
void	front_login_admitted(struct front_conn *c,
	    const uint8_t admit[IPC_ADMIT_LEN]);

/* Nothing is missing any more: hand the client over. */
void	front_login_hand_over(struct front_conn *c);

/* There is a new channel to keys: send all waiting requests again. */
void	front_login_again(struct front *f);

/*
 * The owner of the key was started again: if the connection waits for keys,
 * for admit or to be handed over, have its box opened once more, for a ticket
 * that the new start takes.
 */
void	front_login_repeat(struct front_conn *c);

/* Return the bytes that are kept of the login. */
size_t	front_login_kept(const struct front_conn *c);

/* The connection closes, or was handed over: free what the login needs. */
void	front_login_free(struct front_conn *c);

#endif
