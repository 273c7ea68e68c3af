/*
 * groupsfile: the groups of a clients file; see groups.h.  Called by
 * inforce.c.
 */
#include <stdlib.h>

#include "clientsfile.h"
#include "groups.h"

int
admit_groups_set(struct admit_groups *g, const struct clients_file *f)
{
	const uint32_t n = f == NULL ? 0 : clients_file_ngroups(f);
	const struct clients_group *in;
	struct admit_limits *list = NULL;
	uint32_t i;
	int rv;

	if (n > 0 && (list = calloc(n, sizeof(*list))) == NULL)
		return (-1);
	for (i = 0; i < n; i++) {
		in = clients_file_group(f, i + 1);
		list[i].name = in->name;
		list[i].rate = in->rate;
		list[i].burst = in->burst;
		list[i].quota = in->quota;
		list[i].connections = in->connections;
	}
	rv = admit_groups_replace(g, list, n);
	free(list);
	return (rv);
}
