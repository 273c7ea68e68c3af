/*
 * relaylog: see relaylog.h.  Called by relays.c.  Logs.
 */
#include "log.h"
#include "relaylog.h"
#include "relays.h"
#include "workeriface.h"

#define FLAPS	3	/* connections that end soon are logged so often */

static void
log_up(const struct worker_relay *r)
{
	if (r->flaps < FLAPS)
		log_info("%s: connected to the relay %s of region %llu at %s",
		    r->iface->name, r->at.name, (unsigned long long)r->region,
		    r->node.where);
}

static void
log_waiting(const struct worker_relay *r)
{
	const struct worker_node *n = &r->node;

	/* The first failure in a row is of interest. */
	if (n->failures > 1 || r->flaps > FLAPS)
		log_debug("%s: relay %s: %s", r->iface->name, r->at.name,
		    n->why);
	else
		log_info("%s: no connection to the relay %s of region %llu: "
		    "%s%s", r->iface->name, r->at.name,
		    (unsigned long long)r->region, n->why, r->flaps < FLAPS ?
		    "" : "; it comes and goes, which is not logged any more");
}

void
worker_relaylog(const struct worker_relay *r)
{
	switch (r->node.state) {
	case WORKER_NODE_UP:
		log_up(r);
		break;
	case WORKER_NODE_WAITING:
		log_waiting(r);
		break;
	case WORKER_NODE_IDLE:
		log_debug("%s: the connection to the relay %s is closed",
		    r->iface->name, r->at.name);
		break;
	case WORKER_NODE_DIALING:
		break;
	}
}
