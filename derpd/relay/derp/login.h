/*
 * login: the DERP login (derp(7), section 2).
 */
#ifndef LOGIN_H
#define LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "boxes.h"
#include "log.h"

struct ipc_msg;
struct relay;
struct relay_conn;

/* The logins of a worker that keys has not answered. */
struct derp_logins {
	struct derp_boxes boxes;
	struct log_limit refused;
};

/* Set up r->logins; once, at the start. */
void	derp_login_init(struct relay *r);

/* ServerKey goes out, ClientInfo is expected. */
void	derp_login_begin(struct relay_conn *c);

/* ClientInfo's payload, `n' bytes at `p' (copied), is whole: ask keys. */
void	derp_login_info(struct relay_conn *c, const uint8_t *p, size_t n);

/* The answer of keys, MSG_LOGIN_RESULT: goes on, or closes. */
struct ipc_msg_login_result;
void	derp_login_result(struct relay *r,
	    const struct ipc_msg_login_result *v);

/* There is a new channel to keys: ask again for all that wait. */
void	derp_login_again(struct relay *r);

/*
 * All workers know of the connection, or that it is the active one: what its
 * client hears from now on can't be ahead of them.
 */
void	derp_login_agreed(struct relay_conn *c);

/* Bytes that are kept until keys has answered. */
size_t	derp_login_kept(const struct relay_conn *c);

/* The connection goes away, or its login is through: forget what was asked. */
void	derp_login_free(struct relay_conn *c);

#endif
