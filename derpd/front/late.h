/*
 * late: handshakes that nobody waits for any more.
 */
#ifndef LATE_H
#define LATE_H

#include "tcpstate.h"

struct front_conn;

#define LATE_MS		5000	/* a ClientHello may wait */
#define LATE_CROWD	64	/* while so many handshakes wait behind it */

/* Why a handshake does not begin. */
enum front_late {
	LATE_NOT,		/* it begins */
	LATE_LEFT,		/* the client has left */
	LATE_WAITED		/* the client has waited for too long */
};

/*
 * Decide about a connection of the state *s, whose whole ClientHello is there
 * and behind which `waiting' handshakes wait.
 */
enum front_late front_late_decide(const struct net_tcpstate *s,
	    unsigned int waiting);

/*
 * Close and count the connection, whose handshake is about to begin, if its
 * client has left or has waited for too long.  Return 1 if it is closed, else
 * 0.
 */
int	front_late(struct front_conn *c);

#endif
