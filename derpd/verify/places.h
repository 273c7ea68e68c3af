/*
 * places: where the source is: the addresses of a URL's host, resolved when
 * they are needed, or the path of a socket.
 *
 * The resolver blocks this process.  So addresses are used for a minute, and
 * further ones when the resolver fails.
 */
#ifndef PLACES_H
#define PLACES_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "place.h"
#include "target.h"

#define VERIFY_PLACE_MS		60000	/* how long addresses are used */
#define VERIFY_RESOLVE_MS	5000	/* until the next try without any */

struct verify_places {
	const struct verify_target *target;
	const struct net_resolver *resolver;
	struct net_place v[NET_MAXPLACES];
	size_t		 n;
	uint64_t	 until;		/* resolved again then, monotonic ms */
	char		 why[IPC_WHYSIZE];	/* why there is no place */
};

/* Begin without places; `resolver' NULL: libc's. */
void	 verify_places_init(struct verify_places *p,
	    const struct verify_target *t, const struct net_resolver *r);

/*
 * Find the places at the time `now', monotonic ms, by the resolver if it is
 * due; the one that worked last comes first.  Returns 0, or -1 with p->why.
 */
int	 verify_places_find(struct verify_places *p, uint64_t now);

/* This place has worked: it comes first. */
void	 verify_places_worked(struct verify_places *p,
	    const struct net_place *v);

#endif
