/*
 * login: the DERP login (derp(7), section 2).
 */
#ifndef LOGIN_H
#define LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "boxes.h"
#include "log.h"
#include "tickets.h"

struct ipc_msg;
struct relay;
struct relay_conn;

/* The logins of a worker that wait for keys. */
struct derp_logins {
	struct derp_boxes boxes;
	struct derp_tickets *tickets;	/* taken of late */
	struct log_limit refused;
};

/*
 * Initialize r->logins; call it once, at the start.  Return 0, or -1 without
 * memory.
 */
int	derp_login_init(struct relay *r);

/* Begin the login: send ServerKey and expect ClientInfo. */
void	derp_login_begin(struct relay_conn *c);

/* Send the payload of a ClientInfo, `n' bytes at `p' (copied), to keys. */
void	derp_login_info(struct relay_conn *c, const uint8_t *p, size_t n);

/* Handle the answer of keys to a box: hand the client over, or close. */
struct ipc_msg_login_result;
void	derp_login_result(struct relay *r,
	    const struct ipc_msg_login_result *v);

/* ServerInfo is sealed: the login is complete; or close. */
struct ipc_msg_sealed;
void	derp_login_sealed(struct relay *r, const struct ipc_msg_sealed *v);

/* There is a new channel to keys: send all waiting requests again. */
void	derp_login_again(struct relay *r);

/*
 * The owner has taken over the connection of a client: register its session and
 * request ServerInfo, by the number of its ticket.
 */
void	derp_login_admit(struct relay_conn *c,
	    const uint8_t number[IPC_TICKET_NUMBERLEN]);

/* Return the bytes that are kept until keys has answered. */
size_t	derp_login_kept(const struct relay_conn *c);

/* The connection closes, or its login is complete: cancel its request. */
void	derp_login_free(struct relay_conn *c);

#endif
