/*
 * proxy: connections of a relay worker that come through a load balancer: which
 * addresses are those of balancers (`proxy from' in derpd.conf(5)), and the
 * PROXY header with which their connections begin.
 */
#ifndef PROXY_H
#define PROXY_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"
#include "prefix.h"

struct relay_conn;
struct relay_proxies_list;

LIST_HEAD(relay_proxies_lists, relay_proxies_list);

/* The load balancers of all listening addresses; all zero: none. */
struct relay_proxies {
	struct relay_proxies_lists used;	/* in force */
	struct relay_proxies_lists staged;
	struct log_limit bad;		/* connections without a header */
};

/*
 * Stage the `n' prefixes at `v' for the listening address of that number, which
 * has none staged yet.  Return 0, or -1 without memory.
 */
int	relay_proxies_stage(struct relay_proxies *p, unsigned int listener,
	    const struct net_prefix *v, size_t n);

/* Put what is staged in force, for all listening addresses; or drop it. */
void	relay_proxies_commit(struct relay_proxies *p);
void	relay_proxies_drop(struct relay_proxies *p);

/*
 * Return 1 when `addr' (IPv6 or IPv4-mapped) is that of a load balancer of the
 * listening address, else 0.
 */
int	relay_proxies_has(const struct relay_proxies *p, unsigned int listener,
	    const uint8_t addr[16]);

/*
 * Parse the PROXY header in c->input.held, in the state CONN_PROXY.  Return 1
 * when it was whole: it is removed, the connection has the address of its
 * client and the next state.  Return 0 when more must come, or when the
 * connection was closed because of it.
 */
int	relay_proxy_header(struct relay_conn *c);

#endif
