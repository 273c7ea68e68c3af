/*
 * diallogin: what the node sends before the link is there: the response to the
 * upgrade, ServerKey, ServerInfo (derp(7), section 2).  Pure.
 */
#ifndef DIALLOGIN_H
#define DIALLOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "upgrade.h"

/* Room for a head, or for a frame of the login. */
#define DIAL_LOGIN_ROOM		(HTTP_MAX_HEAD + 1)

/* Maximum payload of ServerInfo, bytes. */
#define DIAL_LOGIN_INFO		4096

/* The result of dial_login_next(). */
enum dial_login_result {
	DIAL_LOGIN_FAILED = -1,	/* l->why */
	DIAL_LOGIN_MORE,	/* it needs more bytes */
	DIAL_LOGIN_KEY,		/* the node's key is known: send ClientInfo */
	DIAL_LOGIN_IN		/* logged in */
};

struct dial_login {
	enum { DIAL_WANT_RESPONSE, DIAL_WANT_KEY, DIAL_WANT_INFO,
	    DIAL_WANT_NOTHING } step;
	struct net_upgrade_key server;
	uint8_t		 buf[DIAL_LOGIN_ROOM];
	size_t		 len;		/* bytes in it, from the next unread
					   one */
	char		 why[IPC_WHYSIZE];	/* one line, which may quote
						   the node */
};

/* Begin, with the response to the upgrade. */
void	 dial_login_init(struct dial_login *l);

/*
 * Where to put further bytes of the node: *size is how many, 0: none before
 * dial_login_next().
 */
uint8_t	*dial_login_room(struct dial_login *l, size_t *size);

/*
 * `n' further bytes are there: read the next step.  To be called again, with 0,
 * after DIAL_LOGIN_KEY.  After DIAL_LOGIN_IN, l->buf has l->len bytes that
 * came behind.
 */
enum dial_login_result dial_login_next(struct dial_login *l, size_t n);

#endif
