/*
 * late: see late.h.  Called by frontconn.c.
 *
 * When more clients come than handshakes can be made, they wait in the listen
 * backlog, and each gives up after some seconds (Tailscale's after 10).  If
 * they wait for longer than that, each handshake is for a client that has left,
 * or that leaves before it is in: the front works for nothing, and nobody is
 * let in.  So a handshake begins for a client that is still there alone; and in
 * a crowd for one that has not waited for most of its time.  The others are
 * closed, which costs little, and come again.
 */
#include "front.h"
#include "late.h"
#include "log.h"

enum front_late
front_late_decide(const struct net_tcpstate *s, unsigned int waiting)
{
	if (s->closed)
		return (LATE_LEFT);
	if (s->quiet_ms >= LATE_MS && waiting >= LATE_CROWD)
		return (LATE_WAITED);
	return (LATE_NOT);
}

int
front_late(struct front_conn *c)
{
	struct front *f = c->f;
	struct net_tcpstate s;

	if (net_tcpstate_get(c->conn.fd, &s) == -1)
		return (0);
	switch (front_late_decide(&s, f->nshaking)) {
	case LATE_LEFT:
		f->set.stats->late_left++;
		conn_close(&c->conn, "closed by the client before its "
		    "handshake");
		return (1);
	case LATE_WAITED:
		f->set.stats->late_waited++;
		log_limited_warnx(&f->late, "connections closed that waited "
		    "%d seconds for their handshake: more clients come than "
		    "handshakes can be made", LATE_MS / 1000);
		conn_close(&c->conn, "waited too long for its handshake");
		return (1);
	default:
		return (0);
	}
}
