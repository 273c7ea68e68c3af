/*
 * login: what the node sends before the link is there: the response to the
 * upgrade, ServerKey, ServerInfo (derp(7), section 2).  Pure.
 */
#ifndef LOGIN_H
#define LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "upgrade.h"

/* Room for a head, or for a frame of the login. */
#define MESH_LOGIN_ROOM		(HTTP_MAX_HEAD + 1)

/* Maximum payload of ServerInfo, bytes. */
#define MESH_LOGIN_INFO		4096

/* The result of mesh_login_next(). */
enum mesh_login_result {
	MESH_LOGIN_FAILED = -1,	/* l->why */
	MESH_LOGIN_MORE,	/* it needs more bytes */
	MESH_LOGIN_KEY,		/* the node's key is known: send ClientInfo */
	MESH_LOGIN_IN		/* this relay is logged in */
};

struct mesh_login {
	enum { MESH_WANT_RESPONSE, MESH_WANT_KEY, MESH_WANT_INFO,
	    MESH_WANT_NOTHING } step;
	struct net_upgrade_key server;
	uint8_t		 buf[MESH_LOGIN_ROOM];
	size_t		 len;		/* bytes in it, from the next unread
					   one */
	char		 why[IPC_WHYSIZE];	/* one line, which may quote
						   the node */
};

/* Begin, with the response to the upgrade. */
void	 mesh_login_init(struct mesh_login *l);

/*
 * Where to put further bytes of the node: *size is how many, 0: none before
 * mesh_login_next().
 */
uint8_t	*mesh_login_room(struct mesh_login *l, size_t *size);

/*
 * `n' further bytes are there: read the next step.  To be called again, with 0,
 * after MESH_LOGIN_KEY.  After MESH_LOGIN_IN, l->buf has l->len bytes that
 * came behind.
 */
enum mesh_login_result mesh_login_next(struct mesh_login *l, size_t n);

#endif
