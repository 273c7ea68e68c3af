/*
 * cache: the last answers of sources about keys.  Touches memory alone; the
 * caller brings the clock (us, monotonic).
 */
#ifndef CACHE_H
#define CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "decide.h"

#define ADMIT_CACHE_MAX		262144	/* keys; the oldest one leaves */
#define ADMIT_CACHE_FAILS_US	1000000	/* how long a failure is used */

struct admit_cache;

/* How long an answer is used; 0: not at all. */
struct admit_lives {
	uint64_t	 yes_us, no_us;
};

/* Make an empty cache of at most `max' keys.  Returns NULL without memory. */
struct admit_cache *admit_cache_new(size_t max);

/* Free it; NULL is allowed. */
void	 admit_cache_free(struct admit_cache *c);

/* Forget all answers. */
void	 admit_cache_clear(struct admit_cache *c);

/* Number of keys with answers, used up or not. */
size_t	 admit_cache_count(const struct admit_cache *c);

/*
 * Keep an answer of source `source' (below IPC_MAXVERIFY), other than
 * ADMIT_PENDING, instead of its last one.  Without memory nothing is kept.
 */
void	 admit_cache_put(struct admit_cache *c, const uint8_t key[IPC_KEYLEN],
	    unsigned int source, enum admit_answer answer, uint64_t now_us);

/*
 * Set answer[i], for the first `n' sources, to the last answer of source i
 * about this key, or to ADMIT_PENDING if there is none or it is too old.
 */
void	 admit_cache_get(const struct admit_cache *c,
	    const uint8_t key[IPC_KEYLEN], const struct admit_lives *lives,
	    uint64_t now_us, enum admit_answer *answer, size_t n);

#endif
