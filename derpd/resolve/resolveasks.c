/*
 * resolveasks: see resolveasks.h.  Called by resolve.c.
 */
#include <string.h>

#include "resolveasks.h"

int
resolve_asks_add(struct resolve_asks *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (strcmp(a->v[i], name) == 0)
			return (0);
	if (a->n == RESOLVE_MAXASKS || strlen(name) >= IPC_HOSTSIZE)
		return (-1);
	strlcpy(a->v[a->n++], name, IPC_HOSTSIZE);
	return (0);
}

int
resolve_asks_take(struct resolve_asks *a, char name[IPC_HOSTSIZE])
{
	if (a->n == 0)
		return (0);
	memcpy(name, a->v[0], IPC_HOSTSIZE);
	a->n--;
	memmove(a->v[0], a->v[1], a->n * IPC_HOSTSIZE);
	return (1);
}
