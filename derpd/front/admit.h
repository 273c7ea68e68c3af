/*
 * admit: which unauthenticated connections a front keeps, and how much memory
 * they may use (unfinished.c).
 */
#ifndef ADMIT_H
#define ADMIT_H

#include <stdint.h>

struct front_conn;

/*
 * Admit a new connection; another unauthenticated one may be closed for it.
 * Return 0, or -1 when its source has too many.
 */
int	front_admit(struct front_conn *c);

/*
 * The connection is that of the client at `addr' (IPv6 or IPv4-mapped) and
 * `port' (host order, 0: not known), as a load balancer says: count it there.
 * Return 0, or -1: that source has too many, and the address stays as it was.
 * Call it before the login.
 */
int	front_admit_as(struct front_conn *c, const uint8_t addr[16],
	    uint16_t port);

/*
 * Account for the memory that an unauthenticated connection uses now.  If all
 * of them together exceed the limit, some are closed.
 */
void	front_charge(struct front_conn *c);

#endif
