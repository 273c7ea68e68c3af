/*
 * proxy: connections of a front that come through a load balancer: which
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

struct front_conn;
struct front_proxies_list;

LIST_HEAD(front_proxies_lists, front_proxies_list);

/* The load balancers of all listening addresses; all zero: none. */
struct front_proxies {
	struct front_proxies_lists used;	/* in force */
	struct front_proxies_lists staged;
	struct log_limit bad;		/* connections without a header */
};

/*
 * Stage the `n' prefixes at `v' for the listening address of that number, which
 * has none staged yet.  Return 0, or -1 without memory.
 */
int	front_proxies_stage(struct front_proxies *p, unsigned int listener,
	    const struct net_prefix *v, size_t n);

/* Put what is staged in force, for all listening addresses; or drop it. */
void	front_proxies_commit(struct front_proxies *p);
void	front_proxies_drop(struct front_proxies *p);

/*
 * Return 1 when `addr' (IPv6 or IPv4-mapped) is that of a load balancer of the
 * listening address, else 0.
 */
int	front_proxies_has(const struct front_proxies *p, unsigned int listener,
	    const uint8_t addr[16]);

/*
 * Parse the PROXY header in c->conn.input.held, in the state CONN_PROXY.
 * Return 1 when it was whole: it is removed, the connection has the address of
 * its client and the next state.  Return 0 when more must come, or when the
 * connection was closed because of it.
 */
int	front_proxy_header(struct front_conn *c);

#endif
