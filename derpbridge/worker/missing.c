/*
 * missing: see missing.h.  Called by relays.c and workerstatus.c.  Touches
 * f->missing.
 */
#include <stdio.h>

#include "log.h"
#include "missing.h"
#include "relays.h"
#include "worker.h"
#include "workeriface.h"

/* Returns 1 when a choice is a region that the map lacks, else 0. */
static int
is_missing(const struct map_places *m, enum ipc_region_policy policy,
    uint64_t region)
{
	return (policy == IPC_REGION_FIXED &&
	    map_places_region(m, region) == NULL);
}

/* The first region that the map lacks; 0: none. */
static uint64_t
find(const struct worker_iface *f)
{
	const struct map_places *m = f->worker->map;
	const struct ipc_bridge_peer *l;

	if (m == NULL)
		return (0);
	if (is_missing(m, f->policy, f->region))
		return (f->region);
	for (l = f->lines; l < f->lines + f->nlines; l++)
		if (!l->inherit && is_missing(m, l->policy, l->region))
			return (l->region);
	return (0);
}

void
worker_missing_log(struct worker_iface *f)
{
	uint64_t region = find(f);

	if (region != 0 && region != f->missing)
		log_warnx("%s: the map has no region %llu, which the "
		    "configuration names: its peers have no relay; correct "
		    "one of them (derpbridge.conf(5), region)", f->name,
		    (unsigned long long)region);
	f->missing = region;
}

void
worker_missing_why(const struct worker_peer *p, char *why, size_t size)
{
	const struct worker_iface *f = p->iface;
	struct worker_choice c = worker_relays_choice(p);

	why[0] = '\0';
	if (p->relay != NULL || !p->served)
		return;
	if (!f->up)
		(void)snprintf(why, size, "the interface can't be used");
	else if (f->worker->map == NULL)
		(void)snprintf(why, size, "there is no map yet");
	else if (is_missing(f->worker->map, c.policy, c.region))
		(void)snprintf(why, size, "the map has no region %llu",
		    (unsigned long long)c.region);
	else if (c.policy == IPC_REGION_NEAREST && c.region == 0)
		(void)snprintf(why, size, "regions are measured");
	else
		(void)snprintf(why, size, "no node can be dialled");
}
