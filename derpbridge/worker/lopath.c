/*
 * lopath: see lopath.h.  Called by steer.c and workerstatus.c.  Touches
 * f->lost and what the peer counts for it.
 */
#include <stdio.h>

#include "log.h"
#include "lopath.h"
#include "messages.h"
#include "worker.h"
#include "workeriface.h"

#define LOST	3		/* polls in a row: not a packet that was still
				   under way at one */

void
worker_lopath_poll(struct worker_peer *p, const struct ipc_wg_stats *v)
{
	struct worker_iface *f = p->iface;
	const int sent = p->polled && p->endpoint == IPC_ENDPOINT_RELAY &&
	    v->endpoint == IPC_ENDPOINT_RELAY && v->tx > p->tx;
	const int came = p->arrived != p->arrived_before;
	char why[IPC_WHYSIZE];

	p->arrived_before = p->arrived;
	if (came) {
		if (f->lost >= LOST)
			log_info("%s: packets of WireGuard arrive again",
			    f->name);
		f->lost = 0;
		return;
	}
	if (!sent || f->lost >= LOST || ++f->lost < LOST)
		return;
	worker_lopath_why(f, why, sizeof(why));
	log_warnx("%s: %s", f->name, why);
}

void
worker_lopath_why(const struct worker_iface *f, char *why, size_t size)
{
	why[0] = '\0';
	if (f->lost >= LOST)
		(void)snprintf(why, size, "what WireGuard sends to relayed "
		    "peers does not arrive: a firewall must permit UDP from "
		    "127.0.0.0/8 to 127.0.0.0/8 on lo, here from port %u to "
		    "port %u", f->listen_port, f->port);
}
