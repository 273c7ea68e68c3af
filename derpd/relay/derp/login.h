/*
 * login: the DERP login (derp(7), section 2).
 */
#ifndef LOGIN_H
#define LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "boxes.h"
#include "log.h"

struct conn;
struct msg;
struct relay;

/* The logins of a worker that keys has not answered. */
struct derp_logins {
	struct derp_boxes boxes;
	struct log_limit refused;
};

/* Set up r->logins; once, at the start. */
void	login_init(struct relay *r);

/* ServerKey goes out, ClientInfo is expected. */
void	login_begin(struct conn *c);

/* ClientInfo's payload, `n' bytes at `p' (copied), is whole: ask keys. */
void	login_info(struct conn *c, const uint8_t *p, size_t n);

/* The answer of keys, MSG_LOGIN_RESULT: goes on, or closes. */
struct ipc_msg_login_result;
void	login_result(struct relay *r, const struct ipc_msg_login_result *v);

/* There is a new channel to keys: ask again for all that wait. */
void	login_again(struct relay *r);

/*
 * All workers know of the connection, or that it is the active one: what its
 * client hears from now on can't be ahead of them.
 */
void	login_agreed(struct conn *c);

/* Bytes that are kept until keys has answered. */
size_t	login_kept(const struct conn *c);

/* The connection goes away, or its login is through: forget what was asked. */
void	login_free(struct conn *c);

#endif
