/*
 * relayconn: the connection of a client of a relay worker, which is logged in.
 */
#ifndef RELAYCONN_H
#define RELAYCONN_H

#include <stddef.h>
#include <stdint.h>

#include "beat.h"
#include "conn.h"
#include "packets.h"
#include "session.h"

struct relay;
struct relay_seal;

/* A connection; relay_conn_new() makes it, the reaper frees it. */
struct relay_conn {
	struct conn		 conn;		/* the first member */
	struct relay		*r;
	size_t			 size;		/* bytes of its memory */
	struct event		*ev_rate;	/* while PAUSE_RATE is set */
	unsigned int		 period;	/* s between keep-alives */
	struct relay_seal	*seal;		/* of CONN_ADMIT */
	struct relay_pace	 pace;
	struct relay_packets	 packets;
	struct derp_session	 session;
};

/* The connection that `c' is the first member of. */
static inline struct relay_conn *
relay_conn_of(struct conn *c)
{
	return ((struct relay_conn *)(void *)c);
}

/* The same for a connection that is not changed. */
static inline const struct relay_conn *
relay_conn_peek(const struct conn *c)
{
	return ((const struct relay_conn *)(const void *)c);
}

/* Initialize the set of connections of `r'. */
void	relay_conn_init(struct relay *r);

/*
 * Create the connection of a client, in CONN_ADMIT and paused by PAUSE_LOGIN;
 * its records are set by the caller.  NULL without memory; the caller then
 * still owns `fd'.
 */
struct relay_conn *relay_conn_new(struct relay *r, int fd,
	    const uint8_t addr[16], uint16_t port);

/* ServerInfo is sent: the client is logged in. */
void	relay_conn_up(struct relay_conn *c);

#endif
