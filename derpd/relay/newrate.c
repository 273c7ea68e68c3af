/*
 * newrate: see newrate.h.  Called by relay.c and relayconn.c.
 */
#include "newrate.h"
#include "relay.h"
#include "route.h"
#include "welcome.h"

#define PIECE	256		/* clients in a turn */

void
relay_newrate_commit(struct relay *r)
{
	const struct ipc_relay_conf *next = &r->next_conf;

	if (next->client_rate != r->conf.client_rate ||
	    next->client_burst != r->conf.client_burst)
		relay_walk_begin(&r->newrate.walk, &r->set);
}

void
relay_newrate_leave(struct relay_conn *c)
{
	relay_walk_leave(&c->r->newrate.walk, &c->conn);
}

void
relay_newrate_work(struct relay *r)
{
	struct relay_conn *c;
	struct conn *k;
	int i;

	for (i = 0; i < PIECE &&
	    (k = relay_walk_next(&r->newrate.walk)) != NULL; i++) {
		c = relay_conn_of(k);
		if (c->node != NULL)
			continue;	/* a link has none */
		relay_route_new_rate(c);
		relay_welcome_tell(c);
	}
}

int
relay_newrate_more(const struct relay *r)
{
	return (r->newrate.walk.at != NULL);
}
