/*
 * pages: see pages.h.  Called by front.c with the pages and for /debug/varz,
 * and by accept.c and frontlogin.c.  Touches memory alone.
 *
 * As in the parent, fronts have the first numbers and relay workers the next.
 * Whoever was taken over writes what it likes: that of a relay worker counts
 * for `max clients' up to its own share, that of a front not at all.
 */
#include <errno.h>
#include <unistd.h>

#include "counters.h"
#include "front.h"
#include "pages.h"
#include "statspage.h"

int
front_pages_map(struct front *f, unsigned int number, int fd)
{
	struct ipc_counters **page = &f->pages.of[number];

	if (*page != NULL) {
		close(fd);
		errno = EINVAL;
		return (-1);
	}
	*page = ipc_counters_map_read(fd);
	return (*page == NULL ? -1 : 0);
}

void
front_pages_sum(const struct front *f, struct conn_stats *sum)
{
	struct conn_stats s;
	unsigned int i;

	*sum = *f->set.stats;
	sum->queue_us = sum->workers = 0;
	for (i = 0; i < FRONT_PAGES; i++)
		if (f->pages.of[i] != NULL) {
			conn_statspage_read(f->pages.of[i], &s);
			if (i < f->conf.nfronts)
				s.workers = 0;	/* it has no queues */
			conn_stats_add(sum, &s);
		}
}

uint64_t
front_pages_clients_of(const struct front *f, unsigned int worker)
{
	const unsigned int number = f->conf.nfronts + worker;
	const uint64_t most = f->conf.max_clients;
	struct conn_stats s;

	if (number >= FRONT_PAGES || f->pages.of[number] == NULL)
		return (0);
	conn_statspage_read(f->pages.of[number], &s);
	return (s.connections < most ? s.connections : most);
}

uint64_t
front_pages_clients(const struct front *f)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < f->conf.nworkers; i++)
		n += front_pages_clients_of(f, i);
	return (n);
}
