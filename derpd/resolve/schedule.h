/*
 * schedule: the names that are resolved, and when each is due.  Pure: the
 * caller brings the clock, in monotonic milliseconds, and random numbers.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define RESOLVE_RETRY_MS	5000	/* after a first failure */

struct resolve_name {
	char		 name[IPC_HOSTSIZE];
	uint64_t	 due;		/* of the next look-up */
	unsigned int	 failures;	/* in a row */
};

/* All zero initially: no names. */
struct resolve_names {
	struct resolve_name v[IPC_DNS_MAXNAMES];
	size_t		 n;
	uint64_t	 every_ms;	/* between two look-ups of a name */
};

/*
 * Replace the names by these `n', at most IPC_DNS_MAXNAMES, which are due every
 * `every' seconds.  Those that are there already stay due when they were, but
 * no later than in that time; new ones are due `now'.
 */
void	resolve_names_set(struct resolve_names *s, const char *const *names,
	    size_t n, uint32_t every, uint64_t now);

/* The name; NULL: it is not there. */
struct resolve_name *resolve_names_find(struct resolve_names *s,
	    const char *name);

/* The name that is due first; NULL: there is none. */
struct resolve_name *resolve_names_first(struct resolve_names *s);

/*
 * A look-up of `n' has ended at `now': `ok' 1 or 0.  It is due again in the
 * configured time, or after a failure in RESOLVE_RETRY_MS, which doubles with
 * each further one up to that time; give or take 10 %, by the random number
 * `rnd', so that servers that began together do not ask together.
 */
void	resolve_names_done(const struct resolve_names *s,
	    struct resolve_name *n, int ok, uint64_t now, uint32_t rnd);

#endif
