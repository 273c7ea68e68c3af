/*
 * budget: which unauthenticated connections a front keeps, and how much memory
 * they may use (unfinished.c).
 */
#ifndef BUDGET_H
#define BUDGET_H

#include <stdint.h>

#include "log.h"

struct front;
struct front_conn;
struct net_sourcelimit;

/* The limits of sources of a front; all zero: none. */
struct front_budget {
	struct net_sourcelimit *rate;	/* of new connections; NULL: none */
	uint32_t	 conf[4];	/* the settings that it has */
	struct log_limit refused;	/* its source is full */
	struct log_limit gave_way;	/* closed for new ones */
	struct log_limit fast;		/* its source is above its rate */
	struct log_limit memory;	/* closed to free memory */
};

/* Apply the limits of sources of a configuration that is now in force. */
void	front_budget_limits(struct front *f);

/*
 * Return 1 when the rate permits one more connection of the source of `addr'
 * (IPv6 or IPv4-mapped), and count it; else 0.
 */
int	front_budget_allows(struct front *f, const uint8_t addr[16]);

/*
 * Add a new connection; another unauthenticated one may be closed for it.
 * Return 0, or -1 when its source has too many.
 */
int	front_budget_add(struct front_conn *c);

/*
 * The connection is that of the client at `addr' (IPv6 or IPv4-mapped) and
 * `port' (host order, 0: not known), as a load balancer says: count it there.
 * Return 0, or -1: that source has too many, or more than its rate, and the
 * address stays as it was.
 * Call it before the login.
 */
int	front_budget_move(struct front_conn *c, const uint8_t addr[16],
	    uint16_t port);

/*
 * Account for the memory that an unauthenticated connection uses now.  If all
 * of them together exceed the limit, some are closed.
 */
void	front_budget_charge(struct front_conn *c);

#endif
