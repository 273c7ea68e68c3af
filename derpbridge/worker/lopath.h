/*
 * lopath: do WireGuard's packets for relayed peers arrive here?  A firewall on
 * the loopback interface may drop them, which looks like a peer that does not
 * answer.
 */
#ifndef LOPATH_H
#define LOPATH_H

#include <stddef.h>


struct ipc_wg_stats;
struct worker_iface;
struct worker_peer;

/*
 * A poll of the peer: compare what WireGuard has sent with what has arrived.
 * The peer has still the values of the poll before.  Logs a change.
 */
void	 worker_lopath_poll(struct worker_peer *p,
	    const struct ipc_wg_stats *v);

/*
 * Write what is wrong to `why' of `size' bytes; "" when packets arrive, or none
 * were sent.
 */
void	 worker_lopath_why(const struct worker_iface *f, char *why,
	    size_t size);

#endif
