/*
 * stunstats: see stunstats.h.  Written by stund, read by the parent and by
 * derpd-metrics.
 */
#include <string.h>

#include "counters.h"
#include "stunstats.h"

/*
 * A row of stunstats.def; the first row of a name has the help for all of them.
 */
static const struct stunstats_row {
	const char	*name, *labels, *help;
	size_t		 offset;	/* in struct net_stun_stats */
} rows[] = {
#define STUNSTAT(member, name, labels, help)				\
	{ name, labels, help, offsetof(struct net_stun_stats, member) },
#include "stunstats.def"
};

#define NROWS	(sizeof(rows) / sizeof(rows[0]))

static uint64_t
get(const struct net_stun_stats *s, size_t row)
{
	uint64_t v;

	memcpy(&v, (const char *)s + rows[row].offset, sizeof(v));
	return (v);
}

static void
set(struct net_stun_stats *s, size_t row, uint64_t v)
{
	memcpy((char *)s + rows[row].offset, &v, sizeof(v));
}

_Static_assert(NROWS <= IPC_MAXCOUNTERS, "the counters fit into a page");

struct net_stun_stats *
net_stun_stats_of(struct ipc_counters *page)
{
	return ((struct net_stun_stats *)(void *)ipc_counters_values(page));
}

void
net_stun_stats_read(const struct ipc_counters *page, struct net_stun_stats *s)
{
	uint64_t v[NROWS] = { 0 };

	if (page != NULL)
		(void)ipc_counters_read(page, v, NROWS);
	memcpy(s, v, sizeof(*s));
}

void
net_stun_stats_add(struct net_stun_stats *sum, const struct net_stun_stats *s)
{
	size_t i;

	for (i = 0; i < NROWS; i++)
		set(sum, i, get(sum, i) + get(s, i));
}

void
net_stun_stats_text(FILE *f, const struct net_stun_stats *s)
{
	size_t i;

	for (i = 0; i < NROWS; i++) {
		if (i == 0 || strcmp(rows[i - 1].name, rows[i].name) != 0)
			fprintf(f, "# HELP %s %s\n# TYPE %s counter\n",
			    rows[i].name, rows[i].help, rows[i].name);
		fprintf(f, "%s%s %llu\n", rows[i].name, rows[i].labels,
		    (unsigned long long)get(s, i));
	}
}
