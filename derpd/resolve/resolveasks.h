/*
 * resolveasks: names that are to be resolved once, in the order in which they
 * came. Pure.
 */
#ifndef RESOLVEASKS_H
#define RESOLVEASKS_H

#include <stddef.h>

#include "bounds.h"

#define RESOLVE_MAXASKS	64	/* names that wait */

/* All zero initially: none. */
struct resolve_asks {
	char	 v[RESOLVE_MAXASKS][IPC_HOSTSIZE];
	size_t	 n;
};

/*
 * Add a name, unless it waits already.  Returns 0, or -1: too many wait, or it
 * is too long.
 */
int	 resolve_asks_add(struct resolve_asks *a, const char *name);

/* Take the oldest name out.  Returns 1 with it in `name', or 0: none waits. */
int	 resolve_asks_take(struct resolve_asks *a, char name[IPC_HOSTSIZE]);

#endif
