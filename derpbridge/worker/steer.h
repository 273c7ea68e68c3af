/*
 * steer: direct or relayed: what path.c decides for each peer is told to
 * netlink and logged.
 */
#ifndef STEER_H
#define STEER_H

#include <stddef.h>
#include <stdint.h>

#include "messages.h"

struct worker_peer;

/* A peer as it was at a poll. */
void	 worker_steer_poll(struct worker_peer *p, const struct ipc_wg_stats *v,
	    uint64_t now);

/* The peer is served no more: back to the direct endpoint. */
void	 worker_steer_let_go(struct worker_peer *p);

#endif
