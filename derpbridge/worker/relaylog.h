/*
 * relaylog: lines about connections to relays.
 */
#ifndef RELAYLOG_H
#define RELAYLOG_H

struct worker_relay;

/*
 * Log the state of the relay's node, which is new.  Of one that comes and goes
 * only the first few changes are logged.
 */
void	 worker_relaylog(const struct worker_relay *r);

#endif
