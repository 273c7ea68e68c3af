/*
 * relayconn: a connection of a relay worker: that of a client, which is logged
 * in, or a link to another node of the region (nodes.h).
 */
#ifndef RELAYCONN_H
#define RELAYCONN_H

#include <stddef.h>
#include <stdint.h>

#include "beat.h"
#include "conn.h"
#include "packets.h"
#include "session.h"

struct nodes_link;
struct relay;
struct relay_seal;

/* A connection; relay_conn_new() makes it, the reaper frees it. */
struct relay_conn {
	struct conn		 conn;		/* the first member */
	struct relay		*r;
	struct nodes_link	*node;		/* NULL: a client */
	size_t			 size;		/* bytes of its memory */
	struct event		*ev_rate;	/* while PAUSE_RATE is set */
	unsigned int		 period;	/* s between keep-alives; until
						   it goes on, to the next */
	uint32_t		 told;		/* hash of its ServerInfo */
	uint32_t		 place;		/* in its import (relay/move/)
						   until it goes on */
	struct relay_seal	*seal;		/* wanted; NULL: none */
	struct relay_pace	 pace;
	struct relay_packets	 packets;
	struct derp_session	 session;	/* of a link: key, login_us and
						   counts alone */
};

/* The connection that `c' is the first member of. */
static inline struct relay_conn *
relay_conn_of(struct conn *c)
{
	return ((struct relay_conn *)(void *)c);
}

/* The connection that `s' is the session of. */
static inline struct relay_conn *
relay_conn_session(struct derp_session *s)
{
	return ((struct relay_conn *)(void *)((char *)s -
	    offsetof(struct relay_conn, session)));
}

/* As relay_conn_of(), for a connection that is not changed. */
static inline const struct relay_conn *
relay_conn_peek(const struct conn *c)
{
	return ((const struct relay_conn *)(const void *)c);
}

/* Initialize the set of connections of `r'. */
void	relay_conn_init(struct relay *r);

/*
 * Create a connection, in CONN_SEAL and paused by PAUSE_LOGIN; its records, and
 * what makes it a link, are set by the caller.  NULL without memory; the caller
 * then still owns `fd'.
 */
struct relay_conn *relay_conn_new(struct relay *r, int fd,
	    const uint8_t addr[16], uint16_t port);

/* ServerInfo is sent: the client is logged in. */
void	relay_conn_up(struct relay_conn *c);

/*
 * The new connection is a session of another worker (relay/move/); its input
 * and output wait.  relay_conn_go_on(): it is this worker's own, and logged in.
 */
void	relay_conn_moved(struct relay_conn *c);
void	relay_conn_go_on(struct relay_conn *c);

#endif
