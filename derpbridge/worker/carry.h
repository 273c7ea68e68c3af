/*
 * carry: packets between the kernel's WireGuard and relays.
 */
#ifndef CARRY_H
#define CARRY_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

struct worker;
struct worker_iface;
struct worker_relay;

/*
 * The UDP socket of the interface has datagrams: queue them for the relays of
 * their peers.
 */
void	 worker_carry_out(struct worker_iface *f, uint64_t now);

/*
 * A packet of `n' bytes came from the key `src' over a relay: collect it for
 * the kernel.  The bytes must be valid until worker_carry_over().
 */
void	 worker_carry_in(struct worker_relay *r, const uint8_t src[IPC_KEYLEN],
	    const uint8_t *p, size_t n, uint64_t now);

/* Give the kernel what was collected; to be called after each read. */
void	 worker_carry_over(struct worker_iface *f);

/* The end of a turn: send what is queued for relays. */
void	 worker_carry_flush(struct worker *w, uint64_t now);

#endif
