/*
 * lately: which source admitted which key, and when, over restarts.  While a
 * source fails, the keys that it admitted lately, and has not refused since,
 * may come in.  Pure: the caller brings both clocks.
 *
 * Ages are measured by the monotonic clock, so that a change of the time of day
 * neither admits anybody for ever nor forgets everybody.  What is saved has the
 * time of day; the age of what is loaded is taken from that at once.  If that
 * time is still to come, so that one of the clocks was wrong, half of the time
 * to remember counts as over.  When the time of day is set back later, what was
 * loaded gets younger by as much, as it was loaded with a clock that was ahead.
 */
#ifndef LATELY_H
#define LATELY_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bounds.h"
#include "codec.h"

#define ADMIT_LATELY_MAX	262144	/* keys; the oldest one leaves */
#define ADMIT_LATELY_IDLEN	16	/* bytes of the name of a source */

struct admit_lately;

/* Make an empty state of at most `max' keys.  NULL without memory. */
struct admit_lately *admit_lately_new(size_t max);

/* Free it; NULL is allowed. */
void	 admit_lately_free(struct admit_lately *l);

/*
 * Set `id' to what names a source in the state: a hash of its kind and of its
 * URL or path.
 */
void	 admit_lately_id(uint8_t id[ADMIT_LATELY_IDLEN], unsigned int kind,
	    const char *name);

/*
 * Set the clocks, monotonic and of the day; before all functions below, and
 * once a second at least.
 */
void	 admit_lately_clock(struct admit_lately *l, uint64_t now_us,
	    time_t wall);

/*
 * Set the `n' sources (at most IPC_MAXVERIFY) and the seconds to remember.
 * What is known of a source that had another number moves with it; what is
 * known of others is forgotten.
 */
void	 admit_lately_sources(struct admit_lately *l,
	    uint8_t (*ids)[ADMIT_LATELY_IDLEN], size_t n, uint32_t secs);

/* A source admits this key now.  Without memory that is not remembered. */
void	 admit_lately_yes(struct admit_lately *l,
	    const uint8_t key[IPC_KEYLEN], unsigned int source);

/* A source refuses this key now: it has not admitted it lately any more. */
void	 admit_lately_no(struct admit_lately *l,
	    const uint8_t key[IPC_KEYLEN], unsigned int source);

/* Set is[i], for each source, to 1 when it admitted this key lately, else 0. */
void	 admit_lately_get(const struct admit_lately *l,
	    const uint8_t key[IPC_KEYLEN], int *is);

/* Number of keys. */
size_t	 admit_lately_count(const struct admit_lately *l);

/* Returns 1 when admit_lately_save() would write something new, else 0. */
int	 admit_lately_changed(const struct admit_lately *l);

/*
 * Forget keys that are too old, and append the state to `w', for
 * admit_lately_load().  While the time of day was never set (it is before 2020)
 * nothing is written.
 */
void	 admit_lately_save(struct admit_lately *l, struct ipc_wr *w);

/*
 * Add what an earlier process saved for these sources, the `n' bytes at `p'.
 * Returns NULL, or what is wrong, a static line; nothing is loaded then.
 */
const char *admit_lately_load(struct admit_lately *l, const void *p, size_t n);

#endif
