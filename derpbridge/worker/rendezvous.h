/*
 * rendezvous: the region and the order of nodes at which two peers meet,
 * computed from their keys alone.  Used by choice.c.  Pure.
 *
 * The agents of edge fleets (Netmaker's netclient) compute the same, so that
 * both ends of a pair of peers come to the same relay without a word.  All
 * hashes are FNV-1a with 32 bits; numbers are hashed in network byte order.
 */
#ifndef RENDEZVOUS_H
#define RENDEZVOUS_H

#include <stddef.h>
#include <stdint.h>

#define WORKER_RENDEZVOUS_KEY	32	/* bytes of a public key */

/*
 * The seed of a pair of peers: the hash of both public keys, the lower one
 * first.  The order of `a' and `b' does not matter.
 */
uint32_t worker_rendezvous_seed(const uint8_t a[WORKER_RENDEZVOUS_KEY],
	    const uint8_t b[WORKER_RENDEZVOUS_KEY]);

/*
 * Which of the `n' regions with these ids has the highest score: the hash of
 * seed and id.  Of equal scores the lowest id wins.  Returns an index, 0 when
 * there is none.
 */
size_t	 worker_rendezvous_region(uint32_t seed, const uint32_t *ids,
	    size_t n);

/*
 * The order in which nodes of a region are tried: by falling score, the hash of
 * seed and name; equal scores by name.  `names' are the names of its `n' nodes;
 * order[0] to order[n - 1] become their indices, the first to be tried first.
 */
void	 worker_rendezvous_nodes(uint32_t seed, const char *const *names,
	    size_t n, size_t *order);

#endif
