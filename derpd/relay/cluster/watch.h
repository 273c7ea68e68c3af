/*
 * watch: notifies mesh peers of every connection of this service (WatchConns;
 * derp(7), section 4).
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdint.h>

struct relay;
struct relay_conn;

/* Begin to watch for a mesh peer: send it PeerPresent for every key. */
void	cluster_watch_begin(struct relay_conn *c);

/*
 * Notify the watchers that a connection was added, from `addr' (IPv6 or
 * IPv4-mapped) and `port' (host order) with `flags' (PEER_*), or that the last
 * one of a key was removed.
 */
void	cluster_watch_present(struct relay *r, const uint8_t *key,
	    const uint8_t addr[16], uint16_t port, uint8_t flags);
void	cluster_watch_gone(struct relay *r, const uint8_t *key);

#endif
