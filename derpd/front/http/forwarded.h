/*
 * forwarded: the client's address in a request that a load balancer has passed
 * on: X-Forwarded-For and X-Real-IP.  Pure.
 */
#ifndef FORWARDED_H
#define FORWARDED_H

#include <stdint.h>

#include "http.h"

/* Return 1 when `addr' (IPv6 or IPv4-mapped) is a load balancer, else 0. */
typedef int (*web_balancer_cb)(const uint8_t addr[16], void *arg);

/*
 * Find the client of a request that came from a load balancer.  Each balancer
 * appends the address that it was connected from to X-Forwarded-For: the last
 * one that is not a balancer itself is the client, and what stands before it is
 * the client's own word.  Without such a field it is the address of X-Real-IP.
 *
 * Return 1 with the address (IPv6 or IPv4-mapped) and port (host order, 0: not
 * known), or 0 when no field names a client.
 */
int	web_forwarded(const struct net_http_head *h,
	    web_balancer_cb is_balancer, void *arg, uint8_t addr[16],
	    uint16_t *port);

#endif
