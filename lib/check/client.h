/*
 * client: a DERP client of the checks: how it logs in, and how its session
 * ends.  Used only in this folder.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "derpclient.h"
#include "run.h"

#define RUN_HEALTH	200	/* bytes of a Health frame that are kept */

struct check_client {
	const char		*name;		/* "the first client" */
	struct net_derpclient	*d;		/* NULL: not logged in */
	int64_t			 login;		/* microseconds that it took */
	int			 fast;		/* by fast start */
	int			 restarting;	/* the server said so */
	char			 health[RUN_HEALTH]; /* its last complaint */
};

/*
 * Log in a client at an address of the node, by fast start with `fast'.
 * Returns 1, or 0 when the login failed: c->d is then what is left of the
 * client for check_client_blame(), or NULL when there was no connection, with
 * one line in `why' of `size' bytes.
 */
int	 check_client_enter(struct check_client *c, struct check_run *r,
	    const struct check_addr *a, int fast, char *why, size_t size);

/*
 * Did the login fail after the server was silent for long, whether it or the
 * client gave up first?  Returns 1 or 0.
 */
int	 check_client_waited(const struct check_client *c,
	    const struct check_run *r);

/* Report why check_client_enter() has failed. */
void	 check_client_blame(struct check_client *c, struct check_run *r,
	    const struct check_addr *a, const char *why);

/* Close the connection; the client may then enter again. */
void	 check_client_leave(struct check_client *c);

/*
 * Wait for the next frame of a type, and note what the server says of itself.
 * Returns 1, 0 after `until', -1 when the session has ended.
 */
int	 check_client_next(struct check_client *c, uint8_t type,
	    struct net_derpclient_frame *f, long long until);

/*
 * Report why a session has ended, after `doing', "a ping": nothing when the
 * caller of the checks wants to stop.
 */
void	 check_client_ended(const struct check_client *c, struct check_run *r,
	    const struct check_addr *a, const char *doing);

/* Milliseconds of a step. */
int	 check_step_ms(const struct check_run *r);

#endif
