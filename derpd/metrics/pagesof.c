/*
 * pagesof: see pagesof.h.  Called by metricsd.c.  Touches memory alone.
 *
 * What a page holds is what its process says: numbers to show.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "pagesof.h"
#include "statspage.h"

int
metrics_pages_map(struct metrics_pages *p, enum ipc_counters_kind kind,
    unsigned int number, int fd)
{
	struct ipc_counters **pages = kind == IPC_COUNTERS_FRONT ? p->fronts :
	    kind == IPC_COUNTERS_RELAY ? p->relays : p->stuns;

	if (pages[number] != NULL) {
		close(fd);
		errno = EINVAL;
		return (-1);
	}
	pages[number] = ipc_counters_map_read(fd);
	return (pages[number] == NULL ? -1 : 0);
}

/* Read the page of a front or relay worker.  Return 0 if there is none. */
static int
read_one(const struct ipc_counters *page, struct metrics_counters *c)
{
	memset(c, 0, sizeof(*c));
	if (page == NULL)
		return (0);
	conn_statspage_read(page, &c->stats);
	c->known = 1;
	c->runs = c->stats.workers != 0;
	return (1);
}

static unsigned int
read_all(struct ipc_counters *const *pages, struct metrics_counters *c,
    struct conn_stats *sum, int queues)
{
	struct conn_stats s;
	unsigned int i, n = 0;

	for (i = 0; i < IPC_MAXWORKERS; i++) {
		if (!read_one(pages[i], &c[i]))
			continue;
		n = i + 1;
		s = c[i].stats;
		if (!queues)
			s.workers = 0;	/* it has no queues */
		conn_stats_add(sum, &s);
	}
	return (n);
}

/* The same for all stund processes. */
static unsigned int
read_stuns(struct ipc_counters *const *pages, struct metrics_counters *c,
    struct net_stun_stats *sum)
{
	uint64_t any;
	unsigned int i, n = 0;

	for (i = 0; i < IPC_MAXWORKERS; i++) {
		memset(&c[i], 0, sizeof(c[i]));
		if (pages[i] == NULL)
			continue;
		n = i + 1;
		c[i].known = 1;
		c[i].runs = ipc_counters_read(pages[i], &any, 1);
		net_stun_stats_read(pages[i], &c[i].stun);
		net_stun_stats_add(sum, &c[i].stun);
	}
	return (n);
}

void
metrics_pages_read(const struct metrics_pages *p, struct metrics_view *v)
{
	memset(&v->sum, 0, sizeof(v->sum));
	memset(&v->stun, 0, sizeof(v->stun));
	v->nfronts = read_all(p->fronts, v->fronts, &v->sum, 0);
	v->nrelays = read_all(p->relays, v->relays, &v->sum, 1);
	v->nstuns = read_stuns(p->stuns, v->stuns, &v->stun);
}
