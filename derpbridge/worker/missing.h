/*
 * missing: regions of the settings that the map does not have, and why a peer
 * has no relay.
 */
#ifndef MISSING_H
#define MISSING_H

#include <stddef.h>

struct worker_iface;
struct worker_peer;

/*
 * Log the first region of the interface's settings that the map lacks, once as
 * long as it does.
 */
void	 worker_missing_log(struct worker_iface *f);

/*
 * Write why the peer has no relay to `why' of `size' bytes; "" when it has one,
 * or is not served.
 */
void	 worker_missing_why(const struct worker_peer *p, char *why,
	    size_t size);

#endif
