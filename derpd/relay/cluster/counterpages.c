/*
 * counterpages: the counters of all workers; see counterpages.h.  Called by
 * relay.c with the pages, by httpconn.c for /debug/varz.  Touches memory alone.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "counterpages.h"
#include "counters.h"
#include "relay.h"

#define NFIELDS	(sizeof(struct relay_stats) / sizeof(uint64_t))

_Static_assert(NFIELDS <= IPC_MAXCOUNTERS, "the counters fit into a page");

static void
use(struct relay *r, struct relay_stats *stats)
{
	r->stats = stats;
	r->derp.stats = stats;
}

void
cluster_pages_init(struct relay *r)
{
	use(r, &r->pages.none);
}

int
cluster_pages_map(struct relay *r, unsigned int worker, int own, int fd)
{
	struct ipc_counters **page = &r->pages.of[worker];

	if (*page != NULL) {
		close(fd);
		errno = EINVAL;
		return (-1);
	}
	*page = own ? ipc_counters_map_write(fd) : ipc_counters_map_read(fd);
	if (*page == NULL)
		return (-1);
	if (own) {
		use(r, (struct relay_stats *)(void *)
		    ipc_counters_values(*page));
		relay_stats_reset(r->stats);
		ipc_counters_begin(*page);
	}
	return (0);
}

/* Read the counters of another worker. */
static void
get(const struct ipc_counters *page, struct relay_stats *s)
{
	uint64_t v[NFIELDS];
	int runs = ipc_counters_read(page, v, NFIELDS);

	memcpy(s, v, sizeof(*s));
	s->workers = 1;
	if (!runs)
		relay_stats_reset(s);
}

void
cluster_pages_sum(const struct relay *r, struct relay_stats *sum)
{
	struct relay_stats s;
	unsigned int i;

	*sum = *r->stats;
	sum->workers = 1;
	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (i != r->conf.worker && r->pages.of[i] != NULL) {
			get(r->pages.of[i], &s);
			relay_stats_add(sum, &s);
		}
}
